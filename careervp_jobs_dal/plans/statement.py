"""Statements: texts of conditional writes, each written once and filled with the values of every call.

Writing the text of an update and its condition takes longer than filling in values, and a service sends the same few
texts again and again.
"""

from __future__ import annotations

from functools import lru_cache, wraps
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from careervp_jobs_dal.expressions import UpdateExpression

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from careervp_jobs_dal.plans.condition import Condition

_NAMES = "ExpressionAttributeNames"
_VALUES = "ExpressionAttributeValues"

T = TypeVar("T")

MOST_REMEMBERED = 128
MOST_NAMES = 32
MOST_LETTERS = 1024
"""Limits of what is remembered: a service can have ever new names of fields, and names of up to 64 KB."""


def remembered(write: Callable[..., T]) -> Callable[..., T]:
    """Remember the last texts that were written for a few short names of fields.

    >>> numbered = remembered(lambda names: iter(range(5)))
    >>> next(numbered(("error",))), next(numbered(("error",))), next(numbered(("e" * 5000,)))
    (0, 1, 0)
    """
    cached = lru_cache(MOST_REMEMBERED)(write)

    @wraps(write)
    def written(names: tuple[str, ...], *args: Any, **kwargs: Any) -> T:
        few = len(names) <= MOST_NAMES and sum(map(len, names)) <= MOST_LETTERS
        return cached(names, *args, **kwargs) if few else write(names, *args, **kwargs)

    return written


class Given(NamedTuple):
    """Placeholder for the value that each call gives under this name."""

    name: str


def setting(names: Iterable[str]) -> UpdateExpression:
    """Set each of these attributes to the value given under its name.

    >>> setting(["status", "error"])
    UpdateExpression('SET #status = :status, #error = :error')
    """
    return UpdateExpression().set_all({name: Given(name) for name in names})


def conditional(update: UpdateExpression, condition: Condition) -> dict[str, Any]:
    """Return the keyword arguments of `Table.update_item` for an update on a condition.

    An alias stands for the same name in both texts, and no value of an update is named like a condition's (`:v0`).
    What is removed comes first. To DynamoDB the order means nothing; moto counts the size of a record after each step.

    >>> from careervp_jobs_dal.plans.condition import equal
    >>> written = conditional(UpdateExpression().set("a", 1).remove("error"), equal("status", "FAILED"))
    >>> written["UpdateExpression"], written["ConditionExpression"]
    ('REMOVE #error SET #a = :a', '#status = :v0')
    """
    updating, asking = update.to_kwargs(), condition.to_kwargs()
    setting, _, removing = updating["UpdateExpression"].partition(" REMOVE ")
    if removing:
        updating["UpdateExpression"] = f"REMOVE {removing} {setting}"
    # DynamoDB takes one map of names and one of values for all expressions of a request.
    merged = {**updating, **asking, _NAMES: {**updating[_NAMES], **asking[_NAMES]}}
    values = {**updating.get(_VALUES, {}), **asking.get(_VALUES, {})}
    return {**merged, _VALUES: values} if values else merged


class Statement:
    """Text of a conditional write, with `Given` in the place of values.

    >>> from careervp_jobs_dal.plans.guard import in_work
    >>> closing = Statement.of(UpdateExpression().set("error", Given("reason")), in_work())
    >>> closing.filled({"reason": "time-out"})["ExpressionAttributeValues"]
    {':error': 'time-out', ':v0': 'PROCESSING'}
    """

    def __init__(self, written: dict[str, Any]) -> None:
        self._text = dict(written)
        self._values: dict[str, Any] = self._text.pop(_VALUES, {})

    @classmethod
    def of(cls, update: UpdateExpression, condition: Condition) -> Statement:
        """Write the statement of an update and its condition."""
        return cls(conditional(update, condition))

    def filled(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """Return the keyword arguments with these values."""
        values = {label: given[value.name] if type(value) is Given else value for label, value in self._values.items()}
        return {**self._text, _VALUES: values} if values else dict(self._text)
