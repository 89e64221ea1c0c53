"""A real engine on this machine, with the table and the first records, for figures from end to end."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import boto3

from benchmarks.records import INDEX, TABLE, first_records
from benchmarks.stub import environment, wire
from tests.engines.server import running

if TYPE_CHECKING:
    from collections.abc import Iterator

ENGINE = "dynoxide"


@contextmanager
def prepared() -> Iterator[dict[str, str]]:
    """Start the engine and give the environment in which boto3 finds it; EngineError where it is not installed."""
    with running(ENGINE) as address:
        settings = environment(address)
        _make_table(address, settings)
        yield settings


def _make_table(address: str, settings: dict[str, str]) -> None:
    client = boto3.client(
        "dynamodb",
        endpoint_url=address,
        region_name=settings["AWS_DEFAULT_REGION"],
        aws_access_key_id=settings["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=settings["AWS_SECRET_ACCESS_KEY"],
    )
    client.create_table(
        TableName=TABLE,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[
            {"AttributeName": "job_id", "AttributeType": "S"},
            {"AttributeName": "idempotency_key", "AttributeType": "S"},
        ],
        KeySchema=[{"AttributeName": "job_id", "KeyType": "HASH"}],
        GlobalSecondaryIndexes=[
            {
                "IndexName": INDEX,
                "KeySchema": [{"AttributeName": "idempotency_key", "KeyType": "HASH"}],
                "Projection": {"ProjectionType": "ALL"},
            }
        ],
    )
    for record in first_records():
        client.put_item(TableName=TABLE, Item=wire(record))
