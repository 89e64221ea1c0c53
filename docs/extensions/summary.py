"""`{summary}` at the head of a page: a table of all that the page describes, each with its first sentence."""

from __future__ import annotations

from typing import TYPE_CHECKING

from docutils import nodes
from sphinx import addnodes
from sphinx.util.docutils import SphinxDirective

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sphinx.application import Sphinx

COLUMNS = (("name", 40), ("what it does", 60))


class Placeholder(nodes.General, nodes.Element):
    """The place of a table, until the page was read."""


class Summary(SphinxDirective):
    """The directive."""

    def run(self) -> list[nodes.Node]:
        """Leave the place free."""
        return [Placeholder()]


def fill(_app: Sphinx, doctree: nodes.document) -> None:
    """Put the tables in their places."""
    for placeholder in list(doctree.findall(Placeholder)):
        rows = [row for described in doctree.findall(addnodes.desc) for row in _row(described)]
        placeholder.replace_self(_table(rows))


def _row(described: addnodes.desc) -> Iterator[tuple[nodes.Node, nodes.Node]]:
    signature = next((node for node in described.findall(addnodes.desc_signature) if node["ids"]), None)
    sentence = next(iter(described.findall(nodes.paragraph)), None)
    if signature is None or sentence is None or described["objtype"] in ("attribute", "property"):
        return
    name = signature["fullname"] if isinstance(described.parent.parent, addnodes.desc) else signature["_toc_name"]
    shown = nodes.literal("", str(name).removesuffix("()").rpartition(".")[2] or name)
    link = nodes.reference("", "", shown, internal=True, refid=signature["ids"][0])
    yield link, nodes.inline("", *_first_sentence(sentence))


def _first_sentence(paragraph: nodes.paragraph) -> Iterator[nodes.Node]:
    for child in paragraph.children:
        text = child.astext() if isinstance(child, nodes.Text) else ""
        if ". " in text:
            yield nodes.Text(text.partition(". ")[0] + ".")
            return
        yield child.deepcopy()


def _table(rows: list[tuple[nodes.Node, nodes.Node]]) -> nodes.table:
    group = nodes.tgroup(cols=2)
    group.extend(nodes.colspec(colwidth=width) for _, width in COLUMNS)
    head = nodes.row("", *(nodes.entry("", nodes.paragraph("", title)) for title, _ in COLUMNS))
    body = (nodes.row("", *(nodes.entry("", nodes.paragraph("", "", cell)) for cell in row)) for row in rows)
    group.extend([nodes.thead("", head), nodes.tbody("", *body)])
    return nodes.table("", group, classes=["summary"])


def setup(app: Sphinx) -> dict[str, bool]:
    """Called by Sphinx."""
    app.add_directive("summary", Summary)
    app.connect("doctree-read", fill)
    return {"parallel_read_safe": True}
