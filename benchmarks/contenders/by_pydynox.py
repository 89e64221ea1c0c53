"""pydynox's client, whose core is Rust: plain dicts with int and float, as this library's."""

import os
from collections.abc import Sequence
from typing import Any

from pydynox import DynamoDBClient

from benchmarks.contenders.by_hand import BY_KEY, NOT_THERE, ByHand, expressions
from benchmarks.records import INDEX, TABLE, Record


class Jobs(ByHand):
    """One client for all threads, with its synchronous calls."""

    def __init__(self) -> None:
        endpoint, region = os.environ["AWS_ENDPOINT_URL_DYNAMODB"], os.environ["AWS_DEFAULT_REGION"]
        self._client = DynamoDBClient(endpoint_url=endpoint, region=region)

    def get(self, job_id: str) -> Any:
        return self._client.sync_get_item(TABLE, {"job_id": job_id}, consistent_read=True)

    def find(self, idempotency_key: str) -> Any:
        values = {":key": idempotency_key}
        page = self._client.sync_query(TABLE, BY_KEY, expression_attribute_values=values, index_name=INDEX)
        return next(iter(page))

    def create(self, job: Record) -> Any:
        self._client.sync_put_item(TABLE, job, condition_expression=NOT_THERE)
        return job

    def move(self, job_id: str, sources: Sequence[str], target: str, fields: Record) -> Any:
        update, condition, names, values = expressions(sources, target, fields)
        return self._client.sync_update_item(
            TABLE,
            {"job_id": job_id},
            update_expression=update,
            condition_expression=condition,
            expression_attribute_names=names,
            expression_attribute_values=values,
            return_values="ALL_NEW",
        )
