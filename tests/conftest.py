"""What every test has: an engine, a table of its own on it, a repository, and faults on demand."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from contextlib import nullcontext
from datetime import UTC, datetime
from itertools import count
from typing import Any
from uuid import uuid4

import hypothesis
import pytest

from careervp_jobs_dal import JobsRepository, create_table
from careervp_jobs_dal.testing import Faults, account, embedded
from careervp_jobs_dal.testing.clock import Clock as MovableClock
from tests.direct_way import direct_way
from tests.engines.catalogue import ENGINES, Engine
from tests.engines.server import is_installed, running, why_not
from tests.models import share_models
from tests.tracing import leave_moto_untraced

pytest_plugins = "pytester"
share_models()
if sys.gettrace():
    leave_moto_untraced()

# No test depends on how busy the machine is.
_UNTIMED = hypothesis.settings(deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow])
# The same few examples at each run, so that coverage does not depend on luck; the long searches find others.
hypothesis.settings.register_profile("brief", _UNTIMED, max_examples=25, derandomize=True)
hypothesis.settings.register_profile("deep", _UNTIMED, max_examples=100)
hypothesis.settings.load_profile(os.environ.get("JOBS_EXAMPLES", "brief"))

AWS_ENVIRONMENT = account.AWS_ENVIRONMENT
_RUN = uuid4().hex[:8]  # an engine that runs already may have the tables of another run
_table_numbers = count()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--engine", default="moto", choices=sorted(ENGINES), help="where the tables are")
    parser.addoption("--transport", default="boto3", choices=("boto3", "direct"), help="the way to the tables")


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


@pytest.fixture(scope="session")
def transport(pytestconfig: pytest.Config, engine: Engine) -> str:
    way: str = pytestconfig.getoption("--transport")
    if way == "direct" and engine.name == "moto":
        pytest.exit("moto stands behind boto3 only; the direct way needs --engine dynoxide, for instance", returncode=1)
    return way


@pytest.fixture(autouse=True)
def skip_what_only_boto3_has(request: pytest.FixtureRequest, transport: str) -> None:
    if transport == "direct" and request.node.get_closest_marker("boto3"):
        pytest.skip("only the way through boto3 has this")


@pytest.fixture(autouse=True)
def aws_environment(endpoint_url: str | None, transport: str) -> Iterator[None]:
    """No test sees the machine's own AWS settings, and none reaches AWS."""
    if endpoint_url:
        way = direct_way() if transport == "direct" else nullcontext()
        with account.aws_environment(AWS_ENDPOINT_URL_DYNAMODB=endpoint_url, JOBS_TRANSPORT=transport), way:
            yield
    else:
        with embedded.embedded_aws():
            yield


@pytest.fixture(autouse=True)
def no_sleep(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pauses between tries are decided but not waited for."""
    monkeypatch.setattr(time, "sleep", lambda _: None)


@pytest.fixture
def table_name() -> str:
    """A new table with its index and time to live."""
    return create_table(f"jobs-{_RUN}-{next(_table_numbers)}").unwrap()


class Clock(MovableClock):
    """A clock that stands until a test moves it; far enough ahead that no engine deletes what expires by it."""

    def __init__(self) -> None:
        super().__init__(datetime(2036, 2, 3, 13, 5, 32, tzinfo=UTC))


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
