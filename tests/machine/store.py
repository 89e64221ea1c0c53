"""The table itself, looked at from behind: no request, no fault, no library in between."""

from __future__ import annotations

from typing import Any

from boto3.dynamodb.types import TypeDeserializer
from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.dynamodb.models import dynamodb_backends
from moto.dynamodb.models.table import Table

from careervp_jobs_dal.codec.packing import decode_record

Record = dict[str, Any]

REGION = "eu-west-1"


class Store:
    """The items of one table on moto."""

    def __init__(self, table_name: str) -> None:
        self._table: Table = dynamodb_backends[DEFAULT_ACCOUNT_ID][REGION].get_table(table_name)

    def records(self) -> dict[str, Record]:
        """Every stored record by its id, as plain Python."""
        records = (_plain(item.to_json()["Attributes"]) for item in self._table.all_items())
        return {record["job_id"]: record for record in records}

    def delete(self, job_id: str) -> None:
        """What DynamoDB does some time after an item has expired."""
        for item in self._table.all_items():
            if item.hash_key.value == job_id:
                self._table.delete_item(item.hash_key, None)

    def clear(self) -> None:
        for job_id in self.records():
            self.delete(job_id)


def _plain(attributes: dict[str, Any]) -> Record:
    deserialize = TypeDeserializer().deserialize
    return decode_record({name: deserialize(value) for name, value in attributes.items()})
