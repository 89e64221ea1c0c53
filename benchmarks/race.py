"""Contenders measured in turn, many times and briefly, so that what slows the machine for a while slows all of them."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import quantiles
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence


class Cost(NamedTuple):
    """What one sample took, in seconds."""

    cpu: float
    wall: float


@dataclass(frozen=True)
class Spread:
    """The middle of many numbers, and the quartiles around it."""

    low: float
    median: float
    high: float

    @classmethod
    def of(cls, numbers: Sequence[float]) -> Spread:
        """Of one number or more."""
        return cls(*quantiles([*numbers, *numbers] if len(numbers) == 1 else numbers, n=4, method="inclusive"))

    def __str__(self) -> str:
        return f"{self.median:.2f} ({self.low:.2f}-{self.high:.2f})"


@dataclass(frozen=True)
class Standing:
    """One contender in one race: what it took, in seconds, and that beside others; or why it is missing."""

    name: str
    cpu: Spread | None = None
    wall: Spread | None = None
    cpu_ratio: Spread | None = None
    wall_ratio: Spread | None = None
    taken_by_ours: Spread | None = None
    """Our CPU as a ratio of this one's."""
    missing: str | None = None


@dataclass(frozen=True)
class Race:
    """One piece of work, and how everyone did."""

    name: str
    reference: str
    standings: list[Standing]


def race(contenders: Mapping[str, Callable[[], Cost]], rounds: int) -> dict[str, list[Cost]]:
    """Take a sample of each contender in every round, in the opposite order in every other one.

    All have done the work once before, for their answers are checked first.
    """
    costs: dict[str, list[Cost]] = {name: [] for name in contenders}
    for number in range(rounds):
        for name in list(contenders)[:: -1 if number % 2 else 1]:
            costs[name].append(contenders[name]())
    return costs


def judge(
    name: str, reference: str, ours: str, costs: Mapping[str, Sequence[Cost]], missing: Mapping[str, str]
) -> Race:
    """Set everyone's samples beside the reference's and ours of the same rounds; where those are missing, no ratios."""
    base, own = costs.get(reference), costs.get(ours)
    standings = [_standing(who, taken, base, own) for who, taken in costs.items()]
    return Race(name, reference, [*standings, *(Standing(who, missing=reason) for who, reason in missing.items())])


def _standing(name: str, costs: Sequence[Cost], base: Sequence[Cost] | None, own: Sequence[Cost] | None) -> Standing:
    return Standing(
        name,
        Spread.of([cost.cpu for cost in costs]),
        Spread.of([cost.wall for cost in costs]),
        _ratios([cost.cpu for cost in costs], [cost.cpu for cost in base]) if base else None,
        _ratios([cost.wall for cost in costs], [cost.wall for cost in base]) if base else None,
        _ratios([cost.cpu for cost in own], [cost.cpu for cost in costs]) if own else None,
    )


def _ratios(ours: Sequence[float], theirs: Sequence[float]) -> Spread:
    """Round by round: the median of the ratios, not the ratio of the medians."""
    return Spread.of([one / other for one, other in zip(ours, theirs, strict=True)])
