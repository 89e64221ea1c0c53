"""Sweep of `list_overdue`: the unfinished jobs that somebody should have taken by now. `recover_jobs` searches alike.

The active index keeps its jobs in 64 partitions, by what they wait for. A search queries all partitions for the keys of
overdue jobs, eight at a time, merges them, and reads the records of those that are overdue for longest. A record is
judged by itself and not by its key, because an index lags behind its table. A request that fails takes only its own
jobs out of the search.
"""

from __future__ import annotations

from math import ceil
from typing import TYPE_CHECKING, Any, NamedTuple

from careervp_jobs_dal.codec.attribute_value import StrangeItem
from careervp_jobs_dal.job.attribute import ACTIVE_SHARD, DUE_AT, JOB_ID
from careervp_jobs_dal.job.snapshot import CorruptRecordError, Snapshot, has_expired, read_snapshot
from careervp_jobs_dal.job.status import JobStatus
from careervp_jobs_dal.job.validation import check_age, check_limit
from careervp_jobs_dal.operations.batch import BATCH_KEYS, Found, decoded, read_all, without_payload
from careervp_jobs_dal.operations.partition import Frontier, Threshold
from careervp_jobs_dal.plans.lookup import field_names
from careervp_jobs_dal.plans.plan import MOST_AT_ONCE, Plan, Request, Sweep
from careervp_jobs_dal.plans.refusal import failed
from careervp_jobs_dal.result import Answer, Failure, Result, ResultCode

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Mapping
    from datetime import datetime, timedelta

    from careervp_jobs_dal.codec.packing import Decoder
    from careervp_jobs_dal.job.record import Item, JobRecord

MAX_JOBS = 1000
MAX_LOOKED_AT = 10_000
"""The most jobs that one search looks at."""
HOPELESS = frozenset({ResultCode.ACCESS_DENIED, ResultCode.CONFIG_ERROR})
"""Codes of failures that the next request would have as well."""
_LEAST_PAGE = 10


class Search(NamedTuple):
    """Arguments of one search."""

    table_name: str
    older_than: timedelta
    limit: int
    now: datetime
    fields: Iterable[str] = ()
    adopt_unleased: bool = False

    def checked(self) -> Search:
        """Check the arguments, and return them.

        Raises:
            InvalidInputError: an argument is invalid; the message names it.
        """
        check_age(self.older_than)
        check_limit(self.limit, MAX_JOBS)
        return self._replace(fields=field_names(self.fields))


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


class Searching:
    """Search under way.

    Attributes:
        failure: the first failure, or the hopeless one that ended the search; None without one.
        answered: whether any query was answered.
        unleased: ids of jobs that are PROCESSING without a lease.
        unread: ids of jobs whose records could not be read.
        damaged: the records of those that no repeat makes readable.
        idle: overdue records with nothing to do: expired, finished, or without a lease.
    """

    def __init__(self, asked: Search, time_is_up: Callable[[], bool] | None = None) -> None:
        self.failure: Failure | None = None
        self.answered: bool = False
        self.unleased: list[str] = []
        self.unread: list[str] = []
        self.damaged: list[Item] = []
        self.idle: list[Item] = []
        self._asked = asked = asked.checked()
        self._time_is_up = time_is_up
        self._threshold = Threshold.at(asked.now, asked.older_than)
        self._frontier = Frontier(self._threshold)
        self._options = without_payload(tuple(asked.fields))
        self._looked_at = 0
        self._batches = min(ceil(asked.limit / BATCH_KEYS), MOST_AT_ONCE)

    @property
    def at_bound(self) -> bool:
        """Tell whether the search has looked at as many jobs as it may."""
        return self._looked_at >= MAX_LOOKED_AT

    @property
    def more(self) -> bool:
        """Tell whether overdue jobs can be left that were not looked at."""
        return self._frontier.left or self.failure is not None

    def following(self) -> Generator[list[Plan[Any]], list[Answer[Any]], list[Item]]:
        """Return the next stuck jobs; none at the end."""
        while self._frontier.left and not self._ends():
            shards = self._frontier.wanted()[:MOST_AT_ONCE]
            if shards:
                for shard, page in zip(shards, (yield [self._query(shard) for shard in shards]), strict=True):
                    self._add(shard, page)
                continue
            ids = self._frontier.take(min(self._batches * BATCH_KEYS, MAX_LOOKED_AT - self._looked_at))
            self._looked_at += len(ids)
            jobs = yield from self._read(ids)
            if jobs:
                return jobs
            self._batches = min(2 * self._batches, MOST_AT_ONCE)
        return []

    def _ends(self) -> bool:
        hopeless = self.failure is not None and self.failure.code in HOPELESS
        return hopeless or self.at_bound or (self._time_is_up is not None and self._time_is_up())

    def _query(self, shard: str) -> Plan[_Page]:
        first_page = max(self._asked.limit // MOST_AT_ONCE, _LEAST_PAGE)
        return _ask(self._frontier.query(shard, first_page, BATCH_KEYS))

    def _add(self, shard: str, page: Answer[_Page]) -> None:
        if page.data is None:
            self._frontier.forget(shard)
            self._note(page)
            return
        # An empty page with more behind it says nothing yet.
        self.answered = self.answered or bool(page.data.keys) or page.data.following is None
        self._frontier.add(shard, *page.data)

    def _note(self, failure: Answer[Any]) -> None:
        if self.failure is None or (failure.code in HOPELESS and self.failure.code not in HOPELESS):
            self.failure = failed(failure)

    def _read(self, ids: list[str]) -> Generator[list[Plan[Any]], list[Answer[Any]], list[Item]]:
        """Read these records side by side, and return the stuck ones in their order."""
        batches = [ids[start : start + BATCH_KEYS] for start in range(0, len(ids), BATCH_KEYS)]
        answers = yield [_read_batch(self._asked.table_name, batch, self._options) for batch in batches]
        records: Found = {}
        for batch, answer in zip(batches, answers, strict=True):
            if answer.data is None:
                self._note(answer)
                self.unread += batch
                continue
            found, unread = answer.data
            records |= found
            if unread:
                self._note(Result.failure("Not all jobs were read before the deadline", ResultCode.UNAVAILABLE))
                self.unread += unread
        return [records[job_id] for job_id in ids if job_id in records and self._is_stuck(records[job_id])]

    def _is_stuck(self, record: Item) -> bool:
        """Judge a record; note one that is overdue and not stuck."""
        if not self._threshold.passed_by(record):
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


class _Page(NamedTuple):
    """Page of a partition's keys, and the key to go on after."""

    keys: tuple[Item, ...]
    following: Item | None


def _ask(query: Mapping[str, Any]) -> Plan[_Page]:
    response = (yield Request("query", query)).response
    return Result.success(_Page(tuple(response.get("Items", ())), response.get("LastEvaluatedKey")))


def _read_batch(table_name: str, ids: list[str], options: Mapping[str, Any]) -> Plan[tuple[Found, tuple[str, ...]]]:
    found, unread = yield from read_all(table_name, ids, options)
    return Result.success((found, unread))


def _place(record: Item) -> Item:
    return {name: record[name] for name in (JOB_ID, ACTIVE_SHARD, DUE_AT)}
