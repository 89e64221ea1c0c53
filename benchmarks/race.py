"""Contenders measured in turn, many times and briefly, so that what slows the machine for a while slows all of them."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from statistics import quantiles
from typing import Any, NamedTuple, Self

READS = "get, a small record"  # the race that is also run by many threads
ANSWERS = "answers with"  # among what is known of a contender; the rest are versions


class Cost(NamedTuple):
    """What one sample took, in seconds."""

    cpu: float
    wall: float


class BrokenError(Exception):
    """A contender did not answer, or answered with an error; the text says what."""


@dataclass(frozen=True)
class Spread:
    """The middle of many numbers, and the quartiles around it."""

    low: float
    median: float
    high: float

    @classmethod
    def of(cls, numbers: Sequence[float]) -> Self:
        """Take the spread of one number or more."""
        return cls(*quantiles([*numbers, *numbers] if len(numbers) == 1 else numbers, n=4, method="inclusive"))

    def __str__(self) -> str:
        return f"{self.median:.2f} ({self.low:.2f}-{self.high:.2f})"


@dataclass(frozen=True)
class Standing:
    """A contender's seconds in a race, also beside others'; or why it is missing."""

    name: str
    cpu: Spread | None = None
    wall: Spread | None = None
    cpu_ratio: Spread | None = None
    wall_ratio: Spread | None = None
    taken_by_ours: Mapping[str, Spread] = field(default_factory=dict)
    """Our CPU as a ratio of this one's, on each of our ways."""
    missing: str | None = None


@dataclass(frozen=True)
class Race:
    """One piece of work, and how everyone did."""

    name: str
    reference: str
    standings: list[Standing]

    @property
    def longest(self) -> float:
        """Tell the longest median of a wall clock."""
        return max((one.wall.median for one in self.standings if one.wall), default=0.0)

    def missing(self) -> list[str]:
        """Name those who are missing."""
        return [standing.name for standing in self.standings if standing.missing]


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

    def races(self, *keys: str) -> list[Race]:
        """List the races of the sections with these keys."""
        return [race for section in self.sections if section.key in keys for race in section.races]


def from_json(text: str) -> Results:
    """Read what `json.dumps(asdict(results))` wrote; each object's names tell what it is."""
    kinds = {
        frozenset(member.name for member in fields(kind)): kind for kind in (Spread, Standing, Race, Section, Results)
    }

    def build(content: dict[str, Any]) -> Any:
        kind = kinds.get(frozenset(content))
        return kind(**content) if kind else content

    results: Results = json.loads(text, object_hook=build)
    return results


def race(contenders: Mapping[str, Callable[[], Cost]], rounds: int) -> tuple[dict[str, list[Cost]], dict[str, str]]:
    """Sample everyone in turn, and say who broke down; the order alternates.

    All have done the work once before, for their answers are checked first.
    """
    costs: dict[str, list[Cost]] = {name: [] for name in contenders}
    missing = {}
    for number in range(rounds):
        for name in list(costs)[:: -1 if number % 2 else 1]:
            try:
                costs[name].append(contenders[name]())
            except BrokenError as broken:
                missing[name] = f"broke down: {broken}"
                del costs[name]
    return costs, missing


def judge(
    title: str,
    reference: str,
    ours: Sequence[str],
    costs: Mapping[str, Sequence[Cost]],
    missing: Mapping[str, str],
) -> Race:
    """Set samples beside the reference's and ours, where these are not missing."""
    cpu, wall = ({name: [cost[part] for cost in taken] for name, taken in costs.items()} for part in (0, 1))
    standings = [
        Standing(
            name,
            Spread.of(cpu[name]),
            Spread.of(wall[name]),
            _ratios(cpu[name], cpu.get(reference)),
            _ratios(wall[name], wall.get(reference)),
            {our: ratio for our in ours if (ratio := _ratios(cpu.get(our), cpu[name]))},
        )
        for name in costs
    ]
    return Race(title, reference, [*standings, *(Standing(name, missing=reason) for name, reason in missing.items())])


def _ratios(ours: Sequence[float] | None, theirs: Sequence[float] | None) -> Spread | None:
    """Divide round by round: no ratio of medians."""
    return Spread.of([one / other for one, other in zip(ours, theirs, strict=True)]) if ours and theirs else None
