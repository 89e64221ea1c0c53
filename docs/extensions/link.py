"""Links each mention of a result code to its section, and of a public name to its place in the API.

A page writes `LEASE_LOST` or `submit_job` as plain code, so that a forge shows it well.
"""

from __future__ import annotations

import inspect
import re
from functools import cache
from typing import TYPE_CHECKING

from docutils import nodes
from sphinx import addnodes

import careervp_jobs_dal
from careervp_jobs_dal import ResultCode, testing

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sphinx.application import Sphinx

CODES = {str(code): code.lower().replace("_", "-") for code in ResultCode}
PAGE_OF_CODES = "reference/result-codes"
MENTION = re.compile(rf"\b({'|'.join(sorted(CODES, key=len, reverse=True))})\b")
NEVER_INSIDE = (nodes.title, nodes.reference, addnodes.pending_xref, addnodes.desc_signature, nodes.literal_block)
METHODS_OF = ("JobsOperator", "JobsRepository")  # a name that both have means the repository's


def link(app: Sphinx, doctree: nodes.document) -> None:
    """Make the mentions of a page that was read links."""
    for literal in list(doctree.findall(nodes.literal)):
        if _may_be_a_link(literal):
            _link_literal(literal, app.env.docname)
    for text in list(doctree.findall(nodes.Text)):
        if _may_be_a_link(text) and not isinstance(text.parent, nodes.literal):
            _link_text(text)


def name_codes(app: Sphinx, doctree: nodes.document) -> None:
    """Let each code mean its section, which is so named."""
    if app.env.docname == PAGE_OF_CODES:
        for section in doctree.findall(nodes.section):
            title = section[0].astext()
            if title in CODES:
                domain = app.env.domains.standard_domain
                domain.note_hyperlink_target(CODES[title], PAGE_OF_CODES, section["ids"][0], title)


def _may_be_a_link(node: nodes.Node) -> bool:
    return not any(isinstance(parent, NEVER_INSIDE) for parent in _parents(node)) and isinstance(
        node.parent, nodes.TextElement
    )


def _parents(node: nodes.Node) -> Iterator[nodes.Node]:
    while node.parent is not None:
        node = node.parent
        yield node


def _link_literal(literal: nodes.literal, page: str) -> None:
    name = literal.astext().removeprefix("ResultCode.")
    if name in CODES:
        _replace(literal, [_to_code(name, literal.deepcopy())])
    elif (target := _names().get(literal.astext().removesuffix("()"))) and target not in _described(literal):
        _replace(literal, [_to_name(target, literal.deepcopy(), page)])


def _link_text(text: nodes.Text) -> None:
    parts = MENTION.split(text.astext())
    if len(parts) > 1:
        _replace(text, [_to_code(part, nodes.Text(part)) if part in CODES else nodes.Text(part) for part in parts])


def _replace(node: nodes.Node, new: list[nodes.Node]) -> None:
    parent = node.parent
    where = parent.index(node)
    parent[where : where + 1] = new


def _to_code(code: str, shown: nodes.Node) -> nodes.Node:
    return addnodes.pending_xref("", shown, refdomain="std", reftype="ref", reftarget=CODES[code], refexplicit=True)


def _to_name(target: str, shown: nodes.Node, page: str) -> nodes.Node:
    return addnodes.pending_xref(
        "", shown, refdomain="py", reftype="obj", reftarget=target, refexplicit=True, refdoc=page
    )


def _described(node: nodes.Node) -> set[str]:
    """What the node is part of the description of: it needs no link to itself."""
    return {
        f"{signature['module']}.{signature['fullname']}"
        for parent in _parents(node)
        if isinstance(parent, addnodes.desc)
        for signature in parent.findall(addnodes.desc_signature)
        if signature.get("fullname")
    }


@cache
def _names() -> dict[str, str]:
    """Each name as pages write it, and what it means."""
    names = {name: f"careervp_jobs_dal.{name}" for name in careervp_jobs_dal.__all__ if name != "__version__"}
    names |= {name: f"careervp_jobs_dal.testing.{name}" for name in testing.__all__}
    for owner in METHODS_OF:
        for method, _ in inspect.getmembers(getattr(careervp_jobs_dal, owner), inspect.isfunction):
            if method[0] != "_" and method not in careervp_jobs_dal.__all__:
                names[method] = names[f"{owner}.{method}"] = f"careervp_jobs_dal.{owner}.{method}"
    return names


def setup(app: Sphinx) -> dict[str, bool]:
    """Called by Sphinx."""
    app.connect("doctree-read", name_codes)
    app.connect("doctree-read", link, priority=600)
    return {"parallel_read_safe": True}
