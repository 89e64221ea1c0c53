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
        return cls(*quantiles(numbers, n=4, method="inclusive"))

    def __str__(self) -> str:
        return f"{self.median:.2f} ({self.low:.2f}-{self.high:.2f})"


@dataclass(frozen=True)
class Comparison:
    """One kind of time in seconds, and the library's as a ratio of the other's: below 1, the library takes less."""

    other: Spread
    library: Spread
    ratio: Spread

    @classmethod
    def of(cls, other: Sequence[float], library: Sequence[float]) -> Comparison:
        """Compare samples taken in pairs."""
        ratios = [ours / theirs for ours, theirs in zip(library, other, strict=True)]
        return cls(Spread.of(other), Spread.of(library), Spread.of(ratios))


@dataclass(frozen=True)
class Line:
    """The library beside another contender."""

    name: str
    cpu: Comparison
    wall: Comparison


def race(contenders: Mapping[str, Callable[[], Cost]], rounds: int) -> dict[str, list[Cost]]:
    """Take a sample of each contender in every round, in the opposite order in every other one."""
    for sample in contenders.values():
        sample()
    costs: dict[str, list[Cost]] = {name: [] for name in contenders}
    for number in range(rounds):
        for name in list(contenders)[:: -1 if number % 2 else 1]:
            costs[name].append(contenders[name]())
    return costs


def compare(name: str, other: Sequence[Cost], library: Sequence[Cost]) -> Line:
    """Set the library's samples beside those that another contender gave in the same rounds."""
    cpu = Comparison.of([cost.cpu for cost in other], [cost.cpu for cost in library])
    wall = Comparison.of([cost.wall for cost in other], [cost.wall for cost in library])
    return Line(name, cpu, wall)
