"""Arguments and stored values that nobody should send: refused or survived, and never an exception."""

from __future__ import annotations

import pickle
from datetime import timedelta
from decimal import Decimal
from enum import Enum
from typing import Any

import pytest

from careervp_jobs_dal import (
    JobsOperator,
    JobsRepository,
    NotAcknowledgedError,
    Result,
    ResultCode,
    ResultError,
    UpdateExpression,
    create_table,
    verify_table,
)
from tests.conftest import CANARY, Clock
from tests.faults import Faults

MINUTE = timedelta(minutes=1)


class Name(str, Enum):  # noqa: UP042  # shown as Name.RESULT, unlike a StrEnum
    RESULT = "result_key"


@pytest.fixture
def job_id(repository: JobsRepository) -> str:
    return repository.submit_job("key", {"text": "..."}, user_id="u").unwrap().job_id


def test_a_name_from_an_enum_is_the_text_that_it_is_made_of(repository: JobsRepository, job_id: str) -> None:
    """And no later call that names the same attribute by its text is written under another one."""
    claim = repository.claim_job(job_id, lease=MINUTE).unwrap()
    named: dict[str, Any] = {Name.RESULT: "r"}
    completed = repository.complete_job(claim, **named).unwrap()
    again = repository.update_job(job_id, {"result_key": "s"}).unwrap()

    assert (completed["result_key"], again["result_key"]) == ("r", "s")
    assert UpdateExpression().set(Name.RESULT, 1).to_kwargs()["UpdateExpression"] == "SET #result_key = :result_key"


@pytest.mark.parametrize("claim", [None, "claim-1", {"job_id": "vpr-1"}, Result.failure("x")], ids=repr)
def test_what_is_no_claim_is_refused(repository: JobsRepository, faults: Faults, claim: Any) -> None:
    calls = [
        repository.renew_claim(claim, lease=MINUTE),
        repository.complete_job(claim),
        repository.fail_job(claim, "x"),
    ]

    assert {call.code for call in calls} == {ResultCode.VALIDATION_ERROR}
    assert faults.sent == []


@pytest.mark.parametrize("job_id", [10**5000, {"text": CANARY}, object()], ids=type)
def test_an_id_that_is_no_text_is_not_shown(repository: JobsRepository, job_id: Any) -> None:
    for found in (repository.find_job(job_id), repository.find_status(job_id)):
        assert found.code is ResultCode.VALIDATION_ERROR
        assert CANARY not in str(found.error)


@pytest.mark.parametrize("fields", ["result_key", None, 5], ids=repr)
def test_fields_that_are_no_list_are_refused(repository: JobsRepository, job_id: str, fields: Any) -> None:
    assert repository.find_status(job_id, fields=fields).code is ResultCode.VALIDATION_ERROR


@pytest.mark.parametrize("flag", [[], {}, "", 0], ids=repr)
def test_any_flag_will_do(repository: JobsRepository, job_id: str, flag: Any) -> None:
    assert not repository.submit_job("key", {"text": "..."}, user_id="u", replace_failed=flag).unwrap().created
    assert repository.claim_job(job_id, lease=MINUTE, adopt_unleased=flag).success


def test_other_arguments_of_a_wrong_kind_are_refused(repository: JobsRepository, job_id: str) -> None:
    wrong: Any = 5

    assert repository.wait_for_job(job_id, wrong).code is ResultCode.VALIDATION_ERROR
    assert repository.cancel_job(job_id, user_id=wrong).code is ResultCode.VALIDATION_ERROR
    assert repository.claim_job(job_id, lease=MINUTE, max_attempts=10**40).code is ResultCode.VALIDATION_ERROR
    assert verify_table(repository.table_name, optional_indexes=wrong).code is ResultCode.VALIDATION_ERROR
    assert create_table("other", optional_indexes=wrong).code is ResultCode.VALIDATION_ERROR


@pytest.mark.parametrize(
    "option", [{"retention": 5}, {"pack_above": "x"}, {"id_secret": b"x"}, {"id_secret": "\ud800"}, {"deadline": None}]
)
def test_an_option_of_a_wrong_kind_is_refused_at_once(option: Any) -> None:
    with pytest.raises(ValueError, match=next(iter(option))):
        JobsRepository("jobs", **option)


def test_a_lease_at_the_end_of_time_is_held(repository: JobsRepository, job_id: str) -> None:
    repository.table.update_item(
        Key={"job_id": job_id},
        UpdateExpression="SET #status = :status, lease_expires_at = :end",
        ExpressionAttributeNames={"#status": "status"},
        ExpressionAttributeValues={":status": "PROCESSING", ":end": "9999-12-31T23:59:59.999999Z"},
    )

    assert repository.claim_job(job_id, lease=MINUTE).code is ResultCode.LEASE_HELD
    assert not repository.submit_job("key", {"text": "..."}, user_id="u").unwrap().should_enqueue
    assert repository.cancel_job(job_id).unwrap()["status"] == "PROCESSING"
    assert JobsOperator(repository).stats(whole_table=True).unwrap().counts == {"PROCESSING": 1}


@pytest.mark.parametrize("attempt", [Decimal("1E+20"), Decimal("1.5"), Decimal(-1)], ids=str)
def test_an_attempt_that_nobody_counted_is_corrupt(repository: JobsRepository, job_id: str, attempt: Decimal) -> None:
    repository.table.update_item(
        Key={"job_id": job_id}, UpdateExpression="SET attempt = :n", ExpressionAttributeValues={":n": attempt}
    )

    assert repository.find_job(job_id).code is ResultCode.CORRUPT_RECORD


def test_a_history_of_a_callers_own_that_cannot_be_stored_again_is_begun_anew(
    repository: JobsRepository, clock: Clock, job_id: str
) -> None:
    claim = repository.claim_job(job_id, lease=MINUTE).unwrap()
    claim.job["errors"] = [{"number": Decimal("1E+100")}]

    failed = repository.fail_job(claim, "the model timed out").unwrap()

    assert [entry["error"] for entry in failed["errors"]] == ["the model timed out"]


@pytest.mark.parametrize(
    "error", [ResultError(Result.failure("no", ResultCode.NOT_FOUND)), NotAcknowledgedError("vpr-1", None)], ids=repr
)
def test_exceptions_travel_between_processes(error: Exception) -> None:
    same = pickle.loads(pickle.dumps(error))

    assert (type(same), str(same), vars(same)) == (type(error), str(error), vars(error))
