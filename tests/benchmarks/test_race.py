"""A ratio says what was measured: pair by pair, with its spread, and nobody is dropped."""

from __future__ import annotations

import pytest

from benchmarks.race import Cost, Spread, judge, race


def costs(*cpu: float) -> list[Cost]:
    return [Cost(one, 10 * one) for one in cpu]


def test_a_ratio_is_taken_round_by_round_and_not_of_the_medians() -> None:
    (_, other) = judge("get", "base", ["own"], {"base": costs(1, 2, 9), "other": costs(2, 2, 9)}, {}).standings
    assert other.cpu_ratio == Spread(1.0, 1.0, 1.5)
    assert other.wall_ratio == Spread(1.0, 1.0, 1.5)


def test_below_one_means_less_than_the_reference() -> None:
    base, other = judge("get", "base", ["own"], {"base": costs(4, 4), "other": costs(1, 1)}, {}).standings
    assert base.cpu_ratio == Spread(1.0, 1.0, 1.0)
    assert other.cpu_ratio == Spread(0.25, 0.25, 0.25)


def test_what_ours_takes_is_a_multiple_of_the_others() -> None:
    _, other = judge("get", "own", ["own", "gone"], {"own": costs(4, 6), "other": costs(1, 2)}, {}).standings
    assert other.taken_by_ours == {"own": Spread(3.25, 3.5, 3.75)}


def test_the_spread_is_the_median_and_the_quartiles() -> None:
    assert Spread.of([5, 1, 4, 2, 3]) == Spread(2, 3, 4)
    assert Spread.of([7]) == Spread(7, 7, 7)
    assert str(Spread(0.5, 0.754, 1)) == "0.75 (0.50-1.00)"


def test_a_missing_contender_keeps_its_place() -> None:
    standings = judge("get", "base", ["own"], {"base": costs(1, 1)}, {"gone": "not installed"}).standings
    assert [(one.name, one.missing) for one in standings] == [("base", None), ("gone", "not installed")]


def test_without_the_reference_there_are_times_but_no_ratios() -> None:
    (other,) = judge("get", "base", ["own"], {"other": costs(1, 3)}, {}).standings
    assert other.cpu is not None
    assert other.cpu.median == 2
    assert other.cpu_ratio is None


def test_samples_that_are_not_in_pairs_are_refused() -> None:
    with pytest.raises(ValueError, match="argument 2"):
        judge("get", "base", ["own"], {"base": costs(1, 1), "other": costs(1)}, {})


def test_every_round_samples_everyone_and_the_order_alternates() -> None:
    order: list[str] = []

    def sampler(name: str) -> Cost:
        order.append(name)
        return Cost(1, 1)

    taken, missing = race({"a": lambda: sampler("a"), "b": lambda: sampler("b")}, rounds=3)
    assert "".join(order) == "abbaab"
    assert {name: len(samples) for name, samples in taken.items()} == {"a": 3, "b": 3}
    assert missing == {}
