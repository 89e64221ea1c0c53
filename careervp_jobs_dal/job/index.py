"""The indexes of the jobs table: their keys, and which part of a record each of them holds."""

from __future__ import annotations

import zlib
from collections.abc import Iterable
from typing import Final, Literal, NamedTuple

from careervp_jobs_dal.job.attribute import ACTIVE_SHARD, CREATED_AT, IDEMPOTENCY_KEY, USER_ID
from careervp_jobs_dal.job.invalid_input import InvalidInputError

IDEMPOTENCY_INDEX: Final = "idempotency-key-index"
USER_JOBS_INDEX: Final = "user-jobs-index"
ACTIVE_JOBS_INDEX: Final = "active-jobs-index"

ACTIVE_SHARDS: Final = 32
"""The partitions of the active index; a sweeper that knew another number would miss jobs, so no table has its own."""

Projection = Literal["ALL", "KEYS_ONLY"]


class Index(NamedTuple):
    """Global secondary index: its name, its keys (texts both) and its projection."""

    name: str
    partition: str
    sort: str | None
    projection: Projection


USER_JOBS: Final = Index(USER_JOBS_INDEX, USER_ID, CREATED_AT, "KEYS_ONLY")
"""A user's jobs by age, for listing them."""

ACTIVE_JOBS: Final = Index(ACTIVE_JOBS_INDEX, ACTIVE_SHARD, CREATED_AT, "KEYS_ONLY")
"""The unfinished jobs by age: only they have an `active_shard`. No key of it changes in mid-life, so a claim is not
billed for it."""

OPTIONAL_INDEXES: Final = (USER_JOBS, ACTIVE_JOBS)


def idempotency_index(name: str = IDEMPOTENCY_INDEX, projection: Projection = "ALL") -> Index:
    """Return the index that every table has.

    >>> idempotency_index().partition
    'idempotency_key'
    """
    return Index(name, IDEMPOTENCY_KEY, None, projection)


def optional_indexes(wanted: bool | Iterable[str]) -> tuple[Index, ...]:
    """Choose among the optional indexes: all, none, or those that are named.

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
    """Return the partition of the active index to which a job belongs while it is unfinished.

    >>> active_shard("vpr-1")
    '05'
    """
    return f"{zlib.crc32(job_id.encode()) % ACTIVE_SHARDS:02d}"
