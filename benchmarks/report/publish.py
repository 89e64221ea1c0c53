"""Writes what the documentation includes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks.environments import CHECKOUT
from benchmarks.report import markdown
from benchmarks.report.pictures import pictures

if TYPE_CHECKING:
    from pathlib import Path

    from benchmarks.report.results import Results

DOCS = CHECKOUT / "docs"


def publish(results: Results, docs: Path = DOCS) -> list[Path]:
    """Write the pictures and the tables into the documentation's folder; the answer names the files."""
    texts = {
        "explanation/_machine.md": markdown.machine(results),
        "explanation/_measured.md": markdown.tables(results),
        "explanation/_losses.md": markdown.losses(results, "stub", "cold"),
        **{f"_static/{name}": picture for name, picture in pictures(results).items()},
    }
    for name, content in texts.items():
        file = docs / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(content, encoding="utf-8")
    return [docs / name for name in texts]
