"""Moments as people write them: an age, a time of the day in UTC, or an instant."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta

from careervp_jobs_dal.cli.duration import parse_duration


class Moment:
    """Moment in the past, as it was written.

    Args:
        text: an age such as "1h", a time of the day such as "14:00Z", or an instant such as "2026-02-03T14:00Z".

    >>> noon = datetime(2026, 2, 3, 12, 0, tzinfo=UTC)
    >>> [f"{Moment(text).before(noon):%d. %H:%M}" for text in ("1h", "11:30Z", "14:00Z", "2026-02-01 10:00+02:00")]
    ['03. 11:00', '03. 11:30', '02. 14:00', '01. 08:00']

    Raises:
        ValueError: the text has none of these forms.
    """

    def __init__(self, text: str) -> None:
        self._meant: timedelta | time | datetime = _read(text.strip())

    def before(self, now: datetime) -> datetime:
        """Return the instant; a time of the day is the last one before now."""
        if isinstance(self._meant, timedelta):
            return now - self._meant
        if isinstance(self._meant, datetime):
            return self._meant
        today = datetime.combine(now.astimezone(self._meant.tzinfo).date(), self._meant)
        return (today if today <= now else today - timedelta(days=1)).astimezone(UTC)


def _read(text: str) -> timedelta | time | datetime:
    for read in (parse_duration, _time, _instant):
        try:
            return read(text)
        except (ValueError, OverflowError):
            continue
    raise ValueError


def _time(text: str) -> time:
    """Read a time of the day.

    Raises:
        ValueError: it names no zone.
    """
    found = time.fromisoformat(text)
    if found.tzinfo is None or "T" in text.upper():
        raise ValueError
    return found


def _instant(text: str) -> datetime:
    """Read an instant.

    Raises:
        ValueError: it names no zone.
    """
    found = datetime.fromisoformat(text)
    if found.tzinfo is None:
        raise ValueError
    return found.astimezone(UTC)
