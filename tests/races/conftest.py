"""What the races have: a real engine, processes to race on it, real time, and a seed that can be given again."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator

import pytest

from careervp_jobs_dal import JobsRepository
from tests.conftest import AWS_ENVIRONMENT
from tests.engines.catalogue import Engine
from tests.races.processes import Settings
from tests.races.racers import Racers

SEED_VARIABLE = "RACES_SEED"


@pytest.fixture(autouse=True)
def no_sleep() -> None:
    """Time is real here, the leases' as well as the pauses'."""


@pytest.fixture
def repository(table_name: str) -> JobsRepository:
    """With the machine's clock, as the racers' have it."""
    return JobsRepository(table_name)


@pytest.fixture(scope="session")
def settings(engine: Engine, endpoint_url: str | None, transport: str) -> Settings:
    """How another process reaches the engine."""
    if endpoint_url is None:
        pytest.skip(f"{engine.name} is one process; races need an engine of their own: --engine dynoxide")
    return {**AWS_ENVIRONMENT, "AWS_ENDPOINT_URL_DYNAMODB": endpoint_url, "JOBS_TRANSPORT": transport}


@pytest.fixture(scope="session")
def racers(settings: Settings) -> Iterator[Racers]:
    racers = Racers(settings)
    yield racers
    racers.stop()


@pytest.fixture
def seed() -> int:
    """A new one each time, shown with a failure; the same events need the same machine at the same moment, though."""
    seed = int(os.environ.get(SEED_VARIABLE) or secrets.randbelow(2**32))
    print(f"{SEED_VARIABLE}={seed}")
    return seed
