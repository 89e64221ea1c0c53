"""Durations and instants, as people write and read them."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

_UNITS = {"d": "days", "h": "hours", "m": "minutes", "s": "seconds"}
_FORM = re.compile(r"(?=.)(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?")
_DAY, _HOUR, _MINUTE = 86_400, 3_600, 60
_LONGEST = timedelta(days=36_500)


def parse_duration(text: str) -> timedelta:
    """Read "90s", "15m", "1h30m" or "2d".

    >>> parse_duration("1h30m")
    datetime.timedelta(seconds=5400)

    Raises:
        ValueError: the text does not have that form, or is more than 100 years.
    """
    match = _FORM.fullmatch(text.strip())
    if match is None:
        raise ValueError
    counts = zip(_UNITS.values(), match.groups(), strict=True)
    try:
        span = timedelta(**{unit: int(count) for unit, count in counts if count})
    except OverflowError:
        raise ValueError from None
    if span > _LONGEST:
        raise ValueError
    return span


def write_duration(span: timedelta) -> str:
    """Write a duration as `parse_duration` reads it, to the second.

    >>> write_duration(timedelta(hours=26, seconds=3)), write_duration(timedelta(0))
    ('1d2h3s', '0s')
    """
    rest, words = int(span.total_seconds()), ""
    for unit, length in (("d", _DAY), ("h", _HOUR), ("m", _MINUTE), ("s", 1)):
        number, rest = divmod(rest, length)
        words += f"{number}{unit}" if number else ""
    return words or "0s"


def say_briefly(span: timedelta) -> str:
    """Write a duration in its largest unit only, for a column.

    >>> say_briefly(timedelta(minutes=95))
    '1 h'
    """
    return " ".join(say_duration(span).split()[:2])


def say_duration(span: timedelta) -> str:
    """Write a duration in its two largest units at most.

    >>> [say_duration(timedelta(seconds=count)) for count in (7.4, 95, 5400, 200_000)]
    ['7 s', '1 m 35 s', '1 h 30 m', '2 d 7 h']
    """
    seconds = max(0, int(span.total_seconds()))
    for length, unit, below, smaller in ((_DAY, "d", _HOUR, "h"), (_HOUR, "h", _MINUTE, "m"), (_MINUTE, "m", 1, "s")):
        if seconds >= length:
            rest = seconds % length // below
            return f"{seconds // length} {unit} {rest} {smaller}" if rest else f"{seconds // length} {unit}"
    return f"{seconds} s"


def say_distance(seconds: float) -> str:
    """Write the distance of an instant from the present.

    >>> say_distance(90), say_distance(-5400)
    ('in 1 m 30 s', '1 h 30 m ago')
    """
    span = say_duration(timedelta(seconds=abs(seconds)))
    return f"in {span}" if seconds > 0 else f"{span} ago"


def say_clock(instant: datetime, now: datetime) -> str:
    """Write an instant in UTC, without the date of today.

    >>> from datetime import UTC, datetime
    >>> noon = datetime(2026, 2, 3, 12, 0, tzinfo=UTC)
    >>> say_clock(noon, noon), say_clock(noon, datetime(2026, 2, 4, tzinfo=UTC))
    ('12:00:00Z', '2026-02-03 12:00:00Z')
    """
    try:
        utc = instant.astimezone(now.tzinfo)
    except OverflowError:
        return instant.isoformat()
    return f"{utc:%H:%M:%SZ}" if utc.date() == now.date() else f"{utc:%Y-%m-%d %H:%M:%SZ}"
