"""Instants as they are stored: UTC text of fixed width, which sorts by time, and epoch seconds for `ttl` alone."""

from __future__ import annotations

from datetime import UTC, datetime

from careervp_jobs_dal.job.invalid_input import InvalidInputError


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


def epoch_seconds(instant: datetime) -> int:
    """Return the whole seconds since 1970, as `ttl` counts them.

    DynamoDB's time to live takes a number of seconds and no other form.

    >>> epoch_seconds(datetime(2026, 2, 3, 13, 5, 32, tzinfo=UTC))
    1770123932
    """
    return int(instant.timestamp())
