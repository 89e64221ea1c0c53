"""Watches the requests of one client, and keeps of each what its capacity depends on.

A response shows less than what is billed, so the meter fetches whole items through a client of its own, once and again
after each write; nobody else may write them. It also has the engine report what it counts.
"""

import json
from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass, field, replace
from typing import Any, Self

import boto3

from benchmarks.capacity.rules import (
    TABLE,
    Item,
    Layout,
    Units,
    item_size,
    read_units,
    refused_write_units,
    write_units,
)

Body = dict[str, Any]

CONDITION_FAILED = "ConditionalCheckFailedException"
_READS = ("GetItem", "Query", "BatchGetItem")
_WRITES = ("PutItem", "UpdateItem", "DeleteItem")


@dataclass(frozen=True, kw_only=True)
class Request:
    """A request: the step that it belongs to, the items that it is about, and what the engine counted."""

    step: str
    items: tuple[Item | None, ...] = field(repr=False)
    reported: Units | None = None

    def units(self, layout: Layout) -> Units:
        """Give what the rules make of it."""
        raise NotImplementedError

    def having(self, name: str, value: Mapping[str, Any] | None) -> Self:
        """Give the same request about items with another value of an attribute, or without it, where they have it."""
        return replace(self, items=tuple(_having(item, name, value) for item in self.items))


@dataclass(frozen=True, kw_only=True)
class Write(Request):
    """A write of one item: what was there, and what is there after it; where it was refused, what it offered."""

    refused: bool = False

    def units(self, layout: Layout) -> Units:
        """Give what the rules make of it."""
        before, after = self.items
        return refused_write_units(before, after) if self.refused else write_units(before, after, layout)


@dataclass(frozen=True, kw_only=True)
class Read(Request):
    """A read of items: by their keys, each billed for itself, or those that a query found, billed for their sum."""

    place: str = TABLE
    by_key: bool = True
    consistent: bool

    def units(self, layout: Layout) -> Units:  # noqa: ARG002  # as a write's
        """Give what the rules make of it."""
        sizes = [item_size(item) for item in self.items]
        billed = sizes if self.by_key else [sum(sizes)]
        return {self.place: sum(read_units(size, consistent=self.consistent) for size in billed)}


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
        noted: dict[str, Any] = {"step": self.step, "reported": _reported(parsed.get("ConsumedCapacity"))}
        if model.name in _WRITES:
            after = body.get("Item") if code else self._fetch(body, _key(body))
            self.requests.append(Write(items=(stored, after), refused=bool(code), **noted))
        elif model.name in _READS:
            self.requests.append(Read(**self._read(model.name, body, parsed), **noted))
        else:
            raise ValueError(f"{model.name} is not computed here")

    def _read(self, operation: str, body: Body, parsed: Body) -> dict[str, Any]:
        if operation == "Query":
            if {"FilterExpression", "ProjectionExpression"} & body.keys():
                raise ValueError("What a query read is more than what it returned")
            items = tuple(deepcopy(parsed["Items"]))  # boto3's Table converts the answer's own
            place, consistent = body.get("IndexName", TABLE), body.get("ConsistentRead", False)
            return {"items": items, "place": place, "by_key": False, "consistent": consistent}
        keys = [body["Key"]] if "Key" in body else []
        if operation == "BatchGetItem":
            ((table_name, asked),) = body["RequestItems"].items()
            left = parsed.get("UnprocessedKeys", {}).get(table_name, {}).get("Keys", [])
            keys, body = [key for key in asked["Keys"] if key not in left], {"TableName": table_name, **asked}
        return {
            "items": tuple(self._stored(body, key) for key in keys),
            "consistent": body.get("ConsistentRead", False),
        }

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
