"""The job's id is found in each form in which AWS delivers a body, and a body without one is refused in clear words."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from careervp_jobs_dal import (
    DeadLetterHandler,
    InvalidMessageError,
    JobsRepository,
    JobWorker,
    job_id_from_eventbridge,
    job_id_from_json,
    job_id_from_pipes,
    job_id_from_sns,
)
from tests.conftest import CANARY
from tests.worker.invocation import Context, failures, message

Finder = Callable[[str], str]
PLAIN = {"job_id": "JOB", "text": CANARY}
STREAM = {
    "eventID": "1",
    "eventName": "INSERT",
    "dynamodb": {"Keys": {"job_id": {"S": "JOB"}}, "NewImage": {"text": {"S": CANARY}}},
}
FORMS: dict[str, tuple[Finder, Any]] = {
    "plain": (job_id_from_json, PLAIN),
    "SNS": (job_id_from_sns, {"Type": "Notification", "MessageId": "n-1", "Message": json.dumps(PLAIN)}),
    "EventBridge": (job_id_from_eventbridge, {"source": "letters", "detail-type": "job", "detail": PLAIN}),
    "Pipes": (job_id_from_pipes, STREAM),
}


@pytest.mark.parametrize(("find", "body"), FORMS.values(), ids=FORMS)
def test_a_job_is_found_in_its_form(repository: JobsRepository, find: Finder, body: Any) -> None:
    job_id = repository.submit_job("key", {}).unwrap().job_id
    record = message("") | {"body": json.dumps(body).replace("JOB", job_id)}

    assert JobWorker(repository, lambda claim: None, job_id_of=find)({"Records": [record]}, Context()) == failures()
    assert repository.find_job(job_id).unwrap()["status"] == "COMPLETED"


MISSING: dict[str, tuple[Finder, Any, str]] = {
    "plain without an id": (job_id_from_json, {"id": CANARY}, "job_id is missing in the message's body"),
    "an id that is no text": (
        job_id_from_json,
        {"job_id": [CANARY]},
        "job_id in the message's body must be text, not list",
    ),
    "a list": (job_id_from_json, [CANARY], "job_id is missing in the message's body"),
    "null": (job_id_from_json, None, "job_id is missing in the message's body"),
    "SNS without a message": (job_id_from_sns, PLAIN, "Message is missing in the message's body"),
    "SNS of another text": (job_id_from_sns, {"Message": CANARY}, "the message's body is no JSON (JSONDecodeError)"),
    "EventBridge without detail": (job_id_from_eventbridge, PLAIN, "detail is missing in the message's body"),
    "EventBridge of another": (
        job_id_from_eventbridge,
        {"detail": {}},
        "detail.job_id is missing in the message's body",
    ),
    "Pipes of another table": (
        job_id_from_pipes,
        {"dynamodb": {"Keys": {"pk": {"S": CANARY}}}},
        "dynamodb.Keys.job_id is missing in the message's body",
    ),
}


@pytest.mark.parametrize(("find", "body", "told"), MISSING.values(), ids=MISSING)
def test_a_body_that_names_no_job_is_refused_by_what_is_missing_and_shows_no_value(
    find: Finder, body: Any, told: str
) -> None:
    with pytest.raises(InvalidMessageError) as refused:
        find(json.dumps(body))

    assert str(refused.value) == told
    assert refused.value.__context__ is None, "the parser's exception holds the text"


@pytest.mark.parametrize("body", ["", "no JSON", CANARY, None, 7, "[" * 100_000, b"\xff"])
def test_a_body_that_is_no_json_is_refused_in_the_same_way(body: Any) -> None:
    with pytest.raises(InvalidMessageError, match=r"^the message's body is no JSON|^job_id is missing"):
        job_id_from_json(body)


@pytest.mark.parametrize("body", ["no JSON", "[]", "{}", '{"job_id": 5}', "null"])
def test_a_message_that_names_no_job_stays_with_a_log_line_and_the_others_are_handled(
    repository: JobsRepository, caplog: pytest.LogCaptureFixture, body: str
) -> None:
    job_id = repository.submit_job("key", {}).unwrap().job_id
    records = [message("", 1) | {"body": body}, message(job_id, 2)]

    assert JobWorker(repository, lambda claim: None)({"Records": records}, Context()) == failures(1)
    assert repository.find_job(job_id).unwrap()["status"] == "COMPLETED"
    (line,) = caplog.records
    assert "m-1" in line.getMessage()
    assert "the message's body" in line.getMessage()


def test_a_text_of_a_finder_of_ones_own_is_not_logged(
    repository: JobsRepository, caplog: pytest.LogCaptureFixture
) -> None:
    def find(body: str) -> str:
        raise KeyError(CANARY)

    assert JobWorker(repository, lambda claim: None, job_id_of=find)({"Records": [message("a")]}, Context()) == (
        failures(1)
    )
    assert "KeyError" in caplog.text
    assert CANARY not in caplog.text


@pytest.mark.parametrize("found", [None, 5, ""])
def test_an_id_that_is_none_leaves_the_message_in_the_queue(repository: JobsRepository, found: Any) -> None:
    worker = JobWorker(repository, lambda claim: None, job_id_of=lambda body: found)

    assert worker({"Records": [message("a")]}, Context()) == failures(1)


@pytest.mark.parametrize("event", [{"key1": "value1"}, None, [], "text"])
def test_an_event_of_another_kind_is_said_to_be_one(repository: JobsRepository, event: Any) -> None:
    """As the example is that Lambda's console sends."""
    for handler in (JobWorker(repository, lambda claim: None), DeadLetterHandler(repository)):
        with pytest.raises(ValueError, match=r"^The event has no Records: this handler takes events of a queue"):
            handler(event, Context())
