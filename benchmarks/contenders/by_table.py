"""Written by hand with `boto3.resource(...).Table`; on reading it leaves every number a Decimal."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from benchmarks.contenders.expressions import BY_KEY, NOT_THERE, move
from benchmarks.contenders.work import UNFINISHED, ByHand, Record
from benchmarks.records import ENDING, INDEX, TABLE

if TYPE_CHECKING:
    from collections.abc import Sequence

REFUSED = "ConditionalCheckFailedException"
POOL = 50


class Jobs(ByHand):
    """One Table for all threads, which is safe as long as conditions are text."""

    def __init__(self) -> None:
        self._table = boto3.resource("dynamodb", config=Config(max_pool_connections=POOL)).Table(TABLE)

    def get(self, job_id: str) -> Any:
        return self._table.get_item(Key={"job_id": job_id}, ConsistentRead=True)["Item"]

    def find(self, idempotency_key: str) -> Any:
        values = {":key": idempotency_key}
        page = self._table.query(IndexName=INDEX, KeyConditionExpression=BY_KEY, ExpressionAttributeValues=values)
        return page["Items"][0]

    def create(self, job: Record) -> Any:
        self._table.put_item(Item=_exact(job), ConditionExpression=NOT_THERE)
        return job

    def move(self, job_id: str, sources: Sequence[str], target: str, fields: Record) -> Any:
        update, condition, names, values = move(sources, target, _exact(fields))
        return self._table.update_item(
            Key={"job_id": job_id},
            UpdateExpression=update,
            ConditionExpression=condition,
            ExpressionAttributeNames=names,
            ExpressionAttributeValues=values,
            ReturnValues="ALL_NEW",
        )["Attributes"]

    def once(self, job: Record) -> Any:
        if not self._is_new(job) or self._is_new(job):
            raise RuntimeError("The duplicate was not noticed")
        return self.move(job["job_id"], UNFINISHED, "COMPLETED", ENDING)

    def _is_new(self, job: Record) -> bool:
        try:
            self._table.put_item(
                Item=_exact(job), ConditionExpression=NOT_THERE, ReturnValuesOnConditionCheckFailure="ALL_OLD"
            )
        except ClientError as error:
            if error.response["Error"]["Code"] != REFUSED:
                raise
            return not error.response.get("Item")
        return True

    def plain(self, answer: Any) -> Record:
        return dict(answer)


def _exact(content: Record) -> Any:
    """Floats as the Decimals that boto3 asks for, anywhere in it."""
    return json.loads(json.dumps(content), parse_float=Decimal)
