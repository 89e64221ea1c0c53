"""Counting jobs from parts of their records."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from careervp_jobs_dal.answer import Stats
from careervp_jobs_dal.state import CorruptRecordError, read_state
from careervp_jobs_dal.status import JobStatus
from careervp_jobs_dal.table import CREATED_AT

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from careervp_jobs_dal.plan import Item

CORRUPT = "CORRUPT"


class Tally:
    """What has been counted so far; expired jobs don't count."""

    def __init__(self, now: datetime) -> None:
        self._now = now
        self._counts: Counter[str] = Counter()
        self._lapsed = 0
        self._waiting_since: list[str] = []

    def add(self, items: Iterable[Item], *, active_only: bool) -> None:
        """Count these; the index can still have jobs that are finished by now."""
        for item in items:
            try:
                state = read_state(item)
            except CorruptRecordError:
                self._counts[CORRUPT] += 1
                continue
            if state.expired(self._now) or (active_only and state.status.finished):
                continue
            self._counts[state.status.value] += 1
            self._lapsed += state.status is JobStatus.PROCESSING and state.lease_lapsed(self._now)
            if state.status is JobStatus.PENDING and isinstance(item.get(CREATED_AT), str):
                self._waiting_since = [min([*self._waiting_since, item[CREATED_AT]])]

    def stats(self, *, whole_table: bool) -> Stats:
        """Give the result."""
        oldest = self._waiting_since[0] if self._waiting_since else None
        return Stats(dict(sorted(self._counts.items())), self._lapsed, oldest, whole_table)
