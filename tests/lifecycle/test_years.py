"""A clock at either end of the calendar is an answer, and no exception."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from careervp_jobs_dal import JobsOperator, JobsRepository, ResultCode
from tests.conftest import Clock

LEASE = timedelta(minutes=5)
ENDS = {
    "the last second": datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC),
    "the first second": datetime(1, 1, 1, tzinfo=UTC),
}


@pytest.mark.parametrize("now", ENDS.values(), ids=ENDS)
def test_no_call_raises(repository: JobsRepository, clock: Clock, now: datetime) -> None:
    job_id = repository.submit_job("key", {}).unwrap().job_id
    claim = repository.claim_job(job_id, lease=LEASE).unwrap()
    waiting = repository.submit_job("another", {}).unwrap().job_id
    clock.now = now
    operator = JobsOperator(repository)

    answers = [
        repository.submit_job("a third", {}),
        repository.claim_job(waiting, lease=LEASE),
        repository.renew_claim(claim, lease=LEASE),
        repository.fail_job(claim, "it broke", retryable=True),
        repository.complete_job(claim),
        repository.cancel_job(waiting),
        repository.find_job(waiting),
        repository.find_status(waiting),
        operator.retry_job(waiting),
        operator.purge_jobs(older_than=LEASE),
        operator.erase_user("user-1"),
        operator.recover_jobs(older_than=LEASE),
        operator.get_jobs([waiting]),
        operator.stats(whole_table=True),
    ]

    assert all(isinstance(answer.code, ResultCode) for answer in answers)


def test_what_cannot_be_reckoned_is_refused_in_words(repository: JobsRepository, clock: Clock) -> None:
    job_id = repository.submit_job("key", {}).unwrap().job_id
    clock.now = ENDS["the last second"]

    refused = repository.submit_job("another", {})

    assert (refused.code, refused.error) == (
        ResultCode.VALIDATION_ERROR,
        "a time lies outside the years 1 to 9999",
    )
    assert JobsOperator(repository).purge_jobs(older_than=LEASE).success
    assert repository.find_job(job_id).code is ResultCode.NOT_FOUND
