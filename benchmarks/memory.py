"""The stub's memory: items by id in the form that DynamoDB sends them, and as much of its language as contenders use.

A put is refused where it has a condition and its key is there. An update sets, adds and removes what it names, and its
condition is not looked at: the contenders only send updates that DynamoDB would accept, which the real engine checks.
"""

from __future__ import annotations

import json
import re
from collections import OrderedDict
from threading import Lock
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

Item = dict[str, Any]
Body = dict[str, Any]
Answer = tuple[int, dict[str, Any]]

KEPT = 1000  # items beside the first ones; the oldest goes first
REFUSED = "com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException"

_CLAUSE = re.compile(r"\b(SET|REMOVE|ADD|DELETE)\b")
_PLACE = re.compile(r"[#\w]+")
_DEFAULT = re.compile(r"if_not_exists\s*\(\s*([#\w]+)\s*,\s*(:\w+)\s*\)")
_BETWEEN_ACTIONS = re.compile(r",(?![^(]*\))")


class Memory:
    """One table, whatever its name."""

    def __init__(self, first: Iterable[Item]) -> None:
        self._first = {_id(item): item for item in first}
        self._others: OrderedDict[str, Item] = OrderedDict()
        self._ids = {item["idempotency_key"]["S"]: job_id for job_id, item in self._first.items()}
        self._lock = Lock()
        self._answers: dict[str, Callable[[Body], Answer]] = {
            "GetItem": self._get,
            "PutItem": self._put,
            "UpdateItem": self._update,
            "Query": self._query,
        }

    def answer(self, operation: str, body: Body) -> Answer:
        """The HTTP status and the content of what DynamoDB would answer."""
        if operation not in self._answers:
            return 400, {"__type": "com.amazon.coral.service#UnknownOperationException"}
        return self._answers[operation](body)

    def _stored(self, job_id: str) -> Item | None:
        return self._first.get(job_id) or self._others.get(job_id)

    def _get(self, body: Body) -> Answer:
        stored = self._stored(_id(body["Key"]))
        return 200, {"Item": _projected(stored, body)} if stored else {}

    def _put(self, body: Body) -> Answer:
        item = body["Item"]
        with self._lock:
            stored = self._stored(_id(item))
            if stored and "ConditionExpression" in body:
                return 400, _refusal(stored, body)
            self._keep(item)
        return 200, {}

    def _update(self, body: Body) -> Answer:
        with self._lock:
            item = apply(body, self._stored(_id(body["Key"])) or body["Key"])
            self._keep(item)
        return 200, {"Attributes": item} if body.get("ReturnValues") == "ALL_NEW" else {}

    def _query(self, body: Body) -> Answer:
        keys = (value.get("S") for value in body["ExpressionAttributeValues"].values())
        ids = (self._ids[key] for key in keys if key in self._ids)
        items = [item for item in map(self._stored, ids) if item]
        return 200, {"Count": len(items), "Items": items, "ScannedCount": len(items)}

    def _keep(self, item: Item) -> None:
        if _id(item) in self._first:
            self._first[_id(item)] = item
            return
        self._others[_id(item)] = item
        if key := item.get("idempotency_key"):
            self._ids[key["S"]] = _id(item)
        if len(self._others) > KEPT:
            _, oldest = self._others.popitem(last=False)
            self._ids.pop(oldest.get("idempotency_key", {}).get("S"), None)


def apply(body: Body, item: Item) -> Item:
    """The item after an update."""
    names, values = body.get("ExpressionAttributeNames", {}), body.get("ExpressionAttributeValues", {})
    new = dict(item)
    clauses = iter(_CLAUSE.split(body["UpdateExpression"])[1:])
    for clause, actions in zip(clauses, clauses, strict=True):
        for action in _BETWEEN_ACTIONS.split(actions):
            _apply_action(clause, action.strip(), new, names, values)
    return new


def _apply_action(clause: str, action: str, item: Item, names: Mapping[str, str], values: Mapping[str, Any]) -> None:
    place = _PLACE.match(action)
    name = names.get(place[0], place[0]) if place else ""
    match clause:
        case "SET":
            item[name] = _value(action.partition("=")[2], item, names, values)
        case "REMOVE":
            item.pop(name, None)
        case "ADD":
            added = values[action.split()[-1]]
            item[name] = _sum(item.get(name, {"N": "0"}), added)
        case _:
            raise ValueError(f"The stub doesn't know {clause}")


def _value(text: str, item: Item, names: Mapping[str, str], values: Mapping[str, Any]) -> Any:
    """One operand, or the sum of two."""
    operands = [_operand(operand.strip(), item, names, values) for operand in text.split("+")]
    return operands[0] if len(operands) == 1 else _sum(*operands)


def _operand(text: str, item: Item, names: Mapping[str, str], values: Mapping[str, Any]) -> Any:
    if default := _DEFAULT.fullmatch(text):
        name = names.get(default[1], default[1])
        return item.get(name, values[default[2]])
    return values[text] if text.startswith(":") else item[names.get(text, text)]


def _sum(one: Item, other: Item) -> Item:
    return {"N": str(int(one["N"]) + int(other["N"]))}


def _refusal(stored: Item, body: Body) -> dict[str, Any]:
    refusal = {"__type": REFUSED, "message": "The conditional request failed"}
    shown = {"Item": stored} if body.get("ReturnValuesOnConditionCheckFailure") == "ALL_OLD" else {}
    return {**refusal, **shown}


def _projected(item: Item, body: Body) -> Item:
    if "ProjectionExpression" not in body:
        return item
    names = body.get("ExpressionAttributeNames", {})
    wanted = (names.get(place.strip(), place.strip()) for place in body["ProjectionExpression"].split(","))
    return {name: item[name] for name in wanted if name in item}


def _id(item: Item) -> str:
    job_id: str = item["job_id"]["S"]
    return job_id


def dump(content: Mapping[str, Any]) -> bytes:
    """Content as DynamoDB sends it."""
    return json.dumps(content, separators=(",", ":")).encode()
