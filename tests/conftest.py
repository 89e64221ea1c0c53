"""What every test has: an engine, a table of its own on it, a repository, and faults on demand."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any
from uuid import uuid4

import hypothesis
import pytest
from moto import mock_aws
from moto.dynamodb.responses import DynamoHandler

from careervp_jobs_dal import JobsRepository, create_table
from tests.engines.catalogue import ENGINES, Engine
from tests.engines.server import is_installed, running, why_not
from tests.faults import Faults

AWS_ENVIRONMENT = {
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",
    "AWS_DEFAULT_REGION": "eu-west-1",
    "AWS_EC2_METADATA_DISABLED": "true",
    "AWS_CONFIG_FILE": "/nonexistent",
    "AWS_SHARED_CREDENTIALS_FILE": "/nonexistent",
}
# No test depends on how busy the machine is.
hypothesis.settings.register_profile("untimed", deadline=None)
hypothesis.settings.load_profile("untimed")

_RUN = uuid4().hex[:8]  # an engine that runs already may have the tables of another run
_table_numbers = count()
_moto_lock = threading.Lock()
_moto_action = DynamoHandler.call_action


def _locked_action(handler: DynamoHandler) -> Any:
    """Moto checks a condition and writes in two steps, so that two threads can both win; the lock makes it one."""
    with _moto_lock:
        return _moto_action(handler)


DynamoHandler.call_action = _locked_action  # type: ignore[method-assign]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--engine", default="moto", choices=sorted(ENGINES), help="where the tables are")


@pytest.fixture(scope="session")
def engine(pytestconfig: pytest.Config) -> Engine:
    return ENGINES[pytestconfig.getoption("--engine")]


@pytest.fixture(scope="session")
def endpoint_url(engine: Engine) -> Iterator[str | None]:
    """Where the engine listens; None for moto, which needs no server."""
    if engine.name == "moto":
        yield None
        return
    if not is_installed(engine.name):
        pytest.exit(f"{engine.name} is not installed: {why_not(engine.name)}", returncode=1)
    with running(engine.name) as url:
        yield url


@pytest.fixture(autouse=True)
def aws_environment(monkeypatch: pytest.MonkeyPatch, endpoint_url: str | None) -> Iterator[None]:
    """No test sees the machine's own AWS settings, and none reaches AWS."""
    for name, value in AWS_ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("AWS_PROFILE", raising=False)
    if endpoint_url:
        monkeypatch.setenv("AWS_ENDPOINT_URL_DYNAMODB", endpoint_url)
        yield
    else:
        with mock_aws():
            yield


@pytest.fixture(autouse=True)
def no_sleep(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pauses between tries are decided but not waited for."""
    monkeypatch.setattr(time, "sleep", lambda _: None)


@pytest.fixture
def table_name() -> str:
    """A new table with its index and time to live."""
    return create_table(f"jobs-{_RUN}-{next(_table_numbers)}").unwrap()


class Clock:
    """A clock that stands until a test moves it; far enough ahead that no engine deletes what expires by it."""

    def __init__(self) -> None:
        self.now = datetime(2036, 2, 3, 13, 5, 32, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def advance(self, step: timedelta) -> None:
        """Let time pass."""
        self.now += step


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def repository(table_name: str, clock: Clock) -> JobsRepository:
    return JobsRepository(table_name, clock=clock)


@pytest.fixture
def faults(repository: JobsRepository) -> Iterator[Faults]:
    """Faults in the client that every repository of the test uses."""
    faults = Faults(repository.dynamodb.meta.client)
    yield faults
    faults.stop()


@pytest.fixture
def job() -> dict[str, Any]:
    return {
        "job_id": "vpr-1",
        "status": "PENDING",
        "created_at": "2026-02-03T13:05:32.000000Z",
        "idempotency_key": "user-1/application-7",
        "input_data": {"text": CANARY, "scores": [0.5, 1]},
    }


CANARY = "the-text-of-a-cv"
"""Stands in payloads; nothing that the library says may hold it."""
