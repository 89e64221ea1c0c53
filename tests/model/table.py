"""DynamoDB's part of the model: it reads the very texts that the library sends, judges the conditions, and writes.

A guard is one term of a condition, a negation included, and is called by what it asks. One that is switched off
holds always.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, NamedTuple, TypeAlias

from careervp_jobs_dal.plans.plan import Request

Item: TypeAlias = Mapping[str, Any]
Condition: TypeAlias = Callable[[Item, frozenset[str]], bool]

EXACT = (
    "give up",
    "claim, taking",
    "recover",
    "recover, sending",
    "cancel",
    "cancel, running",
    "retry",
    "submit, replacing",
)
"""Writes that ask for what was read."""

_COMPARISONS = {"=": operator.eq, "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge}
_TOKEN = re.compile(r"[#:]?\w+|[<>=]+|[(),]")
_ASSIGNMENT = re.compile(r"(#\w+) = (?:(if_not_exists)\(#\w+, (:\w+)\)(?: \+ (:\w+))?|(:\w+))(?:, )?")
_STATUSES = ("PENDING", "PROCESSING", "COMPLETED", "FAILED")


class Judged(NamedTuple):
    """One request: what it is, what it asks of the item, the guards in that, and what it makes of the item.

    Attributes:
        moves: whether it writes the status.
        shrinkable: whether the plan has a smaller one, should it not fit into the record.
    """

    name: str
    reads: bool
    moves: bool
    holds: Condition
    guards: tuple[str, ...]
    write: Callable[[Item], Item]
    shrinkable: bool = False


def judged(request: Request, name: str) -> Judged:
    """Understand a request as DynamoDB would."""
    if request.operation == "get_item":
        return Judged(name, True, False, lambda item, off: True, (), lambda item: item)
    parameters = request.parameters
    names, values = parameters["ExpressionAttributeNames"], parameters.get("ExpressionAttributeValues", {})
    parser = _Parser(name, parameters["ConditionExpression"], names, values)
    condition, guards = parser.condition(), tuple(parser.guards)
    if request.operation == "put_item":
        put: Item = parameters["Item"]
        return Judged(name, False, True, condition, guards, lambda item: put)
    key: Item = parameters["Key"]
    update = _update(parameters["UpdateExpression"], names, values)
    moves = any(names[alias] == "status" for alias in re.findall(r"(#\w+) = ", parameters["UpdateExpression"]))
    return Judged(name, False, moves, condition, guards, lambda item: update({**key, **item}), request.shrinkable)


class _Parser:
    """Reads conditions as boto3 writes them: every AND, OR and NOT stands in brackets."""

    def __init__(self, write: str, text: str, names: Mapping[str, str], values: Mapping[str, Any]) -> None:
        self.guards: list[str] = []
        self._tokens = _TOKEN.findall(text)
        self._write = write
        self._names = names
        self._values = values

    def condition(self) -> Condition:
        if self._peek() != "(":
            return self._guard(*self._term())
        self._take()
        if self._peek() == "NOT":
            self._take()
            text, test = self._term()
            self._take()
            return self._guard(f"not {text}", lambda item: not test(item))
        left, joint, right, _ = self.condition(), self._take(), self.condition(), self._take()
        if joint == "AND":
            return lambda item, off: left(item, off) and right(item, off)
        return lambda item, off: left(item, off) or right(item, off)

    def _guard(self, text: str, test: Callable[[Item], bool]) -> Condition:
        """A term that asks for what was read is called by its attribute, whether that was there or not."""
        if self._write in EXACT:
            text = f"{text.removeprefix('no ').partition(' ')[0]} unchanged"
        name = f"{text} again" if text in self.guards else text
        self.guards.append(name)
        return lambda item, off: name in off or test(item)

    def _term(self) -> tuple[str, Callable[[Item], bool]]:
        first = self._take()
        if first.startswith("#"):
            return self._comparison(self._names[first])
        _, name = self._take(), self._names[self._take()]
        if first == "attribute_not_exists":
            self._take()
            return f"no {name}", lambda item: name not in item
        if first == "attribute_exists":
            self._take()
            return f"some {name}", lambda item: name in item
        self._take(), self._take(), self._take()
        return f"{name} is a number", lambda item: isinstance(item.get(name), Decimal | int)

    def _comparison(self, name: str) -> tuple[str, Callable[[Item], bool]]:
        sign, right = self._take(), self._take()
        if sign == "IN":
            values = [self._values[self._take()]]
            while self._take() == ",":
                values.append(self._values[self._take()])
            return f"{name} in {', '.join(values)}", lambda item: item.get(name) in values
        compare = _COMPARISONS[sign]
        if right.startswith("#"):
            other = self._names[right]
            return f"{name} {sign} {other}", lambda item: _both(item, name, other) and compare(item[name], item[other])
        value = self._values[right]
        shown = value if value in _STATUSES else "..."
        return f"{name} {sign} {shown}", lambda item: name in item and compare(item[name], value)

    def _peek(self) -> str:
        return str(self._tokens[0])

    def _take(self) -> str:
        return str(self._tokens.pop(0))


def _both(item: Item, one: str, other: str) -> bool:
    return one in item and other in item


def _update(text: str, names: Mapping[str, str], values: Mapping[str, Any]) -> Callable[[Item], Item]:
    removes, _, sets = text.partition("SET ")
    removed = {names[alias] for alias in re.findall(r"#\w+", removes)}
    assignments = _ASSIGNMENT.findall(sets)

    def write(item: Item) -> Item:
        new = dict(item)
        for alias, absent, default, added, plain in assignments:
            old = item.get(names[alias], values.get(default)) if absent else values[plain]
            new[names[alias]] = old + values[added] if added else old
        return {name: value for name, value in new.items() if name not in removed}

    return write
