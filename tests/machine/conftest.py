"""The bench that a machine runs on: one repository and one table for all of its examples."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from careervp_jobs_dal import JobsRepository
from tests.conftest import Clock
from tests.engines.catalogue import Engine
from tests.machine.calls import ID_SECRET, PACK_ABOVE
from tests.machine.listener import Listener
from tests.machine.reference import RETENTION
from tests.machine.store import Store
from tests.machine.trouble import Troubles
from tests.machine.world import Bench

DEADLINE_SECONDS = 600.0


@pytest.fixture
def bench(table_name: str, engine: Engine, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bench]:
    if engine.name != "moto":
        pytest.skip("The machine looks at the table from behind, which only moto allows")
    # A client whose calls failed often stops retrying for a while.
    monkeypatch.setattr("botocore.retries.quota.RetryQuota.acquire", lambda *_: True)
    clock = Clock()
    repository = JobsRepository(
        table_name,
        clock=clock,
        deadline=DEADLINE_SECONDS,
        retention=RETENTION,
        pack_above=PACK_ABOVE,
        id_secret=ID_SECRET,
    )
    troubles = Troubles(repository.dynamodb.meta.client)
    yield Bench(repository, Store(table_name), clock, troubles, Listener())
    troubles.stop()
