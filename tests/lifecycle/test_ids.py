"""Ids: text, or a UUID that stands for its text, in every method; anything else is refused before the network."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from enum import Enum, StrEnum
from typing import Any
from uuid import UUID

import pytest

from careervp_jobs_dal import JobsOperator, JobsRepository, JobWorker, NotAcknowledgedError, ResultCode, create_table
from tests.conftest import CANARY, Clock
from tests.faults import Faults

MINUTE = timedelta(minutes=1)
ID, USER, KEY, APPLICATION, WORKER = (UUID(int=number) for number in range(1, 6))


class Plain(Enum):
    ID = "vpr-1"


class Text(StrEnum):
    ID = "vpr-1"


NO_IDS: list[Any] = [7, True, 1.5, b"vpr-1", [CANARY], {"job_id": CANARY}, date(2026, 2, 3), Plain.ID, object()]

Call = Callable[[JobsRepository, Any], Any]
BY_ID: dict[str, Call] = {
    "find_job": lambda jobs, job_id: jobs.find_job(job_id),
    "find_status": lambda jobs, job_id: jobs.find_status(job_id),
    "wait_for_job": lambda jobs, job_id: jobs.wait_for_job(job_id, timedelta(0)),
    "claim_job": lambda jobs, job_id: jobs.claim_job(job_id, lease=MINUTE),
    "cancel_job": lambda jobs, job_id: jobs.cancel_job(job_id),
    "update_job": lambda jobs, job_id: jobs.update_job(job_id, {"note": "seen"}),
    "update_job_status": lambda jobs, job_id: jobs.update_job_status(job_id, "PROCESSING"),
    "create_job": lambda jobs, job_id: jobs.create_job(record(job_id=job_id)),
    "get_jobs": lambda jobs, job_id: JobsOperator(jobs).get_jobs([job_id]),
    "retry_job": lambda jobs, job_id: JobsOperator(jobs).retry_job(job_id),
}
BY_USER: dict[str, Call] = {
    "find_job": lambda jobs, user: jobs.find_job("vpr-1", user_id=user),
    "find_status": lambda jobs, user: jobs.find_status("vpr-1", user_id=user),
    "wait_for_job": lambda jobs, user: jobs.wait_for_job("vpr-1", timedelta(0), user_id=user),
    "cancel_job": lambda jobs, user: jobs.cancel_job("vpr-1", user_id=user),
    "submit_job": lambda jobs, user: jobs.submit_job("key", {}, user_id=user),
    "create_job": lambda jobs, user: jobs.create_job(record(user_id=user)),
    "update_job": lambda jobs, user: jobs.update_job("vpr-1", {"user_id": user}),
    "update_job_status": lambda jobs, user: jobs.update_job_status("vpr-1", "PROCESSING", user_id=user),
    "list_jobs": lambda jobs, user: JobsOperator(jobs).list_jobs(user_id=user),
    "iter_jobs": lambda jobs, user: next(JobsOperator(jobs).iter_jobs(user_id=user)),
}
OTHERS: dict[str, Call] = {
    "idempotency_key of submit_job": lambda jobs, key: jobs.submit_job(key, {}),
    "idempotency_key of create_job": lambda jobs, key: jobs.create_job(record(idempotency_key=key)),
    "application_id": lambda jobs, application: jobs.submit_job("key", {}, application_id=application),
    "worker_id": lambda jobs, worker: jobs.claim_job("vpr-1", lease=MINUTE, worker_id=worker),
}


def record(**more: Any) -> dict[str, Any]:
    base = {"job_id": "vpr-1", "status": "PENDING", "created_at": "2026-02-03T13:05:32Z", "idempotency_key": "key"}
    return base | more


@pytest.fixture
def indexed(table_name: str, clock: Clock) -> JobsRepository:
    return JobsRepository(create_table(f"{table_name}-indexed", optional_indexes=True).unwrap(), clock=clock)


def test_a_uuid_is_its_text_in_every_method(indexed: JobsRepository) -> None:
    jobs, operator = indexed, JobsOperator(indexed)
    created = jobs.create_job(record(job_id=ID, user_id=USER, idempotency_key=KEY)).unwrap()

    assert (created["job_id"], created["user_id"], created["idempotency_key"]) == (str(ID), str(USER), str(KEY))
    assert jobs.get_job(ID) == jobs.get_job(str(ID)) == created
    assert jobs.get_job_by_idempotency_key(KEY, user_id=USER) == created
    assert jobs.find_job(ID, user_id=USER).unwrap() == created
    assert jobs.find_status(ID, user_id=USER).unwrap()["job_id"] == str(ID)
    assert operator.get_jobs([ID, str(ID)]).unwrap().jobs == {str(ID): created}
    assert operator.list_jobs(user_id=USER).unwrap().jobs == [created]
    assert [page.unwrap().jobs for page in operator.iter_jobs(user_id=USER)] == [[created]]
    assert jobs.update_job(ID, {"note": "seen"}).unwrap()["note"] == "seen"
    claim = jobs.claim_job(ID, lease=MINUTE, worker_id=WORKER).unwrap()
    assert (claim.job_id, claim.job["claimed_by"]) == (str(ID), str(WORKER))
    assert jobs.fail_job(claim, "broken").success
    assert jobs.wait_for_job(ID, MINUTE, user_id=USER).unwrap()["status"] == "FAILED"
    sent: list[str] = []
    assert operator.retry_job(ID, enqueue=sent.append).success
    assert sent == [str(ID)]
    assert jobs.cancel_job(ID, user_id=USER).unwrap()["status"] == "FAILED"
    assert jobs.update_job_status(ID, "PROCESSING").code is ResultCode.INVALID_TRANSITION


def test_a_submission_by_uuids_is_the_one_by_their_texts(repository: JobsRepository) -> None:
    first = repository.submit_job(KEY, {}, user_id=USER, application_id=APPLICATION).unwrap()
    second = repository.submit_job(str(KEY), {}, user_id=str(USER), application_id=str(APPLICATION)).unwrap()

    assert (second.job_id, second.created, second.job) == (first.job_id, False, first.job)
    assert first.job["application_id"] == str(APPLICATION)


def test_a_worker_takes_a_uuid_for_its_text(repository: JobsRepository) -> None:
    repository.create_job(record(job_id=ID)).unwrap()
    worker = JobWorker(repository, lambda _: None, worker_id=str(WORKER))

    assert worker.process(ID, MINUTE) is ResultCode.SUCCESS
    with pytest.raises(NotAcknowledgedError) as stays:
        worker.process(7, MINUTE)  # type: ignore[arg-type]
    assert stays.value.code is ResultCode.VALIDATION_ERROR


def test_a_member_of_a_text_enum_is_its_text(repository: JobsRepository) -> None:
    repository.create_job(record()).unwrap()

    for call in BY_ID.values():
        if call is not BY_ID["create_job"]:
            assert call(repository, Text.ID).code is not ResultCode.VALIDATION_ERROR
    assert repository.get_job(Text.ID) is not None


@pytest.mark.parametrize("value", NO_IDS, ids=lambda value: type(value).__name__)
@pytest.mark.parametrize(
    "call", [*BY_ID.values(), *BY_USER.values(), *OTHERS.values()], ids=[*BY_ID, *(f"{n} of" for n in BY_USER), *OTHERS]
)
def test_anything_else_is_refused_before_the_network(
    repository: JobsRepository, faults: Faults, call: Call, value: Any
) -> None:
    refused = call(repository, value)

    assert refused.code is ResultCode.VALIDATION_ERROR
    assert type(value).__name__ in str(refused.error)
    assert CANARY not in str(refused.error)
    assert faults.sent == []


@pytest.mark.parametrize("on_read_error", ["none", "raise"])
@pytest.mark.parametrize("value", [7, b"vpr-1", [CANARY], Plain.ID, datetime(2026, 2, 3, tzinfo=UTC)], ids=type)
def test_the_reads_of_the_contract_give_none_and_say_why_in_the_log(
    table_name: str, faults: Faults, caplog: pytest.LogCaptureFixture, value: Any, on_read_error: Any
) -> None:
    repository = JobsRepository(table_name, on_read_error=on_read_error)
    reads: list[Callable[[], object]] = [
        lambda: repository.get_job(value),
        lambda: repository.get_job_by_idempotency_key(value),
        lambda: repository.get_job_by_idempotency_key("key", user_id=value),
    ]
    for read in reads:
        caplog.clear()
        with caplog.at_level(logging.INFO):
            assert read() is None
        (line,) = caplog.records
        assert "failed: VALIDATION_ERROR" in line.getMessage()
        assert f"not {type(value).__name__}" in line.getMessage()
        assert CANARY not in f"{line.getMessage()} {vars(line)}"
    assert faults.sent == []


@pytest.mark.parametrize("value", [None, "", "a" * 2049, "\ud800"], ids=["None", "empty", "long", "surrogate"])
def test_a_text_that_no_job_has_as_its_id_needs_no_log_line(
    repository: JobsRepository, faults: Faults, caplog: pytest.LogCaptureFixture, value: Any
) -> None:
    assert repository.get_job(value) is None
    assert repository.get_job_by_idempotency_key(value) is None
    assert (caplog.records, faults.sent) == ([], [])


@pytest.mark.parametrize("value", ["", "u" * 2049, "é" * 1025, "\ud800"], ids=["empty", "long", "bytes", "surrogate"])
@pytest.mark.parametrize("call", BY_USER.values(), ids=BY_USER)
def test_a_user_that_no_index_can_hold_is_refused_with_the_reason(
    repository: JobsRepository, faults: Faults, call: Call, value: str
) -> None:
    refused = call(repository, value)

    assert refused.code is ResultCode.VALIDATION_ERROR
    assert faults.sent == []
    assert refused.error == (
        "user_id must be text of 1 to 2,048 bytes, because it is the key of the index of a user's jobs"
    ) or "surrogate" in str(refused.error)


@pytest.mark.parametrize(
    "name",
    ["", "x", "ab", "jobs table", "jobs/dev", "jobs\n", "é" * 5, "j" * 256, "arn:aws:dynamodb", 5, b"jobs", ["jobs"]],
)
def test_a_name_that_no_table_can_have_is_a_value_error(monkeypatch: pytest.MonkeyPatch, name: Any) -> None:
    if name:
        with pytest.raises(ValueError, match=r"^table_name must be text of 3 to 255 letters"):
            JobsRepository(name)
        monkeypatch.setenv("JOBS_TABLE_NAME", name if isinstance(name, str) else "a b")
        with pytest.raises(ValueError, match=r"^table_name must be text of 3 to 255 letters"):
            JobsRepository()
    with pytest.raises(ValueError, match=r"^idempotency_index_name must be text of 3 to 255 letters"):
        JobsRepository("jobs", name)


@pytest.mark.parametrize(
    "name",
    [
        "abc",
        "careervp-jobs-table-dev",
        "Jobs_2.0",
        "j" * 255,
        "arn:aws:dynamodb:eu-west-1:123456789012:table/jobs",
        "arn:aws-cn:dynamodb:cn-north-1:123456789012:table/jobs",
    ],
)
def test_a_name_or_arn_of_a_table_is_taken(name: str) -> None:
    assert JobsRepository(name).table_name == name
