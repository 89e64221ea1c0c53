"""The time-line of a job, as far as its record tells it.

    submitted -> attempt 1 failed -> put back -> attempt 2 runs, its lease ends -> cancellation requested -> the end

A record keeps the first claim, the last ten attempts that ended, and its present place; nothing else is told. The
events stand in the order of a job's life, because the clocks of its writers can differ.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from careervp_jobs_dal.job.attribute import (
    ACTIVE_SHARD,
    ATTEMPT,
    AVAILABLE_AT,
    CANCEL_REQUESTED_AT,
    CANCELLED_AT,
    CLAIM_ID,
    CLAIMED_BY,
    COMPLETED_AT,
    CREATED_AT,
    DUE_AT,
    ERROR,
    KIND,
    LEASE_EXPIRES_AT,
    MAX_ATTEMPTS,
    STARTED_AT,
    STATUS,
    USER_ID,
)
from careervp_jobs_dal.job.index import Wait
from careervp_jobs_dal.job.instant import parse_instant
from careervp_jobs_dal.job.snapshot import has_lapsed
from careervp_jobs_dal.job.status import JobStatus
from careervp_jobs_dal.plans.history import AT, history_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime

TOLD = (
    CREATED_AT,
    STARTED_AT,
    AVAILABLE_AT,
    CLAIMED_BY,
    LEASE_EXPIRES_AT,
    CANCEL_REQUESTED_AT,
    COMPLETED_AT,
    CANCELLED_AT,
    ATTEMPT,
    MAX_ATTEMPTS,
)
"""Attributes that the time-line tells."""
_LONGEST_ERROR = 120


class Event(NamedTuple):
    """Event of a job's life.

    Attributes:
        at: its instant, as the record has it; None where the record does not tell.
        event: its name for a machine.
        words: the event in words.
        attempt: the number of the attempt that it is about, if any.
        error: the error of that attempt, if it failed.
    """

    at: str | None
    event: str
    words: str
    attempt: int | None = None
    error: str | None = None

    def document(self) -> dict[str, Any]:
        """Return the event for a machine."""
        told = {"at": self.at, "event": self.event, "attempt": self.attempt, "error": self.error}
        return {name: value for name, value in told.items() if value is not None or name == "at"}


def timeline(job: Mapping[str, Any], now: datetime) -> list[Event]:
    """Tell the job's life.

    >>> from datetime import UTC, datetime
    >>> job = {"status": "COMPLETED", "created_at": "2026-02-03T13:05:32Z", "completed_at": "2026-02-03T13:06:00Z"}
    >>> [(event.event, event.words) for event in timeline(job, datetime(2026, 2, 3, 14, tzinfo=UTC))]
    [('submitted', 'submitted'), ('completed', 'completed')]
    """
    return [*_submitted(job), *_attempts(job), *_present(job, now), *_ended(job)]


def _submitted(job: Mapping[str, Any]) -> Iterator[Event]:
    by = f" by {job[USER_ID]}" if USER_ID in job else ""
    kind = f", kind {job[KIND]}" if KIND in job else ""
    yield Event(_instant(job, CREATED_AT), "submitted", f"submitted{by}{kind}")


def _attempts(job: Mapping[str, Any]) -> Iterator[Event]:
    """Tell the first claim and the attempts that ended, and the retries between them."""
    entries = history_of(job)
    earlier = _before_the_last_retry(job, entries)
    last = 0
    for entry in entries[:earlier]:
        attempt = _number(entry)
        if 0 < attempt <= last:
            yield Event(None, "retried", "retried: put back with all of its attempts")
        yield _failed(entry)
        last = attempt
    if earlier:
        yield _retried(job)
    if parse_instant(job.get(STARTED_AT)):
        yield Event(job[STARTED_AT], "claimed", f"first claim{' since the retry' if earlier else ''}", 1)
    for entry in entries[earlier:]:
        yield _failed(entry, _worker(job) if entry.get(CLAIM_ID) == job.get(CLAIM_ID) else "")


def _before_the_last_retry(job: Mapping[str, Any], entries: list[Mapping[str, Any]]) -> int:
    """Count the attempts before the last retry, which counts the attempts from zero again.

    A job that is at work, or done, is in an attempt that has no entry yet.
    """
    numbers = [*map(_number, entries), _number(job)]
    if job.get(STATUS) in (JobStatus.PENDING, JobStatus.FAILED):
        numbers[-1] += 1
    falls = [place for place in range(1, len(numbers)) if numbers[place] <= numbers[place - 1]]
    return falls[-1] if falls else 0


def _failed(entry: Mapping[str, Any], worker: str = "") -> Event:
    attempt, error = _number(entry), str(entry.get(ERROR, ""))
    if error.startswith(f"Attempt {attempt} did not finish"):
        # The instant is that of the discovery; when the lease lapsed is not in the record any more.
        words = f"found lost: attempt {attempt}{worker}, whose lease had lapsed"
        return Event(_instant(entry, AT), "attempt_lost", words, attempt)
    words = f"attempt {attempt}{worker} failed: {_brief(error)}"
    return Event(_instant(entry, AT), "attempt_failed", words, attempt, error)


def _retried(job: Mapping[str, Any]) -> Event:
    # The instant is known until the first claim: only the retry has set it.
    at = _instant(job, AVAILABLE_AT) if job.get(STATUS) == JobStatus.PENDING and STARTED_AT not in job else None
    return Event(at, "retried", "retried: put back with all of its attempts")


def _present(job: Mapping[str, Any], now: datetime) -> Iterator[Event]:
    """Tell the job's place in a queue, or its present attempt."""
    if job.get(STATUS) == JobStatus.PENDING:
        yield from _put_back(job)
    if parse_instant(job.get(CANCEL_REQUESTED_AT)):
        yield Event(job[CANCEL_REQUESTED_AT], "cancel_requested", "cancellation requested: its worker is asked to stop")
    if job.get(STATUS) == JobStatus.PROCESSING:
        yield from _held(job, now)


def _put_back(job: Mapping[str, Any]) -> Iterator[Event]:
    available_at, created_at = parse_instant(job.get(AVAILABLE_AT)), parse_instant(job.get(CREATED_AT))
    entries = history_of(job)
    released = STARTED_AT in job and (not entries or entries[-1].get(CLAIM_ID) != job.get(CLAIM_ID))
    begun = "given back, and the attempt does not count" if released else "put back" if STARTED_AT in job else ""
    if available_at and begun:
        yield Event(job[AVAILABLE_AT], "released" if released else "put_back", f"{begun}: ready from then on")
    elif available_at and created_at and available_at > created_at and not entries:
        yield Event(job[AVAILABLE_AT], "due", "due: submitted to start then")
    due_at, ready_at = parse_instant(job.get(DUE_AT)), available_at or created_at
    queued = str(job.get(ACTIVE_SHARD)).startswith(Wait.QUEUED)
    if queued and due_at and ready_at and due_at > ready_at:
        yield Event(job[DUE_AT], "swept", "found by a sweep, which counts its wait from then on")


def _held(job: Mapping[str, Any], now: datetime) -> Iterator[Event]:
    attempt, lease_ends = _number(job), parse_instant(job.get(LEASE_EXPIRES_AT))
    by = _worker(job)
    limit = f" of {job[MAX_ATTEMPTS]}" if MAX_ATTEMPTS in job else ""
    if lease_ends is None:
        yield Event(None, "unleased", f"attempt {attempt}{limit}{by} has no lease", attempt)
    elif not has_lapsed(lease_ends, now):
        words = f"attempt {attempt}{limit}{by} holds the job; its lease ends then, unless it is renewed"
        yield Event(job[LEASE_EXPIRES_AT], "lease_ends", words, attempt)
    else:
        words = f"attempt {attempt}{limit}{by} did not renew its lease, which lapsed"
        yield Event(job[LEASE_EXPIRES_AT], "lease_lapsed", words, attempt)


def _ended(job: Mapping[str, Any]) -> Iterator[Event]:
    attempt = _number(job)
    after = f" in attempt {attempt}" if attempt else ""
    if job.get(STATUS) == JobStatus.COMPLETED:
        yield Event(_instant(job, COMPLETED_AT), "completed", f"completed{after}{_worker(job)}")
    elif job.get(STATUS) == JobStatus.FAILED and CANCELLED_AT in job:
        yield Event(_instant(job, CANCELLED_AT), "cancelled", "cancelled")
    elif job.get(STATUS) == JobStatus.FAILED:
        limit = f" of {job[MAX_ATTEMPTS]}" if attempt and MAX_ATTEMPTS in job else ""
        yield Event(_instant(job, COMPLETED_AT), "failed", f"failed{after}{limit}")


def _worker(job: Mapping[str, Any]) -> str:
    """Name the worker of the last claim."""
    return f" by {job[CLAIMED_BY]}" if CLAIMED_BY in job else ""


def _instant(attributes: Mapping[str, Any], name: str) -> str | None:
    return attributes[name] if parse_instant(attributes.get(name)) else None


def _number(attributes: Mapping[str, Any]) -> int:
    """Read the number of an attempt; 0 for any other value."""
    number = attributes.get(ATTEMPT)
    return number if isinstance(number, int) else 0


def _brief(error: str) -> str:
    """Return the first line of an error, cut to 120 characters."""
    line = next((line.strip() for line in error.splitlines() if line.strip()), "")
    return line if len(line) <= _LONGEST_ERROR else line[: _LONGEST_ERROR - 3] + "..."
