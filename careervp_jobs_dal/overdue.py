"""The plans that find overdue jobs: unfinished, older than given, and held by nobody.

The active index has its jobs in 32 partitions, each in order of age. A search asks all of them for their oldest, reads
the records of the oldest among those, and asks a partition again once its jobs are used up; so the jobs come oldest
first, and no more of them are looked at than needed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from careervp_jobs_dal.batch import BATCH_KEYS, Found, read_all
from careervp_jobs_dal.plan import Item, Plan, Reply, Step
from careervp_jobs_dal.result import Result
from careervp_jobs_dal.state import CorruptRecordError, JobState, read_state
from careervp_jobs_dal.status import JobStatus
from careervp_jobs_dal.table import ACTIVE_JOBS, ACTIVE_SHARD, ACTIVE_SHARDS, CREATED_AT, JOB_ID
from careervp_jobs_dal.values import instant_text

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

MAX_LOOKED_AT = 10_000
"""How many jobs one search looks at; with more of that age in the hands of workers, the age is too low."""
_LEAST_PAGE = 10
SHARDS = tuple(f"{number:02d}" for number in range(ACTIVE_SHARDS))


class Stuck(NamedTuple):
    """What a search found, each oldest first: jobs to be recovered, unleased ones, and ids that could not be judged."""

    jobs: tuple[Item, ...] = ()
    unleased: tuple[str, ...] = ()
    unread: tuple[str, ...] = ()


class Search(NamedTuple):
    """A search, as its caller asked for it."""

    table_name: str
    verb: str
    before: datetime
    limit: int
    now: datetime
    adopt_unleased: bool = False


class _Progress(NamedTuple):
    """How far a search is.

    Attributes:
        stuck: what is found.
        pool: keys that are to be looked at, oldest first.
        behind: the partitions that have more keys, and after which key those come.
        looked_at: how many keys were looked at.
    """

    stuck: Stuck
    pool: tuple[Item, ...]
    behind: Mapping[str, Item | None]
    looked_at: int = 0


def find_overdue(search: Search) -> Step[Stuck]:
    """Find the oldest overdue jobs."""
    return _go_on(search, _Progress(Stuck(), (), dict.fromkeys(SHARDS)))


def _go_on(search: Search, progress: _Progress) -> Step[Stuck]:
    if len(progress.stuck.jobs) >= search.limit or progress.looked_at >= MAX_LOOKED_AT:
        return Result.success(progress.stuck)
    present = {key[ACTIVE_SHARD] for key in progress.pool}
    empty = next((shard for shard in progress.behind if shard not in present), None)
    if empty is not None:
        return _ask(search, progress, empty)
    return _look_at(search, progress) if progress.pool else Result.success(progress.stuck)


def _ask(search: Search, progress: _Progress, shard: str) -> Plan[Stuck]:
    """Ask a partition for its oldest keys, or for those that follow."""

    def read(reply: Reply) -> Step[Stuck]:
        pool = sorted((*progress.pool, *reply.response.get("Items", ())), key=_age)
        behind = {name: start for name, start in progress.behind.items() if name != shard}
        following = reply.response.get("LastEvaluatedKey")
        if following:
            behind[shard] = following
        return _go_on(search, progress._replace(pool=tuple(pool), behind=behind))

    start = progress.behind[shard]
    size = max(search.limit // 8, _LEAST_PAGE) if start is None else BATCH_KEYS
    parameters = {**shard_query(shard, start, instant_text(search.before)), "Limit": size}
    return Plan(search.verb, "query", parameters, read)


def shard_query(shard: str, start: Item | None, before: str | None = None) -> dict[str, Any]:
    """The parameters that ask one partition of the active index for its keys, oldest first."""
    older = "" if before is None else " AND #at < :before"
    return {
        "IndexName": ACTIVE_JOBS.name,
        "KeyConditionExpression": f"#shard = :shard{older}",
        "ExpressionAttributeNames": {"#shard": ACTIVE_SHARD, **({"#at": CREATED_AT} if before else {})},
        "ExpressionAttributeValues": {":shard": shard, **({":before": before} if before else {})},
        **({"ExclusiveStartKey": start} if start else {}),
    }


def _look_at(search: Search, progress: _Progress) -> Step[Stuck]:
    """Read the jobs of the oldest keys; younger ones wait until every partition has shown its own."""
    keys, rest = _ripe(progress)

    def finish(found: Found, unread: tuple[str, ...]) -> Step[Stuck]:
        stuck = progress.stuck._replace(unread=(*progress.stuck.unread, *unread))
        for key in keys:
            record = found.get(key[JOB_ID])
            if record is not None and len(stuck.jobs) < search.limit:
                stuck = _judged(search, stuck, record)
        if unread:
            return Result.success(stuck)
        return _go_on(search, progress._replace(stuck=stuck, pool=rest, looked_at=progress.looked_at + len(keys)))

    return read_all(search.verb, search.table_name, tuple(dict.fromkeys(key[JOB_ID] for key in keys)), finish)


def _ripe(progress: _Progress) -> tuple[tuple[Item, ...], tuple[Item, ...]]:
    """Split the pool where a partition that has more keys runs out of them, or a batch is full."""
    last = {key[ACTIVE_SHARD]: number for number, key in enumerate(progress.pool)}
    ends = [last[shard] for shard in progress.behind]
    size = min([BATCH_KEYS, len(progress.pool), *(end + 1 for end in ends)])
    return progress.pool[:size], progress.pool[size:]


def _judged(search: Search, stuck: Stuck, record: Item) -> Stuck:
    job_id: str = record[JOB_ID]
    try:
        state = read_state(record)
    except CorruptRecordError:
        return stuck._replace(unread=(*stuck.unread, job_id))
    if state.status.finished or state.expired(search.now) or not _is_old(record, search.before):
        return stuck
    if state.status is JobStatus.PROCESSING and state.lease_expires_at is None and not search.adopt_unleased:
        return stuck._replace(unleased=(*stuck.unleased, job_id))
    return stuck._replace(jobs=(*stuck.jobs, record)) if _is_free(state, search.now) else stuck


def _is_free(state: JobState, now: datetime) -> bool:
    """Whether nobody is at an unfinished job."""
    return state.status is JobStatus.PENDING or state.lease_expires_at is None or state.lease_lapsed(now)


def _is_old(record: Item, before: datetime) -> bool:
    """The index can still have the key of a job that has begun anew."""
    created_at = record.get(CREATED_AT)
    return isinstance(created_at, str) and created_at < instant_text(before)


def _age(key: Item) -> tuple[str, str]:
    return key[CREATED_AT], key[JOB_ID]
