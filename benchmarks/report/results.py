"""All numbers of one run, to be kept in a file and read again."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from benchmarks.race import Race, Spread, Standing

if TYPE_CHECKING:
    from collections.abc import Mapping

ANSWERS = "answers with"  # among what is known of a contender; the rest are versions


@dataclass(frozen=True)
class Section:
    """Races of one kind. `walls_only` where CPU says nothing, `throughput` where threads work side by side."""

    key: str
    title: str
    note: str
    races: list[Race]
    walls_only: bool = False
    throughput: bool = False
    missing: str | None = None


@dataclass(frozen=True)
class Results:
    """One run: where, who with which versions and answers, and how everyone did."""

    machine: dict[str, str]
    contenders: dict[str, dict[str, str]]
    sections: list[Section]

    def section(self, key: str) -> Section:
        """The section with this key."""
        return next(section for section in self.sections if section.key == key)


def to_plain(results: Results) -> dict[str, Any]:
    """The results as JSON can hold them, times in seconds."""
    return asdict(results)


def from_plain(content: Mapping[str, Any]) -> Results:
    """The results that `to_plain` made this of."""
    sections = [_section(section) for section in content["sections"]]
    return Results(content["machine"], content["contenders"], sections)


def _section(content: Mapping[str, Any]) -> Section:
    return Section(**{**content, "races": [_race(race) for race in content["races"]]})


def _race(content: Mapping[str, Any]) -> Race:
    return Race(**{**content, "standings": [_standing(standing) for standing in content["standings"]]})


def _standing(content: Mapping[str, Any]) -> Standing:
    fields: dict[str, Any] = {
        name: Spread(**value) if isinstance(value, dict) else value for name, value in content.items()
    }
    return Standing(**fields)
