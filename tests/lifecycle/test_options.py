"""Options are no data: a slip is refused, `fields` takes any name, and an expected status is a condition."""

from __future__ import annotations

import time
import tracemalloc
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from careervp_jobs_dal import JobRecord, JobsRepository, JobWorker, Result, ResultCode
from careervp_jobs_dal.testing import JobBuilder
from tests.conftest import CANARY
from tests.faults import Faults

MINUTE = timedelta(minutes=1)
Call = Callable[..., Result[Any]]


@pytest.fixture
def job_id(repository: JobsRepository) -> str:
    return repository.submit_job("key", {"text": "..."}, user_id="u").unwrap().job_id


@pytest.fixture(params=["submit_job", "update_job_status", "complete_job", "fail_job"])
def call(request: pytest.FixtureRequest, repository: JobsRepository, job_id: str, faults: Faults) -> Call:
    """One of the methods that take further fields, on a job that a worker holds."""
    claim = repository.claim_job(job_id, lease=MINUTE).unwrap()
    faults.sent.clear()
    calls: dict[str, Call] = {
        "submit_job": lambda **fields: repository.submit_job("another", {}, **fields),
        "update_job_status": lambda **fields: repository.update_job_status(job_id, "COMPLETED", **fields),
        "complete_job": lambda **fields: repository.complete_job(claim, **fields),
        "fail_job": lambda **fields: repository.fail_job(claim, "broken", **fields),
    }
    return calls[request.param]


def record(result: Result[Any]) -> dict[str, Any]:
    data = result.unwrap()
    return dict(data) if isinstance(data, dict) else dict(data.job)


def test_a_misspelled_option_is_not_stored_as_a_field(repository: JobsRepository, faults: Faults) -> None:
    refused = repository.submit_job("k", {}, user="anna", max_attempt=9, replace_fail=True)

    assert refused.code is ResultCode.VALIDATION_ERROR
    assert refused.error == "max_attempt: did you mean max_attempts? fields={...} takes any name"
    assert faults.sent == []


@pytest.mark.parametrize("name", ["reslut_key", "userId", "completedAt", "attempts"])
def test_a_slip_is_refused_by_every_method_that_takes_fields(call: Call, faults: Faults, name: str) -> None:
    refused = call(**{name: CANARY})

    assert (refused.code, faults.sent) == (ResultCode.VALIDATION_ERROR, [])
    assert (refused.error or "").startswith(f"{name}: did you mean ")
    assert CANARY not in str(refused.error)


@pytest.mark.parametrize(
    "name", ["reslut_key", "max_attempt", "expected_current_status", "self", "fields", "claim", "a.b", "retry"]
)
def test_fields_take_any_name_on_purpose(call: Call, name: str) -> None:
    assert record(call(fields={name: "mine"}))[name] == "mine"


@pytest.mark.parametrize("name", ["self", "request", "given", "further", "method"])
def test_no_name_of_a_field_is_one_of_the_librarys_own(call: Call, name: str) -> None:
    assert record(call(**{name: 1}))[name] == 1


def test_fields_are_joined_with_further_ones(call: Call) -> None:
    stored = record(call(fields={"one": 1}, other=2))

    assert (stored["one"], stored["other"]) == (1, 2)


@pytest.mark.parametrize("fields", [5, "note", [("note", 1)], {"note"}, {5: "note"}, {"": 1}], ids=repr)
def test_fields_that_are_no_fields_are_refused(call: Call, faults: Faults, fields: Any) -> None:
    assert call(fields=fields).code is ResultCode.VALIDATION_ERROR
    assert faults.sent == []


def test_a_field_that_is_given_twice_is_refused(call: Call, faults: Faults) -> None:
    refused = call(fields={"note": "new"}, note="newer")

    assert (refused.code, faults.sent) == (ResultCode.VALIDATION_ERROR, [])
    assert refused.error == "note is given twice, once in fields"


@pytest.mark.parametrize("name", ["status", "job_id", "attempt", "claim_id", "max_attempts"])
def test_fields_replace_nothing_that_the_call_itself_sets(call: Call, faults: Faults, name: str) -> None:
    assert call(fields={name: "FAILED"}).code is ResultCode.VALIDATION_ERROR
    assert faults.sent == []


def test_a_worker_and_a_builder_take_any_name(repository: JobsRepository, job_id: str) -> None:
    worker = JobWorker(repository, lambda _: {"reslut_key": "r", "fields": 1, "self": 2})

    assert worker.process(job_id, MINUTE) is ResultCode.SUCCESS
    done = repository.find_job(job_id).unwrap()
    assert (done["reslut_key"], done["fields"], done["self"]) == ("r", 1, 2)
    built = JobBuilder(repository).completed({"reslut_key": "r"}, fields={"max_attempt": 9})
    assert (built["reslut_key"], built["max_attempt"]) == ("r", 9)


@pytest.mark.parametrize("expected", ["PROCESSING", ["PROCESSING"], {"PENDING", "PROCESSING"}, iter(["PROCESSING"])])
def test_an_expected_status_lets_the_write_pass(repository: JobsRepository, job_id: str, expected: Any) -> None:
    repository.update_job_status(job_id, "PROCESSING").unwrap()

    done = repository.update_job_status(job_id, "COMPLETED", expected_status=expected, note="new").unwrap()

    assert (done["status"], done["note"], "expected_status" in done) == ("COMPLETED", "new", False)


def test_an_unexpected_status_refuses_the_write_with_the_record(
    repository: JobsRepository, job_id: str, faults: Faults
) -> None:
    before = repository.get_job(job_id)
    faults.sent.clear()

    refused = repository.update_job_status(job_id, "COMPLETED", expected_status="PROCESSING", note="new")

    assert (refused.code, refused.record) == (ResultCode.INVALID_TRANSITION, before)
    assert refused.error == f"Job {job_id} does not have an expected status"
    assert faults.sent == ["UpdateItem"]
    assert repository.get_job(job_id) == before


def test_the_guard_is_the_writes_own_condition(repository: JobsRepository, job_id: str, faults: Faults) -> None:
    """Another writer comes between a look and the write."""
    faults.run(lambda: repository.update_job_status(job_id, "PROCESSING").unwrap(), operation="UpdateItem")

    refused = repository.update_job_status(job_id, "FAILED", expected_status="PENDING")

    assert (refused.code, (refused.record or {})["status"]) == (ResultCode.INVALID_TRANSITION, "PROCESSING")


@pytest.mark.parametrize(("status", "expected"), [("COMPLETED", "FAILED"), ("PENDING", "PENDING")])
def test_an_expectation_opens_no_way_back(
    repository: JobsRepository, job_id: str, faults: Faults, status: str, expected: str
) -> None:
    faults.sent.clear()

    refused = repository.update_job_status(job_id, status, expected_status=expected)

    assert refused.code is ResultCode.INVALID_TRANSITION
    assert faults.sent == ["GetItem"]


def test_a_guarded_write_whose_reply_was_lost_is_a_success(
    repository: JobsRepository, job_id: str, faults: Faults
) -> None:
    faults.lose_reply()

    done = repository.update_job_status(job_id, "COMPLETED", expected_status="PENDING", note="new")

    assert done.unwrap()["note"] == "new"


def test_a_guard_on_a_job_that_is_not_there_is_not_found(repository: JobsRepository) -> None:
    refused = repository.update_job_status("no such job", "FAILED", expected_status="PENDING")

    assert refused.code is ResultCode.NOT_FOUND


@pytest.mark.parametrize(
    "expected", ["processing", "", [], (), {}, ["PENDING", "DONE"], [None], 5, True, [["PENDING"]]]
)
def test_an_expectation_that_is_no_status_is_refused(
    repository: JobsRepository, job_id: str, faults: Faults, expected: Any
) -> None:
    faults.sent.clear()

    refused = repository.update_job_status(job_id, "FAILED", expected_status=expected)

    assert (refused.code, faults.sent) == (ResultCode.VALIDATION_ERROR, [])
    assert (refused.error or "").startswith("expected_status must be one of PENDING, PROCESSING")


def test_too_many_fields_are_refused_before_work_is_spent_on_them(
    repository: JobsRepository, job_id: str, faults: Faults
) -> None:
    many = {f"field_{number}": number for number in range(8_000)}
    claim = repository.claim_job(job_id, lease=MINUTE).unwrap()
    faults.sent.clear()
    began = time.process_time()

    refused = [
        repository.update_job(job_id, many),
        repository.update_job_status(job_id, "COMPLETED", fields=many),
        repository.complete_job(claim, fields=many),
        repository.fail_job(claim, "broken", fields=many),
    ]

    assert time.process_time() - began < 1
    assert {each.code for each in refused} == {ResultCode.VALIDATION_ERROR}
    assert {each.error for each in refused} == {"Too many fields for one update: its expression exceeds 4,096 bytes"}
    assert faults.sent == []


def test_ever_new_names_do_not_fill_the_memory(repository: JobsRepository) -> None:
    """Texts of writes are kept, but few and short ones."""
    from careervp_jobs_dal.plans.contract import update
    from careervp_jobs_dal.plans.lookup import find_status

    def ask(number: int) -> None:
        names = [f"{number}-{field}" + "x" * 200 for field in range(100)]
        next(update("vpr-1", dict.fromkeys(names, 1), repository.clock, JobRecord))
        next(find_status("vpr-1", None, names, repository.clock(), JobRecord, consistent=False))

    ask(0)
    tracemalloc.start()
    for number in range(1, 200):
        ask(number)
    kept, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert kept < 1_000_000
