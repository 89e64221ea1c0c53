"""Executes a page's plain fences, so that a forge, which knows no directives, shows the same code.

- ```python is executed, and ```output after it is what it prints.
- ```pycon is executed as a session.
- An HTML comment that begins with `setup`, `cleanup`, `code` or `output` is the same, and no reader sees it.
- `<!-- shown -->` and `<!-- copied from ... -->` before a fence: it is not executed.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from docutils import nodes

if TYPE_CHECKING:
    from sphinx.application import Sphinx

SHOWN = {"python": "testcode", "pycon": "doctest", "output": "testoutput"}
HIDDEN = {"setup": "testsetup", "cleanup": "testcleanup", "code": "testcode", "output": "testoutput"}
COMMENT = re.compile(r"<!-- (\w+)(.*?)-->", re.DOTALL)
NOT_EXECUTED = {"shown", "copied"}


def give_meaning(app: Sphinx, doctree: nodes.document) -> None:
    """Turn the fences and comments of a page that was read into what the doctest builder looks for."""
    if app.env.docname == "changelog":
        return
    for comment in list(doctree.findall(_is_html)):
        _hide(comment)
    for fence in list(doctree.findall(_is_fence)):
        previous = fence.parent[max(fence.parent.index(fence) - 1, 0)]
        if not (previous.get("not_executed") and fence is not previous):
            _make(fence, SHOWN[fence["language"]])
    for comment in list(doctree.findall(lambda node: isinstance(node, nodes.comment) and "not_executed" in node)):
        comment.parent.remove(comment)


def _is_html(node: nodes.Node) -> bool:
    return isinstance(node, nodes.raw) and node.get("format") == "html"


def _is_fence(node: nodes.Node) -> bool:
    of_a_directive = "testnodetype" in node or "force" in node if isinstance(node, nodes.Element) else True
    return isinstance(node, nodes.literal_block) and node.get("language") in SHOWN and not of_a_directive


def _hide(html: nodes.raw) -> None:
    match = COMMENT.fullmatch(html.astext().strip())
    if match is None:
        return
    name, content = match.groups()
    hidden = nodes.comment(content.strip("\n"), content.strip("\n"))
    hidden.source, hidden.line = html.source, html.line
    if name in NOT_EXECUTED:
        hidden["not_executed"] = True
    elif name in HIDDEN:
        _make(hidden, HIDDEN[name])
    else:
        return
    html.replace_self(hidden)


def _make(node: nodes.Element, kind: str) -> None:
    node["testnodetype"], node["groups"], node["options"] = kind, ["default"], {}
    if kind == "testoutput":
        node["language"] = "none"


def setup(app: Sphinx) -> dict[str, bool]:
    """Called by Sphinx."""
    app.connect("doctree-read", give_meaning)
    return {"parallel_read_safe": True}
