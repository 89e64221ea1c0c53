"""The protocol: clients and workers around one record and a queue, and everything that can go wrong.

A step is one request that reaches the table, or one fault. A client makes one call and, where the answer says so,
sends a message. A worker that finds a message claims, and then renews, completes, fails, puts back, or crashes; the
message is delivered again and again, to anybody, until a worker acknowledges it, which takes all that there are of it.
A reply can be lost: the call then sends the same request once more, whenever it comes to that. Time passes by a lease
at a time, and never twice within one call.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple, TypeAlias, TypeVar, cast

from careervp_jobs_dal.job.transition import Transition
from tests.model.calls import Arguments, Call, Claiming, Flight, Held
from tests.model.checker import Step
from tests.model.promises import FORGOTTEN, TWO_HOLDERS
from tests.model.record import TICK, Record
from tests.model.sending import SOUND, Sender, Sent, Weakness

READY, DONE, IDLE = "ready", "done", "idle"

T = TypeVar("T")
Client: TypeAlias = str | Flight
Worker: TypeAlias = str | Held | Flight


class Scenario(NamedTuple):
    """Who takes part, and what can go wrong.

    Attributes:
        clients: the calls that are made once each.
        limits: the `max_attempts` of each worker, for a record that has none.
        record: what is there at first, with a message for it.
        lost_replies: how many there can be.
        verbs: what a worker does with a claim.
        adopting: whether workers claim with `adopt_unleased`.
        silent: whether refusals come without the record.
        prompt: whether no claim outlasts the lease that it takes.
        skewed: whether instants of different machines tell nothing of which came first.
        late_copies: how many requests are delivered twice, the second time at any later step within a lease's time.
        tight: whether any write that can shrink may find no room in the record.
        sweeping: whether each recovery is made again and again.
    """

    clients: tuple[tuple[str, Arguments], ...]
    limits: tuple[int, ...] = (3, 3)
    record: Record | None = None
    lost_replies: int = 1
    verbs: tuple[str, ...] = ("renew", "complete", "fail", "put back")
    adopting: bool = False
    silent: bool = False
    prompt: bool = False
    skewed: bool = False
    late_copies: int = 0
    tight: bool = False
    sweeping: bool = False


class State(NamedTuple):
    """Everything there is: the record, what everybody is at, whether there is a message, which faults are left.

    Attributes:
        over: whether a worker has let a message go because the job had expired.
    """

    record: Record | None
    clients: tuple[Client, ...]
    workers: tuple[Worker, ...]
    message: bool
    lost_replies: int
    late_copies: int
    late: tuple[Flight, ...] = ()
    over: bool = False


class Protocol:
    """The steps of a scenario."""

    def __init__(self, scenario: Scenario, weakness: Weakness = SOUND) -> None:
        self._scenario = scenario
        self._sender = Sender(weakness, silent=scenario.silent, tight=scenario.tight)
        clients, workers = (READY,) * len(scenario.clients), (IDLE,) * len(scenario.limits)
        self.initial = State(scenario.record, clients, workers, scenario.record is not None, *_budgets(scenario))

    @property
    def guards(self) -> set[tuple[str, str]]:
        """Every guard of a request that was sent, with the write that it belongs to."""
        return self._sender.guards

    @property
    def moves(self) -> set[Transition]:
        """Every move of the job's status that a request made."""
        return self._sender.moves

    def steps(self, state: State) -> Iterator[Step[State]]:
        """All that can happen next."""
        for number, client in enumerate(state.clients):
            yield from self._client_goes_on(state, number, client)
        for number, worker in enumerate(state.workers):
            yield from self._worker_goes_on(state, number, worker)
        for number, copy in enumerate(state.late):
            name, record, broken = self._sender.deliver(copy, state.record)
            after = state._replace(record=record, late=(*state.late[:number], *state.late[number + 1 :]))
            yield Step(f"a late copy: {name}", after, broken)
        if state.record is not None and state.record.expired():
            clients, workers = _nothing_stands(state.clients), _nothing_stands(state.workers)
            yield Step("DynamoDB deletes the record", state._replace(record=None, clients=clients, workers=workers))
        if not any(self._ends_first(actor) for actor in (*state.clients, *state.workers)):
            yield Step("time passes", _later(state))

    def _client_goes_on(self, state: State, number: int, client: Client) -> Iterator[Step[State]]:
        if client == DONE:
            return
        flight = client if isinstance(client, Flight) else Flight(Call(*self._scenario.clients[number]))
        for sent in self._send(state, flight):
            clients, workers = _standing(state, sent)
            again = self._scenario.sweeping and flight.call.verb == "recover"
            clients = _put(clients, number, sent.going or (READY if again else DONE))
            message = state.message or (sent.answer is not None and sent.answer.enqueue)
            after = _after(state, sent, clients, workers, message)
            yield from self._told(state, flight, Step(f"client {number + 1}: {sent.label}", after, sent.broken))

    def _worker_goes_on(self, state: State, number: int, worker: Worker) -> Iterator[Step[State]]:
        for flight in self._calls_of(state, number, worker):
            for sent in self._send(state, flight):
                clients, workers = _standing(state, sent)
                workers = _put(workers, number, _next(flight, sent))
                message = state.message and not (sent.answer is not None and sent.answer.acknowledged)
                over = state.over or (state.record is not None and _is_gone(sent))
                after = _after(state, sent, clients, workers, message)._replace(over=over)
                yield from self._told(state, flight, Step(f"worker {number + 1}: {sent.label}", after, sent.broken))
        if worker != IDLE:
            yield Step(f"worker {number + 1} crashes", state._replace(workers=_put(state.workers, number, IDLE)))

    def _told(self, before: State, flight: Flight, step: Step[State]) -> Iterator[Step[State]]:
        """The step, and the same with a copy of its request that is still on its way."""
        if _made_available(before, step.state) and not self._scenario.skewed:
            step = step._replace(state=_all_overtaken(step.state, flight.call))
            flight = flight.overtaken()
        yield step._replace(broken=step.broken or _broken_by(step.state))
        # Where clocks tell nothing, only the claim's own id does, which a refused claim has left nowhere.
        told = not self._scenario.skewed or step.state.record != before.record
        if before.late_copies and told and self._sender.writes(flight):
            late = (*step.state.late, flight._replace(wrote=False))
            state = step.state._replace(late=late, late_copies=before.late_copies - 1)
            yield Step(f"{step.label}, and a copy is late", state, step.broken or _broken_by(state))

    def _calls_of(self, state: State, number: int, worker: Worker) -> Iterator[Flight]:
        if isinstance(worker, Flight):
            yield worker
        elif isinstance(worker, Held):
            for verb in self._scenario.verbs:
                yield Flight(Call(verb, worker))
        elif state.message:
            wanted = Claiming(_fresh(state), self._scenario.limits[number], self._scenario.adopting)
            yield Flight(Call("claim", wanted))

    def _ends_first(self, actor: str | Held | Flight) -> bool:
        """Whether no lease lapses before this call has its answer."""
        if not isinstance(actor, Flight):
            return False
        # The instant that a job is available from is read when the call begins that makes it so.
        if self._scenario.late_copies and actor.call.verb in ("submit", "retry", "recover"):
            return True
        return actor.call.now < 0 or (self._scenario.prompt and actor.call.verb == "claim" and actor.wrote)

    def _send(self, state: State, flight: Flight) -> tuple[Sent, ...]:
        possible = self._sender.send(flight, state.record)
        return tuple(sent for sent in possible if state.lost_replies or not sent.lost)


def _is_gone(sent: Sent) -> bool:
    return sent.answer is not None and sent.answer.acknowledged and sent.answer.code == "NOT_FOUND"


def settled(state: State) -> bool:
    """Whether there is nothing left to do for the job."""
    return state.record is None or state.record.finished or state.record.expired()


def _broken_by(state: State) -> str | None:
    """The promise that a state breaks."""
    if sum(_holds(worker) for worker in state.workers) > 1:
        return TWO_HOLDERS
    # The sweep sends the message of a job that is to start later.
    if state.message or state.over or settled(state) or (state.record is not None and state.record.starts_later):
        return None
    submitting = any(
        isinstance(client, Flight) and client.call.verb in ("submit", "retry", "recover") for client in state.clients
    )
    return None if submitting else FORGOTTEN


def _holds(worker: Worker) -> bool:
    """Whether a worker may take the job for its own; once it has sent how the job ended, it does not."""
    if isinstance(worker, Flight) and worker.call.verb == "renew":
        return isinstance(worker.call.arguments, Held) and worker.call.arguments.lease > 0
    return isinstance(worker, Held) and worker.lease > 0


def _next(flight: Flight, sent: Sent) -> Worker:
    """What a worker is at after a request of its call."""
    if sent.going is not None:
        return sent.going
    if sent.answer is not None and sent.answer.held is not None:
        return sent.answer.held
    return flight.call.arguments if flight.call.verb == "renew" and isinstance(flight.call.arguments, Held) else IDLE


def _budgets(scenario: Scenario) -> tuple[int, int]:
    return scenario.lost_replies, scenario.late_copies


def _after(state: State, sent: Sent, clients: tuple[Client, ...], workers: tuple[Worker, ...], message: bool) -> State:
    left = state.lost_replies - sent.lost
    over = state.over and not sent.begins
    return state._replace(
        record=sent.record, clients=clients, workers=workers, message=message, lost_replies=left, over=over
    )


def _made_available(before: State, after: State) -> bool:
    """Whether a write has put the job back, retried or replaced it."""
    old, new = before.record, after.record
    if old is None or new is None or new.available is None:
        return False
    return (old.status, new.status) != ("PENDING", "PENDING") and new.status == "PENDING"


def _all_overtaken(state: State, by: Call) -> State:
    """The call that made the job available goes on by its own clock."""
    clients, workers = _overtaken(state.clients, by), _overtaken(state.workers, by)
    return state._replace(clients=clients, workers=workers, late=_overtaken(state.late, by))


def _overtaken(actors: tuple[Any, ...], by: Call) -> tuple[Any, ...]:
    return tuple(actor.overtaken() if isinstance(actor, Flight) and actor.call != by else actor for actor in actors)


def _standing(state: State, sent: Sent) -> tuple[tuple[Client, ...], tuple[Worker, ...]]:
    if not sent.begins:
        return state.clients, state.workers
    return _nothing_stands(state.clients), _nothing_stands(state.workers)


def _nothing_stands(actors: tuple[T, ...]) -> tuple[T, ...]:
    """Another job begins, or this one is gone: what calls in flight wrote is there no longer."""
    return tuple(cast("T", actor._replace(wrote=False)) if isinstance(actor, Flight) else actor for actor in actors)


def _later(state: State) -> State:
    record = state.record and state.record.older(TICK)
    clients, workers = _older(state.clients), _older(state.workers)
    late = tuple(copy for copy in _older(state.late) if copy.call.now >= -TICK)
    return state._replace(record=record, clients=clients, workers=workers, late=late)


def _older(actors: tuple[T, ...]) -> tuple[T, ...]:
    return tuple(cast("T", actor.older(TICK)) if isinstance(actor, Held | Flight) else actor for actor in actors)


def _fresh(state: State) -> str:
    """A claim id that nothing knows yet."""
    known = f"{state.record} {state.clients} {state.workers} {state.late}"
    return next(name for name in (f"c{number}" for number in range(1, 99)) if f"'{name}'" not in known)


def _put(values: tuple[T, ...], number: int, value: T) -> tuple[T, ...]:
    return (*values[:number], value, *values[number + 1 :])
