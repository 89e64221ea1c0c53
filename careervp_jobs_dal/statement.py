"""Requests whose text is written once: calls that differ in nothing but their values share it.

Writing an update and its condition takes longer than filling in values, and a service sends the same few all the time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from careervp_jobs_dal.expressions import UpdateExpression, condition_kwargs

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from boto3.dynamodb.conditions import ConditionBase

_VALUES = "ExpressionAttributeValues"


class Given(NamedTuple):
    """Stands in an expression for the value that each call gives under this name."""

    name: str


def setting(names: Iterable[str]) -> UpdateExpression:
    """Set each of these attributes to what the call gives under its name.

    >>> setting(["status", "error"])
    UpdateExpression('SET #status = :status, #error = :error')
    """
    return UpdateExpression().set_all({name: Given(name) for name in names})


class Statement:
    """An update, or a condition alone, with `Given` in the place of values.

    >>> closing = Statement(UpdateExpression().set("status", "FAILED").set("error", Given("reason")))
    >>> closing.filled({"reason": "time-out"})["ExpressionAttributeValues"]
    {':status': 'FAILED', ':error': 'time-out'}
    """

    def __init__(self, written: UpdateExpression | ConditionBase) -> None:
        kwargs = written.to_kwargs() if isinstance(written, UpdateExpression) else condition_kwargs(written)
        self._values: dict[str, Any] = kwargs.pop(_VALUES, {})
        self._text = kwargs

    def filled(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """The keyword arguments for `Table.update_item` or `Table.put_item`, with these values."""
        values = {label: given[value.name] if type(value) is Given else value for label, value in self._values.items()}
        return {**self._text, _VALUES: values} if values else dict(self._text)
