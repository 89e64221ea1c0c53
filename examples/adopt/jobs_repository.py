"""Job records by hand, as a service has them before it adopts the library."""

from __future__ import annotations

import os
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import boto3
from aws_lambda_powertools import Logger
from boto3.dynamodb.conditions import Key
from botocore.exceptions import ClientError

logger = Logger()

REQUIRED = ("job_id", "status", "created_at", "idempotency_key")
RESERVED_WORDS = {
    "data",
    "date",
    "error",
    "items",
    "name",
    "result",
    "status",
    "timestamp",
    "ttl",
    "type",
    "user",
}


@dataclass
class Result:
    """What a call came to."""

    success: bool
    data: dict[str, Any] | None = None
    error: str | None = None


def to_dynamodb(item: dict[str, Any]) -> dict[str, Any]:
    return {
        name: Decimal(str(value)) if isinstance(value, float) else value
        for name, value in item.items()
    }


def from_dynamodb(item: dict[str, Any]) -> dict[str, Any]:
    return {
        name: float(value) if isinstance(value, Decimal) else value
        for name, value in item.items()
    }


class JobsRepository:
    def __init__(
        self,
        table_name: str | None = None,
        idempotency_index_name: str = "idempotency-key-index",
    ) -> None:
        self.dynamodb = boto3.resource("dynamodb")
        self.table = self.dynamodb.Table(table_name or os.environ["JOBS_TABLE_NAME"])
        self.idempotency_index = idempotency_index_name

    def create_job(self, job_data: dict[str, Any]) -> Result:
        for field in REQUIRED:
            if field not in job_data:
                return Result(False, error=f"Missing required field: {field}")
        try:
            self.table.put_item(
                Item=to_dynamodb(job_data),
                ConditionExpression="attribute_not_exists(job_id)",
            )
        except ClientError as error:
            logger.exception("Could not create the job")
            return Result(
                False, error=f"DynamoDB error: {error.response['Error']['Message']}"
            )
        return Result(True, data=job_data)

    def get_job(self, job_id: str) -> dict[str, Any] | None:
        try:
            answer = self.table.get_item(Key={"job_id": job_id})
        except ClientError:
            logger.exception("Could not read the job")
            return None
        return from_dynamodb(answer["Item"]) if "Item" in answer else None

    def get_job_by_idempotency_key(self, idempotency_key: str) -> dict[str, Any] | None:
        try:
            answer = self.table.query(
                IndexName=self.idempotency_index,
                KeyConditionExpression=Key("idempotency_key").eq(idempotency_key),
                Limit=1,
            )
        except ClientError:
            logger.exception("Could not look the key up")
            return None
        return from_dynamodb(answer["Items"][0]) if answer["Items"] else None

    def update_job_status(self, job_id: str, status: str, **fields: Any) -> Result:
        return self.update_job(job_id, {"status": status, **fields})

    def update_job(self, job_id: str, updates: dict[str, Any]) -> Result:
        terms, names = [], {}
        for name in updates:
            if name in RESERVED_WORDS:
                names[f"#{name}"] = name
            terms.append(f"{'#' * (name in RESERVED_WORDS)}{name} = :{name}")
        arguments: dict[str, Any] = {"ExpressionAttributeNames": names} if names else {}
        try:
            answer = self.table.update_item(
                Key={"job_id": job_id},
                UpdateExpression="SET " + ", ".join(terms),
                ExpressionAttributeValues={
                    f":{name}": value for name, value in to_dynamodb(updates).items()
                },
                ReturnValues="ALL_NEW",
                **arguments,
            )
        except ClientError as error:
            logger.exception("Could not update the job")
            return Result(
                False, error=f"DynamoDB error: {error.response['Error']['Message']}"
            )
        return Result(True, data=from_dynamodb(answer["Attributes"]))
