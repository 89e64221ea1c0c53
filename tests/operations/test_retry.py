"""`retry_job`: a failed job has all of its attempts again."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from careervp_jobs_dal import JobsOperator, JobsRepository, ResultCode
from careervp_jobs_dal.plans.plan import EXACT_TRIES
from tests.conftest import CANARY, Clock
from tests.faults import Faults

MINUTE = timedelta(minutes=1)


@pytest.fixture
def failed(repository: JobsRepository, clock: Clock) -> str:
    """A job that a worker has failed, with all that an attempt leaves behind."""
    job_id = repository.submit_job("key", {"text": CANARY}, user_id="user-1", max_attempts=1).unwrap().job_id
    claim = repository.claim_job(job_id, lease=MINUTE, worker_id="w").unwrap()
    claim = repository.renew_claim(claim, lease=MINUTE, progress=0.5).unwrap()
    repository.fail_job(claim, CANARY, note="kept").unwrap()
    clock.advance(MINUTE)
    return job_id


def test_it_is_as_it_was_submitted_but_for_its_history(
    operator: JobsOperator, repository: JobsRepository, failed: str
) -> None:
    before = repository.find_job(failed).unwrap()

    job = operator.retry_job(failed).unwrap()

    gone = {"attempt", "claimed_by", "progress", "started_at", "completed_at", "error"}
    assert before.keys() - job.keys() == gone
    assert job.keys() - before.keys() == {"available_at"}
    moved = {"status", "submission_id", "active_shard", "due_at"}
    assert {name for name in job.keys() & before.keys() if job[name] != before[name]} == moved
    assert (before["active_shard"][0], job["active_shard"][0]) == ("f", "q")
    assert (job["status"], job["errors"], job["note"]) == ("PENDING", before["errors"], "kept")
    assert repository.claim_job(failed, lease=MINUTE).unwrap().attempt == 1


def test_it_is_sent_to_the_queue_by_whoever_is_given(operator: JobsOperator, failed: str) -> None:
    sent: list[str] = []

    operator.retry_job(failed, enqueue=sent.append).unwrap()
    operator.retry_job(failed, enqueue=sent.append)

    assert sent == [failed]


def test_a_worker_of_the_old_life_has_lost_the_job(
    operator: JobsOperator, repository: JobsRepository, clock: Clock
) -> None:
    job_id = repository.submit_job("key", {}, max_attempts=1).unwrap().job_id
    old = repository.claim_job(job_id, lease=MINUTE).unwrap()
    clock.advance(2 * MINUTE)
    repository.claim_job(job_id, lease=MINUTE)  # gives up
    operator.retry_job(job_id).unwrap()

    assert repository.complete_job(old).code is ResultCode.LEASE_LOST
    new = repository.claim_job(job_id, lease=MINUTE).unwrap()
    assert new.attempt == old.attempt
    assert repository.complete_job(old).code is ResultCode.LEASE_LOST
    assert repository.complete_job(new).success


def test_a_cancelled_job_is_no_longer_cancelled(operator: JobsOperator, repository: JobsRepository) -> None:
    job_id = repository.submit_job("key", {}).unwrap().job_id
    repository.claim_job(job_id, lease=MINUTE).unwrap()
    repository.cancel_job(job_id).unwrap()
    claim = repository.claim_job(job_id, lease=MINUTE)
    repository.update_job_status(job_id, "FAILED").unwrap()

    job = operator.retry_job(job_id).unwrap()

    assert not claim
    assert not {"cancelled_at", "cancel_requested_at"} & job.keys()
    assert repository.claim_job(job_id, lease=MINUTE).success


@pytest.mark.parametrize("status", ["PENDING", "PROCESSING", "COMPLETED"])
def test_a_job_that_has_not_failed_is_left_alone(
    operator: JobsOperator, repository: JobsRepository, job: dict[str, Any], status: str
) -> None:
    repository.create_job({**job, "status": status}).unwrap()

    refused = operator.retry_job("vpr-1")

    assert refused.code is ResultCode.INVALID_TRANSITION
    assert refused.record == repository.get_job("vpr-1") == {**job, "status": status}
    assert CANARY not in str(refused.error)


def test_a_job_of_create_job_is_on_the_active_index_from_then_on(
    operator: JobsOperator, repository: JobsRepository, job: dict[str, Any], clock: Clock
) -> None:
    repository.create_job({**job, "status": "FAILED"}).unwrap()
    operator.retry_job("vpr-1").unwrap()
    clock.advance(2 * MINUTE)

    assert [job["job_id"] for job in operator.list_overdue(older_than=MINUTE).unwrap()] == ["vpr-1"]


def test_absent_and_expired_jobs_are_not_found(
    operator: JobsOperator, repository: JobsRepository, job: dict[str, Any], clock: Clock
) -> None:
    expired = {**job, "status": "FAILED", "ttl": int(clock.now.timestamp())}
    repository.create_job(expired).unwrap()

    assert operator.retry_job("vpr-1").code is ResultCode.NOT_FOUND
    assert operator.retry_job("absent").code is ResultCode.NOT_FOUND
    assert repository.get_job("vpr-1") == expired
    assert operator.retry_job("").code is ResultCode.VALIDATION_ERROR


def test_a_lost_reply_is_recognised(
    operator: JobsOperator, repository: JobsRepository, failed: str, faults: Faults
) -> None:
    faults.lose_reply(operation="UpdateItem")

    assert operator.retry_job(failed).unwrap() == repository.find_job(failed).unwrap()


def test_a_retry_whose_reply_is_lost_is_not_done_twice(
    operator: JobsOperator, repository: JobsRepository, failed: str, faults: Faults
) -> None:
    def fail_again() -> None:
        claim = repository.claim_job(failed, lease=MINUTE).unwrap()
        repository.fail_job(claim, "again").unwrap()

    faults.lose_reply(operation="UpdateItem")
    faults.run(fail_again, operation="UpdateItem")

    assert operator.retry_job(failed).unwrap()["status"] == "FAILED"
    assert len(repository.find_job(failed).unwrap()["errors"]) == 2


def test_a_refusal_without_its_record_is_looked_into(
    operator: JobsOperator, repository: JobsRepository, failed: str, faults: Faults
) -> None:
    faults.run(lambda: operator.retry_job(failed).unwrap(), operation="UpdateItem")
    faults.drop_item()

    assert operator.retry_job(failed).code is ResultCode.INVALID_TRANSITION


def test_a_job_that_fails_again_before_each_write_is_a_conflict(
    operator: JobsOperator, failed: str, faults: Faults
) -> None:
    faults.answer("ConditionalCheckFailedException", times=EXACT_TRIES, operation="UpdateItem")

    assert operator.retry_job(failed).code is ResultCode.CONFLICT
    assert operator.retry_job(failed).success


def test_a_retry_whose_reply_is_lost_does_not_begin_the_life_after_the_next(
    operator: JobsOperator, repository: JobsRepository, failed: str, faults: Faults
) -> None:
    def two_lives_later() -> None:
        repository.cancel_job(failed).unwrap()
        operator.retry_job(failed).unwrap()
        repository.cancel_job(failed).unwrap()

    faults.lose_reply(operation="UpdateItem")
    faults.run(two_lives_later, operation="UpdateItem")

    assert operator.retry_job(failed).code is ResultCode.CONFLICT
    assert repository.find_job(failed).unwrap()["status"] == "FAILED"
