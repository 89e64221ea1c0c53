"""Sweep of `recover_jobs`: it puts back jobs whose worker was lost, and enqueues jobs whose message was lost.

    worker            sweep                        queue
      | claims          |
      | (dies)          | finds the lapsed lease
      |                 | puts the job back ------> | message
      |                 |                           | next worker: attempt 2

A job with no attempt left is ended instead. The write requires that the job is unchanged since the read, so a claim in
between wins. After a failure midway, the answer still names the jobs that were recovered before.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from careervp_jobs_dal.aws.log import frames_of, write_line
from careervp_jobs_dal.expressions import UpdateExpression
from careervp_jobs_dal.job.attribute import CANCEL_REQUESTED_AT, ERROR, JOB_ID, LEASE_EXPIRES_AT, TTL
from careervp_jobs_dal.job.snapshot import Snapshot, read_snapshot
from careervp_jobs_dal.job.status import JobStatus
from careervp_jobs_dal.operations.overdue import find_overdue, search_for
from careervp_jobs_dal.plans import guard
from careervp_jobs_dal.plans.cancellation import give_up, used_up
from careervp_jobs_dal.plans.ending import status_last, without_notes
from careervp_jobs_dal.plans.history import Size, attempt_entry, clip_error, history_of, history_with
from careervp_jobs_dal.plans.plan import Plan, Sweep, refusing_record, write
from careervp_jobs_dal.plans.refusal import failed, holds, not_found
from careervp_jobs_dal.plans.requeue import kept_until, next_delivery, raised_ttl, waiting
from careervp_jobs_dal.plans.statement import conditional
from careervp_jobs_dal.result import Answer, Result, ResultCode

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime, timedelta

    from careervp_jobs_dal.codec.packing import Decoder
    from careervp_jobs_dal.job.record import Item

_HOPELESS = frozenset({ResultCode.ACCESS_DENIED, ResultCode.CONFIG_ERROR})
_ENDED = frozenset({ResultCode.ATTEMPTS_EXHAUSTED, ResultCode.ALREADY_FINISHED})


@dataclass(frozen=True, slots=True)
class Recovery:
    """Outcome of a recovery: the ids of the stuck jobs, by their new state.

    Attributes:
        put_back: jobs that were PROCESSING with a lapsed lease, and are PENDING now.
        failed: jobs that are FAILED now: they had no attempt left, or were to be cancelled.
        waiting: jobs that are PENDING, as they were before.
        held: jobs that are PROCESSING without a lease, and were left alone.
        unread: jobs that could not be read or written; the next recovery finds them again.
        to_enqueue: jobs of `put_back` and `waiting` that were not sent to the queue.
    """

    put_back: tuple[str, ...] = ()
    failed: tuple[str, ...] = ()
    waiting: tuple[str, ...] = ()
    held: tuple[str, ...] = ()
    unread: tuple[str, ...] = ()
    to_enqueue: tuple[str, ...] = ()


class Recovered(StrEnum):
    """Outcome for one job that is not ended."""

    PUT_BACK = "put_back"
    WAITING = "waiting"
    TAKEN = "taken"


def recover_jobs(
    table_name: str,
    older_than: timedelta,
    enqueue: Callable[[str], object] | None,
    limit: int,
    now: datetime,
    decode: Decoder,
    *,
    adopt_unleased: bool,
) -> Sweep[Recovery]:
    """Recover the stuck jobs one by one, and send each to the queue."""
    found = yield find_overdue(search_for(table_name, older_than, limit, now, adopt_unleased=adopt_unleased))
    if found.data is None:
        return failed(found)
    became: dict[str, list[str]] = {"held": found.data.unleased, "unread": found.data.unread}
    for record in found.data.jobs:
        job_id: str = record[JOB_ID]
        result = yield recover(record, now, decode)
        if result.code in _HOPELESS and not became.keys() & {"put_back", "waiting", "failed"}:
            return failed(result)
        for field in _fields(result, job_id, enqueue):
            became.setdefault(field, []).append(job_id)
    return Result.success(Recovery(**{field: tuple(ids) for field, ids in became.items()}))


def recover(stored: Item, now: datetime, decode: Decoder) -> Plan[Recovered]:
    """Put back an overdue job, or end it; leave a PENDING one alone.

    A job that no worker may claim is ended. The answer is then the same as that of a claim: ATTEMPTS_EXHAUSTED, or
    ALREADY_FINISHED for a job that was to be cancelled.
    """
    job_id: str = stored[JOB_ID]
    snapshot = read_snapshot(stored)
    if snapshot.status is JobStatus.PENDING:
        return Result.success(Recovered.WAITING)
    # A record without a limit of its own has the worker's limit, which is not known here.
    last = snapshot.max_attempts is not None and snapshot.attempt >= snapshot.max_attempts
    if snapshot.cancel_requested or last:
        if not snapshot.abandoned(now):
            return Result.success(Recovered.TAKEN)
        return (yield from give_up(job_id, stored, snapshot, used_up(snapshot), now, decode))
    return (yield from _put_back(job_id, stored, snapshot, now))


def _put_back(job_id: str, stored: Item, snapshot: Snapshot, now: datetime) -> Plan[Recovered]:
    error = f"Attempt {snapshot.attempt} did not finish, and its job was put back"
    entry = attempt_entry(snapshot.attempt, snapshot.claim_id, error, now)
    kept = raised_ttl(snapshot, kept_until(next_delivery(now, now)))
    unchanged = guard.unchanged(stored, TTL, LEASE_EXPIRES_AT, CANCEL_REQUESTED_AT)
    size = Size.WHOLE
    while True:
        noted = {ERROR: clip_error(error, size)} if size < Size.LEAST else {}
        history = history_with(history_of(stored), entry) if size is Size.WHOLE else {}
        written = status_last({**history, **noted, **kept, **waiting(job_id, now)})
        update = without_notes(UpdateExpression().set_all(written), tuple(written), size).remove(LEASE_EXPIRES_AT)
        update = update if noted else update.remove(ERROR)
        reply = yield write(job_id, conditional(update, unchanged), shrinkable=size is not Size.LEAST)
        if not reply.too_large:
            break
        size = Size(size + 1)
    if not reply.refused:
        return Result.success(Recovered.PUT_BACK)
    refusing = yield from refusing_record(reply, job_id)
    if refusing is None:
        return not_found(job_id)
    if holds(refusing, written):
        return Result.success(Recovered.PUT_BACK)  # botocore sent this write twice
    waits = read_snapshot(refusing).status is JobStatus.PENDING
    return Result.success(Recovered.WAITING if waits else Recovered.TAKEN)


def _fields(result: Answer[Recovered], job_id: str, enqueue: Callable[[str], object] | None) -> Iterator[str]:
    """Name the fields of `Recovery` that list a job.

    A job that was claimed or deleted in between is in none of them.
    """
    if result.data is Recovered.PUT_BACK or result.data is Recovered.WAITING:
        yield result.data
        if not _is_sent(job_id, enqueue):
            yield "to_enqueue"
    elif result.code in _ENDED:
        yield "failed"
    elif not result and result.code is not ResultCode.NOT_FOUND:
        yield "unread"


def _is_sent(job_id: str, enqueue: Callable[[str], object] | None) -> bool:
    if enqueue is None:
        return False
    try:
        enqueue(job_id)
    except Exception as error:
        kind, frames = type(error).__name__, frames_of(error)
        message = f"Job {job_id} was not enqueued: {kind}, at {frames}"
        write_line("warning", message, {"job_id": job_id, "exception": kind, "frames": frames})
        return False
    return True
