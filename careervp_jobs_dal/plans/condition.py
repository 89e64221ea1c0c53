"""Conditions as text in DynamoDB's own syntax, with `{}` in the place of each value.

They need neither boto3 nor a condition builder. A value that differs from call to call can be a `Given`; the text is
then written once for all calls.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

# Every name gets an alias (#status), because DynamoDB refuses expressions with a reserved word as a name.
_ALIAS = re.compile(r"#(\w+)")


@dataclass(frozen=True, slots=True)
class Condition:
    """Text of a condition, with `#name` for attributes and `{}` for values.

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
        # DynamoDB refuses an empty map of values.
        return {**kwargs, "ExpressionAttributeValues": values} if values else kwargs


def equal(name: str, value: object) -> Condition:
    """Require an attribute with this value."""
    return Condition(f"#{name} = {{}}", (value,))


def is_present(name: str) -> Condition:
    """Require an attribute, of any value."""
    return Condition(f"attribute_exists(#{name})")


def is_absent(name: str) -> Condition:
    """Require that the attribute is absent.

    DynamoDB checks a condition also where no record exists. All attributes are absent then, even `job_id`.
    """
    return Condition(f"attribute_not_exists(#{name})")


def is_number(name: str) -> Condition:
    """Require an attribute that is a number."""
    return Condition(f"attribute_type(#{name}, {{}})", ("N",))


def compare(name: str, sign: str, value: object) -> Condition:
    """Require an attribute that compares to a value by this sign.

    The sign is `<`, `<=`, `>` or `>=`. For an absent attribute, or one of another type, DynamoDB takes every comparison
    as false.
    """
    return Condition(f"#{name} {sign} {{}}", (value,))
