"""The state of a job, in one word for people: more than its status, because it tells healthy jobs from others.

PENDING      waiting, pausing until an instant, overdue
PROCESSING   running, cancelling, stuck since its lease lapsed, unleased
COMPLETED    completed
FAILED       failed, cancelled
"""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from careervp_jobs_dal.job.attribute import (
    ACTIVE_SHARD,
    AVAILABLE_AT,
    CANCEL_REQUESTED_AT,
    CANCELLED_AT,
    COMPLETED_AT,
    CREATED_AT,
    DUE_AT,
    LEASE_EXPIRES_AT,
    STARTED_AT,
    STATUS,
    TTL,
)
from careervp_jobs_dal.job.index import Wait
from careervp_jobs_dal.job.instant import parse_instant
from careervp_jobs_dal.job.snapshot import has_lapsed
from careervp_jobs_dal.job.status import JobStatus, parse_status

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from typing import Any

PATIENCE = timedelta(minutes=15)
"""The time that a message may wait in the queue before its job counts as overdue."""


class State(StrEnum):
    """State of a job.

    WAITING: a worker may claim it.
    PAUSING: a worker may claim it from `available_at` on.
    OVERDUE: no worker has claimed it for longer than `PATIENCE`, or nobody has sent its message in time.
    RUNNING: a worker holds it.
    CANCELLING: a worker holds it, and is asked to stop.
    STUCK: its lease has lapsed.
    UNLEASED: it is PROCESSING without a lease.
    COMPLETED, FAILED, CANCELLED: it has ended.
    EXPIRED: its time to live is over.
    UNKNOWN: its status is none of the library's.
    """

    WAITING = "waiting"
    PAUSING = "pausing"
    OVERDUE = "overdue"
    RUNNING = "running"
    CANCELLING = "cancelling"
    STUCK = "stuck"
    UNLEASED = "unleased"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"
    EXPIRED = "expired"
    UNKNOWN = "unknown"


_BEGINS = {
    State.WAITING: (AVAILABLE_AT, CREATED_AT),
    State.PAUSING: (AVAILABLE_AT,),
    State.OVERDUE: (DUE_AT, AVAILABLE_AT, CREATED_AT),
    State.RUNNING: (STARTED_AT,),
    State.CANCELLING: (CANCEL_REQUESTED_AT,),
    State.STUCK: (LEASE_EXPIRES_AT,),
    State.UNLEASED: (STARTED_AT,),
    State.COMPLETED: (COMPLETED_AT,),
    State.FAILED: (COMPLETED_AT,),
    State.CANCELLED: (CANCELLED_AT,),
}


def judge(job: Mapping[str, Any], now: datetime) -> State:
    """Judge the state of a job by its record.

    >>> from datetime import UTC, datetime
    >>> now = datetime(2026, 2, 3, 13, 5, tzinfo=UTC)
    >>> judge({"status": "PROCESSING", "lease_expires_at": "2026-02-03T13:00:00.000000Z"}, now)
    <State.STUCK: 'stuck'>
    """
    expires_at, status = job.get(TTL), parse_status(job.get(STATUS))
    if status is None:
        return State.UNKNOWN
    if isinstance(expires_at, int | float) and expires_at <= now.timestamp():
        return State.EXPIRED
    if status is JobStatus.PENDING:
        return _judge_pending(job, now)
    if status is JobStatus.PROCESSING:
        return _judge_processing(job, now)
    if status is JobStatus.FAILED and CANCELLED_AT in job:
        return State.CANCELLED
    return State.COMPLETED if status is JobStatus.COMPLETED else State.FAILED


def since(job: Mapping[str, Any], state: State) -> str | None:
    """Return the instant at which a state began, or a pause ends.

    None where the record does not tell.

    >>> since({"created_at": "2026-02-03T13:05:32Z"}, State.WAITING)
    '2026-02-03T13:05:32Z'
    """
    for name in _BEGINS.get(state, ()):
        if parse_instant(job.get(name)):
            return str(job[name])
    return None


def _judge_pending(job: Mapping[str, Any], now: datetime) -> State:
    available_at = parse_instant(job.get(AVAILABLE_AT))
    if available_at and available_at > now:
        return State.PAUSING
    due_at = parse_instant(since(job, State.OVERDUE))
    # Nobody has sent the message of a job with a start of its own, so nothing is to be waited for after that.
    is_timed = str(job.get(ACTIVE_SHARD)).startswith(Wait.TIMED)
    patience = timedelta(0) if is_timed else PATIENCE
    return State.OVERDUE if due_at and now - due_at > patience else State.WAITING


def _judge_processing(job: Mapping[str, Any], now: datetime) -> State:
    lease_ends = parse_instant(job.get(LEASE_EXPIRES_AT))
    if lease_ends is None:
        return State.UNLEASED
    if has_lapsed(lease_ends, now):
        return State.STUCK
    return State.CANCELLING if CANCEL_REQUESTED_AT in job else State.RUNNING
