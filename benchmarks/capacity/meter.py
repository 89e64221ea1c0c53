"""Watches the requests of one client, and notes of each what it consumes.

A response shows less than what is billed, so the meter fetches whole items through a client of its own, once and again
after each write; nobody else may write them. It also has the engine report what it counts.
"""

import json
from collections.abc import Mapping
from functools import cache
from typing import Any, NamedTuple

import boto3

from benchmarks.capacity.rules import (
    TABLE,
    Item,
    Layout,
    Units,
    item_size,
    read_units,
    refused_write_units,
    transaction_units,
    write_units,
)

Body = Mapping[str, Any]

WRITES, READS = ("write", "refused"), ("read", "query")
"""The kinds of requests."""

REFUSALS = ("ConditionalCheckFailedException", "TransactionCanceledException")
_READS = ("GetItem", "Query", "BatchGetItem")
_WRITES = ("PutItem", "UpdateItem", "DeleteItem", "TransactWriteItems")


class Request(NamedTuple):
    """A request: its step, kind, units by rules and engine, and bytes read."""

    step: str
    kind: str
    units: Units
    reported: Units | None
    consistent: bool = False
    size: int = 0


class Meter:
    """The requests of a client in their order, noted under a step."""

    def __init__(self, client: Any) -> None:
        own = boto3.client("dynamodb")
        self._fetch = own.get_item
        self._layout = cache(lambda table: Layout.of(own.describe_table(TableName=table)["Table"]))
        self._known: dict[str, Item | None] = {}
        self.step = ""
        self.requests: list[Request] = []
        client.meta.events.register_first("before-call.dynamodb", self._before)
        client.meta.events.register_first("after-call.dynamodb", self._after)

    def noted(self) -> list[Request]:
        """List the requests that belong to a step."""
        return [request for request in self.requests if request.step]

    def _before(self, *, model: Any, params: dict[str, Any], context: dict[str, Any], **_: Any) -> None:
        body = json.loads(params["body"])
        writes = _writes(body) if model.name in _WRITES else []
        context["metered"] = (body, [self._stored(each["TableName"], _key(each)) for each in writes])
        if model.name in _READS + _WRITES:
            params["body"] = json.dumps({**body, "ReturnConsumedCapacity": "INDEXES"}).encode()

    def _after(self, *, model: Any, parsed: Body, context: Body, **_: Any) -> None:
        body, stored = context["metered"]
        code = parsed.get("Error", {}).get("Code")
        if code not in (None, *REFUSALS):
            return
        reported = _reported(parsed.get("ConsumedCapacity"))
        if model.name in _READS:
            self.requests.append(self._read(model.name, body, parsed, reported))
        elif model.name not in _WRITES:
            raise ValueError(f"{model.name} is not computed here")
        else:
            pairs = zip(stored, _writes(body), strict=True)
            units = [self._refused(*pair) if code else self._written(*pair) for pair in pairs]
            billed = transaction_units(units) if "TransactItems" in body else units[0]
            self.requests.append(Request(self.step, "refused" if code else "write", billed, reported))

    def _refused(self, stored: Item | None, write: Body) -> Units:
        return refused_write_units(stored, write.get("Item"))

    def _written(self, stored: Item | None, write: Body) -> Units:
        after = self._stored(write["TableName"], _key(write), anew=True)
        return write_units(stored, after, self._layout(write["TableName"]))

    def _read(self, operation: str, body: Body, parsed: Body, reported: Units | None) -> Request:
        """Bill items read by keys one by one, those of a query in sum."""
        kind, place, table = "read", TABLE, body.get("TableName", "")
        if operation == "Query":
            if {"FilterExpression", "ProjectionExpression"} & body.keys():
                raise ValueError("What a query read is more than what it returned")
            kind, place = "query", body.get("IndexName", TABLE)
            sizes = [sum(map(item_size, parsed["Items"]))]
        elif operation == "BatchGetItem":
            ((table, body),) = body["RequestItems"].items()
            left = parsed.get("UnprocessedKeys", {}).get(table, {}).get("Keys", [])
            sizes = [item_size(self._stored(table, key)) for key in body["Keys"] if key not in left]
        else:
            sizes = [item_size(self._stored(table, body["Key"]))]
        consistent = body.get("ConsistentRead", False)
        units = sum(read_units(size, consistent=consistent) for size in sizes)
        return Request(self.step, kind, {place: units}, reported, consistent, sum(sizes))

    def _stored(self, table: str, key: Item, *, anew: bool = False) -> Item | None:
        name = json.dumps([table, key], sort_keys=True)
        if anew or name not in self._known:
            self._known[name] = self._fetch(TableName=table, Key=key, ConsistentRead=True).get("Item")
        return self._known[name]


def _writes(body: Body) -> list[Body]:
    """List the single writes of a request."""
    if "TransactItems" not in body:
        return [body]
    return [write for action in body["TransactItems"] for write in action.values()]


def _key(body: Body) -> Item:
    """Find a written item's key, which is a single attribute in tables of jobs."""
    return body.get("Key") or {"job_id": body["Item"]["job_id"]}


def _reported(consumed: Any) -> Units | None:
    """Read what an engine says, by place."""
    if not consumed:
        return None
    units: Units = {}
    for entry in consumed if isinstance(consumed, list) else [consumed]:
        places = {TABLE: entry.get("Table", {}), **entry.get("GlobalSecondaryIndexes", {})}
        for place, detail in places.items():
            if detail.get("CapacityUnits"):
                units[place] = units.get(place, 0) + detail["CapacityUnits"]
    return units
