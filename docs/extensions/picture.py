"""Puts a page's SVG pictures into the page itself, where they take its colours, light or dark.

A page writes `![text](../_static/picture.svg)`, so that a forge shows it as well.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from docutils import nodes

if TYPE_CHECKING:
    from sphinx.application import Sphinx


def put_in(app: Sphinx, doctree: nodes.document) -> None:
    """Replace the images that are SVG files by what the files hold."""
    if app.builder.format != "html":
        return
    for image in list(doctree.findall(nodes.image)):
        path = Path(app.srcdir, image["uri"])
        if path.suffix == ".svg":
            app.env.note_dependency(str(path))
            image.replace_self(nodes.raw("", path.read_text(encoding="utf-8"), format="html"))


def setup(app: Sphinx) -> dict[str, bool]:
    """Called by Sphinx."""
    app.connect("doctree-read", put_in)
    return {"parallel_read_safe": True}
