"""A record outlives its work: nobody comes back to a job that has expired between two attempts."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from careervp_jobs_dal import Claim, JobsOperator, JobsRepository, ResultCode
from careervp_jobs_dal.testing import Faults
from tests.conftest import Clock

LEASE = timedelta(minutes=5)
HOUR = timedelta(hours=1)
WAY_BACK = 90 * timedelta(minutes=1)


@pytest.fixture
def brief(table_name: str, clock: Clock) -> JobsRepository:
    """A repository whose records are kept for an hour."""
    return JobsRepository(table_name, clock=clock, retention=HOUR)


@pytest.fixture
def claim(brief: JobsRepository) -> Claim:
    return brief.claim_job(brief.submit_job("key", {}).unwrap().job_id, lease=LEASE).unwrap()


WAYS: dict[str, Callable[[JobsRepository, Claim], object]] = {
    "put back": lambda jobs, claim: jobs.fail_job(claim, "busy", retryable=True).unwrap(),
    "released": lambda jobs, claim: jobs.release_claim(claim).unwrap(),
    "left to its lease": lambda jobs, claim: None,
    "failed and retried": lambda jobs, claim: (
        jobs.fail_job(claim, "broken").unwrap(),
        JobsOperator(jobs).retry_job(claim.job_id).unwrap(),
    ),
}


@pytest.mark.parametrize("leave", WAYS.values(), ids=WAYS)
def test_a_message_that_comes_late_finds_its_job(
    brief: JobsRepository, claim: Claim, clock: Clock, leave: Callable[[JobsRepository, Claim], object]
) -> None:
    leave(brief, claim)
    clock.advance(WAY_BACK)

    assert brief.claim_job(claim.job_id, lease=LEASE).success


def test_each_attempt_of_a_long_life_finds_its_job(brief: JobsRepository, clock: Clock) -> None:
    job_id = brief.submit_job("key", {}, max_attempts=20).unwrap().job_id
    for attempt in range(1, 21):
        claim = brief.claim_job(job_id, lease=LEASE).unwrap()
        assert claim.attempt == attempt
        brief.fail_job(claim, "busy", retryable=True, retry_after=2 * HOUR).unwrap()
        clock.advance(12 * HOUR)


def test_the_record_of_a_long_pause_is_there_at_its_end(brief: JobsRepository, claim: Claim, clock: Clock) -> None:
    brief.release_claim(claim, retry_after=timedelta(days=30)).unwrap()
    clock.advance(timedelta(days=30))

    assert brief.claim_job(claim.job_id, lease=LEASE).success


def test_a_record_that_lasts_long_enough_costs_one_write(
    repository: JobsRepository, clock: Clock, faults: Faults
) -> None:
    job_id = repository.submit_job("key", {}).unwrap().job_id
    before = repository.find_job(job_id).unwrap()["ttl"]
    claim = repository.claim_job(job_id, lease=LEASE).unwrap()
    faults.sent.clear()

    assert repository.fail_job(claim, "busy", retryable=True).unwrap()["ttl"] == before
    assert faults.sent == ["UpdateItem"]


def test_a_record_that_would_expire_costs_one_write_too(brief: JobsRepository, clock: Clock) -> None:
    faults = Faults(brief.dynamodb.meta.client)
    claim = brief.claim_job(brief.submit_job("key", {}).unwrap().job_id, lease=LEASE).unwrap()
    clock.advance(HOUR)
    faults.sent.clear()

    put_back = brief.fail_job(claim, "busy", retryable=True).unwrap()

    assert put_back["ttl"] > claim.job["ttl"]
    assert faults.sent == ["UpdateItem"]
    faults.stop()


@pytest.mark.parametrize("ttl", ["earlier", "later"])
def test_a_ttl_that_somebody_has_changed_meanwhile_is_not_shortened(
    repository: JobsRepository, clock: Clock, ttl: str
) -> None:
    job_id = repository.submit_job("key", {}).unwrap().job_id
    claim = repository.claim_job(job_id, lease=LEASE).unwrap()
    changed = int((clock() + {"earlier": HOUR, "later": timedelta(days=30)}[ttl]).timestamp())
    repository.update_job(job_id, {"ttl": changed}).unwrap()

    put_back = repository.fail_job(claim, "busy", retryable=True, retry_after=timedelta(days=2)).unwrap()

    needed = int((clock() + timedelta(days=2) + HOUR).timestamp())
    assert put_back["ttl"] == max(changed, needed)


def test_a_job_without_a_ttl_is_put_back_without_one(table_name: str, clock: Clock) -> None:
    forever = JobsRepository(table_name, clock=clock, retention=None)
    claim = forever.claim_job(forever.submit_job("key", {}).unwrap().job_id, lease=LEASE).unwrap()

    assert "ttl" not in forever.fail_job(claim, "busy", retryable=True).unwrap()


def test_an_expired_job_does_not_come_back(brief: JobsRepository, claim: Claim, clock: Clock) -> None:
    clock.advance(14 * HOUR)

    for left in (brief.fail_job(claim, "busy", retryable=True), brief.release_claim(claim)):
        assert left.code is ResultCode.NOT_FOUND
    assert brief.fail_job(claim, "broken").unwrap()["status"] == "FAILED"


def test_a_worker_may_give_the_record_a_ttl_of_its_own(brief: JobsRepository, claim: Claim, clock: Clock) -> None:
    own = int((clock() + timedelta(days=3)).timestamp())
    put_back = brief.fail_job(claim, "busy", retryable=True, retry_after=timedelta(days=1), ttl=own)

    assert put_back.unwrap()["ttl"] == own


def past(clock: Clock) -> int:
    return int(clock().timestamp())


REFUSING: dict[str, Callable[[JobsRepository, Claim, int], Any]] = {
    "submit": lambda jobs, _, ttl: jobs.submit_job("another key", {}, ttl=ttl),
    "complete": lambda jobs, claim, ttl: jobs.complete_job(claim, ttl=ttl),
    "fail": lambda jobs, claim, ttl: jobs.fail_job(claim, "broken", ttl=ttl),
}


@pytest.mark.parametrize("call", REFUSING.values(), ids=REFUSING)
def test_a_ttl_in_the_past_is_refused(
    brief: JobsRepository, claim: Claim, clock: Clock, call: Callable[[JobsRepository, Claim, int], Any]
) -> None:
    refused = call(brief, claim, past(clock))

    assert (refused.code, refused.error) == (ResultCode.VALIDATION_ERROR, "ttl must lie in the future")
    assert brief.complete_job(claim).success


def test_a_job_must_not_expire_before_its_start(brief: JobsRepository, clock: Clock) -> None:
    start = clock() + timedelta(days=2)
    refused = brief.submit_job("another key", {}, run_at=start, ttl=int(start.timestamp()))

    assert (refused.code, refused.error) == (ResultCode.VALIDATION_ERROR, "ttl must be later than run_at")
