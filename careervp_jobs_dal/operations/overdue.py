"""Plan of `list_overdue`: old unfinished jobs that no worker holds. `recover_jobs` begins with the same search.

The active index keeps its jobs in 32 partitions, each sorted by age. The search queries all partitions for their oldest
keys, merges these, and reads the records of the oldest ones. It queries a partition again once its keys are used up. So
the jobs come oldest first, and no more of them are read than needed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from careervp_jobs_dal.codec.attribute_value import StrangeItem
from careervp_jobs_dal.job.attribute import ACTIVE_SHARD, CREATED_AT, DUE_AT, JOB_ID
from careervp_jobs_dal.job.index import ACTIVE_JOBS, Wait, shards
from careervp_jobs_dal.job.instant import instant_text, parse_instant
from careervp_jobs_dal.job.snapshot import CorruptRecordError, Snapshot, read_snapshot
from careervp_jobs_dal.job.status import JobStatus
from careervp_jobs_dal.job.validation import check_age, check_limit
from careervp_jobs_dal.operations.batch import BATCH_KEYS, decoded, read_all, without_payload
from careervp_jobs_dal.plans.lookup import field_names
from careervp_jobs_dal.plans.plan import Plan, Request
from careervp_jobs_dal.plans.refusal import failed
from careervp_jobs_dal.result import Result

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime, timedelta

    from careervp_jobs_dal.codec.packing import Decoder
    from careervp_jobs_dal.job.record import Item, JobRecord

MAX_JOBS = 1000
MAX_LOOKED_AT = 10_000
"""The most jobs that one search looks at. If workers hold so many jobs of that age, the age is too low."""
_LEAST_PAGE = 10
SHARDS = tuple(shard for wait in Wait for shard in shards(wait))


class Stuck(NamedTuple):
    """Findings of a search, oldest first: stuck jobs, unleased ids, unread ids."""

    jobs: list[Item]
    unleased: list[str]
    unread: list[str]


class Search(NamedTuple):
    """Arguments of one search."""

    table_name: str
    before: datetime
    limit: int
    now: datetime
    adopt_unleased: bool = False
    fields: tuple[str, ...] = ()


def search_for(
    table_name: str, older_than: timedelta, limit: int, now: datetime, *, adopt_unleased: bool = False
) -> Search:
    """Check the arguments of a search.

    Raises:
        InvalidInputError: an argument is invalid; the message names it.
    """
    check_age(older_than)
    check_limit(limit, MAX_JOBS)
    return Search(table_name, now - older_than, limit, now, adopt_unleased)


def list_overdue(
    table_name: str, older_than: timedelta, limit: int, fields: Iterable[str], now: datetime, decode: Decoder
) -> Plan[list[JobRecord]]:
    """Find the oldest overdue jobs, as callers see them."""
    search = search_for(table_name, older_than, limit, now)._replace(fields=field_names(fields))
    found = yield from find_overdue(search)
    records = [decoded(record, decode) for record in found.data.jobs] if found.data else []
    return Result.success([record for record in records if record is not None]) if found else failed(found)


def find_overdue(search: Search) -> Plan[Stuck]:
    """Find the oldest overdue jobs."""
    stuck = Stuck([], [], [])
    pool: list[Item] = []  # keys to look at, oldest first
    behind: dict[str, Item | None] = dict.fromkeys(SHARDS)  # partitions with more keys, and the key to go on after
    looked_at = 0
    unread: tuple[str, ...] = ()
    while not unread and len(stuck.jobs) < search.limit and looked_at < MAX_LOOKED_AT:
        shard = _used_up(pool, behind)
        if shard is not None:
            reply = yield _oldest_of(search, shard, behind.pop(shard))
            pool = sorted((*pool, *reply.response.get("Items", ())), key=_age)
            following = reply.response.get("LastEvaluatedKey")
            behind |= {shard: following} if following else {}
            continue
        if not pool:
            break
        size = _ripe(pool, behind)
        ids, pool = dict.fromkeys(key[JOB_ID] for key in pool[:size]), pool[size:]
        found, unread = yield from read_all(search.table_name, ids, without_payload(search.fields))
        _judge(search, stuck, [found[job_id] for job_id in ids if job_id in found])
        stuck.unread.extend(unread)
        looked_at += size
    return Result.success(stuck)


def shard_query(shard: str, start: Item | None, before: str | None = None) -> dict[str, Any]:
    """Return the parameters of a query for a partition's keys, oldest first."""
    # One query reads one partition only. DynamoDB returns its keys in the order of `due_at`.
    older = "" if before is None else " AND #at < :before"
    return {
        "IndexName": ACTIVE_JOBS.name,
        "KeyConditionExpression": f"#shard = :shard{older}",
        "ExpressionAttributeNames": {"#shard": ACTIVE_SHARD, **({"#at": DUE_AT} if before else {})},
        "ExpressionAttributeValues": {":shard": shard, **({":before": before} if before else {})},
        **({"ExclusiveStartKey": start} if start else {}),
    }


def _oldest_of(search: Search, shard: str, start: Item | None) -> Request:
    size = max(search.limit // 8, _LEAST_PAGE) if start is None else BATCH_KEYS
    return Request("query", {**shard_query(shard, start, instant_text(search.before)), "Limit": size})


def _used_up(pool: list[Item], behind: dict[str, Item | None]) -> str | None:
    """Return a partition with more keys in the index and none in the pool."""
    present = {key[ACTIVE_SHARD] for key in pool}
    return next((shard for shard in behind if shard not in present), None)


def _ripe(pool: list[Item], behind: dict[str, Item | None]) -> int:
    """Count the keys to look at before a partition must be queried again."""
    last = {key[ACTIVE_SHARD]: number for number, key in enumerate(pool)}
    return min([BATCH_KEYS, len(pool), *(last[shard] + 1 for shard in behind)])


def _judge(search: Search, stuck: Stuck, records: list[Item]) -> None:
    for record in records:
        if len(stuck.jobs) == search.limit:
            return
        job_id: str = record[JOB_ID]
        try:
            snapshot = read_snapshot(record)
        except CorruptRecordError:
            stuck.unread.append(job_id)
            continue
        if isinstance(record, StrangeItem):
            stuck.unread.append(job_id)
            continue
        if snapshot.status.finished or snapshot.expired(search.now) or not _is_old(record, search.before):
            continue
        if _is_unleased(snapshot) and not search.adopt_unleased:
            stuck.unleased.append(job_id)
        elif snapshot.status is JobStatus.PENDING or _is_unleased(snapshot) or snapshot.lease_lapsed(search.now):
            stuck.jobs.append(record)


def _is_unleased(snapshot: Snapshot) -> bool:
    """Tell whether the job is PROCESSING without a lease."""
    return snapshot.status is JobStatus.PROCESSING and snapshot.lease_expires_at is None


def _is_old(record: Item, before: datetime) -> bool:
    """Tell whether the record itself is old enough.

    The index lags behind the table: it can still hold the old key of a job that was submitted anew.
    """
    created_at = parse_instant(record.get(CREATED_AT))
    return created_at is not None and created_at < before


def _age(key: Item) -> tuple[str, str]:
    return key[DUE_AT], key[JOB_ID]
