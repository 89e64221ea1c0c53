"""The partitions of the active index, merged: the keys of the jobs that a search wants, in its order.

    q0    key key key | more       each partition is sorted by `due_at`
    q1    key
    ...
    tv    key key | more

A partition's keys are read page by page. The merged keys are ripe before the last one of a partition with more keys:
nothing that is still unread comes before those.
"""

from __future__ import annotations

from bisect import bisect_left
from datetime import timedelta
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from careervp_jobs_dal.job.attribute import ACTIVE_SHARD, DUE_AT, JOB_ID
from careervp_jobs_dal.job.index import ACTIVE_JOBS, UNFINISHED, Wait, shards
from careervp_jobs_dal.job.instant import instant_text, parse_instant

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from careervp_jobs_dal.codec.cursor import Place
    from careervp_jobs_dal.job.record import Item

# Its negative is a timedelta as well, unlike that of `timedelta.max`.
_LATEST = timedelta(days=timedelta.max.days)
SHARDS = tuple(shard for wait in UNFINISHED for shard in shards(wait))
"""The partitions of the unfinished jobs."""
FAILED_SHARDS = shards(Wait.FAILED)
"""The partitions of the failed jobs."""


class Range(Protocol):
    """Range of the index that a search reads, and the order of its keys."""

    @property
    def shards(self) -> tuple[str, ...]:
        """Return the partitions."""
        ...

    def rank(self, place: Item, /) -> timedelta:
        """Return the rank of a key: the lowest comes first."""
        ...

    def follows(self, key: Item, /) -> bool:
        """Tell whether a key that was read is wanted."""
        ...

    def query(self, shard: str, start: Item | None, /) -> dict[str, Any]:
        """Return the parameters of a query for a partition's keys, in their order."""
        ...


class Threshold(NamedTuple):
    """Latest `due_at` of an overdue job, by its kind of wait."""

    queued: datetime
    timed: datetime

    @classmethod
    def at(cls, now: datetime, older_than: timedelta) -> Threshold:
        """Make the threshold for jobs that should have left the queue within this time."""
        return cls(now - older_than, now)

    @property
    def shards(self) -> tuple[str, ...]:
        """Return the partitions of the unfinished jobs."""
        return SHARDS

    def of(self, shard: str) -> datetime:
        """Return the threshold of one partition."""
        return self.timed if shard.startswith(Wait.TIMED) else self.queued

    def lateness(self, place: Item) -> timedelta:
        """Return the time since a job became overdue, or below 0.

        `place` is a key of the index or a record in it. A `due_at` that is no instant is the latest of all.
        """
        due_at = parse_instant(place[DUE_AT])
        return _LATEST if due_at is None else self.of(place[ACTIVE_SHARD]) - due_at

    def rank(self, place: Item) -> timedelta:
        """Return the lateness, the longest first."""
        return -self.lateness(place)

    def follows(self, _: Item) -> bool:
        """Tell that every key is wanted."""
        return True

    def query(self, shard: str, start: Item | None) -> dict[str, Any]:
        """Return the parameters of a query for a partition's overdue keys."""
        return shard_query(shard, start, until=instant_text(self.of(shard)))

    def passed_by(self, record: Item) -> bool:
        """Tell whether the record itself is overdue.

        The index lags behind the table: it can still hold the old key of a job that has moved or ended.
        """
        return record.get(ACTIVE_SHARD) in SHARDS and DUE_AT in record and self.lateness(record) >= timedelta(0)


class Span(NamedTuple):
    """Time in which jobs failed, both ends included; the newest comes first.

    Attributes:
        since: the earliest instant.
        until: the latest instant.
        after: the place after which a page begins; None for the first page.
    """

    since: datetime
    until: datetime
    after: Place | None

    @property
    def shards(self) -> tuple[str, ...]:
        """Return the partitions of the failed jobs, none at the span's end."""
        return FAILED_SHARDS if instant_text(self.since) <= self._latest else ()

    @property
    def _latest(self) -> str:
        until = instant_text(self.until)
        return until if self.after is None else min(until, self.after.instant)

    def rank(self, place: Item) -> timedelta:
        """Return the time from a job's end to the end of the span.

        A `due_at` that is no instant comes last of all.
        """
        ended_at = parse_instant(place[DUE_AT])
        return _LATEST if ended_at is None else self.until - ended_at

    def follows(self, key: Item) -> bool:
        """Tell whether a key comes after the page before."""
        return self.after is None or key[DUE_AT] < self.after.instant or key[JOB_ID] > self.after.job_id

    def query(self, shard: str, start: Item | None) -> dict[str, Any]:
        """Return a query for a partition's keys in the span, the newest first."""
        asked = shard_query(shard, start, since=instant_text(self.since), until=self._latest)
        return {**asked, "ScanIndexForward": False}


class Frontier:
    """Keys that are known and not yet taken, of all partitions of a range."""

    def __init__(self, reach: Range) -> None:
        self._reach = reach
        self._keys: list[Item] = []
        self._behind: dict[str, Item | None] = dict.fromkeys(reach.shards)  # those with more keys: where to go on
        self._known: dict[str, timedelta] = {}  # the rank of the last key that was read of each
        self._taken: set[str] = set()

    @property
    def left(self) -> bool:
        """Tell whether there are keys that were not taken."""
        return bool(self._keys or self._behind)

    def wanted(self) -> list[str]:
        """Return the partitions to read before a key can be taken."""
        if self._ripe():
            return []
        least = self._horizon()
        return [shard for shard in self._behind if self._known.get(shard, timedelta.min) == least]

    def query(self, shard: str, first_page: int, page: int) -> dict[str, Any]:
        """Return the parameters of a query for a partition's next keys."""
        start = self._behind[shard]
        return {**self._reach.query(shard, start), "Limit": first_page if start is None else page}

    def add(self, shard: str, keys: Iterable[Item], following: Item | None) -> None:
        """Add a page of a partition, and the key to go on after."""
        read = list(keys)
        self._keys = sorted((*self._keys, *filter(self._reach.follows, read)), key=self._order)
        self._behind.pop(shard)
        self._behind |= {shard: following} if following else {}
        self._known |= {shard: self._reach.rank(read[-1])} if read else {}

    def forget(self, shard: str) -> None:
        """Leave out the rest of a partition."""
        self._behind.pop(shard)

    def take(self, most: int) -> list[Item]:
        """Take ripe keys, each job once."""
        size = min(most, self._ripe())
        taken, self._keys = self._keys[:size], self._keys[size:]
        fresh: dict[str, Item] = {}
        for key in taken:
            if key[JOB_ID] not in self._taken:
                fresh.setdefault(key[JOB_ID], key)
        self._taken.update(fresh)
        return list(fresh.values())

    def _ripe(self) -> int:
        """Return the number of keys before which no unread one comes."""
        if not self._behind:
            return len(self._keys)
        return bisect_left(self._keys, self._horizon(), key=self._reach.rank)

    def _horizon(self) -> timedelta:
        """Return the lowest rank that an unread key can have."""
        return min(self._known.get(shard, timedelta.min) for shard in self._behind)

    def _order(self, key: Item) -> tuple[timedelta, str]:
        return self._reach.rank(key), key[JOB_ID]


def shard_query(
    shard: str, start: Item | None, *, since: str | None = None, until: str | None = None
) -> dict[str, Any]:
    """Return the parameters of a query for a partition's keys, oldest first."""
    # One query reads one partition only. DynamoDB returns its keys in the order of `due_at`.
    if until is None:
        chosen, values = "", {}
    elif since is None:
        chosen, values = " AND #at <= :until", {":until": until}
    else:
        chosen, values = " AND #at BETWEEN :since AND :until", {":since": since, ":until": until}
    return {
        "IndexName": ACTIVE_JOBS.name,
        "KeyConditionExpression": f"#shard = :shard{chosen}",
        "ExpressionAttributeNames": {"#shard": ACTIVE_SHARD, **({"#at": DUE_AT} if chosen else {})},
        "ExpressionAttributeValues": {":shard": shard, **values},
        **({"ExclusiveStartKey": start} if start else {}),
    }
