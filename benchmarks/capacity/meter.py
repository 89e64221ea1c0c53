"""Watches the requests of one client, and keeps of each what its capacity depends on.

A response shows less than what is billed, so the meter fetches whole items through a client of its own, once and again
after each write; nobody else may write them. It also has the engine report what it counts.
"""

import json
from collections.abc import Mapping
from copy import deepcopy
from typing import Any, NamedTuple

import boto3

from benchmarks.capacity import rules
from benchmarks.capacity.rules import TABLE, Item, Layout, Units

Body = dict[str, Any]

WRITES, READS = ("write", "refused"), ("read", "query")
"""The kinds of requests."""

CONDITION_FAILED = "ConditionalCheckFailedException"
_READS = ("GetItem", "Query", "BatchGetItem")
_WRITES = ("PutItem", "UpdateItem", "DeleteItem")


class Request(NamedTuple):
    """A request: under which step, of what kind, about which items, where, and what the engine counted.

    A write's items are what was there, and what is there after it or, where it was refused, what it offered. Each item
    that is read by its key is billed for itself, those that a query found are billed for their sum.
    """

    step: str
    kind: str
    items: tuple[Item | None, ...]
    place: str = TABLE
    consistent: bool = False
    reported: Units | None = None

    def units(self, layout: Layout) -> Units:
        """Give what the rules make of it."""
        match self.kind:
            case "write":
                return rules.write_units(self.items[0], self.items[1], layout)
            case "refused":
                return rules.refused_write_units(self.items[0], self.items[1])
        sizes = [rules.item_size(item) for item in self.items]
        billed = sizes if self.kind == "read" else [sum(sizes)]
        return {self.place: sum(rules.read_units(size, consistent=self.consistent) for size in billed)}

    def having(self, name: str, value: Mapping[str, Any] | None) -> "Request":
        """Give the same request about items with another value of an attribute, or without it, where they have it."""
        return self._replace(items=tuple(_having(item, name, value) for item in self.items))


class Meter:
    """The requests of a client, in their order; `step` is the name under which they are noted."""

    def __init__(self, client: Any) -> None:
        self._own = boto3.client("dynamodb")
        self._known: dict[str, Item | None] = {}
        self.step = ""
        self.requests: list[Request] = []
        client.meta.events.register_first("before-call.dynamodb", self._before)
        client.meta.events.register_first("after-call.dynamodb", self._after)

    def layout(self, table_name: str) -> Layout:
        """Look up the table's keys and indexes."""
        return Layout.of(self._own.describe_table(TableName=table_name)["Table"])

    def _before(self, *, model: Any, params: Body, context: Body, **_: Any) -> None:
        body = json.loads(params["body"])
        stored = self._stored(body, _key(body)) if model.name in _WRITES else None
        context["metered"] = (body, stored)
        if model.name in _READS + _WRITES:
            params["body"] = json.dumps({**body, "ReturnConsumedCapacity": "INDEXES"}).encode()

    def _after(self, *, model: Any, parsed: Body, context: Body, **_: Any) -> None:
        body, stored = context["metered"]
        code = parsed.get("Error", {}).get("Code")
        if code not in (None, CONDITION_FAILED):
            return
        if model.name in _WRITES:
            after = body.get("Item") if code else self._fetch(body, _key(body))
            request = Request(self.step, "refused" if code else "write", (stored, after))
        elif model.name in _READS:
            request = self._read(model.name, body, parsed)
        else:
            raise ValueError(f"{model.name} is not computed here")
        self.requests.append(request._replace(reported=_reported(parsed.get("ConsumedCapacity"))))

    def _read(self, operation: str, body: Body, parsed: Body) -> Request:
        if operation == "Query":
            if {"FilterExpression", "ProjectionExpression"} & body.keys():
                raise ValueError("What a query read is more than what it returned")
            items = tuple(deepcopy(parsed["Items"]))  # boto3's Table converts the answer's own
            return Request(self.step, "query", items, body.get("IndexName", TABLE), body.get("ConsistentRead", False))
        keys = [body["Key"]] if "Key" in body else []
        if operation == "BatchGetItem":
            ((table_name, asked),) = body["RequestItems"].items()
            left = parsed.get("UnprocessedKeys", {}).get(table_name, {}).get("Keys", [])
            keys, body = [key for key in asked["Keys"] if key not in left], {"TableName": table_name, **asked}
        items = tuple(self._stored(body, key) for key in keys)
        return Request(self.step, "read", items, consistent=body.get("ConsistentRead", False))

    def _stored(self, body: Body, key: Item) -> Item | None:
        name = _name(body, key)
        return self._known[name] if name in self._known else self._fetch(body, key)

    def _fetch(self, body: Body, key: Item) -> Item | None:
        answer = self._own.get_item(TableName=body["TableName"], Key=key, ConsistentRead=True)
        item: Item | None = answer.get("Item")
        self._known[_name(body, key)] = item
        return item


def _key(body: Body) -> Item:
    """Find the key of a written item; the tables of jobs have one key attribute."""
    return body.get("Key") or {"job_id": body["Item"]["job_id"]}


def _name(body: Body, key: Item) -> str:
    return json.dumps([body["TableName"], key], sort_keys=True)


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


def _having(item: Item | None, name: str, value: Mapping[str, Any] | None) -> Item | None:
    if item is None or name not in item:
        return item
    kept = {key: content for key, content in item.items() if key != name}
    return kept if value is None else {**kept, name: value}
