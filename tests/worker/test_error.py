"""What a work raises: operators get all of it, the log its place, the user a text that was meant for him."""

from __future__ import annotations

import logging
from typing import Any

import pytest
from botocore.exceptions import ClientError

from careervp_jobs_dal import Claim, JobsRepository, JobWorker, PublicError
from tests.conftest import CANARY, Clock
from tests.worker.invocation import MINUTE, Context, Sqs, event, failures, raising


@pytest.fixture
def job_id(repository: JobsRepository) -> str:
    return repository.submit_job("key", {}, max_attempts=1).unwrap().job_id


class UnspeakableError(Exception):
    def __str__(self) -> str:
        raise RuntimeError(CANARY)


class RuledError(PublicError):
    """A service's own."""


def test_a_text_for_the_user_is_shown_to_him_and_the_operator(repository: JobsRepository, job_id: str) -> None:
    JobWorker(repository, raising(RuledError("The posting is empty.")))(event(job_id), Context())

    assert repository.find_job(job_id).unwrap()["error"] == "RuledError: The posting is empty."
    status = repository.find_status(job_id).unwrap()
    assert status["public_error"] == "The posting is empty."
    assert "error" not in status


@pytest.mark.parametrize(
    "error",
    [
        ClientError({"Error": {"Code": "AccessDenied", "Message": f"role {CANARY}"}}, "PutObject"),
        ValueError(CANARY),
        PublicError(),
    ],
    ids=["S3", "own", "without a text"],
)
def test_no_other_text_reaches_the_user(repository: JobsRepository, job_id: str, error: Exception) -> None:
    JobWorker(repository, raising(error))(event(job_id), Context())

    status = repository.find_status(job_id).unwrap()
    assert status["status"] == "FAILED"
    assert not {"error", "public_error"} & set(status)
    assert CANARY not in str(status)


def test_an_exception_whose_text_raises_is_an_ordinary_failure(repository: JobsRepository, job_id: str) -> None:
    assert JobWorker(repository, raising(UnspeakableError()))(event(job_id), Context()) == failures()
    assert repository.find_job(job_id).unwrap()["error"] == "UnspeakableError: (its text cannot be read: RuntimeError)"


def test_a_text_that_utf_8_cannot_hold_is_an_ordinary_failure(repository: JobsRepository, job_id: str) -> None:
    assert JobWorker(repository, raising(PublicError("\ud800 ok")))(event(job_id), Context()) == failures()
    assert repository.find_status(job_id).unwrap()["public_error"] == "? ok"


def test_the_log_names_the_places_that_an_exception_passed_and_no_value(
    repository: JobsRepository, job_id: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)

    JobWorker(repository, raising(RuntimeError(CANARY)), sqs=Sqs())(event(job_id), Context())

    (line,) = caplog.records
    assert "worker/invocation.py:" in vars(line)["frames"]
    assert (vars(line)["exception"], vars(line)["attempt"]) == ("RuntimeError", 1)
    assert CANARY not in str(vars(line))


def test_a_hook_hears_of_each_exception_after_the_record_has_it(
    repository: JobsRepository, clock: Clock, job_id: str
) -> None:
    heard: list[Any] = []

    def hear(claim: Claim, error: Exception) -> None:
        heard.append((claim.attempt, error, repository.find_job(job_id).unwrap()["status"]))

    error = RuntimeError(CANARY)
    JobWorker(repository, raising(error), on_error=hear)(event(job_id), Context())

    assert heard == [(1, error, "FAILED")]


def test_a_hook_hears_of_a_result_that_cannot_be_used(repository: JobsRepository, job_id: str) -> None:
    heard: list[str] = []

    JobWorker(repository, lambda claim: [], on_error=lambda _, error: heard.append(str(error)))(  # type: ignore[arg-type, return-value]
        event(job_id), Context()
    )

    assert heard == ["The work returned list, and not a dict or None"]


def test_a_hook_that_raises_is_a_log_line(
    repository: JobsRepository, job_id: str, caplog: pytest.LogCaptureFixture
) -> None:
    def hear(claim: Claim, error: Exception) -> None:
        raise KeyError(CANARY)

    assert JobWorker(repository, raising(TimeoutError()), on_error=hear)(event(job_id), Context()) == failures()
    assert repository.find_job(job_id).unwrap()["status"] == "FAILED"
    assert "on_error, which raised KeyError" in caplog.text
    assert CANARY not in caplog.text


def test_a_hook_of_a_work_that_succeeds_hears_nothing(repository: JobsRepository, job_id: str) -> None:
    worker = JobWorker(repository, lambda claim: None, on_error=lambda claim, error: pytest.fail("it heard"))

    assert worker.process(job_id, MINUTE) == "SUCCESS"
