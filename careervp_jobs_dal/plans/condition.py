"""Conditions as text: DynamoDB's own words with `{}` for each value.

Neither boto3 nor any rendering is needed to write one. A value that differs from call to call can be a `Given`; the
condition is then written once.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

_ALIAS = re.compile(r"#(\w+)")


@dataclass(frozen=True, slots=True)
class Condition:
    """Text of a condition, whose attributes are written `#name` and whose values `{}`, and those values.

    >>> (is_absent("job_id") | ~is_number("ttl")).to_kwargs()["ConditionExpression"]
    '(attribute_not_exists(#job_id) OR (NOT attribute_type(#ttl, :v0)))'
    """

    text: str
    values: tuple[Any, ...] = ()

    def __and__(self, other: Condition) -> Condition:
        return Condition(f"({self.text} AND {other.text})", self.values + other.values)

    def __or__(self, other: Condition) -> Condition:
        return Condition(f"({self.text} OR {other.text})", self.values + other.values)

    def __invert__(self) -> Condition:
        return Condition(f"(NOT {self.text})", self.values)

    def to_kwargs(self) -> dict[str, Any]:
        """Return the keyword arguments of a conditional write.

        >>> equal("status", "FAILED").to_kwargs()["ExpressionAttributeValues"]
        {':v0': 'FAILED'}
        """
        values = {f":v{number}": value for number, value in enumerate(self.values)}
        names = {f"#{name}": name for name in _ALIAS.findall(self.text)}
        kwargs = {"ConditionExpression": self.text.format(*values), "ExpressionAttributeNames": names}
        return {**kwargs, "ExpressionAttributeValues": values} if values else kwargs


def equal(name: str, value: object) -> Condition:
    """Ask for an attribute of this value."""
    return Condition(f"#{name} = {{}}", (value,))


def is_present(name: str) -> Condition:
    """Ask for an attribute, whatever its value."""
    return Condition(f"attribute_exists(#{name})")


def is_absent(name: str) -> Condition:
    """Ask for a record without this attribute; without `job_id` there is none."""
    return Condition(f"attribute_not_exists(#{name})")


def is_number(name: str) -> Condition:
    """Ask for an attribute that is a number."""
    return Condition(f"attribute_type(#{name}, {{}})", ("N",))


def compare(name: str, sign: str, value: object) -> Condition:
    """Ask for an attribute that is less or more than a value: `<`, `<=`, `>` or `>=`."""
    return Condition(f"#{name} {sign} {{}}", (value,))
