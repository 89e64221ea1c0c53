"""The partitions of the active index, merged: the keys of overdue jobs, the longest overdue first.

    q0    key key key | more       each partition is sorted by `due_at`
    q1    key
    ...
    tv    key key | more

A partition's keys are read page by page. The merged keys are ripe up to the last one of a partition with more keys:
nothing that is still unread comes before those.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

from careervp_jobs_dal.job.attribute import ACTIVE_SHARD, DUE_AT, JOB_ID
from careervp_jobs_dal.job.index import ACTIVE_JOBS, Wait, shards
from careervp_jobs_dal.job.instant import instant_text, parse_instant

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from careervp_jobs_dal.job.record import Item

# Its negative is a timedelta as well, unlike that of `timedelta.max`.
_LATEST = timedelta(days=timedelta.max.days)
SHARDS = tuple(shard for wait in Wait for shard in shards(wait))


class Threshold(NamedTuple):
    """Latest `due_at` of an overdue job, by its kind of wait."""

    queued: datetime
    timed: datetime

    @classmethod
    def at(cls, now: datetime, older_than: timedelta) -> Threshold:
        """Make the threshold for jobs that should have left the queue within this time."""
        return cls(now - older_than, now)

    def of(self, shard: str) -> datetime:
        """Return the threshold of one partition."""
        return self.timed if shard.startswith(Wait.TIMED) else self.queued

    def lateness(self, place: Item) -> timedelta:
        """Return the time since a job became overdue, or below 0.

        `place` is a key of the index or a record in it. A `due_at` that is no instant is the latest of all.
        """
        due_at = parse_instant(place[DUE_AT])
        return _LATEST if due_at is None else self.of(place[ACTIVE_SHARD]) - due_at

    def passed_by(self, record: Item) -> bool:
        """Tell whether the record itself is overdue.

        The index lags behind the table: it can still hold the old key of a job that has moved or ended.
        """
        on_index = isinstance(record.get(ACTIVE_SHARD), str) and DUE_AT in record
        return on_index and self.lateness(record) >= timedelta(0)


class Frontier:
    """Keys that are known and not yet taken, of all partitions."""

    def __init__(self, threshold: Threshold) -> None:
        self._threshold = threshold
        self._keys: list[Item] = []
        self._behind: dict[str, Item | None] = dict.fromkeys(SHARDS)  # those with more keys, and the key to go on after
        self._taken: set[str] = set()

    @property
    def left(self) -> bool:
        """Tell whether there are keys that were not taken."""
        return bool(self._keys or self._behind)

    def wanted(self) -> list[str]:
        """Return the partitions with more keys, and none that is known."""
        present = {key[ACTIVE_SHARD] for key in self._keys}
        return [shard for shard in self._behind if shard not in present]

    def query(self, shard: str, first_page: int, page: int) -> dict[str, Any]:
        """Return the parameters of a query for a partition's next keys."""
        start = self._behind[shard]
        asked = shard_query(shard, start, instant_text(self._threshold.of(shard)))
        return {**asked, "Limit": first_page if start is None else page}

    def add(self, shard: str, keys: Iterable[Item], following: Item | None) -> None:
        """Add a page of a partition, and the key to go on after."""
        self._keys = sorted((*self._keys, *keys), key=self._order)
        self._behind.pop(shard)
        self._behind |= {shard: following} if following else {}

    def forget(self, shard: str) -> None:
        """Leave out the rest of a partition."""
        self._behind.pop(shard)

    def take(self, most: int) -> list[str]:
        """Take ripe keys, and return their jobs, each once.

        No partition may be wanted.
        """
        last = {key[ACTIVE_SHARD]: number for number, key in enumerate(self._keys)}
        size = min([most, len(self._keys), *(last[shard] + 1 for shard in self._behind)])
        ids = [key[JOB_ID] for key in self._keys[:size]]
        self._keys = self._keys[size:]
        fresh = [job_id for job_id in dict.fromkeys(ids) if job_id not in self._taken]
        self._taken.update(fresh)
        return fresh

    def _order(self, key: Item) -> tuple[timedelta, str]:
        return -self._threshold.lateness(key), key[JOB_ID]


def shard_query(shard: str, start: Item | None, until: str | None = None) -> dict[str, Any]:
    """Return the parameters of a query for a partition's keys, oldest first."""
    # One query reads one partition only. DynamoDB returns its keys in the order of `due_at`.
    overdue = "" if until is None else " AND #at <= :until"
    return {
        "IndexName": ACTIVE_JOBS.name,
        "KeyConditionExpression": f"#shard = :shard{overdue}",
        "ExpressionAttributeNames": {"#shard": ACTIVE_SHARD, **({"#at": DUE_AT} if until else {})},
        "ExpressionAttributeValues": {":shard": shard, **({":until": until} if until else {})},
        **({"ExclusiveStartKey": start} if start else {}),
    }
