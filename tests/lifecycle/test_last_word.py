"""The last word always fits: a job that can be claimed can be ended, however full its record is."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from careervp_jobs_dal import Claim, JobsOperator, JobsRepository, ResultCode, create_table
from careervp_jobs_dal.codec.values import encode_item
from careervp_jobs_dal.plans.history import history_with
from careervp_jobs_dal.testing import Faults
from tests.conftest import Clock
from tests.engines.catalogue import Engine

LEASE = timedelta(minutes=5)
LONG = "The model's answer was no JSON: it broke off. " * 60
ROOMS = [0, 1, 7, 40, 47, 80, 100, 128, 200, 256, 300, 511, 512, 700, 1024, 1500, 2048, 3000, 4096]


def fill(repository: JobsRepository, job_id: str, engine: Engine, room: int) -> int:
    """Let a record grow until the engine has just so much room left for it; return the pad's size."""
    stored = repository.table.get_item(Key={"job_id": job_id}, ConsistentRead=True)["Item"]
    pad = engine.max_item_bytes - engine.room_to_replace - room - encode_item({**stored, "pad": ""}).size
    for slack in range(64):
        try:
            repository.table.put_item(Item={**stored, "pad": "x" * (pad - slack)})
        except repository.dynamodb.meta.client.exceptions.ClientError:
            continue
        return pad - slack
    raise AssertionError("The engine counts otherwise")


@pytest.fixture
def full(table_name: str, clock: Clock) -> JobsRepository:
    return JobsRepository(table_name, clock=clock, pack_above=None)


@pytest.fixture
def table_with_indexes() -> str:
    return create_table(f"full-{uuid4().hex[:8]}", optional_indexes=True).unwrap()


@pytest.mark.parametrize("room", ROOMS)
def test_a_job_that_fails_three_times_is_failed_with_a_reason_after_three_runs(
    full: JobsRepository, clock: Clock, engine: Engine, room: int
) -> None:
    job_id = full.submit_job("key", {}).unwrap().job_id
    claim = full.claim_job(job_id, lease=LEASE, worker_id="worker-1").unwrap()
    fill(full, job_id, engine, room)
    for run in (1, 2, 3):
        assert claim.attempt == run
        failed = full.fail_job(claim, LONG, retryable=True, public_error=LONG).unwrap()
        clock.advance(timedelta(seconds=1))
        if run < 3:
            claim = full.claim_job(job_id, lease=LEASE, worker_id="worker-1").unwrap()

    assert failed["status"] == "FAILED"
    assert LONG.startswith(failed["error"])
    assert len(failed["error"]) >= 8
    assert failed.get("active_shard", "f").startswith("f")


@pytest.mark.parametrize("room", ROOMS[:6])
def test_what_is_submitted_can_be_worked_on_and_ended(
    full: JobsRepository, clock: Clock, engine: Engine, room: int
) -> None:
    limit = engine.max_item_bytes - room
    length = limit
    while not (submission := full.submit_job("key", {"text": "x" * length}, user_id="user-1")):
        length -= 64 if length < limit - 1500 else 512
    job_id = submission.unwrap().job_id

    for run in (1, 2, 3):
        claim = full.claim_job(job_id, lease=LEASE, worker_id="worker-1").unwrap()
        assert (claim.attempt, "reserve" in claim.job) == (run, False)
        failed = full.fail_job(claim, LONG, retryable=True).unwrap()
        clock.advance(timedelta(seconds=1))
    assert (failed["status"], LONG.startswith(failed["error"])) == ("FAILED", True)


LEAVE: dict[str, Any] = {
    "fail": lambda jobs, claim, clock: jobs.fail_job(claim, LONG).unwrap(),
    "release": lambda jobs, claim, clock: jobs.release_claim(claim).unwrap(),
    "put back": lambda jobs, claim, clock: jobs.fail_job(claim, LONG, retryable=True).unwrap(),
    "lapse, and a claim": lambda jobs, claim, clock: (
        clock.advance(2 * LEASE),
        jobs.claim_job(claim.job_id, lease=LEASE).unwrap(),
    ),
    "lapse, and a recovery": lambda jobs, claim, clock: (
        clock.advance(2 * LEASE),
        JobsOperator(jobs).recover_jobs(older_than=LEASE).unwrap().put_back[0],
    ),
    "lapse, and a wish to cancel": lambda jobs, claim, clock: (
        clock.advance(2 * LEASE),
        jobs.cancel_job(claim.job_id).unwrap()["cancelled_at"],
    ),
}


@pytest.mark.parametrize("leave", LEAVE.values(), ids=LEAVE)
@pytest.mark.parametrize("room", ROOMS[:8])
def test_each_way_to_let_go_of_a_job_fits(
    table_with_indexes: str, clock: Clock, engine: Engine, room: int, leave: Any
) -> None:
    jobs = JobsRepository(table_with_indexes, clock=clock, pack_above=None)
    job_id = jobs.submit_job("key", {}).unwrap().job_id
    claim = jobs.claim_job(job_id, lease=LEASE, worker_id="worker-1").unwrap()
    fill(jobs, job_id, engine, room)

    leave(jobs, claim, clock)

    assert jobs.get_job(job_id)["status"] in ("PENDING", "PROCESSING", "FAILED")  # type: ignore[index]
    assert jobs.complete_job(claim).code in (ResultCode.LEASE_LOST, ResultCode.ALREADY_FINISHED)


@pytest.mark.parametrize("leave", ["claim", "cancel"])
@pytest.mark.parametrize("room", ROOMS[:3])
def test_a_job_that_has_no_room_for_an_attempt_ends_with_that_reason(
    full: JobsRepository, engine: Engine, room: int, leave: str
) -> None:
    job_id = full.submit_job("key", {}).unwrap().job_id
    fill(full, job_id, engine, room)
    if leave == "cancel":
        cancelled = full.cancel_job(job_id).unwrap()
        assert (cancelled["status"], "cancelled_at" in cancelled) == ("FAILED", True)
        return

    refused = full.claim_job(job_id, lease=LEASE)

    assert refused.code is ResultCode.ITEM_TOO_LARGE
    assert refused.record is not None
    assert refused.record["status"] == "FAILED"
    assert refused.record["error"].startswith("The record has no room"[:8])
    assert full.claim_job(job_id, lease=LEASE).code is ResultCode.ALREADY_FINISHED


@pytest.mark.parametrize("room", ROOMS[:8])
def test_an_update_fails_a_full_record_that_has_no_room_for_its_place_on_the_index(
    full: JobsRepository, job: dict[str, Any], engine: Engine, room: int
) -> None:
    full.create_job(job).unwrap()
    fill(full, job["job_id"], engine, room)

    failed = full.update_job_status(job["job_id"], "FAILED").unwrap()

    assert failed["status"] == "FAILED"
    assert ("active_shard" in failed) is ("due_at" in failed)


def test_what_fits_is_written_once_and_whole(repository: JobsRepository, faults: Faults) -> None:
    claim: Claim = repository.claim_job(repository.submit_job("key", {}).unwrap().job_id, lease=LEASE).unwrap()
    faults.sent.clear()

    failed = repository.fail_job(claim, LONG, retryable=True).unwrap()

    assert (len(failed["error"]), len(failed["errors"][0]["error"])) == (2048, 512)
    assert faults.sent == ["UpdateItem"]


def test_three_leases_that_lapse_leave_three_entries(repository: JobsRepository, clock: Clock) -> None:
    job_id = repository.submit_job("key", {}).unwrap().job_id
    claims = []
    for _ in range(3):
        claims.append(repository.claim_job(job_id, lease=LEASE).unwrap())
        clock.advance(2 * LEASE)

    ended = repository.claim_job(job_id, lease=LEASE)

    assert ended.code is ResultCode.ATTEMPTS_EXHAUSTED
    assert ended.record is not None
    noted = [(entry["attempt"], entry["claim_id"]) for entry in ended.record["errors"]]
    assert noted == [(claim.attempt, claim.claim_id) for claim in claims]
    assert [entry["error"] for entry in ended.record["errors"][:2]] == [
        "Attempt 1 did not finish, and its lease lapsed",
        "Attempt 2 did not finish, and its lease lapsed",
    ]


def test_what_the_work_does_to_its_copy_of_the_job_changes_neither_claim_nor_history(
    repository: JobsRepository, clock: Clock
) -> None:
    job_id = repository.submit_job("key", {}).unwrap().job_id
    first = repository.claim_job(job_id, lease=LEASE).unwrap()
    repository.fail_job(first, "busy", retryable=True).unwrap()
    second = repository.claim_job(job_id, lease=LEASE).unwrap()
    second.job["errors"].clear()
    second.job.clear()

    failed = repository.fail_job(second, "broken").unwrap()

    assert (second.job_id, second.cancel_requested) == (job_id, False)
    assert [entry["error"] for entry in failed["errors"]] == ["busy", "broken"]


@pytest.mark.parametrize(
    "name", ["user_id", "input_data", "created_at", "idempotency_key", "application_id", "kind", "job_id", "status"]
)
@pytest.mark.parametrize("end", ["complete", "fail", "put back"])
def test_the_end_of_a_job_replaces_nothing_of_its_submission(repository: JobsRepository, name: str, end: str) -> None:
    job_id = repository.submit_job("key", {"text": "mine"}, user_id="user-1", kind="letter").unwrap().job_id
    claim = repository.claim_job(job_id, lease=LEASE).unwrap()
    fields = {name: "user-2"}

    if end == "complete":
        refused: Any = repository.complete_job(claim, fields=fields)
    else:
        refused = repository.fail_job(claim, "broken", retryable=end == "put back", fields=fields)

    assert (refused.code, refused.error) == (ResultCode.VALIDATION_ERROR, f"{name} is written by the library only")
    assert repository.find_job(job_id).unwrap() == claim.job


def test_the_user_reads_the_error_that_is_meant_for_users(repository: JobsRepository) -> None:
    job_id = repository.submit_job("key", {}, user_id="user-1").unwrap().job_id
    claim = repository.claim_job(job_id, lease=LEASE).unwrap()
    private = "AccessDenied: arn:aws:sts::123456789012:assumed-role/worker"
    repository.fail_job(claim, private, retryable=True, public_error="We could not store your report.").unwrap()

    status = repository.find_status(job_id, user_id="user-1").unwrap()
    assert ("error" in status, status["public_error"]) == (False, "We could not store your report.")
    assert repository.find_job(job_id).unwrap()["error"] == private

    again = repository.claim_job(job_id, lease=LEASE).unwrap()
    assert "public_error" not in repository.fail_job(again, private, retryable=True).unwrap()
    last = repository.claim_job(job_id, lease=LEASE).unwrap()
    assert repository.complete_job(last).unwrap().keys() & {"error", "public_error"} == set()


def test_a_public_error_is_text_of_at_most_2048_bytes(repository: JobsRepository) -> None:
    job_id = repository.submit_job("key", {}).unwrap().job_id
    claim = repository.claim_job(job_id, lease=LEASE).unwrap()
    wrong: Any = 7

    assert repository.fail_job(claim, "broken", public_error=wrong).error == "public_error must be text"
    assert len(repository.fail_job(claim, "broken", public_error="ä" * 2048).unwrap()["public_error"].encode()) == 2048


TOO_LARGE: dict[str, Any] = {
    "code": "ValidationException",
    "message": "Item size to update has exceeded the maximum allowed size",
}


@pytest.mark.parametrize("times", [1, 2, 3])
@pytest.mark.parametrize("end", ["fail", "cancel", "fail what is to be cancelled"])
def test_an_end_becomes_smaller_until_it_fits(repository: JobsRepository, faults: Faults, end: str, times: int) -> None:
    job_id = repository.submit_job("key", {}).unwrap().job_id
    if end != "cancel":
        claim = repository.claim_job(job_id, lease=LEASE).unwrap()
    if end == "fail what is to be cancelled":
        repository.cancel_job(job_id).unwrap()
        claim = repository.renew_claim(claim, lease=2 * LEASE).unwrap()
    faults.answer(**TOO_LARGE, times=times, operation="UpdateItem")

    ended = (repository.cancel_job(job_id) if end == "cancel" else repository.fail_job(claim, LONG)).unwrap()

    assert (ended["status"], "errors" in ended) == ("FAILED", False)
    assert ("completed_at" in ended) is (times == 1 or (times == 2 and end == "fail"))
    assert ("cancelled_at" in ended) is (end != "fail")
    assert len(ended.get("error", "")) <= {1: 256, 2: 40, 3: 8}[times]


def test_an_end_for_which_there_is_no_room_at_all_says_so(repository: JobsRepository, faults: Faults) -> None:
    claim = repository.claim_job(repository.submit_job("key", {}).unwrap().job_id, lease=LEASE).unwrap()
    faults.answer(**TOO_LARGE, times=4, operation="UpdateItem")

    assert repository.fail_job(claim, LONG).code is ResultCode.ITEM_TOO_LARGE
    assert repository.complete_job(claim).success


def test_a_history_that_cannot_be_stored_again_begins_anew() -> None:
    entry = {"attempt": 2, "error": "busy"}

    assert history_with([{"attempt": float("nan")}, "no entry"], entry) == {"errors": [entry]}
    assert history_with([{"attempt": 1}, "no entry"], entry)["errors"] == [{"attempt": 1}, entry]
