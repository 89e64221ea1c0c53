"""Any interleaving of users and workers, whatever goes wrong, keeps the promises; and where one is broken, it shows.

`MACHINE_EXAMPLES=5000` makes it as many examples, new ones each time, and looks for the rarest mistakes as well.
"""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.machine.machine import JobsMachine
from tests.machine.mutants import MUTANTS, PLANS, caches, forget_statements
from tests.machine.world import Bench

EXAMPLES = int(os.environ.get("MACHINE_EXAMPLES", "100"))
MOST_FOR_A_MUTANT = 5000
RARE = {
    "cancelling unheard",
    "attempts without a limit",
    "a retry that does not know its own write",
}
"""Mistakes that take minutes to meet by chance; their conditions have tests of their own."""

QUICK = [name for name in MUTANTS if name not in RARE or "MACHINE_EXAMPLES" in os.environ]
PROFILE = settings(
    max_examples=EXAMPLES,
    stateful_step_count=30,
    derandomize="MACHINE_EXAMPLES" not in os.environ,
    phases=[Phase.generate, Phase.shrink],
    database=None,
    deadline=None,
    report_multiple_bugs=False,
    suppress_health_check=list(HealthCheck),
)


def run(bench: Bench, profile: settings) -> None:
    class MachineOnBench(JobsMachine):
        def __init__(self) -> None:
            super().__init__(bench)

    with bench.listener.listening():
        run_state_machine_as_test(MachineOnBench, settings=profile)


def test_any_interleaving_keeps_the_promises(bench: Bench) -> None:
    run(bench, PROFILE)


@pytest.fixture
def forgotten_statements() -> Iterator[None]:
    """No request that a mutant wrote outlives it, and none that was written before it serves it."""
    forget_statements()
    yield
    forget_statements()


def test_every_request_that_was_written_is_forgotten(bench: Bench) -> None:
    run(bench, settings(PROFILE, max_examples=10, phases=[Phase.generate]))
    filled = {cache.__module__ for cache in caches() if cache.cache_info().currsize}

    forget_statements()

    assert filled >= {f"{PLANS}.{name}" for name in ("contract", "ending", "lease")}
    assert not [cache for cache in caches() if cache.cache_info().currsize]


@pytest.mark.usefixtures("forgotten_statements")
@pytest.mark.parametrize("name", QUICK)
def test_the_machine_finds_what_is_broken(bench: Bench, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    MUTANTS[name](monkeypatch)

    with pytest.raises(AssertionError):
        run(bench, settings(PROFILE, max_examples=MOST_FOR_A_MUTANT, derandomize=True, phases=[Phase.generate]))
