"""Instants that a caller gives: DynamoDB compares their texts, so the texts sort by time or are refused."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from careervp_jobs_dal import JobsOperator, JobsRepository, ResultCode, create_table
from tests.conftest import Clock
from tests.faults import Faults

Job = dict[str, Any]
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)


@pytest.fixture
def indexed(table_name: str, clock: Clock) -> JobsRepository:
    return JobsRepository(create_table(f"{table_name}-indexed", optional_indexes=True).unwrap(), clock=clock)


@pytest.mark.parametrize(
    ("given", "stored"),
    [
        ("2026-02-03T13:05:32Z", "2026-02-03T13:05:32Z"),
        ("2026-02-03T13:05:32+00:00", "2026-02-03T13:05:32+00:00"),
        ("2026-02-03T05:05:32-08:00", "2026-02-03T13:05:32.000000Z"),
        ("20260203T130532Z", "2026-02-03T13:05:32.000000Z"),
        (datetime(2026, 2, 3, 13, 5, 32, tzinfo=UTC), "2026-02-03T13:05:32.000000Z"),
    ],
    ids=str,
)
@pytest.mark.parametrize("name", ["created_at", "started_at", "completed_at"])
def test_a_record_of_the_contract_has_its_instants_in_utc(
    repository: JobsRepository, job: Job, name: str, given: Any, stored: str
) -> None:
    assert repository.create_job({**job, name: given}).unwrap()[name] == stored
    assert (repository.get_job("vpr-1") or {})[name] == stored
    assert repository.update_job("vpr-1", {name: given}).unwrap()[name] == stored
    assert repository.update_job_status("vpr-1", "PROCESSING", **{name: given}).unwrap()[name] == stored


def test_the_fields_of_the_lifecycle_have_their_instants_in_utc(repository: JobsRepository) -> None:
    given, stored = "2036-02-03T05:05:32-08:00", "2036-02-03T13:05:32.000000Z"
    job = repository.submit_job("key", {}, started_at=given).unwrap().job
    claim = repository.claim_job(job["job_id"], lease=MINUTE).unwrap()
    completed = repository.complete_job(claim, completed_at=given)

    assert job["started_at"] == stored
    assert completed.unwrap()["completed_at"] == stored
    assert repository.complete_job(claim, completed_at=given).unwrap() == completed.unwrap()


def test_a_note_that_is_no_instant_is_the_callers_own(repository: JobsRepository, job: Job) -> None:
    noted = {"started_at": "soon", "completed_at": 1_770_000_000}

    created = repository.create_job({**job, **noted}).unwrap()

    assert {name: created[name] for name in noted} == noted


def test_an_instant_that_no_calendar_has_in_utc_is_refused(
    repository: JobsRepository, job: Job, faults: Faults
) -> None:
    refused = repository.create_job({**job, "created_at": "0001-01-01T00:00:00+05:00"})

    assert (refused.code, faults.sent) == (ResultCode.VALIDATION_ERROR, [])


LEASES = [
    "2036-02-03T07:30:00-08:00",  # live for hours, and stolen
    "2036-02-03T14:00:00+05:00",  # lapsed, and never claimed
    "2036-02-03T13:00:00Z",
    "20360203T130000.000000Z",
    "tomorrow",
    5,
    None,
]


@pytest.mark.parametrize("value", LEASES, ids=str)
@pytest.mark.parametrize("name", ["lease_expires_at", "available_at", "cancel_requested_at", "cancelled_at"])
def test_an_instant_of_the_lifecycle_is_taken_in_its_own_form_only(
    repository: JobsRepository, job: Job, faults: Faults, name: str, value: Any
) -> None:
    refused = repository.create_job({**job, name: value})

    assert refused.code is ResultCode.VALIDATION_ERROR
    assert (refused.error or "").startswith(f"{name} must be UTC text")
    assert faults.sent == []


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("attempt", "1"),
        ("attempt", -1),
        ("attempt", 1.5),
        ("attempt", True),
        ("max_attempts", 0),
        ("max_attempts", 10**10),
        ("claim_id", ""),
        ("claim_id", 5),
        ("claimed_by", 5),
        ("submission_id", ""),
        ("fingerprint", 5),
        ("active_shard", "5"),
        ("active_shard", "32"),
        ("active_shard", ""),
        ("active_shard", 5),
    ],
    ids=repr,
)
def test_what_the_library_owns_is_taken_in_its_own_form_only(
    repository: JobsRepository, job: Job, faults: Faults, name: str, value: Any
) -> None:
    refused = repository.create_job({**job, name: value})

    assert (refused.code, faults.sent) == (ResultCode.VALIDATION_ERROR, [])
    assert (refused.error or "").startswith(f"{name} must be ")


def test_a_record_of_the_lifecycle_can_be_copied(repository: JobsRepository, clock: Clock) -> None:
    submitted = repository.submit_job("key", {"text": "..."}, user_id="u").unwrap()
    held = repository.claim_job(submitted.job_id, lease=MINUTE, worker_id="worker-1").unwrap()
    repository.cancel_job(submitted.job_id).unwrap()
    record = repository.get_job(submitted.job_id) or {}
    repository.table.delete_item(Key={"job_id": submitted.job_id})

    assert repository.create_job(record).unwrap() == record
    assert repository.claim_job(submitted.job_id, lease=MINUTE).code is ResultCode.LEASE_HELD
    assert repository.renew_claim(held, lease=2 * MINUTE).unwrap().cancel_requested


@pytest.mark.parametrize("name", ["lease_expires_at", "available_at"])
def test_a_stored_text_that_does_not_sort_by_time_is_corrupt(repository: JobsRepository, job: Job, name: str) -> None:
    """Other code wrote it. A condition and the library would judge it in two ways, and answer CONFLICT for ever."""
    foreign = {**job, "input_data": {}, "status": "PROCESSING", "attempt": 1, name: "2036-02-03T14:00:00+05:00"}
    repository.table.put_item(Item=foreign)

    claimed = repository.claim_job("vpr-1", lease=MINUTE)

    assert (claimed.code, name in str(claimed.error)) == (ResultCode.CORRUPT_RECORD, True)


def test_newest_first_means_the_newest_instant(indexed: JobsRepository, job: Job) -> None:
    by_time = [
        "2026-02-03T23:00:00-08:00",
        "2026-02-04T08:00:00+09:00",
        "2026-02-03T22:00:00Z",
        "20260203T120000Z",
        "2026-02-03 11:00:00",
        "2026-02-03T10:00:00.5+00:00",
        "2026-02-03T10:00:00+00:00",
    ]
    for number, created_at in enumerate(sorted(by_time)):
        indexed.create_job(
            {**job, "job_id": f"vpr-{number}", "created_at": created_at, "user_id": "u", "given": created_at}
        ).unwrap()

    page = JobsOperator(indexed).list_jobs(user_id="u", fields=["given"]).unwrap()

    assert [record["given"] for record in page.jobs] == by_time


def test_the_oldest_waiting_job_is_the_oldest_in_time(repository: JobsRepository, job: Job) -> None:
    for number, created_at in enumerate(["2026-02-03T13:00:00+00:00", "2026-02-03T14:00:00+05:00", "not long ago"]):
        item = {**job, "job_id": f"vpr-{number}", "created_at": created_at, "input_data": {}}
        repository.table.put_item(Item=item)  # as other code writes it

    stats = JobsOperator(repository).stats(whole_table=True).unwrap()

    assert stats.oldest_pending_at == "2026-02-03T14:00:00+05:00"


def test_a_retried_job_is_due_from_its_retry_whatever_its_creation_says(
    indexed: JobsRepository, job: Job, clock: Clock
) -> None:
    operator = JobsOperator(indexed)
    late = clock.now.replace(tzinfo=None).isoformat() + "+09:00"
    indexed.table.put_item(Item={**job, "status": "FAILED", "created_at": late, "input_data": {}})
    operator.retry_job("vpr-1").unwrap()

    assert operator.list_overdue(older_than=HOUR).unwrap() == []
    clock.advance(2 * HOUR)
    assert [record["created_at"] for record in operator.list_overdue(older_than=HOUR).unwrap()] == [late]


@pytest.mark.parametrize("created_at", ["0001-01-01T00:00:00+05:00", "long ago", 2036, None], ids=repr)
def test_a_creation_that_is_no_instant_in_utc_does_not_keep_a_job_from_its_retry(
    repository: JobsRepository, job: Job, created_at: Any
) -> None:
    repository.table.put_item(Item={**job, "status": "FAILED", "created_at": created_at, "input_data": {}})

    assert JobsOperator(repository).retry_job("vpr-1").unwrap()["created_at"] == created_at
