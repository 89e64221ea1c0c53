"""`stats`: how many jobs there are, of the active ones or of all."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from careervp_jobs_dal import JobsOperator, JobsRepository, ResultCode, Stats
from careervp_jobs_dal.job.index import Wait, active_shard, shards
from careervp_jobs_dal.job.instant import instant_text
from careervp_jobs_dal.operations import counting
from tests.conftest import CANARY, Clock
from tests.faults import Faults
from tests.operations.conftest import Seed

MINUTE = timedelta(minutes=1)


def test_active_jobs_are_counted_by_status(operator: JobsOperator, clock: Clock, seed: Seed) -> None:
    seed(30)
    seed(4, status="PROCESSING", lease_expires_at=instant_text(clock.now + MINUTE))
    seed(3, status="PROCESSING", lease_expires_at=instant_text(clock.now - MINUTE))
    seed(2, status="FAILED")
    seed(2, ttl=int(clock.now.timestamp()))

    oldest = instant_text(clock.now - timedelta(hours=2))
    assert operator.stats().unwrap() == Stats({"PENDING": 30, "PROCESSING": 7}, 3, oldest, whole_table=False)


def test_all_jobs_are_counted_by_status(operator: JobsOperator, seed: Seed) -> None:
    seed(30, status="PROCESSING")
    seed(20, status="COMPLETED")
    seed(1, status=CANARY)
    seed(1, lease_expires_at="some time")

    stats = operator.stats(whole_table=True).unwrap()

    assert stats == Stats({"COMPLETED": 20, "CORRUPT": 2, "PROCESSING": 30}, 0, None, whole_table=True)


def test_an_empty_table_has_no_counts(operator: JobsOperator) -> None:
    assert operator.stats().unwrap().counts == operator.stats(whole_table=True).unwrap().counts == {}


def test_a_job_that_is_finished_since_the_index_was_read_does_not_count(
    operator: JobsOperator, repository: JobsRepository, faults: Faults
) -> None:
    job_id = repository.submit_job("key", {}).unwrap().job_id
    faults.run(lambda: repository.cancel_job(job_id).unwrap(), operation="BatchGetItem")

    assert operator.stats().unwrap().counts == {}


@pytest.mark.parametrize("whole_table", [False, True])
def test_a_failure_has_its_code(operator: JobsOperator, faults: Faults, whole_table: bool) -> None:
    faults.answer("AccessDeniedException")

    assert operator.stats(whole_table=whole_table).code is ResultCode.ACCESS_DENIED


def test_jobs_spread_over_all_partitions() -> None:
    sharded = [active_shard(f"job-{number}") for number in range(3200)]

    counts = [sharded.count(shard) for shard in shards(Wait.QUEUED)]
    assert sum(counts) == 3200
    assert 50 < min(counts) <= max(counts) < 200


def test_a_count_that_would_lack_jobs_is_none(
    operator: JobsOperator, seed: Seed, faults: Faults, time_runs_out: Callable[[], None]
) -> None:
    seed(60)
    faults.leave_unprocessed(0, times=None, before=time_runs_out)

    counted = operator.stats()

    assert (counted.code, "could not be read" in str(counted.error)) == (ResultCode.UNAVAILABLE, True)


def test_a_job_that_does_not_say_since_when_it_waits_is_counted(
    operator: JobsOperator, repository: JobsRepository
) -> None:
    repository.table.put_item(Item={"job_id": "vpr-1", "status": "PENDING"})

    counted = operator.stats(whole_table=True).unwrap()

    assert (counted.counts, counted.oldest_pending_at) == ({"PENDING": 1}, None)


def test_partitions_of_several_pages_are_counted_to_their_end(
    operator: JobsOperator, clock: Clock, seed: Seed, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(counting, "_KEYS_A_PAGE", 3)
    seed(150)
    seed(50, status="PROCESSING", lease_expires_at=instant_text(clock.now + MINUTE))

    assert operator.stats().unwrap().counts == {"PENDING": 150, "PROCESSING": 50}
