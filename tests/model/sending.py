"""What one request of a call comes to: the table judges and writes, the library reads the answer, promises are checked.

It depends on nothing but the call and the record, so it is worked out once for each pair of them.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from careervp_jobs_dal.codec.values import encode_item
from careervp_jobs_dal.job.attribute import ACTIVE_SHARD, STATUS
from careervp_jobs_dal.job.record import Claim, Item, Submission
from careervp_jobs_dal.job.status import JobStatus
from careervp_jobs_dal.job.transition import Transition
from careervp_jobs_dal.job.verb import Verb
from careervp_jobs_dal.operations.recovery import Recovered
from careervp_jobs_dal.plans.plan import Request
from careervp_jobs_dal.result import Result
from tests.model.calls import LATER, Call, Flight, Heard, held_of, next_request, step
from tests.model.promises import LATE, ONE_TYPE, Answer, Write, broken_by_answer, broken_by_write
from tests.model.record import Record, item_of, record_of
from tests.model.table import Judged
from tests.model.verdict import acknowledged


class Weakness(NamedTuple):
    """A way to break the protocol: guards of one write that are off, or fields that one verb's judge does not see."""

    write: str = ""
    off: frozenset[str] = frozenset()
    verb: str = ""
    unseen: tuple[str, ...] = ()


ENDING = ("claim", "complete", "fail", "put back", "put back" + LATER)
"""Calls whose answer decides on the message; one whose job is released stays in the queue."""

SOUND = Weakness()


class Sent(NamedTuple):
    """A request that reached the table.

    Attributes:
        label: what it was, and what became of it.
        record: the record that is there now.
        begins: whether another job begins with it.
        going: the call, where it goes on.
        answer: the call's answer, where it does not.
        broken: the promise that is broken, if any.
        lost: whether the reply is lost.
    """

    label: str
    record: Record | None
    begins: bool
    going: Flight | None
    answer: Answer | None
    broken: str | None
    lost: bool = False


class Sender:
    """Sends the requests of calls.

    Attributes:
        guards: those met so far, with the write that each belongs to.
        moves: the moves of a job's status so far.
    """

    def __init__(self, weakness: Weakness, *, silent: bool, tight: bool = False) -> None:
        self._weakness = weakness
        self._silent = silent
        self._tight = tight
        self._known: dict[tuple[Flight, Record | None], tuple[Sent, ...]] = {}
        self.guards: set[tuple[str, str]] = set()
        self.moves: set[Transition] = set()

    def send(self, flight: Flight, record: Record | None) -> tuple[Sent, ...]:
        """What can come of the call's next request: the reply arrives or is lost, or there is no room for it."""
        key = (flight, record)
        if key not in self._known:
            self._known[key] = (*self._send(flight, record), *self._not_fitting(flight, record))
        return self._known[key]

    def deliver(self, flight: Flight, record: Record | None) -> tuple[str, Record | None, str | None]:
        """Deliver a request once more: its name, the record that it leaves, and the promise that it breaks."""
        request = next_request(flight.call, flight.heard)
        off = self._weakness.off if request.name == self._weakness.write else frozenset[str]()
        item = {} if record is None else item_of(record)
        after = record_of(request.write(item)) if request.holds(item, off) else record
        harmless = after == record or flight.call.verb == "update"
        return request.name, after, None if harmless else LATE

    def writes(self, flight: Flight) -> bool:
        """Whether the call's next request is a write."""
        return not next_request(flight.call, flight.heard).reads

    def _send(self, flight: Flight, record: Record | None) -> tuple[Sent, Sent]:
        call, heard, wrote = flight
        request = next_request(call, heard)
        name = f"{request.name} ({call.verb})" if request.name != call.verb else call.verb
        self.guards.update((request.name, guard) for guard in request.guards)
        off = self._weakness.off if request.name == self._weakness.write else frozenset[str]()
        item = {} if record is None else item_of(record)
        try:
            holds = request.holds(item, off)
            after = record_of(request.write(item)) if holds else None
        except TypeError:
            clash = Sent(name, record, False, flight, None, ONE_TYPE)
            return clash, clash
        broken, begins = None, False
        if after is not None and not request.reads:
            if request.moves and record is not None and not record.expired(call.now):
                self._note_move(call, record, after)
            shrunk = any(answer.too_large for answer in heard)
            broken = broken_by_write(
                Write(call, request.name, record, after, wrote, shrunk, shrunk and _grows(request, item))
            )
            record, begins, wrote = after, call.verb == "submit", True
        lost = Sent(f"{name}, and the reply is lost", record, begins, Flight(call, heard, wrote), None, broken, True)
        heard = (*heard, Heard(self._seen(call, record, holds), not holds))
        following = step(call, heard)
        if isinstance(following, Request):
            return Sent(f"{name}: refused", record, begins, Flight(call, heard, wrote), None, broken), lost
        answer = _answer(call, following)
        broken = broken or broken_by_answer(call, wrote, answer, record)
        return Sent(f"{name}: {answer.code}", record, begins, None, answer, broken), lost

    def _not_fitting(self, flight: Flight, record: Record | None) -> Iterator[Sent]:
        """The same where the record has no room for the write: any that can shrink may find that."""
        call, heard, wrote = flight
        request = next_request(call, heard)
        if not self._tight or record is None or not request.shrinkable:
            return
        heard = (*heard, Heard(None, False, True))
        following = step(call, heard)
        assert isinstance(following, Request), "a write that can shrink has a smaller one to follow"
        yield Sent(f"{request.name}: too large", record, False, Flight(call, heard, wrote), None, None)

    def _note_move(self, call: Call, before: Record, after: Record) -> None:
        """An expired record counts as absent: a submission over it is no move."""
        verb = call.verb.removesuffix(LATER)
        by = Verb.FAIL if verb == "put back" else Verb(verb)
        self.moves.add(Transition(JobStatus(before.status), JobStatus(after.status), by))

    def _seen(self, call: Call, record: Record | None, holds: bool) -> Record | None:
        """The record as it comes with the reply."""
        if record is None or (self._silent and not holds):
            return None
        hidden = self._weakness.unseen if call.verb == self._weakness.verb and not holds else ()
        return record._replace(**{name: Record._field_defaults[name] for name in hidden})


def _grows(request: Judged, item: Item) -> bool:
    """Whether the smallest end of a job that is on the active index needs room."""
    after = request.write(item)
    ends = ACTIVE_SHARD in item and after[STATUS] == JobStatus.FAILED
    return ends and not request.shrinkable and encode_item(after).size > encode_item(item).size


def _answer(call: Call, result: Result[Any]) -> Answer:
    """Whoever changes a job by hand sends a message for it."""
    data = result.data
    by_hand = call.verb in ("update", "retry") and result.success
    recovered = data in (Recovered.PUT_BACK, Recovered.WAITING)
    acknowledges = call.verb in ENDING and not isinstance(data, Claim)
    return Answer(
        code=result.code,
        created=isinstance(data, Submission) and data.created,
        enqueue=by_hand or recovered or (isinstance(data, Submission) and data.should_enqueue),
        held=held_of(data) if isinstance(data, Claim) else None,
        acknowledged=acknowledges and acknowledged(result),
    )
