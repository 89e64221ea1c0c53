"""The same service passes the same tests before and after its one import has changed."""

from __future__ import annotations

import json
from typing import Any

import pytest

REQUEST = {"application_id": "application-7", "job_posting": {"role_title": "CTO"}}

pytestmark = pytest.mark.parametrize("service", ["before", "after"], indirect=True)


def body(answer: dict[str, Any]) -> dict[str, Any]:
    shown: dict[str, Any] = json.loads(answer["body"])
    return shown


def submitted(service: Any) -> str:
    """The id of a new job."""
    job_id: str = body(service.submit("user-1", REQUEST, list))["job_id"]
    return job_id


def test_a_request_becomes_a_job_that_is_done(service: Any) -> None:
    queue: list[str] = []
    answer = service.submit("user-1", REQUEST, queue.append)
    assert (answer["statusCode"], queue) == (202, [body(answer)["job_id"]])

    (job_id,) = queue
    assert service.work(job_id, lambda request: f"{request['application_id']}.json")

    shown = {"job_id": job_id, "status": "COMPLETED", "result_key": "application-7.json", "cost_usd": 0.0123}
    assert body(service.status("user-1", job_id)) == shown


def test_a_repeated_request_finds_its_job(service: Any) -> None:
    job_id = submitted(service)
    queue: list[str] = []

    again = service.submit("user-1", REQUEST, queue.append)

    assert (again["statusCode"], body(again), queue) == (200, {"job_id": job_id, "status": "PENDING"}, [])


def test_a_message_that_comes_twice_is_work_once(service: Any) -> None:
    job_id, calls = submitted(service), []

    def make_report(request: dict[str, Any]) -> str:
        calls.append(request)
        return "r.json"

    assert service.work(job_id, make_report)
    assert service.work(job_id, make_report)

    assert calls == [REQUEST]


def test_a_job_that_cannot_be_done_says_why(service: Any) -> None:
    job_id = submitted(service)

    def refuse(_: dict[str, Any]) -> str:
        raise ValueError("no such role")

    assert service.work(job_id, refuse)
    assert body(service.status("user-1", job_id)) == {"job_id": job_id, "status": "FAILED", "error": "no such role"}


def test_a_user_sees_no_other_users_job(service: Any) -> None:
    assert service.status("user-2", submitted(service))["statusCode"] == 404


def test_a_job_that_is_not_there_is_left_in_the_queue(service: Any) -> None:
    assert not service.work("nowhere", lambda _: "r.json")
    assert service.status("user-1", "nowhere")["statusCode"] == 404
