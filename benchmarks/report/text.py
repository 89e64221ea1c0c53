"""The tables on the terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks.report import cells

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from benchmarks.report.results import Section


def section_text(section: Section) -> str:
    """A section with a table for each of its races."""
    title = f"== {section.title}\n{section.note}"
    if section.missing:
        return f"{title}\n\n{cells.MISSING}: {section.missing}"
    head = cells.header(section)
    tables = (table([[race.name, *head[1:]], *cells.rows(race, section)]) for race in section.races)
    return "\n\n".join([title, *tables])


def absences(sections: Iterable[Section]) -> list[str]:
    """What is missing anywhere, to be said once more at the end."""
    whole = [f"{section.title}: {section.missing}" for section in sections if section.missing]
    parts = [
        f"{section.title}, {race.name}: {', '.join(cells.absent(race))}"
        for section in sections
        for race in section.races
        if cells.absent(race)
    ]
    return [*whole, *parts]


def table(rows: Sequence[Sequence[str]]) -> str:
    """Lay out rows of cells, the first column to the left and the others to the right; a complaint may be long."""
    measured = [row for row in rows if not row[1].startswith(cells.MISSING)]
    widths = [max(map(len, column)) for column in zip(*measured, strict=True)]
    widths[0] = max(widths[0], *(len(row[0]) for row in rows))
    head, *body = (_line(row, widths) for row in rows)
    return "\n".join([head, "  ".join("-" * width for width in widths), *body])


def _line(row: Sequence[str], widths: Sequence[int]) -> str:
    first = row[0].ljust(widths[0])
    if row[1].startswith(cells.MISSING):
        return f"{first}  {row[1]}"
    return "  ".join([first, *map(str.rjust, row[1:], widths[1:])])
