"""The protocol, looked through whole: every promise holds in every state, and the guards are there for a reason."""

from __future__ import annotations

from functools import cache

import pytest

from careervp_jobs_dal.job.status import JobStatus
from careervp_jobs_dal.job.transition import TRANSITIONS, Transition
from careervp_jobs_dal.job.verb import Verb
from tests.model.checker import Explored, explore, stuck
from tests.model.guards import GHOST, NEEDED, SPARE, VERSIONED
from tests.model.protocol import Protocol, State, settled
from tests.model.scenarios import SCENARIOS
from tests.model.sending import Weakness

CORRUPT = {name for name in SCENARIOS if name.startswith("a text for the")}
"""In these the record is one that no worker can take."""
OF_UNREADABLE = Transition(JobStatus.PROCESSING, JobStatus.PENDING, Verb.CLAIM)
"""A claim gives a job back whose record cannot be decoded. All of the model's can, so it never makes that move."""


@cache
def looked_through(name: str) -> tuple[Protocol, Explored[State]]:
    protocol = Protocol(SCENARIOS[name])
    return protocol, explore(protocol.initial, protocol.steps)


@pytest.mark.parametrize("name", SCENARIOS)
def test_no_state_breaks_a_promise_and_none_is_stuck(name: str) -> None:
    _, found = looked_through(name)

    assert found.counterexample is None, str(found.counterexample)
    assert name in CORRUPT or stuck(found, settled) is None, str(stuck(found, settled))


@pytest.mark.parametrize(("write", "guard", "name"), NEEDED)
def test_without_one_of_its_guards_the_protocol_breaks_a_promise(write: str, guard: str, name: str) -> None:
    protocol = Protocol(SCENARIOS[name], Weakness(write, frozenset({guard})))

    assert explore(protocol.initial, protocol.steps).counterexample is not None


@pytest.mark.parametrize(("write", "name"), VERSIONED)
def test_a_version_is_needed_as_a_whole(write: str, name: str) -> None:
    off = frozenset(guard for each, guard in SPARE | {pair[:2] for pair in NEEDED} if each == write)
    protocol = Protocol(SCENARIOS[name], Weakness(write, off - {"status unchanged"}))

    assert explore(protocol.initial, protocol.steps).counterexample is not None


def test_an_update_without_its_guard_makes_a_record_where_there_was_none() -> None:
    scenario = SCENARIOS["a ttl that changes"]._replace(record=None)
    protocol = Protocol(scenario, Weakness(GHOST[0], frozenset({GHOST[1]})))

    found = explore(protocol.initial, protocol.steps).counterexample

    assert found is not None
    assert found.broken == "only a submission makes a record"


def test_every_guard_is_accounted_for() -> None:
    met: set[tuple[str, str]] = set()
    for name in SCENARIOS:
        met |= looked_through(name)[0].guards

    assert met == {(write, guard) for write, guard, _ in NEEDED} | {GHOST} | SPARE


def test_the_moves_are_those_of_the_transition_table_and_no_others() -> None:
    made: set[Transition] = set()
    for name in SCENARIOS:
        made |= looked_through(name)[0].moves

    assert made - set(TRANSITIONS) == set(), "a write of the library moves a job as TRANSITIONS does not allow"
    assert set(TRANSITIONS) - made == {OF_UNREADABLE}, "no write of the library makes this move: take the row away"


def test_the_model_is_not_a_toy() -> None:
    assert sum(len(looked_through(name)[1].states) for name in SCENARIOS) > 200_000
