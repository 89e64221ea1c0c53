"""Which pictures there are, and what each of them shows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks.environments import LIBRARY
from benchmarks.report.bars import Bar, Group, draw
from benchmarks.report.cells import MISSING
from benchmarks.svg import BLUE, GREEN, GREY

if TYPE_CHECKING:
    from collections.abc import Callable

    from benchmarks.race import Race, Spread, Standing
    from benchmarks.report.results import Results, Section


def pictures(results: Results) -> dict[str, str]:
    """The text of each picture by the name of its file."""
    cold = [*results.section("cold").races, *results.section("limited").races]
    return {
        "performance-calls.svg": _ratios("CPU of a call beside boto3's Table", results.section("stub"), _cpu_ratio),
        "performance-engine.svg": _ratios("Time of a call on a local engine", results.section("engine"), _wall_ratio),
        "performance-threads.svg": draw(
            "Work per second by 1, 8 and 32 threads", [_rates(race) for race in results.section("threads").races]
        ),
        "performance-cold.svg": draw("Cold start to the first answer", [_starts(race) for race in cold]),
    }


def _ratios(title: str, section: Section, pick: Callable[[Standing], Spread | None]) -> str:
    if section.missing:
        return draw(title, [Group(f"{MISSING}: {section.missing}", [])])
    groups = [Group(race.name, [_ratio(one, race, pick(one)) for one in race.standings], 1.0) for race in section.races]
    return draw(title, groups)


def _ratio(standing: Standing, race: Race, spread: Spread | None) -> Bar:
    if spread is None:
        return _missing(standing)
    words = "1" if standing.name == race.reference else f"{spread.median:.2f}"
    return Bar(standing.name, words, spread.low, spread.median, spread.high, _colour(standing, race))


def _rates(race: Race) -> Group:
    return Group(race.name, [_rate(standing, race) for standing in race.standings])


def _rate(standing: Standing, race: Race) -> Bar:
    if standing.wall is None:
        return _missing(standing)
    slow, middle, fast = 1 / standing.wall.high, 1 / standing.wall.median, 1 / standing.wall.low
    return Bar(standing.name, f"{middle:,.0f}/s", slow, middle, fast, _colour(standing, race))


def _starts(race: Race) -> Group:
    return Group(race.name, [_start(standing, race) for standing in race.standings])


def _start(standing: Standing, race: Race) -> Bar:
    if standing.wall is None:
        return _missing(standing)
    low, middle, high = (1000 * value for value in (standing.wall.low, standing.wall.median, standing.wall.high))
    return Bar(_short(standing.name), f"{middle:,.0f} ms", low, middle, high, _colour(standing, race))


def _missing(standing: Standing) -> Bar:
    return Bar(_short(standing.name), MISSING)


def _colour(standing: Standing, race: Race) -> str:
    if standing.name.startswith(LIBRARY):
        return BLUE
    return GREY if standing.name == race.reference else GREEN


def _short(name: str) -> str:
    """A label fits to the left of its bar; what it lacks is in the group's title."""
    return name.partition(" and ")[0]


def _cpu_ratio(standing: Standing) -> Spread | None:
    return standing.cpu_ratio


def _wall_ratio(standing: Standing) -> Spread | None:
    return standing.wall_ratio
