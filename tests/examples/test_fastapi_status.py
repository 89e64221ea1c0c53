"""The endpoint of `examples/fastapi_status.py` runs, with FastAPI, and answers as the status handler does."""

from __future__ import annotations

import asyncio
import importlib
from collections import Counter
from collections.abc import Callable, Iterable
from datetime import timedelta
from types import ModuleType

import httpx
import pytest

from careervp_jobs_dal import AsyncJobsRepository, JobsRepository
from tests.conftest import Clock
from tests.faults import Faults

USER = "user-1"
LEASE = timedelta(minutes=5)
Get = Callable[..., list[httpx.Response]]


@pytest.fixture
def endpoint(
    examples: None, table_name: str, repository: JobsRepository, monkeypatch: pytest.MonkeyPatch
) -> ModuleType:
    monkeypatch.setenv("JOBS_TABLE_NAME", table_name)
    module = importlib.import_module("fastapi_status")
    assert isinstance(module.jobs, AsyncJobsRepository)
    assert module.jobs.repository.table_name == table_name
    monkeypatch.setattr(module.jobs, "repository", repository)  # has the test's clock and faults
    return module


@pytest.fixture
def get(endpoint: ModuleType) -> Get:
    """Sends requests side by side, while the service lives."""

    async def send(job_ids: Iterable[str], headers: dict[str, str]) -> list[httpx.Response]:
        transport = httpx.ASGITransport(app=endpoint.app)
        client = httpx.AsyncClient(transport=transport, base_url="http://service", headers=headers)
        async with endpoint.lifespan(endpoint.app), client:
            return await asyncio.gather(*(client.get(f"/vpr/{job_id}") for job_id in job_ids))

    def get(*job_ids: str, user_id: str | None = USER) -> list[httpx.Response]:
        return asyncio.run(send(job_ids, {} if user_id is None else {"X-User-Id": user_id}))

    return get


@pytest.fixture
def job_id(repository: JobsRepository) -> str:
    return repository.submit_job("key", {"text": "..."}, user_id=USER).unwrap().job_id


def test_a_poll_shows_the_state_and_when_to_ask_again(
    get: Get, repository: JobsRepository, clock: Clock, job_id: str
) -> None:
    repository.claim_job(job_id, lease=LEASE).unwrap()
    clock.advance(timedelta(seconds=40))

    (answer,) = get(job_id)

    assert (answer.status_code, answer.headers["retry-after"]) == (200, "10")
    assert (answer.json()["status"], answer.json()["attempt"]) == ("PROCESSING", 1)
    assert "input_data" not in answer.json()


def test_a_finished_job_names_its_result_and_is_not_asked_for_again(
    get: Get, repository: JobsRepository, job_id: str
) -> None:
    repository.complete_job(repository.claim_job(job_id, lease=LEASE).unwrap(), result_key="r.json").unwrap()

    (answer,) = get(job_id)

    assert (answer.json()["status"], answer.json()["result_key"]) == ("COMPLETED", "r.json")
    assert "retry-after" not in answer.headers


def test_another_users_job_is_not_found(get: Get, job_id: str) -> None:
    assert [answer.status_code for answer in get(job_id, user_id="another")] == [404]


def test_nobody_is_told_anything(get: Get, job_id: str) -> None:
    assert [answer.status_code for answer in get(job_id, user_id=None)] == [422]


def test_a_failure_of_aws_is_worth_another_request(get: Get, job_id: str, faults: Faults) -> None:
    faults.answer("ThrottlingException")

    assert [answer.status_code for answer in get(job_id)] == [503]


def test_polls_are_answered_side_by_side(get: Get, job_id: str) -> None:
    answers = get(*[job_id] * 30, *["no such job"] * 20)

    assert Counter(answer.status_code for answer in answers) == {200: 30, 404: 20}
