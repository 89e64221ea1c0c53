"""Watches the requests of one client, and keeps of each what its capacity depends on.

A response shows less than what is billed, so the meter fetches whole items through a client of its own, once and again
after each write; nobody else may write them. Asked to, it also has the engine report what it counts.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, TypeAlias

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

if TYPE_CHECKING:
    from types_boto3_dynamodb.client import DynamoDBClient

Value: TypeAlias = Mapping[str, Any]

CONDITION_FAILED = "ConditionalCheckFailedException"
_READS = ("GetItem", "Query", "BatchGetItem")
_WRITES = ("PutItem", "UpdateItem", "DeleteItem")


@dataclass(frozen=True)
class Write:
    """A write of one item: what was there, and what is there after it; where it was refused, what it offered."""

    step: str
    before: Item | None = field(repr=False)
    after: Item | None = field(repr=False)
    refused: bool = False
    reported: Units | None = None

    def units(self, layout: Layout) -> Units:
        """What the rules make of it."""
        if self.refused:
            return refused_write_units(self.before, self.after)
        return write_units(self.before, self.after, layout)

    def having(self, name: str, value: Value | None) -> Write:
        """The same write of an item with another value of an attribute, or without it."""
        before, after = (item and _having(item, name, value) for item in (self.before, self.after))
        return replace(self, before=before, after=after)


@dataclass(frozen=True)
class Read:
    """A read of items: by their keys, each billed for itself, or those that a query found, billed for their sum."""

    step: str
    place: str
    items: tuple[Item, ...] = field(repr=False)
    by_key: bool
    consistent: bool
    reported: Units | None = None

    def units(self, layout: Layout) -> Units:  # noqa: ARG002  # as a write's
        """What the rules make of it."""
        sizes = [item_size(item) for item in self.items]
        billed = sizes if self.by_key else [sum(sizes)]
        return {self.place: sum(read_units(size, consistent=self.consistent) for size in billed)}

    def having(self, name: str, value: Value | None) -> Read:
        """The same read of items with another value of an attribute, or without it."""
        return replace(self, items=tuple(_having(item, name, value) for item in self.items))


Request: TypeAlias = Write | Read


class Meter:
    """The requests of a client, in their order."""

    def __init__(self, client: DynamoDBClient, *, engine_reports: bool = False) -> None:
        self._engine_reports = engine_reports
        self._own = boto3.client("dynamodb")
        self._step = ""
        self._known: dict[str, Item | None] = {}
        self.requests: list[Request] = []
        client.meta.events.register_first("before-call.dynamodb", self._before)
        client.meta.events.register_first("after-call.dynamodb", self._after)

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Note the requests within this block under a name."""
        self._step = name
        yield
        self._step = ""

    def layout(self, table_name: str) -> Layout:
        """The table's keys and indexes."""
        return Layout.of(self._own.describe_table(TableName=table_name)["Table"])

    def _before(self, *, model: Any, params: dict[str, Any], context: dict[str, Any], **_: Any) -> None:
        body = json.loads(params["body"])
        stored = self._stored(body, _key(body)) if model.name in _WRITES else None
        context["metered"] = (body, stored)
        if self._engine_reports and model.name in _READS + _WRITES:
            params["body"] = json.dumps({**body, "ReturnConsumedCapacity": "INDEXES"}).encode()

    def _after(self, *, model: Any, parsed: dict[str, Any], context: dict[str, Any], **_: Any) -> None:
        body, stored = context["metered"]
        code = parsed.get("Error", {}).get("Code")
        if code not in (None, CONDITION_FAILED):
            return
        reported = _reported(parsed.get("ConsumedCapacity"))
        if model.name in _WRITES:
            after = body.get("Item") if code else self._fetch(body, _key(body))
            self.requests.append(Write(self._step, stored, after, bool(code), reported))
        elif model.name in _READS:
            self.requests.append(self._read(model.name, body, parsed, reported))
        else:
            raise ValueError(f"{model.name} is not computed here")

    def _read(self, operation: str, body: dict[str, Any], parsed: dict[str, Any], reported: Units | None) -> Read:
        if operation == "Query":
            if {"FilterExpression", "ProjectionExpression"} & body.keys():
                raise ValueError("What a query read is more than what it returned")
            place = body.get("IndexName", TABLE)
            items = tuple(deepcopy(parsed["Items"]))  # boto3's Table converts the answer's own
            return Read(self._step, place, items, False, body.get("ConsistentRead", False), reported)
        if operation == "BatchGetItem":
            ((table_name, asked),) = body["RequestItems"].items()
            wanted = {"TableName": table_name, **asked}
            left = parsed.get("UnprocessedKeys", {}).get(table_name, {}).get("Keys", [])
            keys = [key for key in asked["Keys"] if key not in left]
        else:
            wanted, keys = body, [body["Key"]]
        items = tuple(self._stored(wanted, key) or {} for key in keys)
        return Read(self._step, TABLE, items, True, wanted.get("ConsistentRead", False), reported)

    def _stored(self, body: Mapping[str, Any], key: Item) -> Item | None:
        if _name(body, key) not in self._known:
            self._fetch(body, key)
        return self._known[_name(body, key)]

    def _fetch(self, body: Mapping[str, Any], key: Item) -> Item | None:
        answer = self._own.get_item(TableName=body["TableName"], Key=key, ConsistentRead=True)
        item: Item | None = answer.get("Item")
        self._known[_name(body, key)] = item
        return item


def _key(body: Mapping[str, Any]) -> Item:
    """The key of a written item; the tables of jobs have one key attribute."""
    return body.get("Key") or {"job_id": body["Item"]["job_id"]}


def _name(body: Mapping[str, Any], key: Item) -> str:
    return json.dumps([body["TableName"], key], sort_keys=True)


def _reported(consumed: Any) -> Units | None:
    """What an engine says, by place."""
    if not consumed:
        return None
    entries = consumed if isinstance(consumed, list) else [consumed]
    units: Units = {}
    for entry in entries:
        places = {TABLE: entry.get("Table", {}), **entry.get("GlobalSecondaryIndexes", {})}
        for place, detail in places.items():
            if detail.get("CapacityUnits"):
                units[place] = units.get(place, 0) + detail["CapacityUnits"]
    return units


def _having(item: Item, name: str, value: Value | None) -> Item:
    """Items that lack the attribute, as keys in an index do, stay as they are."""
    if name not in item:
        return item
    kept = {key: content for key, content in item.items() if key != name}
    return kept if value is None else {**kept, name: value}
