"""Checks of a test's own arguments: a fault that could never strike would let its test pass for nothing."""

from __future__ import annotations

from datetime import timedelta
from difflib import get_close_matches
from functools import lru_cache
from typing import TYPE_CHECKING

from botocore.loaders import create_loader

if TYPE_CHECKING:
    from collections.abc import Iterable

A_CENTURY = timedelta(days=36_525)


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


def check_time(name: str, value: object, most: timedelta = A_CENTURY, *, negative: bool = False) -> None:
    """Check for a time in its bounds.

    Args:
        name: the argument's name.
        value: its value.
        most: the longest time.
        negative: whether it may be negative, down to `-most`.

    >>> check_time("by", 60)
    Traceback (most recent call last):
    ValueError: by must be a timedelta, at least 0 and at most 36525 days; not 60

    Raises:
        ValueError: it is none; the message names the argument.
    """
    if isinstance(value, timedelta) and (-most if negative else timedelta(0)) <= value <= most:
        return
    least = "" if negative else "at least 0 and "
    longest = f"{most.days} days" if most.days else f"{most // timedelta(hours=1)} hours"
    raise ValueError(f"{name} must be a timedelta, {least}at most {longest}; not {value!r}")


def check_text(name: str, value: object, *, or_none: bool = False) -> None:
    """Check for a text that is not empty.

    >>> check_text("job_id", {"job_id": "vpr-1"})
    Traceback (most recent call last):
    ValueError: job_id must be text, and not empty; not dict

    Raises:
        ValueError: it is none; the message names the argument, and the value's type alone.
    """
    if not (isinstance(value, str) and value) and not (or_none and value is None):
        given = "''" if isinstance(value, str) else type(value).__name__
        raise ValueError(f"{name} must be text, and not empty; not {given}")


def check_instance(name: str, value: object, kind: type, words: str) -> None:
    """Check for an object of a class, which `words` describe.

    >>> from random import Random
    >>> check_instance("random", 7, Random, "a random.Random")
    Traceback (most recent call last):
    ValueError: random must be a random.Random; not int

    Raises:
        ValueError: it is of another class; the message names the argument.
    """
    if isinstance(value, kind):
        return
    raise ValueError(f"{name} must be {words}; not {type(value).__name__}")


def check_options(given: Iterable[str], known: Iterable[str]) -> None:
    """Check the names of a job's options.

    >>> check_options(["userid"], ["user_id", "age"])
    Traceback (most recent call last):
    TypeError: a job has no option 'userid'; did you mean 'user_id'?

    Raises:
        TypeError: there is no such option; the message has the nearest name.
    """
    for name in given:
        if name not in known:
            raise TypeError(f"a job has no option {name!r}{_nearest(name, known)}")


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
    if value is None or (isinstance(value, str) and value in known):
        return
    raise ValueError(f"operation: DynamoDB has no {value!r}{_nearest(value, known)}")


@lru_cache(maxsize=1)
def operations() -> frozenset[str]:
    """Return the names of DynamoDB's operations, as botocore knows them."""
    return frozenset(create_loader().load_service_model("dynamodb", "service-2")["operations"])


def _nearest(name: object, known: Iterable[str]) -> str:
    if not isinstance(name, str):
        return ""
    by_letters = {_letters(each): each for each in known}
    nearest = get_close_matches(_letters(name), by_letters, n=1)
    return f"; did you mean {by_letters[nearest[0]]!r}?" if nearest else ""


def _letters(name: str) -> str:
    return name.replace("_", "").lower()
