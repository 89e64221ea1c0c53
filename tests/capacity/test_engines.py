"""What the rules say is what an engine counts, for every request of whole lives."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from benchmarks.capacity.lives import Life, capped_submissions, hand_written_life, library_life, other_operations
from benchmarks.capacity.meter import WRITES, Request
from benchmarks.records import SIZES, request
from tests.engines.catalogue import Engine

if TYPE_CHECKING:
    from careervp_jobs_dal.job.index import Projection

LIVES = {
    "by hand": lambda payload, projection: hand_written_life(payload, projection),
    "as a Map": lambda payload, projection: library_life(payload, projection, None),
    "packed": lambda payload, projection: library_life(payload, projection, 1024),
    "other calls": lambda payload, projection: other_operations(payload, projection, 1024),
}


def is_counted(engine: Engine, request: Request) -> bool:
    """Whether the engine counts such a request; a refused write reports nothing, on DynamoDB as well."""
    if request.kind in WRITES:
        return engine.counts_write_capacity and request.kind != "refused"
    found_nothing = request.kind == "query" and not request.size
    return engine.counts_read_capacity and (engine.counts_empty_queries or not found_nothing)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("projection", ["ALL", "KEYS_ONLY"])
@pytest.mark.parametrize("life", LIVES)
def test_an_engine_counts_what_the_rules_say(engine: Engine, life: str, projection: Projection, size: str) -> None:
    if not (engine.counts_write_capacity or engine.counts_read_capacity):
        pytest.skip(f"{engine.name} does not count capacity")
    lived: Life = LIVES[life](request(size), projection)
    counted = [each for each in lived if is_counted(engine, each)]

    assert counted
    assert [each.reported for each in counted] == [each.units for each in counted]


@pytest.mark.parametrize("size", SIZES)
def test_an_engine_counts_a_transaction_as_the_rules_say(engine: Engine, size: str) -> None:
    if not engine.counts_transaction_capacity:
        pytest.skip(f"{engine.name} does not count transactions as DynamoDB does")
    lived = capped_submissions(request(size), "ALL", 1024)
    counted = [each for each in lived if is_counted(engine, each)]

    assert [each.step for each in counted if each.kind == "write"] == ["room", "ended"]
    assert [each.reported for each in counted] == [each.units for each in counted]
