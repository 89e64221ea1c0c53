"""What listing a user's jobs and sweeping for overdue ones send: queries on two indexes, then batches of records.

Both indexes hold keys only. `list_page` is one page of a list, newest first; `sweep` asks every shard of the active
jobs for those that were created before an instant. The client is a boto3 resource's, which converts values.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from careervp_jobs_dal.table import create_table_request

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


USER_INDEX, ACTIVE_INDEX = "user-jobs-index", "active-jobs-index"
SHARDS = 32
BATCH = 100  # the most keys that BatchGetItem takes


class Page(NamedTuple):
    """Records, and where the next page begins."""

    jobs: list[dict[str, Any]]
    start: dict[str, Any] | None


def create(client: Any, table_name: str) -> None:
    """Make a jobs table with both indexes."""
    request = create_table_request(table_name, projection="KEYS_ONLY")
    there = {index["IndexName"] for index in request["GlobalSecondaryIndexes"]}
    for name, partition in ((USER_INDEX, "user_id"), (ACTIVE_INDEX, "active_shard")):
        if name not in there:
            keys = [
                {"AttributeName": partition, "KeyType": "HASH"},
                {"AttributeName": "created_at", "KeyType": "RANGE"},
            ]
            kept = {"ProjectionType": "KEYS_ONLY"}
            request["GlobalSecondaryIndexes"].append({"IndexName": name, "KeySchema": keys, "Projection": kept})
    defined = {definition["AttributeName"] for definition in request["AttributeDefinitions"]}
    missing = [name for name in ("user_id", "active_shard", "created_at") if name not in defined]
    request["AttributeDefinitions"] += [{"AttributeName": name, "AttributeType": "S"} for name in missing]
    client.create_table(**request)


def list_page(client: Any, table_name: str, user_id: str, limit: int, start: dict[str, Any] | None = None) -> Page:
    """One page of a user's jobs, newest first."""
    found = client.query(
        TableName=table_name,
        IndexName=USER_INDEX,
        KeyConditionExpression="user_id = :user",
        ExpressionAttributeValues={":user": user_id},
        ScanIndexForward=False,
        Limit=limit,
        **({"ExclusiveStartKey": start} if start else {}),
    )
    records = read_batches(client, table_name, [entry["job_id"] for entry in found["Items"]])
    return Page(records, found.get("LastEvaluatedKey"))


def sweep(client: Any, table_name: str, before: str) -> list[dict[str, Any]]:
    """All active jobs that were created before an instant."""
    ids = [job_id for shard in range(SHARDS) for job_id in _overdue(client, table_name, f"{shard:02d}", before)]
    return read_batches(client, table_name, ids)


def read_batches(client: Any, table_name: str, ids: Sequence[str]) -> list[dict[str, Any]]:
    """The records of these ids, eventually consistent."""
    records: list[dict[str, Any]] = []
    for first in range(0, len(ids), BATCH):
        keys = [{"job_id": job_id} for job_id in ids[first : first + BATCH]]
        while keys:
            answer = client.batch_get_item(RequestItems={table_name: {"Keys": keys}})
            records += answer["Responses"][table_name]
            keys = answer["UnprocessedKeys"].get(table_name, {}).get("Keys", [])
    return records


def _overdue(client: Any, table_name: str, shard: str, before: str) -> Iterator[str]:
    pages = client.get_paginator("query").paginate(
        TableName=table_name,
        IndexName=ACTIVE_INDEX,
        KeyConditionExpression="active_shard = :shard AND created_at < :before",
        ExpressionAttributeValues={":shard": shard, ":before": before},
    )
    return (entry["job_id"] for page in pages for entry in page["Items"])
