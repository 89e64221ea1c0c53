"""The durations of waits and attempts, taken from records and from the claims of this process.

A record stores the start of its first attempt only. A worker claims a job and ends it in the same process, so the start
of a later attempt is remembered here.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from careervp_jobs_dal.aws.fork import ForkSafeLock
from careervp_jobs_dal.job.attribute import ATTEMPT, AVAILABLE_AT, CLAIM_ID, CREATED_AT, ERRORS, STARTED_AT
from careervp_jobs_dal.job.instant import parse_instant

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

MOST_REMEMBERED = 1000
"""Limit of remembered claims, far above the number that a process holds at once.

A claim whose lease was lost is never ended here, so the oldest claims are forgotten.
"""


class Stopwatch:
    """Stopwatch of attempts: a claim starts it, the end of the attempt stops it.

    Threads may share it.
    """

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self._clock = clock
        self._lock = ForkSafeLock()
        self._claimed_at: dict[object, datetime] = {}

    def start(self, record: Mapping[str, Any], attempt: int | None) -> timedelta | None:
        """Note a claim, and return the time that the job had waited for it."""
        now = self._clock()
        with self._lock:
            self._claimed_at[record.get(CLAIM_ID)] = now
            if len(self._claimed_at) > MOST_REMEMBERED:
                del self._claimed_at[next(iter(self._claimed_at))]
        return _between(_waiting_since(record, attempt), now)

    def stop(self, record: Mapping[str, Any], attempt: int | None) -> timedelta | None:
        """Return the duration of the attempt that ends now."""
        with self._lock:
            claimed_at = self._claimed_at.pop(record.get(CLAIM_ID), None)
        if claimed_at is None and attempt == 1 and not _released_since_start(record):
            claimed_at = parse_instant(record.get(STARTED_AT))
        return _between(claimed_at, self._clock())


def _waiting_since(record: Mapping[str, Any], attempt: int | None) -> datetime | None:
    """Return the instant from which a claimed job could have been claimed.

    Every write that makes a job PENDING again says when it is due, and a claim keeps that. The answer is None after a
    lapsed lease, because that job waited in no queue; its `available_at`, if any, is an earlier wait's.
    """
    due = parse_instant(record.get(AVAILABLE_AT))
    if attempt == 1:
        return due or parse_instant(record.get(CREATED_AT))
    return due if due is not None and _is_given_back(record, attempt or 0, due) else None


def _is_given_back(record: Mapping[str, Any], attempt: int, due: datetime) -> bool:
    """Tell whether the job was due after the attempt before, and not taken over.

    Two facts speak for it. The job became due in this life, that is after its first start, which a retry forgets. And
    the history, which a retry keeps, has the end of the attempt before, not later than the job became due.
    """
    started, ended = parse_instant(record.get(STARTED_AT)), _end_of(record, attempt - 1)
    return started is not None and ended is not None and started < due and ended <= due


def _end_of(record: Mapping[str, Any], attempt: int) -> datetime | None:
    """Return the end of an attempt, where the history ends with that attempt."""
    errors = record.get(ERRORS)
    last = errors[-1] if isinstance(errors, list) and errors else None
    return parse_instant(last.get("at")) if isinstance(last, dict) and last.get(ATTEMPT) == attempt else None


def _released_since_start(record: Mapping[str, Any]) -> bool:
    """Tell whether a first attempt was given back, with its number."""
    started, due = parse_instant(record.get(STARTED_AT)), parse_instant(record.get(AVAILABLE_AT))
    return started is not None and due is not None and started < due


def _between(since: datetime | None, now: datetime) -> timedelta | None:
    """Return the time in between, at least 0, because two machines' clocks differ."""
    return None if since is None else max(now - since, timedelta(0))
