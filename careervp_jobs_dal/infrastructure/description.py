"""The table's description: the parameters that create it. Templates and checks are made from them as well."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from careervp_jobs_dal.job.attribute import JOB_ID, TTL
from careervp_jobs_dal.job.index import IDEMPOTENCY_INDEX, Index, Projection, idempotency_index, optional_indexes

if TYPE_CHECKING:
    from collections.abc import Iterable

STREAM_VIEW: Final = "NEW_AND_OLD_IMAGES"
"""The view of the table's stream in which every change of a job can be told."""


def create_table_request(
    table_name: str,
    index_name: str = IDEMPOTENCY_INDEX,
    projection: Projection = "KEYS_ONLY",
    optional: bool | Iterable[str] = False,
) -> dict[str, Any]:
    """Return the parameters of CreateTable: the key, the indexes and on-demand billing.

    >>> create_table_request("jobs")["KeySchema"]
    [{'AttributeName': 'job_id', 'KeyType': 'HASH'}]
    """
    indexes = (idempotency_index(index_name, projection), *optional_indexes(optional))
    names = dict.fromkeys([JOB_ID, *(name for index in indexes for name in (index.partition, index.sort) if name)])
    return {
        "TableName": table_name,
        "BillingMode": "PAY_PER_REQUEST",
        # DynamoDB takes definitions of key attributes only, each of them once.
        "AttributeDefinitions": [{"AttributeName": name, "AttributeType": "S"} for name in names],
        "KeySchema": key_schema(JOB_ID),
        "GlobalSecondaryIndexes": [index_request(index) for index in indexes],
    }


def index_request(index: Index) -> dict[str, Any]:
    """Return an index as CreateTable and UpdateTable take it.

    >>> from careervp_jobs_dal.job.index import ACTIVE_JOBS
    >>> index_request(ACTIVE_JOBS)["Projection"]
    {'ProjectionType': 'KEYS_ONLY'}
    """
    return {
        "IndexName": index.name,
        "KeySchema": key_schema(index.partition, index.sort),
        "Projection": {"ProjectionType": index.projection},
    }


def key_schema(partition: str, sort: str | None = None) -> list[dict[str, str]]:
    """Return a key as CreateTable takes it.

    >>> key_schema("job_id")
    [{'AttributeName': 'job_id', 'KeyType': 'HASH'}]
    """
    # DynamoDB wants the partition key first.
    hashed = [{"AttributeName": partition, "KeyType": "HASH"}]
    return [*hashed, {"AttributeName": sort, "KeyType": "RANGE"}] if sort else hashed


def time_to_live_request(table_name: str) -> dict[str, Any]:
    """Return the parameters of UpdateTimeToLive, for the attribute `ttl`.

    DynamoDB deletes an item within a few days after the time in that attribute.

    >>> time_to_live_request("jobs")["TimeToLiveSpecification"]
    {'Enabled': True, 'AttributeName': 'ttl'}
    """
    return {
        "TableName": table_name,
        "TimeToLiveSpecification": {"Enabled": True, "AttributeName": TTL},
    }
