"""Plans that bring one overdue job back.

    worker            sweep                        queue
      | claims          |
      | (dies)          | finds the lapsed lease
      |                 | puts the job back ------> | message
      |                 |                           | next worker: attempt 2

A job with no attempt left is ended instead. A PENDING job is marked as sent before it is sent, so that no other sweep
sends it again soon. Each write requires that the job is unchanged since the read: a claim in between wins, and of two
sweeps at once only one sends the message.
"""

from __future__ import annotations

from enum import Enum, StrEnum, auto
from functools import partial
from typing import TYPE_CHECKING, Any

from careervp_jobs_dal.expressions import UpdateExpression
from careervp_jobs_dal.job.attribute import (
    ACTIVE_SHARD,
    CANCEL_REQUESTED_AT,
    DUE_AT,
    ERROR,
    JOB_ID,
    LEASE_EXPIRES_AT,
    TTL,
)
from careervp_jobs_dal.job.index import Wait, position
from careervp_jobs_dal.job.instant import instant_text
from careervp_jobs_dal.job.snapshot import Snapshot, read_snapshot
from careervp_jobs_dal.job.status import JobStatus
from careervp_jobs_dal.plans import guard
from careervp_jobs_dal.plans.cancellation import give_up, used_up
from careervp_jobs_dal.plans.ending import without_notes
from careervp_jobs_dal.plans.history import (
    Size,
    attempt_entry,
    clip_error,
    history_of,
    history_with,
    write_fitting,
)
from careervp_jobs_dal.plans.plan import Plan, Reply, Request, refusing_record, write
from careervp_jobs_dal.plans.refusal import holds
from careervp_jobs_dal.plans.requeue import kept_until, next_delivery, raised_ttl, waiting
from careervp_jobs_dal.plans.statement import conditional
from careervp_jobs_dal.result import Answer, Result

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from careervp_jobs_dal.codec.packing import Decoder
    from careervp_jobs_dal.job.record import Item
    from careervp_jobs_dal.plans.condition import Condition


class Recovered(StrEnum):
    """Outcome for one job that is not ended.

    PUT_BACK: it was PROCESSING and is PENDING now. WAITING: it is PENDING and marked as sent. TAKEN: another worker or
    sweep has it, or it is gone.
    """

    PUT_BACK = "put_back"
    WAITING = "waiting"
    TAKEN = "taken"


class _Course(Enum):
    """Course that a recovery takes with a job.

    LEAVE is for a job whose last worker may still end it.
    """

    SEND_AGAIN = auto()
    PUT_BACK = auto()
    END = auto()
    LEAVE = auto()


def foresee(stored: Item, now: datetime) -> Answer[Recovered]:
    """Answer as `recover` would, and change nothing."""
    snapshot = read_snapshot(stored)
    course = _course(snapshot, now)
    if course is _Course.END:
        reason = used_up(snapshot)
        return Result.failure(reason.answer, reason.code)
    foreseen = {_Course.SEND_AGAIN: Recovered.WAITING, _Course.PUT_BACK: Recovered.PUT_BACK}
    return Result.success(foreseen.get(course, Recovered.TAKEN))


def recover(stored: Item, now: datetime, decode: Decoder) -> Plan[Recovered]:
    """Put back an overdue job, or end it; mark a PENDING one as sent.

    A job that no worker may claim is ended. The answer is then the same as that of a claim: ATTEMPTS_EXHAUSTED, or
    ALREADY_FINISHED for a job that was to be cancelled.
    """
    job_id: str = stored[JOB_ID]
    snapshot = read_snapshot(stored)
    course = _course(snapshot, now)
    if course is _Course.SEND_AGAIN:
        return (yield from _send_again(job_id, stored, now))
    if course is _Course.END:
        return (yield from give_up(job_id, stored, snapshot, used_up(snapshot), now, decode))
    if course is _Course.PUT_BACK:
        return (yield from _put_back(job_id, stored, snapshot, now))
    return Result.success(Recovered.TAKEN)


def _course(snapshot: Snapshot, now: datetime) -> _Course:
    """Judge an overdue job."""
    if snapshot.status is JobStatus.PENDING:
        return _Course.SEND_AGAIN
    # A record without a limit of its own has the worker's limit, which is not known here.
    last = snapshot.max_attempts is not None and snapshot.attempt >= snapshot.max_attempts
    if snapshot.cancel_requested or last:
        return _Course.END if snapshot.abandoned(now) else _Course.LEAVE
    return _Course.PUT_BACK


def move(place: Item, due_at: datetime) -> Plan[bool]:
    """Move a job to another place on the index, and change nothing else.

    The answer is False where the job has left its place meanwhile. The write fits into the fullest record, and its
    answer has no attribute that could not be read.
    """
    job_id: str = place[JOB_ID]
    written = _moved(job_id, due_at, guard.as_read(place, (ACTIVE_SHARD, DUE_AT)))
    reply = yield Request("update_item", {"Key": {JOB_ID: job_id}, **written}, job_id)
    return Result.success(not reply.refused)


def _send_again(job_id: str, stored: Item, now: datetime) -> Plan[Recovered]:
    """Note that the job's message is sent now, just before the sending."""
    reply = yield write(job_id, _moved(job_id, now, guard.unchanged(stored, ACTIVE_SHARD, DUE_AT)))
    mark = position(job_id, Wait.QUEUED, instant_text(now))
    return (yield from _outcome(job_id, reply, mark, Recovered.WAITING))


def _moved(job_id: str, due_at: datetime, unchanged: Condition) -> dict[str, Any]:
    update = UpdateExpression().set_all(position(job_id, Wait.QUEUED, instant_text(due_at)))
    return conditional(update, unchanged)


def _put_back(job_id: str, stored: Item, snapshot: Snapshot, now: datetime) -> Plan[Recovered]:
    """Put the job back, with as many notes as the record has room for."""
    reply = yield from write_fitting(job_id, partial(_putting_back, job_id, stored, snapshot, now), Size.LEAST)
    return (yield from _outcome(job_id, reply, waiting(job_id, now), Recovered.PUT_BACK))


def _putting_back(job_id: str, stored: Item, snapshot: Snapshot, now: datetime, size: Size) -> dict[str, Any]:
    error = f"Attempt {snapshot.attempt} did not finish, and its job was put back"
    entry = attempt_entry(snapshot.attempt, snapshot.claim_id, error, now)
    written = {
        **(history_with(history_of(stored), entry) if size is Size.WHOLE else {}),
        **({ERROR: clip_error(error, size)} if size < Size.LEAST else {}),
        **raised_ttl(snapshot, kept_until(next_delivery(now, now))),
        **waiting(job_id, now),
    }
    update = without_notes(UpdateExpression().set_all(written), tuple(written), size).remove(LEASE_EXPIRES_AT)
    update = update if ERROR in written else update.remove(ERROR)
    return conditional(update, guard.unchanged(stored, TTL, LEASE_EXPIRES_AT, CANCEL_REQUESTED_AT))


def _outcome(job_id: str, reply: Reply, written: Mapping[str, Any], done: Recovered) -> Plan[Recovered]:
    """Answer for a write, whose own first copy may have refused it."""
    if not reply.refused:
        return Result.success(done)
    if not reply.resent:
        return Result.success(Recovered.TAKEN)
    refusing = yield from refusing_record(reply, job_id)
    ours = refusing is not None and holds(refusing, written)
    return Result.success(done if ours else Recovered.TAKEN)
