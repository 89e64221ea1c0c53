"""How many shards the index of active jobs needs."""

from __future__ import annotations

import pytest

from benchmarks import shards
from careervp_jobs_dal.job.index import ACTIVE_SHARDS


@pytest.fixture(scope="module")
def outcomes() -> dict[int, shards.Outcome]:
    return {outcome.shards: outcome for outcome in shards.simulate()}


def test_a_single_partition_would_throttle_nearly_all_writes(outcomes: dict[int, shards.Outcome]) -> None:
    assert outcomes[1].throttled == pytest.approx(0.95, abs=0.01)


def test_twenty_shards_are_at_the_limit_and_a_little_beyond_it(outcomes: dict[int, shards.Outcome]) -> None:
    assert outcomes[20].mean_units == pytest.approx(shards.PARTITION_WRITES, rel=0.01)
    assert 0 < outcomes[20].throttled < 0.05


def test_the_library_has_shards_enough_and_a_quarter_to_spare(outcomes: dict[int, shards.Outcome]) -> None:
    assert outcomes[ACTIVE_SHARDS].throttled == 0
    assert outcomes[ACTIVE_SHARDS].peak_units < 0.75 * shards.PARTITION_WRITES


def test_shards_that_share_a_partition_are_throttled() -> None:
    load = shards.fold(shards.traffic(), ACTIVE_SHARDS)

    assert shards.crowded(load, partitions=1)[0] == pytest.approx(0.95, abs=0.01)
    assert shards.crowded(load, partitions=ACTIVE_SHARDS)[-1] > shards.throttled(load)
