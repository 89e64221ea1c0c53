"""Checks of a test's own arguments: a fault that could never strike would let its test pass for nothing."""

from __future__ import annotations

from datetime import timedelta
from difflib import get_close_matches
from functools import lru_cache

from botocore.loaders import create_loader


def check_whole(name: str, value: object, least: int = 1, most: int | None = None, *, or_none: str = "") -> None:
    """Check for a whole number in its bounds.

    Args:
        name: the argument's name.
        value: its value.
        least: the lowest number.
        most: the highest number; None for no bound.
        or_none: what None means, where it is allowed.

    >>> check_whole("times", 0, or_none="all that follow")
    Traceback (most recent call last):
    ValueError: times must be a whole number, at least 1, or None for all that follow; not 0

    Raises:
        ValueError: it is none; the message names the argument.
    """
    if value is None and or_none:
        return
    is_whole = isinstance(value, int) and not isinstance(value, bool)
    if is_whole and least <= value and (most is None or value <= most):  # type: ignore[operator]
        return
    bounds = f"at least {least}" if most is None else f"from {least} to {most}"
    end = f", or None for {or_none}" if or_none else ""
    raise ValueError(f"{name} must be a whole number, {bounds}{end}; not {value!r}")


def check_time(name: str, value: object) -> None:
    """Check for a time that is not negative.

    >>> check_time("by", 60)
    Traceback (most recent call last):
    ValueError: by must be a timedelta, at least 0; not 60

    Raises:
        ValueError: it is none; the message names the argument.
    """
    if not isinstance(value, timedelta) or value < timedelta(0):
        raise ValueError(f"{name} must be a timedelta, at least 0; not {value!r}")


def check_function(name: str, value: object, *, or_none: bool = False) -> None:
    """Check for a function.

    >>> check_function("before", 7)
    Traceback (most recent call last):
    ValueError: before must be a function; not 7

    Raises:
        ValueError: it is none; the message names the argument.
    """
    if not callable(value) and not (or_none and value is None):
        raise ValueError(f"{name} must be a function; not {value!r}")


def check_operation(value: str | None) -> None:
    """Check for the name of an operation of DynamoDB, or None.

    >>> check_operation("update_item")
    Traceback (most recent call last):
    ValueError: operation: DynamoDB has no 'update_item'; did you mean 'UpdateItem'?

    Raises:
        ValueError: it is none; the message has the nearest name.
    """
    known = operations()
    if value is None or value in known:
        return
    by_letters = {_letters(name): name for name in known}
    nearest = get_close_matches(_letters(str(value)), by_letters, n=1)
    meant = f"; did you mean {by_letters[nearest[0]]!r}?" if nearest else ""
    raise ValueError(f"operation: DynamoDB has no {value!r}{meant}")


@lru_cache(maxsize=1)
def operations() -> frozenset[str]:
    """Return the names of DynamoDB's operations, as botocore knows them."""
    return frozenset(create_loader().load_service_model("dynamodb", "service-2")["operations"])


def _letters(name: str) -> str:
    return name.replace("_", "").lower()
