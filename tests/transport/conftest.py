"""Both ways to a server that does as it is told."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from careervp_jobs_dal import JobsRepository
from careervp_jobs_dal.aws import resource, route
from tests.transport.server import Server

Make = Callable[..., JobsRepository]
WAYS = ("boto3", "direct")


@pytest.fixture(autouse=True)
def own_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """No client, connection or quota of another test."""
    monkeypatch.setattr(resource, "_kept", None)
    monkeypatch.setattr(route, "_channels", {})
    monkeypatch.setattr("botocore.retries.quota.RetryQuota.acquire", lambda *_: True)


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    server = Server()
    point_to(server.url, monkeypatch)
    yield server
    server.stop()


def point_to(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the environment name this server, and keys of its own."""
    monkeypatch.setenv("AWS_ENDPOINT_URL_DYNAMODB", url)


@pytest.fixture(params=WAYS)
def way(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


@pytest.fixture
def make(way: str) -> Make:
    """Makes a repository that goes this way."""

    def make(**options: Any) -> JobsRepository:
        return JobsRepository("jobs", transport=way, **options)  # type: ignore[arg-type]

    return make


@pytest.fixture
def real_sleep(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pauses are waited for."""
    monkeypatch.setattr(time, "sleep", SLEEP)


SLEEP = time.sleep
