"""How long jobs wait and attempts run, from what their records say and from when this process claimed them.

A record says when its first attempt began, and not when a later one did. A worker claims and ends a job in one process,
so it is enough to remember that here.
"""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from careervp_jobs_dal.job.attribute import ATTEMPT, CLAIM_ID, CREATED_AT, ERRORS, STARTED_AT
from careervp_jobs_dal.job.instant import parse_instant

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

MOST_REMEMBERED = 1000
"""More claims than a process holds at once: those that were lost are never ended here."""


class Stopwatch:
    """Started by each claim, stopped by the end of its attempt; threads may share it."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._claimed_at: dict[object, datetime] = {}

    def start(self, record: Mapping[str, Any], attempt: int | None) -> timedelta | None:
        """Note the claim of a job, and say how long the job had waited for it."""
        now = self._clock()
        with self._lock:
            self._claimed_at[record.get(CLAIM_ID)] = now
            if len(self._claimed_at) > MOST_REMEMBERED:
                del self._claimed_at[next(iter(self._claimed_at))]
        return _between(_waiting_since(record, attempt), now)

    def stop(self, record: Mapping[str, Any], attempt: int | None) -> timedelta | None:
        """Say how long the attempt ran that is ended now."""
        with self._lock:
            claimed_at = self._claimed_at.pop(record.get(CLAIM_ID), None)
        if claimed_at is None and attempt == 1:
            claimed_at = parse_instant(record.get(STARTED_AT))
        return _between(claimed_at, self._clock())


def _waiting_since(record: Mapping[str, Any], attempt: int | None) -> datetime | None:
    """Since it was created, or put back by the attempt before; a job whose lease lapsed did not wait in a queue."""
    if attempt == 1:
        return parse_instant(record.get(CREATED_AT))
    errors = record.get(ERRORS)
    last = errors[-1] if isinstance(errors, list) and errors else None
    if not isinstance(last, dict) or last.get(ATTEMPT) != (attempt or 0) - 1:
        return None
    return parse_instant(last.get("at"))


def _between(since: datetime | None, now: datetime) -> timedelta | None:
    """Two machines' clocks differ, and nothing takes less than no time."""
    return None if since is None else max(now - since, timedelta(0))
