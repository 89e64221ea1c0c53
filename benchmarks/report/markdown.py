"""Published tables, as Markdown that the documentation includes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks.report import cells
from benchmarks.report.results import ANSWERS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from benchmarks.race import Race
    from benchmarks.report.results import Results, Section


def machine(results: Results) -> str:
    """Where it was measured, and who took part with which versions."""
    where = table(["measured on", ""], [[name, value] for name, value in results.machine.items()])
    who = [[name, one[ANSWERS], _versions(one)] for name, one in results.contenders.items()]
    return f"{where}\n\n{table(['contender', ANSWERS, 'with'], who)}\n"


def _versions(described: Mapping[str, str]) -> str:
    return ", ".join(f"{name} {version}" for name, version in described.items() if name != ANSWERS)


def tables(results: Results) -> str:
    """Every number that was measured."""
    return "\n\n".join(map(_section, results.sections)) + "\n"


def losses(results: Results, *keys: str) -> str:
    """Where another contender takes less than the library, and how many times as much the library takes."""
    found = [
        [race.name, other.name, cells.ratio(other.taken_by_ours)]
        for section in map(results.section, keys)
        for race in section.races
        for other in race.standings
        if other.taken_by_ours and round(other.taken_by_ours.median, 2) > 1
    ]
    if not found:
        return "In this run no contender took less than the library.\n"
    return table(["work", "takes less", "the library's CPU as a multiple of it"], found) + "\n"


def _section(section: Section) -> str:
    title = f"### {section.title}\n\n{section.note}"
    if section.missing:
        return f"{title}\n\n**{cells.MISSING}**: {section.missing}"
    return "\n\n".join([title, *(_race(race, section) for race in section.races)])


def _race(race: Race, section: Section) -> str:
    return f"**{race.name}**\n\n{table(cells.header(section), cells.rows(race, section))}"


def table(head: Sequence[str], rows: Iterable[Sequence[str]], *, numbers: bool = False) -> str:
    """A table; of numbers, all columns but the first to the right."""
    lines = [head, ["---", *["--:" if numbers else "---"] * (len(head) - 1)], *rows]
    return "\n".join(f"| {' | '.join(cell.replace('|', '/') for cell in line)} |" for line in lines)
