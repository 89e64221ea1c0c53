"""The jobs table, described once: its attributes, keys, index and time to live.

Creating the table, the writes' conditions and the documentation are made from what stands here.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable
from typing import Any, Final, Literal, NamedTuple

JOB_ID: Final = "job_id"
STATUS: Final = "status"
CREATED_AT: Final = "created_at"
IDEMPOTENCY_KEY: Final = "idempotency_key"
INPUT_DATA: Final = "input_data"
TTL: Final = "ttl"

USER_ID: Final = "user_id"
APPLICATION_ID: Final = "application_id"
ERROR: Final = "error"
ERRORS: Final = "errors"
PROGRESS: Final = "progress"
STARTED_AT: Final = "started_at"
COMPLETED_AT: Final = "completed_at"
CANCELLED_AT: Final = "cancelled_at"

ATTEMPT: Final = "attempt"
MAX_ATTEMPTS: Final = "max_attempts"
CLAIM_ID: Final = "claim_id"
CLAIMED_BY: Final = "claimed_by"
LEASE_EXPIRES_AT: Final = "lease_expires_at"
CANCEL_REQUESTED_AT: Final = "cancel_requested_at"
SUBMISSION_ID: Final = "submission_id"
FINGERPRINT: Final = "fingerprint"
ACTIVE_SHARD: Final = "active_shard"

OWNED: Final = frozenset(
    {
        ATTEMPT,
        MAX_ATTEMPTS,
        CLAIM_ID,
        CLAIMED_BY,
        LEASE_EXPIRES_AT,
        CANCEL_REQUESTED_AT,
        CANCELLED_AT,
        SUBMISSION_ID,
        FINGERPRINT,
        ACTIVE_SHARD,
    }
)
"""What only the lifecycle writes; refused in the fields of any update and of a submission."""

IDEMPOTENCY_INDEX: Final = "idempotency-key-index"
USER_JOBS_INDEX: Final = "user-jobs-index"
ACTIVE_JOBS_INDEX: Final = "active-jobs-index"

ACTIVE_SHARDS: Final = 32
"""The partitions of the active index; a sweeper that knew another number would miss jobs, so no table has its own."""

Projection = Literal["ALL", "KEYS_ONLY"]


class Index(NamedTuple):
    """A global secondary index: its name, its keys (texts both) and what it holds of a record."""

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
    """The index that every table has.

    >>> idempotency_index().partition
    'idempotency_key'
    """
    return Index(name, IDEMPOTENCY_KEY, None, projection)


def optional_indexes(wanted: bool | Iterable[str]) -> tuple[Index, ...]:
    """All optional indexes, none, or those that are named.

    >>> [index.name for index in optional_indexes(True)]
    ['user-jobs-index', 'active-jobs-index']
    >>> optional_indexes(["active-jobs-index"]) == (ACTIVE_JOBS,)
    True

    Raises:
        ValueError: there is no optional index of a given name.
    """
    if isinstance(wanted, bool):
        return OPTIONAL_INDEXES if wanted else ()
    if not isinstance(wanted, Iterable):
        raise ValueError("optional_indexes must be True, False, or names")  # noqa: TRY004
    names = {wanted} if isinstance(wanted, str) else set(wanted)
    unknown = names - {index.name for index in OPTIONAL_INDEXES}
    if unknown:
        raise ValueError(f"The optional indexes are {USER_JOBS_INDEX} and {ACTIVE_JOBS_INDEX}")
    return tuple(index for index in OPTIONAL_INDEXES if index.name in names)


def active_shard(job_id: str) -> str:
    """The partition of the active index that a job belongs to while it is unfinished.

    >>> active_shard("vpr-1")
    '05'
    """
    return f"{zlib.crc32(job_id.encode()) % ACTIVE_SHARDS:02d}"


def create_table_request(
    table_name: str,
    index_name: str = IDEMPOTENCY_INDEX,
    projection: Projection = "ALL",
    optional: bool | Iterable[str] = False,
) -> dict[str, Any]:
    """The parameters of CreateTable: on-demand billing, the key, the index on the idempotency key and optional ones.

    >>> create_table_request("jobs")["KeySchema"]
    [{'AttributeName': 'job_id', 'KeyType': 'HASH'}]
    """
    indexes = (idempotency_index(index_name, projection), *optional_indexes(optional))
    names = dict.fromkeys([JOB_ID, *(name for index in indexes for name in (index.partition, index.sort) if name)])
    return {
        "TableName": table_name,
        "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": [{"AttributeName": name, "AttributeType": "S"} for name in names],
        "KeySchema": key_schema(JOB_ID),
        "GlobalSecondaryIndexes": [index_request(index) for index in indexes],
    }


def index_request(index: Index) -> dict[str, Any]:
    """An index as CreateTable and UpdateTable take it.

    >>> index_request(ACTIVE_JOBS)["Projection"]
    {'ProjectionType': 'KEYS_ONLY'}
    """
    return {
        "IndexName": index.name,
        "KeySchema": key_schema(index.partition, index.sort),
        "Projection": {"ProjectionType": index.projection},
    }


def key_schema(partition: str, sort: str | None = None) -> list[dict[str, str]]:
    """A key as CreateTable takes it.

    >>> key_schema("job_id")
    [{'AttributeName': 'job_id', 'KeyType': 'HASH'}]
    """
    hashed = [{"AttributeName": partition, "KeyType": "HASH"}]
    return [*hashed, {"AttributeName": sort, "KeyType": "RANGE"}] if sort else hashed


def time_to_live_request(table_name: str) -> dict[str, Any]:
    """The parameters of UpdateTimeToLive: items go some time after the epoch seconds in `ttl`.

    >>> time_to_live_request("jobs")["TimeToLiveSpecification"]
    {'Enabled': True, 'AttributeName': 'ttl'}
    """
    return {
        "TableName": table_name,
        "TimeToLiveSpecification": {"Enabled": True, "AttributeName": TTL},
    }
