"""Any interleaving of users and workers, with whatever can go wrong, keeps the promises; and the machine can tell."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from careervp_jobs_dal import JobsRepository
from tests.conftest import Clock
from tests.engines.catalogue import Engine
from tests.machine.calls import ID_SECRET, PACK_ABOVE
from tests.machine.listener import listening
from tests.machine.machine import JobsMachine
from tests.machine.reference import RETENTION
from tests.machine.store import Store
from tests.machine.trouble import Troubles
from tests.machine.world import Bench

EXAMPLES = int(os.environ.get("MACHINE_EXAMPLES", "100"))
PROFILE = settings(
    max_examples=EXAMPLES,
    stateful_step_count=40,
    deadline=None,
    database=None,
    derandomize="MACHINE_EXAMPLES" not in os.environ,
    report_multiple_bugs=False,
    suppress_health_check=list(HealthCheck),
)


@pytest.fixture
def bench(table_name: str, engine: Engine, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bench]:
    if engine.name != "moto":
        pytest.skip("The machine looks into the table from behind, which only moto allows")
    # A client whose calls failed often stops retrying for a while.
    monkeypatch.setattr("botocore.retries.quota.RetryQuota.acquire", lambda *_: True)
    clock = Clock()
    repository = JobsRepository(
        table_name, clock=clock, deadline=600.0, retention=RETENTION, pack_above=PACK_ABOVE, id_secret=ID_SECRET
    )
    troubles = Troubles(repository.dynamodb.meta.client)
    with listening() as listener:
        yield Bench(repository, Store(table_name), clock, troubles, listener)
    troubles.stop()


def run(bench: Bench, profile: settings) -> None:
    run_state_machine_as_test(lambda: JobsMachine(bench), settings=profile)


def test_any_interleaving_keeps_the_promises(bench: Bench) -> None:
    run(bench, PROFILE)
