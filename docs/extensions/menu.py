"""Gives a page its menu, the toctrees of `_menu.md` beside it: a forge would show them as code."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sphinx.application import Sphinx

MENUS = {"index": "_menu.md", "reference/api": "reference/_menu.md"}


def add(app: Sphinx, page: str, source: list[str]) -> None:
    """Add the menu to the text of a page that is read."""
    if page in MENUS:
        menu = Path(app.srcdir, MENUS[page])
        app.env.note_dependency(str(menu))
        source[0] += "\n" + menu.read_text(encoding="utf-8")


def setup(app: Sphinx) -> dict[str, bool]:
    """Called by Sphinx."""
    app.connect("source-read", add)
    return {"parallel_read_safe": True}
