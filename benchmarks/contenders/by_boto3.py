"""Written by hand with boto3: with its `Table`, and with its client and `TypeSerializer`; numbers stay Decimals."""

from collections.abc import Sequence
from functools import partial
from types import SimpleNamespace
from typing import Any

import boto3
from boto3.dynamodb.types import TypeDeserializer, TypeSerializer
from botocore.config import Config
from botocore.exceptions import ClientError

from benchmarks.contenders.by_hand import BY_KEY, NOT_THERE, POOL, UNFINISHED, ByHand, expressions
from benchmarks.records import ENDING, INDEX, TABLE, Record, exact

REFUSED = "ConditionalCheckFailedException"
_CONFIG = Config(max_pool_connections=POOL)
_serialize = TypeSerializer().serialize
_deserialize = TypeDeserializer().deserialize


class Table(ByHand):
    """One Table for all threads, which is safe as long as conditions are text."""

    def __init__(self) -> None:
        self._table: Any = boto3.resource("dynamodb", config=_CONFIG).Table(TABLE)

    def get(self, job_id: str) -> Any:
        return self._read(self._table.get_item(Key=self._text("job_id", job_id), ConsistentRead=True)["Item"])

    def find(self, idempotency_key: str) -> Any:
        values = self._text(":key", idempotency_key)
        page = self._table.query(IndexName=INDEX, KeyConditionExpression=BY_KEY, ExpressionAttributeValues=values)
        return self._read(page["Items"][0])

    def create(self, job: Record) -> Any:
        self._table.put_item(Item=self._written(job), ConditionExpression=NOT_THERE)
        return job

    def move(self, job_id: str, sources: Sequence[str], target: str, fields: Record) -> Any:
        update, condition, names, values = expressions(sources, target, fields)
        reply = self._table.update_item(
            Key=self._text("job_id", job_id),
            UpdateExpression=update,
            ConditionExpression=condition,
            ExpressionAttributeNames=names,
            ExpressionAttributeValues=self._written(values),
            ReturnValues="ALL_NEW",
        )
        return self._read(reply["Attributes"])

    def once(self, job: Record) -> Any:
        if not self._is_new(job) or self._is_new(job):
            raise RuntimeError("The duplicate was not noticed")
        return self.move(job["job_id"], UNFINISHED, "COMPLETED", ENDING)

    def _is_new(self, job: Record) -> bool:
        item, returned = self._written(job), "ALL_OLD"
        try:
            self._table.put_item(Item=item, ConditionExpression=NOT_THERE, ReturnValuesOnConditionCheckFailure=returned)
        except ClientError as error:
            if error.response["Error"]["Code"] != REFUSED:
                raise
            return not self._read(error.response.get("Item", {}))
        return True

    def _text(self, name: str, text: str) -> Record:
        return {name: text}

    def _written(self, content: Record) -> Record:
        return exact(content)  # type: ignore[no-any-return]

    def _read(self, item: Any) -> Record:
        return item  # type: ignore[no-any-return]


class Client(Table):
    """The same with one client for all threads, and conversions by hand."""

    def __init__(self) -> None:
        client = boto3.client("dynamodb", config=_CONFIG)
        names = ("get_item", "put_item", "query", "update_item")
        self._table = SimpleNamespace(**{name: partial(getattr(client, name), TableName=TABLE) for name in names})

    def _text(self, name: str, text: str) -> Record:
        return {name: {"S": text}}

    def _written(self, content: Record) -> Record:
        return {name: _serialize(value) for name, value in exact(content).items()}

    def _read(self, item: Any) -> Record:
        return {name: _deserialize(value) for name, value in item.items()}
