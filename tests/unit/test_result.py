"""`Result`: a value that is true on success, cannot change, and tells nobody what it holds."""

from __future__ import annotations

import copy
import pickle
from dataclasses import FrozenInstanceError
from datetime import timedelta
from typing import Any

import pytest

from careervp_jobs_dal import Failure, Result, ResultCode, ResultError, Success
from tests.conftest import CANARY

SUCCESS = Result.success({"text": CANARY})
FAILURE = Result.failure(
    "Job not found: vpr-1", ResultCode.NOT_FOUND, record={"text": CANARY}, retry_after=timedelta(seconds=2)
)


def test_a_success_is_true_and_holds_the_data() -> None:
    assert SUCCESS
    assert SUCCESS.success is True
    assert (SUCCESS.data, SUCCESS.error, SUCCESS.code) == ({"text": CANARY}, None, ResultCode.SUCCESS)
    assert SUCCESS.unwrap() is SUCCESS.data
    assert SUCCESS.unwrap_or(None) is SUCCESS.data


def test_a_failure_is_false_and_says_why() -> None:
    assert not FAILURE
    assert FAILURE.success is False
    assert (FAILURE.data, FAILURE.error, FAILURE.code) == (None, "Job not found: vpr-1", ResultCode.NOT_FOUND)
    assert (FAILURE.record, FAILURE.retry_after) == ({"text": CANARY}, timedelta(seconds=2))
    assert FAILURE.unwrap_or("default") == "default"


def test_a_success_may_hold_none() -> None:
    assert Result.success(None)
    assert Result.success(None).unwrap() is None


def test_a_failure_without_a_code_is_a_dynamodb_error() -> None:
    assert Result.failure("DynamoDB error: x").code is ResultCode.DYNAMODB_ERROR


def test_a_failure_cannot_be_a_success() -> None:
    with pytest.raises(ValueError, match="SUCCESS"):
        Result.failure("", ResultCode.SUCCESS)


def test_unwrapping_a_failure_raises_it() -> None:
    with pytest.raises(ResultError, match=r"^NOT_FOUND: Job not found: vpr-1$") as raised:
        FAILURE.unwrap()

    assert raised.value.result is FAILURE
    assert CANARY not in repr(raised.value)


@pytest.mark.parametrize("result", [SUCCESS, FAILURE])
def test_the_repr_shows_no_data(result: Result[Any]) -> None:
    assert CANARY not in f"{result!r} {result} {[result]}"


@pytest.mark.parametrize("name", ["data", "code", "error", "success", "anything"])
def test_it_cannot_be_changed(name: str) -> None:
    with pytest.raises((FrozenInstanceError, AttributeError, TypeError)):
        setattr(SUCCESS, name, 1)


def test_a_result_is_a_success_or_a_failure_and_there_is_no_third() -> None:
    assert type(SUCCESS) is Success
    assert type(FAILURE) is Failure
    assert isinstance(SUCCESS, Result)
    assert isinstance(FAILURE, Result)
    with pytest.raises(TypeError, match="abstract"):
        Result(1, None, ResultCode.SUCCESS, None, None)  # type: ignore[abstract]


def test_the_classes_make_what_the_constructors_make() -> None:
    pause = timedelta(seconds=2)

    assert Success({"text": CANARY}) == SUCCESS
    assert Success(1, retry_after=pause).retry_after == pause
    assert Failure("no", ResultCode.NOT_FOUND, record={}, retry_after=pause) == Result.failure(
        "no", ResultCode.NOT_FOUND, record={}, retry_after=pause
    )
    with pytest.raises(ValueError, match="SUCCESS"):
        Failure("", ResultCode.SUCCESS)


def test_a_success_without_data_is_no_failure_without_a_reason() -> None:
    nothing: Result[None] = Success(None)

    assert nothing != Failure("")
    assert Success(1) != Success(2)
    assert Failure("a") != Failure("b")


def test_the_patterns_of_a_match_are_the_arguments() -> None:
    match Success(7):
        case Success(data):
            assert data == 7
    match FAILURE:
        case Failure(error, ResultCode.NOT_FOUND):
            assert error == "Job not found: vpr-1"
        case _:
            pytest.fail("no case matched")


def test_the_repr_names_the_class() -> None:
    assert repr(SUCCESS) == "Success(code=SUCCESS)"
    assert repr(FAILURE) == "Failure(code=NOT_FOUND, error='Job not found: vpr-1')"


def test_it_works_in_match() -> None:
    match FAILURE:
        case Result(success=True):
            pytest.fail("a failure matched as a success")
        case Result(code=ResultCode.NOT_FOUND, record=record):
            assert record == {"text": CANARY}
        case _:
            pytest.fail("no case matched")


@pytest.mark.parametrize("result", [SUCCESS, FAILURE])
def test_it_survives_copy_and_pickle(result: Result[Any]) -> None:
    assert copy.deepcopy(result) == copy.copy(result) == result
    assert pickle.loads(pickle.dumps(result)) == result


def test_these_codes_are_worth_another_try() -> None:
    assert {code for code in ResultCode if code.retryable} == {
        "THROTTLED",
        "UNAVAILABLE",
        "CONFLICT",
        "LEASE_HELD",
        "NOT_DUE",
        "TOO_MANY_ACTIVE_JOBS",
    }
    assert FAILURE.retryable is False
    assert Result.failure("", ResultCode.THROTTLED).retryable is True
