"""Sweep of `list_overdue`: the unfinished jobs that somebody should have taken by now. `recover_jobs` searches alike.

The active index keeps the unfinished jobs in 64 partitions, by what they wait for. Those that are overdue for longest
come first.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from careervp_jobs_dal.codec.attribute_value import StrangeItem
from careervp_jobs_dal.job.attribute import ACTIVE_SHARD, DUE_AT, JOB_ID, KIND, USER_ID
from careervp_jobs_dal.job.snapshot import CorruptRecordError, Snapshot, has_expired, read_snapshot
from careervp_jobs_dal.job.status import JobStatus
from careervp_jobs_dal.job.validation import check_age, check_kind, check_limit, read_user
from careervp_jobs_dal.operations.batch import decoded
from careervp_jobs_dal.operations.gathering import MAX_JOBS, Bounds, Gathering
from careervp_jobs_dal.operations.partition import Threshold
from careervp_jobs_dal.plans.lookup import field_names
from careervp_jobs_dal.plans.refusal import failed
from careervp_jobs_dal.result import Result

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import datetime, timedelta
    from uuid import UUID

    from careervp_jobs_dal.codec.packing import Decoder
    from careervp_jobs_dal.job.record import Item, JobRecord
    from careervp_jobs_dal.plans.batch_read import Found
    from careervp_jobs_dal.plans.plan import Sweep

MAX_LOOKED_AT = 10_000
"""The most jobs that one search looks at."""


class Search(NamedTuple):
    """Arguments of one search."""

    table_name: str
    older_than: timedelta
    limit: int
    now: datetime
    fields: Iterable[str] = ()
    adopt_unleased: bool = False
    kind: str | None = None
    user_id: str | UUID | None = None

    def checked(self) -> Search:
        """Check the arguments, and return them.

        Raises:
            InvalidInputError: an argument is invalid; the message names it.
        """
        check_age(self.older_than)
        check_limit(self.limit, MAX_JOBS)
        check_kind(self.kind)
        return self._replace(fields=field_names(self.fields), user_id=read_user(self.user_id))

    def chooses(self, record: Item) -> bool:
        """Tell whether a record has the kind and the user of the search."""
        return all(asked in (None, record.get(name)) for asked, name in ((self.kind, KIND), (self.user_id, USER_ID)))


def list_overdue(asked: Search, decode: Decoder) -> Sweep[list[JobRecord]]:
    """Find the overdue jobs, as callers see them."""
    search = Searching(asked)
    found: list[Item] = []
    while len(found) < asked.limit:
        jobs = yield from search.following()
        if search.failure is not None:  # a list that lacks jobs would not show it
            return failed(search.failure)
        if not jobs:
            break
        found += jobs
    records = [decoded(record, decode) for record in found[: asked.limit]]
    return Result.success([record for record in records if record is not None])


class Searching(Gathering):
    """Search for overdue jobs under way.

    Attributes:
        unleased: ids of jobs that are PROCESSING without a lease.
        damaged: the records of the unread jobs that no repeat makes readable.
        idle: overdue records with nothing to do: expired, finished, or without a lease.
    """

    def __init__(self, asked: Search, time_is_up: Callable[[], bool] = bool) -> None:
        self._asked = asked = asked.checked()
        self._threshold = Threshold.at(asked.now, asked.older_than)
        bounds = Bounds(asked.limit, MAX_LOOKED_AT, time_is_up)
        super().__init__(asked.table_name, self._threshold, tuple(asked.fields), bounds)
        self.unleased: list[str] = []
        self.damaged: list[Item] = []
        self.idle: list[Item] = []

    def _chosen(self, keys: list[Item], found: Found) -> list[Item]:
        records = (found[key[JOB_ID]] for key in keys if key[JOB_ID] in found)
        return [record for record in records if self._is_stuck(record)]

    def _is_stuck(self, record: Item) -> bool:
        """Judge a record; note one that is overdue and not stuck."""
        if not self._threshold.passed_by(record) or not self._asked.chooses(record):
            return False
        if has_expired(record, self._asked.now):
            self.idle.append(_place(record))
            return False
        try:
            snapshot = read_snapshot(record)
        except CorruptRecordError:
            snapshot = None
        if snapshot is None or isinstance(record, StrangeItem):
            self.unread.append(record[JOB_ID])
            self.damaged.append(_place(record))
            return False
        if snapshot.status is JobStatus.PROCESSING and snapshot.lease_expires_at is not None:
            return snapshot.lease_lapsed(self._asked.now)
        if snapshot.status is JobStatus.PENDING or self._adopts(snapshot):
            return True
        if not snapshot.status.finished:
            self.unleased.append(record[JOB_ID])
        self.idle.append(_place(record))
        return False

    def _adopts(self, snapshot: Snapshot) -> bool:
        return snapshot.status is JobStatus.PROCESSING and self._asked.adopt_unleased


def _place(record: Item) -> Item:
    return {name: record[name] for name in (JOB_ID, ACTIVE_SHARD, DUE_AT)}
