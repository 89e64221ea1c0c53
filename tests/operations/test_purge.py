"""`purge_jobs`: deletes what is finished and old, and only as it was read."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from careervp_jobs_dal import JobsOperator, JobsRepository, Purge, ResultCode
from careervp_jobs_dal.job.instant import instant_text
from tests.conftest import CANARY, Clock
from tests.faults import Faults
from tests.operations.conftest import Seed

HOUR = timedelta(hours=1)


def test_a_dry_run_says_what_would_go_and_deletes_nothing(
    operator: JobsOperator, repository: JobsRepository, seed: Seed
) -> None:
    old = {*seed(3, status="COMPLETED"), *seed(2, status="FAILED")}
    seed(2)

    purge = operator.purge_jobs(older_than=HOUR).unwrap()

    assert (set(purge.jobs), purge.dry_run, purge.scanned, purge.stopped_by) == (old, True, 7, None)
    assert len(operator.get_jobs(old).unwrap().jobs) == 5


def test_of_thousands_the_old_go_and_the_others_stay(operator: JobsOperator, seed: Seed, many: int) -> None:
    old = seed(many // 8, status="COMPLETED")
    young = seed(many // 2, since=timedelta(seconds=0), status="COMPLETED")
    active = seed(many // 4)

    purge = operator.purge_jobs(older_than=timedelta(minutes=1), dry_run=False).unwrap()

    assert sorted(purge.jobs) == old
    assert operator.get_jobs([*old, *young, *active]).unwrap().missing == tuple(old)


def test_the_end_counts_and_without_one_the_beginning(
    operator: JobsOperator, clock: Clock, seed: Seed, repository: JobsRepository
) -> None:
    seed(1, status="COMPLETED", completed_at=instant_text(clock.now))
    (ended,) = seed(1, status="COMPLETED", completed_at="2000-01-01T00:00:00+02:00")
    (odd,) = seed(1, status="FAILED", completed_at="some time ago")

    assert set(operator.purge_jobs(older_than=HOUR).unwrap().jobs) == {ended, odd}


def test_one_status_can_be_chosen(operator: JobsOperator, seed: Seed) -> None:
    seed(2, status="COMPLETED")
    failed = seed(2, status="FAILED")

    assert sorted(operator.purge_jobs(older_than=HOUR, status="FAILED").unwrap().jobs) == failed


@pytest.mark.parametrize("status", ["PENDING", "PROCESSING", "DONE", 5])
def test_an_unfinished_job_cannot_be_chosen(operator: JobsOperator, status: Any, faults: Faults) -> None:
    assert operator.purge_jobs(older_than=HOUR, status=status).code is ResultCode.VALIDATION_ERROR
    assert operator.purge_jobs(older_than=HOUR, limit=0).code is ResultCode.VALIDATION_ERROR
    assert faults.sent == []


def test_a_limit_ends_it(operator: JobsOperator, seed: Seed) -> None:
    old = seed(5, status="FAILED")

    assert len(operator.purge_jobs(older_than=HOUR, limit=2, dry_run=False).unwrap().jobs) == 2
    assert len(operator.get_jobs(old).unwrap().jobs) == 3
    assert len(operator.purge_jobs(older_than=HOUR, limit=3).unwrap().jobs) == 3


def test_a_job_that_is_tried_again_meanwhile_stays(
    operator: JobsOperator, repository: JobsRepository, seed: Seed, faults: Faults
) -> None:
    (job_id,) = seed(1, status="FAILED")
    faults.pass_through()
    faults.run(lambda: operator.retry_job(job_id).unwrap())

    assert operator.purge_jobs(older_than=HOUR, dry_run=False).unwrap().jobs == ()
    assert repository.find_job(job_id).success


def test_a_job_that_failed_in_another_life_meanwhile_stays(
    operator: JobsOperator, repository: JobsRepository, seed: Seed, faults: Faults
) -> None:
    (job_id,) = seed(1, status="FAILED")

    def again() -> None:
        operator.retry_job(job_id).unwrap()
        repository.update_job_status(job_id, "FAILED").unwrap()

    faults.pass_through()
    faults.run(again)

    assert operator.purge_jobs(older_than=HOUR, dry_run=False).unwrap().jobs == ()
    assert repository.find_job(job_id).success


def test_a_lost_reply_is_recognised(operator: JobsOperator, seed: Seed, faults: Faults) -> None:
    (job_id,) = seed(1, status="FAILED")
    faults.pass_through()
    faults.lose_reply()

    assert operator.purge_jobs(older_than=HOUR, dry_run=False).unwrap().jobs == (job_id,)
    assert operator.get_jobs([job_id]).unwrap().missing == (job_id,)


def test_what_stops_it_midway_is_said_with_what_went(operator: JobsOperator, seed: Seed, faults: Faults) -> None:
    old = seed(3, status="FAILED")
    faults.pass_through(times=2)
    faults.answer("AccessDeniedException")

    purge = operator.purge_jobs(older_than=HOUR, dry_run=False).unwrap()

    assert len(set(purge.jobs) & set(old)) == 1
    assert purge.stopped_by is ResultCode.ACCESS_DENIED


def test_what_stops_it_at_once_is_a_failure(operator: JobsOperator, seed: Seed, faults: Faults) -> None:
    seed(3, status="FAILED")
    faults.answer("AccessDeniedException")

    assert operator.purge_jobs(older_than=HOUR).code is ResultCode.ACCESS_DENIED


def test_a_scan_takes_as_many_pages_as_it_needs(operator: JobsOperator, seed: Seed) -> None:
    old = seed(8, status="FAILED", input_data={"text": "x" * 300_000})

    assert sorted(operator.purge_jobs(older_than=HOUR).unwrap().jobs) == old


def test_nothing_of_a_record_is_shown(operator: JobsOperator, seed: Seed) -> None:
    seed(1, status="FAILED", error=CANARY)

    result = operator.purge_jobs(older_than=HOUR)

    assert isinstance(result.data, Purge)
    assert CANARY not in f"{result} {result.data}"


def test_the_progress_is_told_after_each_page_of_the_scan(operator: JobsOperator, seed: Seed) -> None:
    seed(2, status="COMPLETED")
    told: list[Purge] = []

    purge = operator.purge_jobs(older_than=HOUR, on_progress=told.append).unwrap()

    assert told[-1] == purge
    assert len(purge.jobs) == 2
