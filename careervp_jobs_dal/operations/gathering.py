"""Search through the active index: the keys of its partitions, then the records behind them, in their order.

    keys       queries of the partitions of a range            each line: up to 8 requests side by side
    records    reads of 100 records, and their judgement
    keys       ...

A record is judged by itself and not by its key, because an index lags behind its table. A request that fails takes only
its own jobs out of the search.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from math import ceil
from typing import TYPE_CHECKING, Any, NamedTuple

from careervp_jobs_dal.job.attribute import JOB_ID
from careervp_jobs_dal.operations.batch import without_payload
from careervp_jobs_dal.operations.partition import Frontier, Range
from careervp_jobs_dal.plans.batch_read import BATCH_KEYS, Found, read_all
from careervp_jobs_dal.plans.plan import MOST_AT_ONCE, Plan, Request
from careervp_jobs_dal.plans.refusal import failed
from careervp_jobs_dal.result import Answer, Failure, Result, ResultCode

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Mapping

    from careervp_jobs_dal.job.record import Item

MAX_JOBS = 1000
HOPELESS = frozenset({ResultCode.ACCESS_DENIED, ResultCode.CONFIG_ERROR})
"""Codes of failures that the next request would have as well."""
_LEAST_PAGE = 10


class Bounds(NamedTuple):
    """Bounds of a search.

    Attributes:
        limit: the number of jobs that it is for.
        most: the most jobs that it looks at.
        time_is_up: tells whether it has to end.
    """

    limit: int
    most: int
    time_is_up: Callable[[], bool] = bool


class Gathering(ABC):
    """Search under way.

    Attributes:
        failure: the first failure, or the hopeless one that ended the search; None without one.
        answered: whether any query was answered.
        unread: ids of jobs whose records could not be read.
    """

    def __init__(self, table_name: str, reach: Range, fields: tuple[str, ...], bounds: Bounds) -> None:
        self.failure: Failure | None = None
        self.answered: bool = False
        self.unread: list[str] = []
        self._table_name = table_name
        self._frontier = Frontier(reach)
        self._options = without_payload(fields)
        self._bounds = bounds
        self._looked_at = 0
        self._batches = min(ceil(bounds.limit / BATCH_KEYS), MOST_AT_ONCE)

    @property
    def at_bound(self) -> bool:
        """Tell whether the search has looked at as many jobs as it may."""
        return self._looked_at >= self._bounds.most

    @property
    def more(self) -> bool:
        """Tell whether jobs can be left that were not looked at."""
        return self._frontier.left or self.failure is not None

    def following(self) -> Generator[list[Plan[Any]], list[Answer[Any]], list[Item]]:
        """Return the next chosen jobs; none at the end."""
        while self._frontier.left and not self._ends():
            shards = self._frontier.wanted()[:MOST_AT_ONCE]
            if shards:
                for shard, page in zip(shards, (yield [self._query(shard) for shard in shards]), strict=True):
                    self._add(shard, page)
                continue
            keys = self._frontier.take(min(self._batches * BATCH_KEYS, self._bounds.most - self._looked_at))
            self._looked_at += len(keys)
            jobs = self._chosen(keys, (yield from self._read([key[JOB_ID] for key in keys])))
            if jobs:
                return jobs
            self._batches = min(2 * self._batches, MOST_AT_ONCE)
        return []

    @abstractmethod
    def _chosen(self, keys: list[Item], found: Found) -> list[Item]:
        """Return the records of these keys that the search wants, in order."""

    def _ends(self) -> bool:
        hopeless = self.failure is not None and self.failure.code in HOPELESS
        return hopeless or self.at_bound or self._bounds.time_is_up()

    def _query(self, shard: str) -> Plan[_Page]:
        first_page = max(self._bounds.limit // MOST_AT_ONCE, _LEAST_PAGE)
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

    def _read(self, ids: list[str]) -> Generator[list[Plan[Any]], list[Answer[Any]], Found]:
        """Read these records side by side."""
        batches = [ids[start : start + BATCH_KEYS] for start in range(0, len(ids), BATCH_KEYS)]
        answers = yield [_read_batch(self._table_name, batch, self._options) for batch in batches]
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
        return records


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
