"""What the protocol promises: of every write that takes effect, of every answer, and of every state."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from careervp_jobs_dal.job.index import Wait
from tests.model.calls import LATER, Call, Held, fingerprint_of
from tests.model.record import Record, instant

TWO_HOLDERS = "no two workers hold a lease at once"
FORGOTTEN = "a job that is not finished has a message, or a submission still to be answered"
LATE = "a copy of a request that arrives late changes nothing"
ONE_TYPE = "a condition compares only what is of one type"
TOLD = "the call that made the job is told so, once, and no other"
_BEGINNING = ("submit", "retry")
_BEHIND_THE_FENCE = ("renew", "complete", "fail", "put back", "release")
_INVISIBLE = 12
"""Hours for which a message that was received can be invisible."""


class Write(NamedTuple):
    """A write that took effect.

    Attributes:
        call: whose it is.
        name: which of the call's writes.
        before: the record that it met.
        after: the record that it left.
        again: whether a write of the same call stands already.
        shrunk: whether it has left something out, for want of room.
        grows: whether it is the smallest there is, and still needs more room than the record had.
    """

    call: Call
    name: str
    before: Record | None
    after: Record
    again: bool
    shrunk: bool = False
    grows: bool = False

    @property
    def verb(self) -> str:
        return self.call.verb.removesuffix(LATER)

    @property
    def claims(self) -> bool:
        return self.name.startswith("claim")

    @property
    def met(self) -> Record:
        return self.before or Record("", "")


class Answer(NamedTuple):
    """What a call answers its caller.

    Attributes:
        code: the code of the result.
        created: whether a submission is told that it made the job.
        enqueue: whether a submission is told to send a message.
        held: the claim that a worker is given.
        acknowledged: whether the message of a worker that gets this answer goes.
    """

    code: str
    created: bool = False
    enqueue: bool = False
    held: Held | None = None
    acknowledged: bool = False

    @property
    def success(self) -> bool:
        return self.code == "SUCCESS"


def broken_by_write(write: Write) -> str | None:
    """The promise that a write breaks."""
    return next((promise for promise, breaks in OF_WRITES.items() if breaks(write)), None)


def broken_by_answer(call: Call, wrote: bool, answer: Answer, record: Record | None) -> str | None:
    """The promise that an answer breaks, given the record at that time and whether a write of the call stands."""
    present = record or Record("", "")
    if answer.success:
        return _broken_by_success(call, answer, present)
    stands = wrote and _STANDS[call.verb.removesuffix(LATER)](call, present)
    return "a call whose write stands is not told that it failed" if stands else None


def _replaces_a_live_job(write: Write) -> bool:
    if write.call.verb != "submit" or write.before is None or write.before.expired():
        return False
    arguments: Any = write.call.arguments
    return not (arguments.replace_failed and write.before.status == "FAILED")


def _takes_no_next_attempt(write: Write) -> bool:
    if not write.claims:
        given_back = write.verb == "release" and write.after.status == "PENDING"
        counted = int(write.met.attempt or 0) - 1 if given_back else write.met.attempt
        return write.verb not in _BEGINNING and write.after.attempt != counted
    following = int(write.met.attempt or 0) + 1
    return write.after.attempt != following or following > _limit(write)


def _is_not_of_the_present_claim(write: Write) -> bool:
    arguments: Any = write.call.arguments
    return write.verb in _BEHIND_THE_FENCE and (write.met.status, write.met.claim_id) != (
        "PROCESSING",
        arguments.claim_id,
    )


def _takes_what_is_held(write: Write) -> bool:
    ends = write.call.verb in ("claim", "cancel") and write.after.status == "FAILED"
    ends = ends or write.call.verb == "recover"
    if not (write.claims or ends) or not write.met.held():
        return False
    arguments: Any = write.call.arguments
    return write.met.lease is not None or write.call.verb == "cancel" or not arguments.adopt_unleased


def _changes_an_end(write: Write) -> bool:
    end = (write.met.status, write.met.result)
    return write.call.verb not in _BEGINNING and write.met.finished and (write.after.status, write.after.result) != end


def _gives_up_too_early(write: Write) -> bool:
    spent = write.name == "give up" and int(write.met.attempt or 0) >= _limit(write)
    return write.name == "give up" and not (spent or write.met.asked_to_stop or write.shrunk)


def _limit(write: Write) -> int:
    """How many attempts there can be: the record says, or the worker."""
    arguments: Any = write.call.arguments
    return int(arguments.max_attempts if write.met.max_attempts is None else write.met.max_attempts)


def _forgets_the_wish_to_cancel(write: Write) -> bool:
    if not write.met.asked_to_stop or write.call.verb in _BEGINNING:
        return False
    return (
        write.claims
        or write.after.status == "PENDING"
        or (write.after.status == "FAILED" and not write.after.cancelled)
    )


def _revives(write: Write) -> bool:
    again = write.after.status == "PENDING" and write.verb in _BEHIND_THE_FENCE
    lives_on = write.claims or again or write.verb in ("cancel", "retry", "recover")
    return lives_on and write.met.expired(write.call.now)


def _takes_what_is_not_due(write: Write) -> bool:
    return write.claims and write.met.available is not None and write.met.available > write.call.now


def _forgets_an_attempt(write: Write) -> bool:
    """A job that is to be cancelled ends without a history of what was lost."""
    if write.shrunk or write.verb in ("submit", "update"):
        return False
    lost = write.claims or write.name in ("give up", "fail", "put back", "put back, raising", "recover")
    over = lost and write.met.status == "PROCESSING" and not write.after.cancelled
    entries = {entry[:2] for entry in write.after.errors}
    return not entries >= {entry[:2] for entry in write.met.errors} or (
        over and (int(write.met.attempt or 0), write.met.claim_id) not in entries
    )


def _misjudges_the_time_to_live(write: Write) -> bool:
    if write.call.verb in ("submit", "update"):
        return False
    before, kept = write.met.ttl, _kept_until(write)
    if not isinstance(before, int) or kept is None:
        return write.after.ttl != before
    return write.after.ttl != max(before, kept)


def _kept_until(write: Write) -> int | None:
    """Until when somebody comes back to the job; None where the write is no reason to keep it."""
    if write.verb == "renew":
        return int(write.after.lease or 0) + 1
    if write.claims:
        return max(int(write.after.lease or 0), write.call.now + _INVISIBLE) + 1
    if _makes_wait(write):
        return max(int(write.after.available or 0), write.call.now + _INVISIBLE) + 1
    return None


def _makes_wait(write: Write) -> bool:
    if write.after.status != "PENDING" or write.name == "recover, sending":
        return False
    return write.verb in ("submit", "put back", "release", "recover", "retry")


def _cancels_for_a_stranger(write: Write) -> bool:
    arguments: Any = write.call.arguments
    return write.call.verb == "cancel" and arguments.user_id not in (None, write.met.user_id)


def _asks_nobody_to_stop(write: Write) -> bool:
    return write.after.asked_to_stop and not write.met.asked_to_stop and write.met.status != "PROCESSING"


def _retries_what_has_not_failed(write: Write) -> bool:
    return write.call.verb == "retry" and write.met.status != "FAILED"


def _is_misplaced(write: Write) -> bool:
    """A recovery that sends a job once more moves it back; whoever is to start later waits for no message."""
    after, met = write.after, write.met
    place: tuple[str | None, int | None] = (met.active, met.due)
    if after.status == "COMPLETED" or (after.status == "FAILED" and write.shrunk and after.active is None):
        place = (None, None)
    elif after.status == "FAILED" and met.status != "FAILED":
        place = (Wait.FAILED, write.call.now)
    elif write.claims or write.verb == "renew":
        place = (Wait.TIMED, after.lease)
    elif write.name == "recover, sending":
        place = (Wait.QUEUED, write.call.now)
    elif _makes_wait(write):
        start = write.call.now if after.available is None else after.available
        place = (Wait.TIMED if write.verb == "submit" and start > write.call.now else Wait.QUEUED, start)
    return (after.active, after.due) != place


OF_WRITES: dict[str, Callable[[Write], bool]] = {
    "only a submission makes a record": lambda write: write.call.verb != "submit" and write.before is None,
    "a live job is not replaced": _replaces_a_live_job,
    "a call takes effect once": lambda write: write.again and write.after != write.before,
    "a finished job keeps its status and its result": _changes_an_end,
    "only the present claim's writes take effect": _is_not_of_the_present_claim,
    "a job that a worker holds is taken from nobody": _takes_what_is_held,
    "a claim takes the next attempt of those allowed, and nothing else counts": _takes_no_next_attempt,
    "a job is given up only when nothing is left to try": _gives_up_too_early,
    "a job that was asked to stop is not tried again, and fails as cancelled": _forgets_the_wish_to_cancel,
    "an expired job does not come back": _revives,
    "a record outlives its next delivery, and its ttl is never shortened or made up": _misjudges_the_time_to_live,
    "nobody cancels another's job": _cancels_for_a_stranger,
    "only a worker is asked to stop": _asks_nobody_to_stop,
    "only a failed job is tried anew": _retries_what_has_not_failed,
    "the place on the active index says when a job is due or failed, and a completed one has none": _is_misplaced,
    "a job is not claimed before it is due": _takes_what_is_not_due,
    "each attempt that was lost or failed is in the history": _forgets_an_attempt,
    "the smallest end needs no more room than the job had": lambda write: write.grows,
}


def _broken_by_success(call: Call, answer: Answer, present: Record) -> str | None:
    arguments: Any = call.arguments
    if call.verb == "submit":
        mine = present.submission_id == arguments.name
        if answer.created != mine:
            return TOLD
        if not (arguments.allow_different_payload or present.fingerprint == fingerprint_of(call)):
            return "no job of another payload is answered"
        pauses = present.available is not None and instant(present.available) > call.clock
        enqueued = answer.enqueue or present.status != "PENDING" or pauses
        return None if enqueued else "a job that waits is enqueued"
    if call.verb in ("claim", "renew") and (present.status, present.claim_id) != ("PROCESSING", arguments.claim_id):
        return "a claim that is given or renewed is the present one"
    if call.verb == "complete" and (present.status, present.result) != ("COMPLETED", arguments.claim_id):
        return "a result that is acknowledged is the stored one"
    return None


def _is_submitted(call: Call, present: Record) -> bool:
    arguments: Any = call.arguments
    return bool(present.submission_id == arguments.name)


def _is_claimed(call: Call, present: Record) -> bool:
    arguments: Any = call.arguments
    return (present.status, present.claim_id) == ("PROCESSING", arguments.claim_id)


def _is_completed(call: Call, present: Record) -> bool:
    arguments: Any = call.arguments
    return (present.status, present.result) == ("COMPLETED", arguments.claim_id)


def _is_noted(call: Call, present: Record) -> bool:
    held: Any = call.arguments
    noted = any(entry[:2] == (held.attempt, held.claim_id) for entry in present.errors)
    mine = (present.status, present.attempt, present.claim_id) == ("FAILED", held.attempt, held.claim_id)
    return noted or (mine and not present.cancelled)  # a cancellation sheds the history where the record is full


def _is_released(call: Call, present: Record) -> bool:
    held: Any = call.arguments
    return (present.status, present.attempt, present.claim_id) == ("PENDING", held.attempt - 1, held.claim_id)


_STANDS: dict[str, Callable[[Call, Record], bool]] = {
    "submit": _is_submitted,
    "claim": _is_claimed,
    "renew": _is_claimed,
    "complete": _is_completed,
    "fail": _is_noted,
    "put back": _is_noted,
    "release": _is_released,
    "cancel": lambda call, present: present.cancelled,
    "retry": _is_submitted,
    "recover": lambda call, present: False,
    "update": lambda call, present: False,
}
