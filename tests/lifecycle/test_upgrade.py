"""Old and new code on one table: records of the contract are claimed, and no worker does another's job."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from careervp_jobs_dal import JobsRepository, ResultCode
from tests.conftest import Clock

MINUTE = timedelta(minutes=1)
Job = dict[str, Any]


def test_a_job_of_create_job_is_claimed_and_finished(repository: JobsRepository, job: Job) -> None:
    repository.create_job(job).unwrap()

    claim = repository.claim_job("vpr-1", lease=MINUTE).unwrap()
    done = repository.complete_job(claim, result_key="r").unwrap()

    assert {name: done[name] for name in job} == {**job, "status": "COMPLETED"}
    assert "ttl" not in done


def test_a_plain_record_of_a_hand_written_service_is_claimed_and_failed(
    repository: JobsRepository, clock: Clock
) -> None:
    ttl = int((clock() + timedelta(days=1)).timestamp())
    repository.table.put_item(
        Item={"job_id": "old", "status": "PENDING", "created_at": "2026-02-03T13:05:32", "ttl": ttl}
    )

    claim = repository.claim_job("old", lease=MINUTE).unwrap()

    assert (claim.attempt, claim.max_attempts, claim.job["ttl"]) == (1, 3, ttl)
    assert repository.fail_job(claim, "broken").unwrap()["status"] == "FAILED"


def test_a_new_worker_leaves_a_job_alone_that_an_old_one_works_on(repository: JobsRepository, job: Job) -> None:
    repository.create_job(job).unwrap()
    repository.update_job_status("vpr-1", "PROCESSING").unwrap()

    assert repository.claim_job("vpr-1", lease=MINUTE).code is ResultCode.LEASE_HELD
    repository.update_job_status("vpr-1", "COMPLETED").unwrap()
    assert repository.claim_job("vpr-1", lease=MINUTE).code is ResultCode.ALREADY_FINISHED


@pytest.mark.parametrize("status", ["COMPLETED", "FAILED"])
def test_an_old_worker_that_ends_a_claimed_job_ends_it_once(repository: JobsRepository, job: Job, status: str) -> None:
    repository.create_job(job).unwrap()
    claim = repository.claim_job("vpr-1", lease=MINUTE).unwrap()

    ended = repository.update_job_status("vpr-1", status).unwrap()

    assert repository.complete_job(claim, result_key="r").code is ResultCode.ALREADY_FINISHED
    assert repository.renew_claim(claim, lease=MINUTE).code is ResultCode.ALREADY_FINISHED
    assert repository.get_job("vpr-1") == ended


def test_an_old_worker_cannot_move_what_a_new_one_has_finished(repository: JobsRepository, job: Job) -> None:
    repository.create_job(job).unwrap()
    done = repository.complete_job(repository.claim_job("vpr-1", lease=MINUTE).unwrap()).unwrap()

    assert repository.update_job_status("vpr-1", "PROCESSING").code is ResultCode.INVALID_TRANSITION
    assert repository.update_job_status("vpr-1", "FAILED").code is ResultCode.INVALID_TRANSITION
    assert repository.get_job("vpr-1") == done


def test_an_old_worker_that_repeats_processing_does_not_end_a_lease(repository: JobsRepository, job: Job) -> None:
    repository.create_job(job).unwrap()
    claim = repository.claim_job("vpr-1", lease=MINUTE).unwrap()

    repository.update_job_status("vpr-1", "PROCESSING").unwrap()

    assert repository.claim_job("vpr-1", lease=MINUTE).code is ResultCode.LEASE_HELD
    assert repository.complete_job(claim).success


@pytest.mark.parametrize(
    "name",
    [
        "attempt",
        "max_attempts",
        "claim_id",
        "claimed_by",
        "lease_expires_at",
        "submission_id",
        "fingerprint",
        "cancel_requested_at",
        "cancelled_at",
    ],
)
def test_an_update_cannot_touch_what_the_lifecycle_owns(repository: JobsRepository, job: Job, name: str) -> None:
    repository.create_job(job).unwrap()

    assert repository.update_job("vpr-1", {name: "mine"}).code is ResultCode.VALIDATION_ERROR
    assert repository.update_job_status("vpr-1", "FAILED", fields={name: "mine"}).code is ResultCode.VALIDATION_ERROR


def test_old_and_new_submitters_do_not_see_each_other(repository: JobsRepository, job: Job) -> None:
    repository.create_job(job).unwrap()

    assert repository.submit_job(job["idempotency_key"], job["input_data"]).unwrap().created is True
    assert repository.table.scan()["Count"] == 2
