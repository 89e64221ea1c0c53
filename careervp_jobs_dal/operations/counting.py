"""Sweep of `stats`: the numbers of jobs by status, from the active index or from the whole table."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from careervp_jobs_dal.codec.attribute_value import StrangeItem
from careervp_jobs_dal.job.attribute import CREATED_AT, JOB_ID, KIND, LEASE_EXPIRES_AT, STATUS, TTL
from careervp_jobs_dal.job.instant import parse_instant
from careervp_jobs_dal.job.quota_key import is_quota_key
from careervp_jobs_dal.job.snapshot import CorruptRecordError, Snapshot, read_snapshot
from careervp_jobs_dal.job.status import JobStatus
from careervp_jobs_dal.job.validation import check_kind
from careervp_jobs_dal.operations.partition import SHARDS, shard_query
from careervp_jobs_dal.operations.scan import ScanPage, only, read_parts, scan
from careervp_jobs_dal.plans.batch_read import read_all
from careervp_jobs_dal.plans.plan import Plan, Request, Sweep
from careervp_jobs_dal.result import Result, ResultCode

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from datetime import datetime

    from careervp_jobs_dal.job.record import Item

CORRUPT = "CORRUPT"
_COUNTED = (JOB_ID, STATUS, CREATED_AT, LEASE_EXPIRES_AT, TTL, KIND)
# The keys of a page and the reads of their records share one deadline.
_KEYS_A_PAGE = 1000

"""Part of the count: the reader of its pages, and the key to go on after."""


@dataclass(frozen=True, slots=True)
class Stats:
    """Numbers of jobs by status.

    Attributes:
        counts: the number of jobs by status; a record without a valid one counts as "CORRUPT".
        lapsed: the number of PROCESSING jobs whose lease has lapsed.
        oldest_pending_at: the `created_at` of the oldest PENDING job.
        whole_table: whether the whole table was counted, or the active jobs only.
    """

    counts: Mapping[str, int]
    lapsed: int
    oldest_pending_at: str | None
    whole_table: bool


def count_jobs(
    table_name: str, now: datetime, *, whole_table: bool, shards: Iterable[str] = SHARDS, kind: str | None = None
) -> Sweep[Stats]:
    """Count the jobs, page by page, several partitions side by side.

    Args:
        table_name: the table.
        now: the present.
        whole_table: count all jobs by a scan.
        shards: the partitions of the active jobs to count, without `whole_table`.
        kind: count only jobs of this kind.
    """
    check_kind(kind)
    tally = _Tally(now, kind, active_only=not whole_table)
    parts: list[Callable[[Item | None], Plan[ScanPage]]] = [partial(scan, _COUNTED)]
    if not whole_table:
        parts = [partial(_read_shard, table_name, shard) for shard in shards]
    failure = yield from read_parts(parts, tally.add)
    if failure is not None:
        return failure
    return Result.success(tally.stats(whole_table=whole_table))


def _read_shard(table_name: str, shard: str, start: Item | None) -> Plan[ScanPage]:
    """Read the counted attributes of one page of a partition's jobs.

    The reads are eventually consistent, at half the price.
    """
    reply = yield Request("query", {**shard_query(shard, start), "Limit": _KEYS_A_PAGE})
    ids = (key[JOB_ID] for key in reply.response.get("Items", ()))
    found, unread = yield from read_all(table_name, ids, only(_COUNTED))
    if unread:  # a count without these jobs would be wrong
        return Result.failure(f"{len(unread)} jobs could not be read before the deadline", ResultCode.UNAVAILABLE)
    return Result.success(ScanPage(tuple(found.values()), reply.response.get("LastEvaluatedKey"), len(found)))


class _Tally:
    """Tally of the jobs so far, without the expired ones."""

    def __init__(self, now: datetime, kind: str | None, *, active_only: bool) -> None:
        self._now = now
        self._kind = kind
        self._active_only = active_only
        self._counts: Counter[str] = Counter()
        self._lapsed = 0
        self._oldest: tuple[datetime, str] | None = None

    def add(self, items: Iterable[Item]) -> None:
        """Count these records, of which some may be expired or finished by now."""
        for item in items:
            if is_quota_key(item.get(JOB_ID)) or self._kind not in (None, item.get(KIND)):
                continue
            snapshot = _snapshot(item)
            if snapshot is None:
                self._counts[CORRUPT] += 1
                continue
            # The index lags behind the table: it can still hold the key of a job that is finished.
            if snapshot.expired(self._now) or (self._active_only and snapshot.status.finished):
                continue
            self._counts[snapshot.status.value] += 1
            self._lapsed += snapshot.status is JobStatus.PROCESSING and snapshot.lease_lapsed(self._now)
            if snapshot.status is JobStatus.PENDING:
                self._note_age(item.get(CREATED_AT))

    def _note_age(self, created_at: Any) -> None:
        instant = parse_instant(created_at)
        if instant is not None and (self._oldest is None or instant < self._oldest[0]):
            self._oldest = instant, created_at

    def stats(self, *, whole_table: bool) -> Stats:
        """Return the numbers."""
        oldest = None if self._oldest is None else self._oldest[1]
        return Stats(dict(sorted(self._counts.items())), self._lapsed, oldest, whole_table)


def _snapshot(item: Item) -> Snapshot | None:
    """Read the snapshot of a record; None for a corrupt or strange one."""
    try:
        return None if isinstance(item, StrangeItem) else read_snapshot(item)
    except CorruptRecordError:
        return None
