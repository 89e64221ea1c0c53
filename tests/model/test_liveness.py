"""Every job reaches its end, whatever has happened, and the sweeps send no more messages than there is need for."""

from __future__ import annotations

from functools import cache

import pytest

from tests.model.fairness import FAULTS, LIMIT, OUTAGES, Node, NoEndError, Rules, World, tidy, worst
from tests.model.record import Record
from tests.model.scenarios import SCENARIOS
from tests.model.test_protocol import CORRUPT, looked_through

MOST_ROUNDS = 14
"""Of ten hours each, with four of them lost to outages of the queue."""


@cache
def roots() -> tuple[Node, ...]:
    """Every unfinished record that any scenario reaches, with a message and without one.

    A job that `create_job` made is on the active index from its first claim on. Before that no sweep finds it, so it
    keeps its message.
    """
    states = (state for name in SCENARIOS if name not in CORRUPT for state in looked_through(name)[1].states)
    nodes = {Node(tidy(state.record), 1) for state in states if state.record is not None}
    unended = {node for node in nodes if not node.ended}
    indexed = {node for node in unended if node.record.active}
    others = {node._replace(faults=0) for node in unended - indexed}
    return (*indexed, *(node._replace(messages=0) for node in indexed), *others)


def bound(node: Node) -> int:
    """One message for each attempt whose worker is lost, for each fault, and for two rounds of an outage.

    One more for a job that has none to begin with.
    """
    return _attempts_left(node.record) + FAULTS + OUTAGES // 2 + (not node.messages)


def _attempts_left(record: Record) -> int:
    limit = LIMIT if record.max_attempts is None else int(record.max_attempts)
    return max(limit - int(record.attempt or 0), 0)


@pytest.mark.parametrize("tight", [False, True], ids=["with room", "in full records"])
def test_every_job_reaches_its_end_and_no_more_messages_are_sent_than_a_bound(tight: bool) -> None:
    known = worst(World(Rules(), tight=tight), roots())

    assert max(known[root].rounds for root in roots()) <= MOST_ROUNDS
    assert [root for root in roots() if known[root].sent > bound(root)] == []


def test_without_a_sweep_a_job_whose_message_is_lost_has_no_end() -> None:
    with pytest.raises(NoEndError):
        worst(World(Rules(), sweeping=False), roots())


def test_a_sweep_that_does_not_note_what_it_sends_sends_more_than_the_bound() -> None:
    def unmoved(met: Record, written: Record) -> Record:
        return met if (met.status, written.status) == ("PENDING", "PENDING") else written

    known = worst(World(Rules(sweeps=unmoved)), roots())

    assert any(known[root].sent > bound(root) for root in roots())


def test_a_worker_that_acknowledges_a_job_that_pauses_needs_more_messages_than_the_bound() -> None:
    rules = Rules(acknowledges=lambda answer: answer.acknowledged or answer.code in ("NOT_DUE", "SUCCESS"))

    known = worst(World(rules), roots())

    assert any(known[root].sent > bound(root) for root in roots())


def test_the_search_begins_at_many_records() -> None:
    assert len(roots()) > 1_000
