"""The indexes of the jobs table: their keys and their projections."""

from __future__ import annotations

import zlib
from collections.abc import Iterable
from typing import Final, Literal, NamedTuple

from careervp_jobs_dal.job.attribute import ACTIVE_SHARD, CREATED_AT, IDEMPOTENCY_KEY, USER_ID
from careervp_jobs_dal.job.invalid_input import InvalidInputError

IDEMPOTENCY_INDEX: Final = "idempotency-key-index"
USER_JOBS_INDEX: Final = "user-jobs-index"
ACTIVE_JOBS_INDEX: Final = "active-jobs-index"

# DynamoDB takes at most 1,000 write units a second for one partition key; a single one could throttle all submissions.
ACTIVE_SHARDS: Final = 32
"""Number of partitions of the active index. It is fixed: a sweeper that assumed another number would miss jobs."""

Projection = Literal["ALL", "KEYS_ONLY"]


class Index(NamedTuple):
    """Global secondary index: its name, its keys (both texts) and its projection."""

    name: str
    partition: str
    sort: str | None
    projection: Projection


USER_JOBS: Final = Index(USER_JOBS_INDEX, USER_ID, CREATED_AT, "KEYS_ONLY")
"""A user's jobs by age, for `list_jobs`. A record without `user_id` is not in it."""

ACTIVE_JOBS: Final = Index(ACTIVE_JOBS_INDEX, ACTIVE_SHARD, CREATED_AT, "KEYS_ONLY")
"""The unfinished jobs by age. DynamoDB keeps only records with an `active_shard` in it, and a finished job has none.

Claims and renewals change none of its keys, so they write nothing to the index and are not billed for it.
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


def active_shard(job_id: str) -> str:
    """Return the job's partition of the active index.

    The job stays in that partition until it is finished.

    >>> active_shard("vpr-1")
    '05'
    """
    # crc32 and not hash(): every process must derive the same partition.
    return f"{zlib.crc32(job_id.encode()) % ACTIVE_SHARDS:02d}"
