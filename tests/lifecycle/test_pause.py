"""A pause is part of the record: before its end nobody claims the job, and nobody sends another message for it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from careervp_jobs_dal import Claim, JobsRepository, ResultCode
from careervp_jobs_dal.job.index import Wait, active_shard
from careervp_jobs_dal.job.instant import instant_text
from careervp_jobs_dal.testing import Faults
from tests.conftest import CANARY, Clock

LEASE = timedelta(minutes=5)
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)


@pytest.fixture
def claim(repository: JobsRepository) -> Claim:
    job_id = repository.submit_job("key", {"text": CANARY}).unwrap().job_id
    return repository.claim_job(job_id, lease=LEASE).unwrap()


def put_back(repository: JobsRepository, claim: Claim, pause: timedelta | None) -> None:
    repository.fail_job(claim, "busy", retryable=True, retry_after=pause).unwrap()


def release(repository: JobsRepository, claim: Claim, pause: timedelta | None) -> None:
    repository.release_claim(claim, retry_after=pause).unwrap()


@pytest.mark.parametrize("leave", [put_back, release])
def test_before_the_end_of_a_pause_a_claim_says_when_to_come_back(
    repository: JobsRepository, claim: Claim, clock: Clock, leave: Any
) -> None:
    leave(repository, claim, 7 * MINUTE)
    clock.advance(6 * MINUTE)

    early = repository.claim_job(claim.job_id, lease=LEASE)
    assert (early.code, early.retryable, early.retry_after) == (ResultCode.NOT_DUE, True, MINUTE)

    clock.advance(MINUTE)
    assert repository.claim_job(claim.job_id, lease=LEASE).success


def test_a_failed_attempt_counts_and_a_released_one_does_not(repository: JobsRepository, claim: Claim) -> None:
    for _ in range(5):
        repository.release_claim(claim).unwrap()
        claim = repository.claim_job(claim.job_id, lease=LEASE).unwrap()
        assert claim.attempt == 1
    for attempt in (1, 2):
        assert repository.fail_job(claim, "busy", retryable=True).unwrap()["status"] == "PENDING"
        claim = repository.claim_job(claim.job_id, lease=LEASE).unwrap()
        assert claim.attempt == attempt + 1
    assert repository.fail_job(claim, "busy", retryable=True).unwrap()["status"] == "FAILED"


def test_after_a_release_the_claim_is_lost_and_the_error_before_it_stays(
    repository: JobsRepository, claim: Claim
) -> None:
    put_back(repository, claim, None)
    second = repository.claim_job(claim.job_id, lease=LEASE).unwrap()
    released = repository.release_claim(second).unwrap()

    assert (released["status"], released["error"], released["attempt"]) == ("PENDING", "busy", 1)
    assert [entry["attempt"] for entry in released["errors"]] == [1]
    for refused in (repository.complete_job(second), repository.renew_claim(second, lease=LEASE)):
        assert refused.code is ResultCode.LEASE_LOST


def test_a_release_is_the_same_release_when_it_is_sent_twice(
    repository: JobsRepository, claim: Claim, faults: Faults
) -> None:
    faults.lose_reply()
    first = repository.release_claim(claim, retry_after=MINUTE).unwrap()

    assert repository.release_claim(claim, retry_after=MINUTE).unwrap() == first
    assert first["attempt"] == 0


def test_another_release_of_the_same_claim_is_too_late(repository: JobsRepository, claim: Claim, clock: Clock) -> None:
    release(repository, claim, None)
    clock.advance(MINUTE)

    assert repository.release_claim(claim).code is ResultCode.LEASE_LOST


def test_a_job_that_is_to_be_cancelled_ends_with_its_release(repository: JobsRepository, claim: Claim) -> None:
    repository.cancel_job(claim.job_id).unwrap()

    released = repository.release_claim(claim, retry_after=MINUTE).unwrap()

    assert (released["status"], released["error"]) == ("FAILED", "Cancelled")
    assert "cancelled_at" in released
    assert released["active_shard"] == active_shard(claim.job_id, Wait.FAILED)


def test_a_renewed_claim_knows_the_wish_to_cancel_and_ends_the_job_at_once(
    repository: JobsRepository, claim: Claim, faults: Faults
) -> None:
    repository.cancel_job(claim.job_id).unwrap()
    renewed = repository.renew_claim(claim, lease=LEASE).unwrap()
    faults.sent.clear()

    assert repository.release_claim(renewed).unwrap()["status"] == "FAILED"
    assert faults.sent == ["UpdateItem"]


def test_while_a_job_pauses_a_submission_has_nothing_to_enqueue(
    repository: JobsRepository, claim: Claim, clock: Clock
) -> None:
    put_back(repository, claim, 7 * MINUTE)

    again = repository.submit_job("key", {"text": CANARY}).unwrap()
    assert (again.created, again.should_enqueue, again.delay) == (False, False, 7 * MINUTE)

    clock.advance(7 * MINUTE)
    due = repository.submit_job("key", {"text": CANARY}).unwrap()
    assert (due.should_enqueue, due.delay) == (True, timedelta(0))


@pytest.mark.parametrize(
    ("start", "enqueue", "wait"),
    [(-HOUR, True, Wait.QUEUED), (15 * MINUTE, True, Wait.QUEUED), (16 * MINUTE, False, Wait.TIMED)],
    ids=["in the past", "as late as a queue can delay", "later than a queue can delay"],
)
def test_a_start_is_enqueued_at_once_if_a_queue_can_delay_it(
    repository: JobsRepository, clock: Clock, start: timedelta, enqueue: bool, wait: Wait
) -> None:
    submission = repository.submit_job("key", {}, run_at=clock() + start).unwrap()

    assert (submission.created, submission.should_enqueue) == (True, enqueue)
    assert submission.delay == max(start, timedelta(0))
    assert submission.job["active_shard"] == active_shard(submission.job_id, wait)
    assert submission.job["due_at"] == instant_text(max(clock() + start, clock()))
    claimed = repository.claim_job(submission.job_id, lease=LEASE)
    assert claimed.code is (ResultCode.NOT_DUE if submission.delay else ResultCode.SUCCESS)


def test_the_retention_counts_from_the_start(repository: JobsRepository, clock: Clock) -> None:
    start = clock() + timedelta(days=9)
    job_id = repository.submit_job("key", {}, run_at=start).unwrap().job_id
    clock.advance(timedelta(days=9))

    assert repository.claim_job(job_id, lease=LEASE).success


@pytest.mark.parametrize("run_at", ["2036-02-03T13:05:32Z", datetime(2036, 2, 3), 7])
def test_a_start_is_an_aware_datetime(repository: JobsRepository, run_at: Any) -> None:
    refused = repository.submit_job("key", {}, run_at=run_at)

    assert (refused.code, refused.error) == (ResultCode.VALIDATION_ERROR, "run_at must be an aware datetime")


@pytest.mark.parametrize("pause", [timedelta(seconds=-1), timedelta(days=367), 7, "7"], ids=repr)
def test_a_pause_is_a_duration_of_at_most_a_year(repository: JobsRepository, claim: Claim, pause: Any) -> None:
    for refused in (
        repository.release_claim(claim, retry_after=pause),
        repository.fail_job(claim, "busy", retryable=True, retry_after=pause),
    ):
        assert refused.code is ResultCode.VALIDATION_ERROR
        assert "retry_after" in str(refused.error)


def test_the_place_in_the_index_follows_each_move(repository: JobsRepository, clock: Clock) -> None:
    submitted = repository.submit_job("key", {}).unwrap().job
    job_id, began = submitted["job_id"], clock()
    queued, timed = active_shard(job_id, Wait.QUEUED), active_shard(job_id, Wait.TIMED)
    claim = repository.claim_job(job_id, lease=LEASE).unwrap()
    clock.advance(MINUTE)
    renewed = repository.renew_claim(claim, lease=2 * LEASE).unwrap()
    paused = repository.fail_job(claim, "busy", retryable=True, retry_after=HOUR).unwrap()

    places = [(job["active_shard"], job["due_at"]) for job in (submitted, claim.job, renewed.job, paused)]
    instants = [began, began + LEASE, clock() + 2 * LEASE, clock() + HOUR]
    assert places == list(zip([queued, timed, timed, queued], map(instant_text, instants), strict=True))


def test_the_end_of_a_pause_may_lie_beyond_the_calendar(repository: JobsRepository, clock: Clock, claim: Claim) -> None:
    clock.now = datetime.max.replace(tzinfo=clock.now.tzinfo) - timedelta(days=2)

    assert repository.release_claim(claim, retry_after=timedelta(days=9)).code is ResultCode.VALIDATION_ERROR
