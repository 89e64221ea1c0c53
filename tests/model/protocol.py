"""The protocol: clients, workers and a queue around one record, and everything that can go wrong.

A step is one request that reaches the table, or one fault. A client makes one call and, where the answer says so,
sends a message. A worker receives a message, claims, and then renews, completes, fails or puts back; a message is
delivered again at any time, and goes when the worker that received it last acknowledges it. A reply can be lost: the
call then sends the same request again, whenever it comes to that. So a call in flight can be of any age when it goes on.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from functools import cache
from typing import Any, NamedTuple, TypeAlias, cast

from careervp_jobs_dal.job import Claim, Submission
from careervp_jobs_dal.plan import Plan
from careervp_jobs_dal.repository import JobsRepository
from careervp_jobs_dal.result import Result
from careervp_jobs_dal.worker import JobWorker, NotAcknowledgedError
from tests.model.calls import (
    JOB,
    Arguments,
    Call,
    Claiming,
    Flight,
    Heard,
    Held,
    Submitting,
    held_of,
    next_request,
    older,
    step,
)
from tests.model.checker import Step
from tests.model.promises import Answer, Write, broken_by_answer, broken_by_write
from tests.model.record import Record, item_of, record_of

TICK = 10
"""Hours that pass at a time: a lease lapses."""

Client: TypeAlias = str | Flight
Worker: TypeAlias = str | Held | Flight
READY, DONE, IDLE, RECEIVED = "ready", "done", "idle", "received"


class Scenario(NamedTuple):
    """Who takes part, and what can go wrong how often."""

    clients: tuple[tuple[str, Arguments], ...]
    limits: tuple[int, ...] = (3, 3)
    record: Record | None = None
    lost_replies: int = 1
    crashes: int = 1
    adopting: bool = False
    silent_refusals: bool = False
    forgetful: frozenset[str] = frozenset()


class Weakness(NamedTuple):
    """A way to break the protocol: guards of one kind of write that are off, or what one verb's judge cannot see."""

    write: str = ""
    off: frozenset[str] = frozenset()
    verb: str = ""
    unseen: dict[str, Any] = {}  # noqa: RUF012


class State(NamedTuple):
    """Everything there is, and what the promises must remember: who was told what."""

    record: Record | None
    clients: tuple[Client, ...]
    workers: tuple[Worker, ...]
    queue: tuple[int, ...]
    lost_replies: int
    crashes: int
    told: bool = False
    acknowledged: str | None = None


class Outcome(NamedTuple):
    """What one request of a call comes to."""

    record: Record | None
    write: Write | None
    heard: tuple[Heard, ...]
    answer: Answer | None


class Protocol:
    """The steps of a scenario."""

    def __init__(self, scenario: Scenario, weakness: Weakness | None = None) -> None:
        self._scenario = scenario
        self._weakness = weakness or Weakness()
        self._outcomes: dict[tuple[Flight, Record | None], Outcome] = {}
        self.initial = State(
            scenario.record,
            (READY,) * len(scenario.clients),
            (IDLE,) * len(scenario.limits),
            (),
            scenario.lost_replies,
            scenario.crashes,
        )

    def steps(self, state: State) -> Iterator[Step[State]]:
        """All that can happen next."""
        for number, client in enumerate(state.clients):
            if client != DONE:
                yield from self._client_goes_on(state, number, client)
        for number, worker in enumerate(state.workers):
            yield from self._worker_goes_on(state, number, worker)
        yield from _time_passes(state)

    def _client_goes_on(self, state: State, number: int, client: Client) -> Iterator[Step[State]]:
        verb, arguments = self._scenario.clients[number]
        flight = client if isinstance(client, Flight) else Flight(Call(verb, arguments))
        label = f"client {number + 1} {verb}s"
        for step in self._sent(state, flight, label):
            going, answer = step.went
            clients = _put(state.clients, number, going or DONE)
            after = step.state._replace(clients=_forget(clients, step.new_life))
            if answer and answer.enqueue:
                after = after._replace(queue=tuple(sorted((*after.queue, 0))))
            ...
