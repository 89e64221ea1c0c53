"""Instants: the clock that gives them, the UTC text that sorts by time, and epoch seconds for `ttl` alone."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from careervp_jobs_dal.job.invalid_input import InvalidInputError

if TYPE_CHECKING:
    from collections.abc import Callable

CLOCK_RULE = "a clock is a function without arguments that returns an aware datetime, such as datetime.now(UTC)"

_OWN_FORM = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", re.ASCII)
# DynamoDB compares texts byte by byte. A sign and an end come before the dot and the digits of a longer fraction, so
# these forms sort by time among each other and with the form above.
_SORTING = re.compile(
    r"\d{4}-\d\d-\d\d(T(?!24)\d\d(:\d\d(:\d\d(\.\d{1,9})?)?)?([+-]00:00)?)?",
    re.ASCII,
)
# `Z` comes after the dot and the digits: such a text sorts by time as far as its own fraction goes.
_WITH_Z = re.compile(r"\d{4}-\d\d-\d\dT(?!24)\d\d:\d\d:\d\d(\.\d{1,9})?Z", re.ASCII)


def read_clock(clock: Callable[[], datetime]) -> datetime:
    """Read a clock, and return the present in UTC.

    >>> read_clock(datetime.now)
    Traceback (most recent call last):
    ValueError: a clock is a function without arguments that returns an aware datetime, such as datetime.now(UTC)

    Raises:
        ValueError: the clock cannot be called, or gives no datetime, or one without an offset.
    """
    now = clock() if callable(clock) else None
    if not isinstance(now, datetime) or now.utcoffset() is None:
        raise ValueError(CLOCK_RULE)
    try:
        # In another zone, adding a duration would move the hands of a clock and not the instant.
        return now.astimezone(UTC)
    except OverflowError:
        raise ValueError(CLOCK_RULE) from None


def is_aware(value: object) -> bool:
    """Tell whether this is a datetime with an offset.

    >>> is_aware(datetime.now(UTC)), is_aware(datetime.now()), is_aware("2026-02-03")
    (True, False, False)
    """
    return isinstance(value, datetime) and value.utcoffset() is not None


def instant_text(instant: datetime) -> str:
    """Write an aware datetime as UTC text.

    >>> instant_text(datetime(2026, 2, 3, 13, 5, 32, tzinfo=UTC))
    '2026-02-03T13:05:32.000000Z'

    Raises:
        InvalidInputError: the datetime has no offset, or lies outside the years 1 to 9999.
    """
    if instant.utcoffset() is None:
        raise InvalidInputError("a datetime must have an offset")
    try:
        utc = instant.astimezone(UTC).replace(tzinfo=None)
    except OverflowError:
        raise InvalidInputError("a datetime must lie within the years 1 to 9999") from None
    # Always six digits: DynamoDB compares texts byte by byte, so only texts of one width sort by time.
    return utc.isoformat(timespec="microseconds") + "Z"


def parse_instant(value: object) -> datetime | None:
    """Read ISO 8601 text; None for anything else.

    Text without an offset is taken as UTC.

    >>> parse_instant("2026-02-03T13:05:32")
    datetime.datetime(2026, 2, 3, 13, 5, 32, tzinfo=datetime.timezone.utc)
    """
    if not isinstance(value, str):
        return None
    try:
        instant = datetime.fromisoformat(value)
    except ValueError:
        return None
    return instant if instant.tzinfo else instant.replace(tzinfo=UTC)


def in_utc(text: str) -> str:
    """Return an instant's text in a form that sorts by time.

    UTC text in ISO 8601's extended form stays as it is. Any other text of an instant is written as `instant_text` does,
    and a text that is no instant is returned unchanged.

    >>> in_utc("2026-02-03T13:05:32Z"), in_utc("2026-02-03T05:05:32-08:00")
    ('2026-02-03T13:05:32Z', '2026-02-03T13:05:32.000000Z')

    Raises:
        InvalidInputError: the instant lies outside the years 1 to 9999 in UTC.
    """
    instant = parse_instant(text)
    return text if instant is None or sorts_by_time(text) else instant_text(instant)


def sorts_by_time(text: str) -> bool:
    """Tell whether a text has one of the forms that sort by time.

    >>> sorts_by_time("2026-02-03T13:05:32+00:00"), sorts_by_time("20260203T130532Z")
    (True, False)
    """
    return bool(_SORTING.fullmatch(text) or _WITH_Z.fullmatch(text))


def is_instant_text(value: object) -> bool:
    """Tell whether this is a text that `instant_text` writes.

    >>> is_instant_text("2026-02-03T13:05:32.000000Z"), is_instant_text("2026-02-03T13:05:32Z")
    (True, False)
    """
    return isinstance(value, str) and bool(_OWN_FORM.fullmatch(value)) and parse_instant(value) is not None


def epoch_seconds(instant: datetime) -> int:
    """Return the whole seconds since 1970, as `ttl` counts them.

    DynamoDB's time to live takes a number of seconds and no other form.

    >>> epoch_seconds(datetime(2026, 2, 3, 13, 5, 32, tzinfo=UTC))
    1770123932
    """
    return int(instant.timestamp())
