"""The result that a work returns: a dict of fields, or a document for a store, or nothing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


class InvalidResultError(Exception):
    """Refusal of a result that another attempt would only repeat, at its full price.

    The text names types and paths, never a value.
    """


def parts_of(returned: object, *, has_store: bool) -> tuple[Mapping[str, Any] | None, dict[str, Any]]:
    """Split a result into a document to store and fields of the record.

    >>> parts_of({"score": 0.5}, has_store=True), parts_of({"score": 0.5}, has_store=False)
    (({'score': 0.5}, {}), (None, {'score': 0.5}))
    >>> parts_of(({"score": 0.5}, {"cost_usd": 0.01}), has_store=True)
    ({'score': 0.5}, {'cost_usd': 0.01})

    Raises:
        InvalidResultError: it is anything else.
    """
    if returned is None:
        return None, {}
    if has_store and isinstance(returned, tuple) and len(returned) == 2:
        document, fields = map(_checked, returned)
        return document, fields
    checked = _checked(returned)
    return (checked, {}) if has_store else (None, checked)


def _checked(returned: object) -> dict[str, Any]:
    """Check one dict.

    Raises:
        InvalidResultError: it is none, or has a name that is no text.
    """
    if not isinstance(returned, Mapping):
        close = getattr(returned, "close", None)
        if callable(close):
            close()  # a coroutine that nobody awaited, a generator, a file
        raise InvalidResultError(f"The work returned {type(returned).__name__}, and not a dict or None")
    for name in returned:
        if not isinstance(name, str):
            raise InvalidResultError(f"The work returned a dict with a name of type {type(name).__name__}, not text")
    return dict(returned)
