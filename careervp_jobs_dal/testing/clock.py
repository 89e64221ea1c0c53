"""A clock that a test moves, so that no test waits for a lease to lapse."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import timedelta


class Clock:
    """A clock that stands still until it is moved: the `clock` of a `JobsRepository`.

    Args:
        now: where it stands, an aware datetime; without it, at the present. A service whose repository has the
            machine's clock then agrees with it until it is moved.

    Attributes:
        now: where it stands; can be set.

    >>> from datetime import UTC, datetime
    >>> clock = Clock(datetime(2026, 2, 3, 13, 5, tzinfo=UTC))
    >>> clock.advance(timedelta(minutes=6))
    >>> clock().isoformat()
    '2026-02-03T13:11:00+00:00'
    """

    def __init__(self, now: datetime | None = None) -> None:
        self.now: datetime = now or datetime.now(UTC)

    def __call__(self) -> datetime:
        """Tell the time, as `JobsRepository` asks for it."""
        return self.now

    def advance(self, step: timedelta) -> None:
        """Let time pass at once.

        Args:
            step: how much.

        >>> clock = Clock()
        >>> before = clock()
        >>> clock.advance(timedelta(minutes=6))
        >>> clock() - before
        datetime.timedelta(seconds=360)
        """
        self.now += step
