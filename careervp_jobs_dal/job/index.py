"""The indexes of the jobs table: their keys and their projections."""

from __future__ import annotations

import zlib
from collections.abc import Iterable
from enum import StrEnum
from typing import Final, Literal, NamedTuple

from careervp_jobs_dal.job.attribute import ACTIVE_SHARD, CREATED_AT, DUE_AT, IDEMPOTENCY_KEY, USER_ID
from careervp_jobs_dal.job.invalid_input import InvalidInputError

IDEMPOTENCY_INDEX: Final = "idempotency-key-index"
USER_JOBS_INDEX: Final = "user-jobs-index"
ACTIVE_JOBS_INDEX: Final = "active-jobs-index"

# DynamoDB takes at most 1,000 write units a second for one partition key; a single one could throttle all submissions.
ACTIVE_SHARDS: Final = 32
"""Number of partitions of the active index for each `Wait`. It is fixed: a sweeper that assumed another number would
miss jobs."""

Projection = Literal["ALL", "KEYS_ONLY"]


class Index(NamedTuple):
    """Global secondary index: its name, its keys (both texts) and its projection."""

    name: str
    partition: str
    sort: str | None
    projection: Projection


USER_JOBS: Final = Index(USER_JOBS_INDEX, USER_ID, CREATED_AT, "KEYS_ONLY")
"""A user's jobs by age, for `list_jobs`. A record without `user_id` is not in it."""

ACTIVE_JOBS: Final = Index(ACTIVE_JOBS_INDEX, ACTIVE_SHARD, DUE_AT, "KEYS_ONLY")
"""The jobs that need attention: the unfinished ones, by the instant at which they are due, and apart from them the
FAILED ones, by the instant of their end. DynamoDB keeps only records with an `active_shard` in it, and a COMPLETED job
has none.

Each move of a job changes the key. DynamoDB deletes the old entry and writes a new one, two write units of the index.
"""

OPTIONAL_INDEXES: Final = (USER_JOBS, ACTIVE_JOBS)


def idempotency_index(name: str = IDEMPOTENCY_INDEX, projection: Projection = "KEYS_ONLY") -> Index:
    """Return the index on `idempotency_key`, which every table has.

    >>> idempotency_index().partition
    'idempotency_key'
    """
    return Index(name, IDEMPOTENCY_KEY, None, projection)


def optional_indexes(wanted: bool | Iterable[str]) -> tuple[Index, ...]:
    """Choose optional indexes: all, none, or the named ones.

    >>> [index.name for index in optional_indexes(True)]
    ['user-jobs-index', 'active-jobs-index']
    >>> optional_indexes(["active-jobs-index"]) == (ACTIVE_JOBS,)
    True

    Raises:
        InvalidInputError: there is no optional index of a given name.
    """
    if isinstance(wanted, bool):
        return OPTIONAL_INDEXES if wanted else ()
    if not isinstance(wanted, Iterable):
        raise InvalidInputError("optional_indexes must be True, False, or names")
    names = {wanted} if isinstance(wanted, str) else set(wanted)
    unknown = names - {index.name for index in OPTIONAL_INDEXES}
    if unknown:
        raise InvalidInputError(f"The optional indexes are {USER_JOBS_INDEX} and {ACTIVE_JOBS_INDEX}")
    return tuple(index for index in OPTIONAL_INDEXES if index.name in names)


class Wait(StrEnum):
    """Kind of wait of a job that needs attention, with partitions of its own.

    QUEUED: a worker that takes its message from the queue. The job is due at `due_at`, but nothing is wrong before some
    more time has passed.
    TIMED: an instant, the end of a lease or the start of a job whose message is not in the queue. At `due_at` somebody
    has to act.
    FAILED: an operator, who looks at the job or tries it again. It failed at `due_at`, and no sweep looks at it.
    """

    # Of one length, so that a job's way from one to the other fits into the fullest record.
    QUEUED = "q"
    TIMED = "t"
    FAILED = "f"


UNFINISHED: Final = (Wait.QUEUED, Wait.TIMED)
"""The waits of unfinished jobs, which a sweep looks at."""

# Every write is billed for the name of the partition, so the name has two letters.
_NUMERALS = "0123456789abcdefghijklmnopqrstuv"


def active_shard(job_id: str, wait: Wait = Wait.QUEUED) -> str:
    """Return the job's partition of the active index.

    >>> active_shard("vpr-1"), active_shard("vpr-1", Wait.TIMED)
    ('q5', 't5')
    """
    # crc32 and not hash(): every process must derive the same partition.
    return wait + _NUMERALS[zlib.crc32(job_id.encode()) % ACTIVE_SHARDS]


def shards(wait: Wait) -> tuple[str, ...]:
    """Return the partitions of the jobs that wait for the same.

    >>> shards(Wait.TIMED)[:2]
    ('t0', 't1')
    """
    return tuple(wait + numeral for numeral in _NUMERALS)


def position(job_id: str, wait: Wait, due_at: str) -> dict[str, str]:
    """Return the attributes that place a job in the active index.

    >>> position("vpr-1", Wait.QUEUED, "2026-02-03T13:05:32.000000Z")["active_shard"]
    'q5'
    """
    return {ACTIVE_SHARD: active_shard(job_id, wait), DUE_AT: due_at}
