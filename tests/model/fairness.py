"""A world that goes on: workers and sweeps come again and again, and a job must reach its end.

Whatever has happened before, here time passes. Each round every message is delivered, unless the queue is down; then
ten hours pass, and a sweep runs. What a worker does with a job, and which of the faults happen, is the adversary's
choice: it may crash, put back, and pause as often as the attempts allow; it may take down the queue, lose a message,
deliver one twice, interrupt a sweep before it sends, and release a job as often as its budgets allow. A job that is
completed is at its end, so the adversary never completes one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple

from tests.model.calls import LATER, Call, Claiming, Flight, Held, Recovering
from tests.model.promises import Answer
from tests.model.record import TICK, Record
from tests.model.sending import SOUND, Sender

LIMIT = 2
"""The workers' `max_attempts`, for a record that has none."""
OUTAGES, FAULTS = 4, 2
"""How many rounds the queue can be down, and how many of the other faults there can be."""
OVERDUE = Recovering(LIMIT, older_than=12, adopt_unleased=True)


class Node(NamedTuple):
    """What there is between two rounds."""

    record: Record
    messages: int
    outages: int = OUTAGES
    faults: int = FAULTS

    @property
    def ended(self) -> bool:
        return self.record.finished or self.record.expired()


class Round(NamedTuple):
    """One way in which a round can go, and how many messages the sweep sends in it."""

    node: Node
    sent: int


class Rules(NamedTuple):
    """What can be broken, to see that it shows.

    Attributes:
        sweeps: what a sweep makes of the record: the one that it wrote, or the one that it met.
        acknowledges: whether the message goes that a worker has this answer for.
    """

    sweeps: Callable[[Record, Record], Record] = lambda met, written: written
    acknowledges: Callable[[Answer], bool] = lambda answer: answer.acknowledged


class World:
    """The rounds that can follow each other."""

    def __init__(self, rules: Rules, *, sweeping: bool = True, tight: bool = False) -> None:
        self._rules = rules
        self._sweeping = sweeping
        self._sender = Sender(SOUND, silent=False, tight=tight)
        self._known: dict[tuple[Call, Record], frozenset[tuple[Record, Answer]]] = {}

    def rounds(self, node: Node) -> frozenset[Round]:
        """Every way in which the next round can go."""
        worked = {node._replace(outages=node.outages - 1)} if node.outages else set[Node]()
        worked |= self._delivered(node, node.messages)
        troubled = [each for each in worked if each.faults and each.messages]
        faulty = {each._replace(faults=each.faults - 1) for each in troubled}
        faulty = {each._replace(messages=each.messages + more) for each in faulty for more in (-1, 1)}
        return frozenset(after for each in worked | faulty for after in self._later(each))

    def _delivered(self, node: Node, messages: int) -> set[Node]:
        """Each message is received once."""
        if not messages or node.ended:
            return {node}
        after: set[Node] = set()
        for record, answer in self._made(Call("claim", Claiming("c1", LIMIT, True)), node.record):
            if answer.held is not None:
                after.update(self._worked(node._replace(record=record), answer.held))
            else:
                gone = self._rules.acknowledges(answer)
                after.add(node._replace(record=record, messages=node.messages - gone))
        return {each for met in after for each in self._delivered(_tidy(met), messages - 1)}

    def _worked(self, node: Node, held: Held) -> Iterator[Node]:
        yield node  # the worker crashes
        for verb in ("put back", "put back" + LATER):
            for record, answer in self._made(Call(verb, held), node.record):
                gone = self._rules.acknowledges(answer)
                yield node._replace(record=record, messages=node.messages - gone)
        if node.faults:
            for verb in ("release", "release" + LATER):
                for record, _ in self._made(Call(verb, held), node.record):
                    yield node._replace(record=record, faults=node.faults - 1)

    def _later(self, node: Node) -> Iterator[Round]:
        node = node._replace(record=node.record.older(TICK))
        if not self._sweeping or node.ended:
            yield Round(_tidy(node), 0)
            return
        for written, answer in self._made(Call("recover", OVERDUE), node.record):
            swept = _tidy(node._replace(record=self._rules.sweeps(node.record, written)))
            yield Round(swept._replace(messages=swept.messages + answer.enqueue), int(answer.enqueue))
            if answer.enqueue and node.faults:
                yield Round(swept._replace(faults=swept.faults - 1), 0)

    def _made(self, call: Call, record: Record) -> frozenset[tuple[Record, Answer]]:
        """Everything that can come of a call that nobody overtakes."""
        if (call, record) not in self._known:
            self._known[call, record] = frozenset(self._ends(Flight(call), record))
        return self._known[call, record]

    def _ends(self, flight: Flight, record: Record) -> Iterator[tuple[Record, Answer]]:
        for sent in self._sender.send(flight, record):
            assert sent.broken is None, f"{sent}"
            assert sent.record is not None
            if sent.lost:
                continue
            if sent.answer is not None:
                yield sent.record, sent.answer
            elif sent.going is not None:
                yield from self._ends(sent.going, sent.record)


class Worst(NamedTuple):
    """The longest that it can take from here to the end, and the most messages that sweeps send until then."""

    rounds: int
    sent: int


class NoEndError(Exception):
    """Shows rounds that can follow each other for ever."""


def worst(world: World, roots: Iterable[Node]) -> dict[Node, Worst]:
    """Find for each node the worst that can follow.

    Raises:
        NoEndError: from one of them the job need not reach its end.
    """
    known: dict[Node, Worst] = {}
    for root in roots:
        path: dict[Node, tuple[frozenset[Round], Iterator[Round]]] = {}
        _enter(world, root, path, known)
        while path:
            node, (rounds, left) = next(reversed(path.items()))
            following = next((each.node for each in left if each.node not in known), None)
            if following is None:
                path.popitem()
                known[node] = _worst_of(rounds, known)
            elif following in path:
                raise NoEndError("\n".join(map(str, [*path, following])))
            else:
                _enter(world, following, path, known)
    return known


def _enter(
    world: World, node: Node, path: dict[Node, tuple[frozenset[Round], Iterator[Round]]], known: dict[Node, Worst]
) -> None:
    if node.ended:
        known[node] = Worst(0, 0)
    elif node not in known:
        rounds = world.rounds(node)
        path[node] = rounds, iter(rounds)


def _worst_of(rounds: frozenset[Round], known: dict[Node, Worst]) -> Worst:
    return Worst(
        1 + max(known[each.node].rounds for each in rounds),
        max(each.sent + known[each.node].sent for each in rounds),
    )


def _tidy(node: Node) -> Node:
    """The same without what no later call looks at: its history, and which claim was the last."""
    return node._replace(record=tidy(node.record))


def tidy(record: Record) -> Record:
    """The record without what tells only how it came to be what it is."""
    told: dict[str, Any] = {"errors": (), "error": None, "ended": None, "result": None, "fingerprint": None}
    claim_id, submission_id = record.claim_id and "c0", record.submission_id and "s1"
    return record._replace(claim_id=claim_id, submission_id=submission_id, **told)
