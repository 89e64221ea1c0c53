"""The cells of every table: one row for each contender, also for the missing ones."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from benchmarks.race import Race, Spread, Standing
    from benchmarks.report.results import Section

MISSING = "MISSING"


def header(section: Section) -> list[str]:
    """The titles of the columns."""
    if section.walls_only:
        return ["contender", "wall", "ratio"]
    if section.throughput:
        return ["contender", "CPU each", "ratio", "per second", "wall ratio"]
    return ["contender", "CPU", "ratio", "wall", "wall ratio"]


def rows(race: Race, section: Section) -> list[list[str]]:
    """A row for each contender."""
    return [_row(standing, section) for standing in race.standings]


def _row(standing: Standing, section: Section) -> list[str]:
    if standing.missing or standing.cpu is None or standing.wall is None:
        return [standing.name, f"{MISSING}: {standing.missing}", *[""] * (len(header(section)) - 2)]
    wall_ratio = ratio(standing.wall_ratio)
    if section.walls_only:
        return [standing.name, time(standing.wall), wall_ratio]
    wall = f"{1 / standing.wall.median:,.0f}" if section.throughput else time(standing.wall)
    return [standing.name, time(standing.cpu), ratio(standing.cpu_ratio), wall, wall_ratio]


def time(spread: Spread) -> str:
    """The median in a unit in which it can be read."""
    seconds = spread.median
    return f"{seconds * 1e6:,.0f} µs" if seconds < 0.1 else f"{seconds * 1e3:,.0f} ms"


def ratio(spread: Spread | None) -> str:
    """The median and the quartiles; a dash where the reference is missing."""
    return "-" if spread is None else str(spread)


def absent(race: Race) -> Sequence[str]:
    """Who is missing in a race."""
    return [standing.name for standing in race.standings if standing.missing]
