"""Plans that end a job which no worker holds: the user cancels it, or nobody may claim it any more.

A job that a worker holds is not ended; its worker is asked to stop. Each write knows the record that it changes, so a
copy of it that arrives late cannot end a later life.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

from careervp_jobs_dal.expressions import UpdateExpression
from careervp_jobs_dal.job.attribute import CANCEL_REQUESTED_AT, CANCELLED_AT, JOB_ID, LEASE_EXPIRES_AT, USER_ID
from careervp_jobs_dal.job.instant import instant_text
from careervp_jobs_dal.job.line import printable
from careervp_jobs_dal.job.snapshot import is_visible, read_snapshot
from careervp_jobs_dal.job.status import JobStatus
from careervp_jobs_dal.job.validation import read_key, read_user
from careervp_jobs_dal.plans import guard
from careervp_jobs_dal.plans.ending import CANCELLED, ended, let_go, without_notes
from careervp_jobs_dal.plans.history import Size, attempt_entry, history_of, history_with, write_fitting
from careervp_jobs_dal.plans.plan import EXACT_TRIES, Plan, Reply, Request, read, refusing_record, write
from careervp_jobs_dal.plans.refusal import conflict, finished, not_found
from careervp_jobs_dal.plans.statement import conditional
from careervp_jobs_dal.result import Result, ResultCode

if TYPE_CHECKING:
    from collections.abc import Callable, Generator
    from datetime import datetime
    from uuid import UUID

    from careervp_jobs_dal.codec.packing import Decoder
    from careervp_jobs_dal.job.record import Item, JobRecord
    from careervp_jobs_dal.job.snapshot import Snapshot
    from careervp_jobs_dal.plans.condition import Condition


def cancel(job_id: str | UUID, user_id: str | UUID | None, now: datetime, decode: Decoder) -> Plan[JobRecord]:
    """End a job that no worker holds, or ask its worker to stop."""
    job_id, user_id = read_key(job_id, JOB_ID), read_user(user_id)
    stored = (yield read(job_id)).item
    tries = EXACT_TRIES
    while True:
        if stored is None or not is_visible(stored, user_id, now):
            return not_found(job_id)
        if CANCELLED_AT in stored:
            return Result.success(decode(stored))
        snapshot = read_snapshot(stored)
        if snapshot.status.finished:
            return finished(job_id, decode(stored))
        # A copy that was refused may have been overtaken by its own first one, and by another life after that.
        if not tries:
            return conflict(job_id)
        reply = yield from _cancelled(job_id, stored, snapshot, now)
        if not reply.refused:
            return Result.success(decode(reply.item or {}))
        tries = 0 if reply.resent else tries - 1
        stored = yield from refusing_record(reply, job_id)


class Reason(NamedTuple):
    """Reason to end a job that nobody may claim.

    Attributes:
        error: the reason in words, stored as the job's error.
        code: the code of the answer.
        answer: the answer's text, which follows the job's id.
    """

    error: str
    code: ResultCode
    answer: str


def used_up(snapshot: Snapshot) -> Reason:
    """Return the reason to end a job that has no attempt left."""
    error = f"Attempt {snapshot.attempt} was the last, and it did not finish"
    return Reason(error, ResultCode.ATTEMPTS_EXHAUSTED, "has used up its attempts")


NO_ROOM = Reason(
    "The record has no room for an attempt", ResultCode.ITEM_TOO_LARGE, "has a record without room for an attempt"
)


def give_up(job_id: str, stored: Item, snapshot: Snapshot, reason: Reason, now: datetime, decode: Decoder) -> Plan[Any]:
    """End a job that is to be cancelled, or that nobody may claim.

    No worker holds it.
    """
    cancelled = snapshot.cancel_requested
    lapsed = snapshot.status is JobStatus.PROCESSING
    entry = attempt_entry(snapshot.attempt, snapshot.claim_id, reason.error, now)
    history = history_with(history_of(stored), entry) if lapsed and not cancelled else {}

    def written(size: Size) -> dict[str, Any]:
        error = CANCELLED if cancelled else reason.error
        noted = ended(job_id, error, now, cancelled=cancelled, size=size)
        return {**(history if size is Size.WHOLE else {}), **noted}

    reply = yield from _ended(job_id, written, guard.unchanged(stored, LEASE_EXPIRES_AT, CANCEL_REQUESTED_AT))
    record = reply.item or {}
    if reply.refused:
        refusing = yield from refusing_record(reply, job_id)
        if refusing is None:
            return not_found(job_id)
        present = read_snapshot(refusing)
        if present.status is not JobStatus.FAILED or present.attempt != snapshot.attempt:
            return conflict(job_id)
        record = refusing  # another call has ended the job in the same way
    if cancelled:
        return finished(job_id, decode(record))
    error = f"Job {printable(job_id)} {reason.answer}"
    return Result.failure(error, reason.code, record=decode(record))


def _cancelled(job_id: str, stored: Item, snapshot: Snapshot, now: datetime) -> Generator[Request, Reply, Reply]:
    """End the job, or ask its worker to stop."""
    if snapshot.status is JobStatus.PROCESSING and not snapshot.lease_lapsed(now):
        asking = UpdateExpression().set_if_absent(CANCEL_REQUESTED_AT, instant_text(now))
        return (yield write(job_id, conditional(asking, guard.unchanged(stored, USER_ID))))
    condition = guard.unchanged(stored, USER_ID, LEASE_EXPIRES_AT)
    written = partial(ended, job_id, CANCELLED, now, cancelled=True)
    return (yield from _ended(job_id, lambda size: written(size=size), condition))


def _ended(
    job_id: str, written: Callable[[Size], dict[str, Any]], condition: Condition
) -> Generator[Request, Reply, Reply]:
    """Write an end in the largest size that fits."""

    def update_of(size: Size) -> dict[str, Any]:
        attributes = written(size)
        names = tuple(attributes)
        update = let_go(UpdateExpression().set_all(attributes), names)
        return conditional(without_notes(update, names, size), condition)

    return (yield from write_fitting(job_id, update_of, Size.BARE))
