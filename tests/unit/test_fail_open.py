"""Each part of botocore that the shortcuts rest on is taken away: calls go the plain way, and one log line says so."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from botocore.hooks import HierarchicalEmitter

from careervp_jobs_dal import JobsOperator, JobsRepository
from careervp_jobs_dal.aws import resource, shortcut
from tests.faults import needs_before_parse

MINUTE = timedelta(minutes=1)
EVENTS = [
    "provide-client-params",
    "before-parameter-build",
    "before-call",
    "before-parse",
    "needs-retry",
    "after-call",
]
ARGUMENTS = [
    ("provide-client-params", "params"),
    ("provide-client-params", "context"),
    ("before-parameter-build", "params"),
    ("before-parameter-build", "context"),
    ("before-call", "params"),
    ("before-call", "context"),
    pytest.param("before-parse", "operation_model", marks=needs_before_parse),
    pytest.param("before-parse", "response_dict", marks=needs_before_parse),
    ("needs-retry", "response"),
    ("needs-retry", "caught_exception"),
    ("after-call", "parsed"),
]


@pytest.fixture(autouse=True)
def fresh_client(table_name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not the client that made the table, nor another test's trust."""
    monkeypatch.setattr(resource, "_kept", None)
    monkeypatch.setattr(shortcut.trust, "lost", False)


def ours(handler: Any) -> bool:
    return getattr(handler, "__module__", "") == shortcut.__name__


def live(table_name: str) -> list[str]:
    """Live a job's life, by calls of each kind."""
    repository = JobsRepository(table_name)
    submitted = repository.submit_job("key", {"text": "x" * 9000}, user_id="anna")
    again = repository.submit_job("key", {"text": "x" * 9000}, user_id="anna")
    claim = repository.claim_job(submitted.unwrap().job_id, lease=MINUTE).unwrap()
    held = repository.claim_job(claim.job_id, lease=MINUTE)
    done = repository.complete_job(claim, scores=[0.5], mark=b"x").unwrap()
    found = repository.find_job(claim.job_id).unwrap()
    many = JobsOperator(repository).get_jobs([claim.job_id, "absent"]).unwrap()
    by_key = repository.get_job_by_idempotency_key("key")
    assert done == found == by_key == many.jobs[claim.job_id]
    assert (submitted.unwrap().created, again.unwrap().created) == (True, False)
    return [held.code.value, found["status"], repository.find_job("absent").code.value]


EXPECTED = ["LEASE_HELD", "COMPLETED", "NOT_FOUND"]


def warnings(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.message for record in caplog.records if record.levelno == logging.WARNING]


def test_with_all_parts_in_place_nothing_is_said(table_name: str, caplog: pytest.LogCaptureFixture) -> None:
    assert live(table_name) == EXPECTED
    assert warnings(caplog) == []
    assert not shortcut.trust.lost


@pytest.mark.parametrize("event", EVENTS)
def test_a_missing_event_costs_speed_alone(
    table_name: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, event: str
) -> None:
    emitters: Any = HierarchicalEmitter
    register = emitters._verify_and_register

    def without(emitter: Any, event_name: str, handler: Any, *more: Any, **options: Any) -> None:
        if not (ours(handler) and event_name.startswith(event)):
            register(emitter, event_name, handler, *more, **options)

    monkeypatch.setattr(HierarchicalEmitter, "_verify_and_register", without)

    assert live(table_name) == EXPECTED
    assert len(warnings(caplog)) == (event == "before-call")


@pytest.mark.parametrize(("event", "argument"), ARGUMENTS)
def test_a_renamed_argument_costs_speed_alone(
    table_name: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, event: str, argument: str
) -> None:
    for name in (
        "_spare_copies",
        "_take_attributes",
        "_write_attributes",
        "_read_answer",
        "_judge_attempt",
        "_show_answer",
    ):
        handler = getattr(shortcut, name)
        if EVENT_OF[name] == event:
            monkeypatch.setattr(shortcut, name, renamed(handler, argument))

    assert live(table_name) == EXPECTED
    assert len(warnings(caplog)) == 1
    assert "plain" in warnings(caplog)[0]


EVENT_OF = {
    "_spare_copies": "provide-client-params",
    "_take_attributes": "before-parameter-build",
    "_write_attributes": "before-call",
    "_read_answer": "before-parse",
    "_judge_attempt": "needs-retry",
    "_show_answer": "after-call",
}


def renamed(handler: Callable[..., None], argument: str) -> Callable[..., None]:
    """Give a handler all arguments but one, as a botocore would that has renamed it."""

    def called(*state: Any, **given: Any) -> None:
        given.pop(argument, None)
        handler(*state, **given)

    called.__name__ = handler.__name__
    return called


def test_a_body_of_another_type_costs_speed_alone(
    table_name: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    write = shortcut._write_attributes

    def with_text(exchange: Any, *, params: dict[str, Any], **given: Any) -> None:
        write(exchange, params={**params, "body": params["body"].decode()}, **given)

    monkeypatch.setattr(shortcut, "_write_attributes", with_text)

    assert live(table_name) == EXPECTED
    assert len(warnings(caplog)) == 1


@pytest.mark.parametrize("part", ["service_model", "events"])
def test_a_client_of_another_form_costs_speed_alone(caplog: pytest.LogCaptureFixture, part: str) -> None:
    class Meta:
        def __getattr__(self, name: str) -> Any:
            if name == part:
                raise AttributeError(name)
            return type("Model", (), {"resolved_protocol": "json", "metadata": {}})()

    class Client:
        meta = Meta()

    shortcut.shorten(Client())  # type: ignore[arg-type]

    assert len(warnings(caplog)) == 1


@pytest.mark.parametrize("part", ["_endpoint", "http_session", "_manager", "pool_classes_by_scheme"])
def test_connections_of_another_form_keep_the_usual_time_outs(
    table_name: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, part: str
) -> None:
    from careervp_jobs_dal.aws import bounded

    bound = bounded.bound

    class Without:
        def __init__(self, real: Any) -> None:
            self._real = real

        def __getattr__(self, name: str) -> Any:
            if name == part:
                raise AttributeError(name)
            return Without(getattr(self._real, name))

    monkeypatch.setattr(resource, "bound", lambda client: bound(Without(client)))  # type: ignore[arg-type]

    assert live(table_name) == EXPECTED
    assert len(warnings(caplog)) == 1
