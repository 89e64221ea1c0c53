"""Written by hand with boto3's client and its `TypeSerializer` and `TypeDeserializer`; numbers stay Decimals."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import boto3
from boto3.dynamodb.types import TypeDeserializer, TypeSerializer
from botocore.config import Config

from benchmarks.contenders.expressions import BY_KEY, NOT_THERE, move
from benchmarks.contenders.work import UNFINISHED, ByHand, Record
from benchmarks.records import ENDING, INDEX, TABLE

if TYPE_CHECKING:
    from collections.abc import Sequence

POOL = 50

_serialize = TypeSerializer().serialize
_deserialize = TypeDeserializer().deserialize


class Jobs(ByHand):
    """One client for all threads."""

    def __init__(self) -> None:
        self._client = boto3.client("dynamodb", config=Config(max_pool_connections=POOL))

    def get(self, job_id: str) -> Any:
        key = {"job_id": {"S": job_id}}
        return _read(self._client.get_item(TableName=TABLE, Key=key, ConsistentRead=True)["Item"])

    def find(self, idempotency_key: str) -> Any:
        page = self._client.query(
            TableName=TABLE,
            IndexName=INDEX,
            KeyConditionExpression=BY_KEY,
            ExpressionAttributeValues={":key": {"S": idempotency_key}},
        )
        return _read(page["Items"][0])

    def create(self, job: Record) -> Any:
        self._client.put_item(TableName=TABLE, Item=_written(job), ConditionExpression=NOT_THERE)
        return job

    def move(self, job_id: str, sources: Sequence[str], target: str, fields: Record) -> Any:
        update, condition, names, values = move(sources, target, fields)
        reply = self._client.update_item(
            TableName=TABLE,
            Key={"job_id": {"S": job_id}},
            UpdateExpression=update,
            ConditionExpression=condition,
            ExpressionAttributeNames=names,
            ExpressionAttributeValues=_written(values),
            ReturnValues="ALL_NEW",
        )
        return _read(reply["Attributes"])

    def once(self, job: Record) -> Any:
        if not self._is_new(job) or self._is_new(job):
            raise RuntimeError("The duplicate was not noticed")
        return self.move(job["job_id"], UNFINISHED, "COMPLETED", ENDING)

    def _is_new(self, job: Record) -> bool:
        try:
            self._client.put_item(
                TableName=TABLE,
                Item=_written(job),
                ConditionExpression=NOT_THERE,
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
            )
        except self._client.exceptions.ConditionalCheckFailedException as refused:
            return not _read(refused.response.get("Item", {}))
        return True

    def plain(self, answer: Any) -> Record:
        return dict(answer)


def _written(content: Record) -> dict[str, Any]:
    exact = json.loads(json.dumps(content), parse_float=Decimal)
    return {name: _serialize(value) for name, value in exact.items()}


def _read(item: Any) -> Record:
    return {name: _deserialize(value) for name, value in item.items()}
