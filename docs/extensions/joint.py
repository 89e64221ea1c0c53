"""Lets names break at their joints, as in `idempotency_` `key`, and never within `--option`.

Without this, a narrow column is too wide for a phone, or breaks a name between any two letters.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from docutils import nodes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sphinx.application import Sphinx

SPACE = re.compile(r"(\s+)")
OPTION = re.compile(r"--?[a-z][a-z-]*")
JOINT = re.compile(r"(?<=[\w)\]}>][_./=(,:{|])(?=-*[A-Za-z])|(?<=[a-z])(?=[A-Z][a-z])")


SHORT = 10  # letters of a name that fit into any column


def give_joints(app: Sphinx, doctree: nodes.document, _page: str) -> None:
    """Tell the browser where inline code, and the words of a table, may break."""
    if app.builder.format != "html":
        return
    for text in list(doctree.findall(nodes.Text)):
        parent = text.parent
        is_code = isinstance(parent, nodes.literal)
        if is_code or _is_in_a_table(text):
            where = parent.index(text)
            parent[where : where + 1] = [piece for word in SPACE.split(text) for piece in _pieces(word, is_code)]


def _is_in_a_table(node: nodes.Node) -> bool:
    if isinstance(node.parent, nodes.raw):
        return False
    while node is not None and not isinstance(node, nodes.entry):
        node = node.parent
    return node is not None


def _pieces(word: str, is_code: bool) -> Iterator[nodes.Node]:
    for number, piece in enumerate(JOINT.split(word) if len(word) > SHORT or not is_code else [word]):
        if number:
            yield nodes.raw("", "<wbr>", format="html")
        is_option = is_code and OPTION.fullmatch(piece)
        yield nodes.inline("", piece, classes=["option"]) if is_option else nodes.Text(piece)


def setup(app: Sphinx) -> dict[str, bool]:
    """Called by Sphinx."""
    app.connect("doctree-resolved", give_joints)
    return {"parallel_read_safe": True}
