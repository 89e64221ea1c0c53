"""Both ways to a server that does as it is told."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from careervp_jobs_dal import JobsRepository
from careervp_jobs_dal.aws import resource, route
from careervp_jobs_dal.aws.direct import Quota
from tests.transport.server import Server

Make = Callable[..., JobsRepository]
WAYS = ("boto3", "direct")


@pytest.fixture
def own_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """No client or connection of another test."""
    monkeypatch.setattr(resource, "_kept", None)
    monkeypatch.setattr(route, "_channels", {})


@pytest.fixture(autouse=True)
def endless_quota(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """All tests share the client and its quota of retries."""
    monkeypatch.setattr("botocore.retries.quota.RetryQuota.acquire", lambda *_: True)
    if request.node.get_closest_marker("own_quota") is None:
        monkeypatch.setattr(Quota, "take", lambda _: True)


@pytest.fixture(scope="session")
def lasting_server() -> Iterator[Server]:
    server = Server()
    yield server
    server.stop()


@pytest.fixture
def server(lasting_server: Server, monkeypatch: pytest.MonkeyPatch) -> Server:
    """One server for all tests, so that they can share a client; each begins with an empty script."""
    lasting_server.forget()
    monkeypatch.setenv("AWS_ENDPOINT_URL_DYNAMODB", lasting_server.url)
    return lasting_server


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
