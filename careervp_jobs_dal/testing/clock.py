"""Clocks that a test moves, so that no test waits for a lease to lapse."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from careervp_jobs_dal.job.instant import read_clock
from careervp_jobs_dal.testing.argument_check import check_time


class Clock:
    """Clock that stands still until a test moves it: the `clock` of a `JobsRepository`.

    Args:
        now: the time that it shows, an aware datetime; without it, the present. A service whose repository has the
            machine's clock then agrees with this clock until it is moved.

    Attributes:
        now: the time that it shows; can be set.

    >>> from datetime import UTC, datetime
    >>> clock = Clock(datetime(2026, 2, 3, 13, 5, tzinfo=UTC))
    >>> clock.advance(timedelta(minutes=6))
    >>> clock().isoformat()
    '2026-02-03T13:11:00+00:00'

    Raises:
        ValueError: the time is no aware datetime.
    """

    def __init__(self, now: datetime | None = None) -> None:
        self.now: datetime = datetime.now(UTC) if now is None else now
        self()

    def __call__(self) -> datetime:
        """Return the time in UTC, as `JobsRepository` needs it.

        Raises:
            ValueError: the time was set to anything but an aware datetime.
        """
        return read_clock(lambda: self.now)

    def advance(self, step: timedelta) -> None:
        """Move the clock forward at once.

        Args:
            step: the time to add.

        Raises:
            ValueError: it is no timedelta, or longer than a century.

        >>> clock = Clock()
        >>> before = clock()
        >>> clock.advance(timedelta(minutes=6))
        >>> clock() - before
        datetime.timedelta(seconds=360)
        """
        check_time("step", step, negative=True)
        self.now += step


class MachineClock(Clock):
    """The machine's clock, for tests with freezegun or time-machine.

    It runs on, unless one of them stops or moves it. All that has the machine's clock agrees with it until a test moves
    it by `advance` or `now`.

    >>> clock = MachineClock()
    >>> clock.advance(timedelta(minutes=6))
    >>> clock() > datetime.now(UTC) + timedelta(minutes=5)
    True
    """

    def __init__(self) -> None:
        self._ahead = timedelta(0)

    @property
    def now(self) -> datetime:
        """Return the machine's time, and the steps that moved it."""
        return datetime.now(UTC) + self._ahead

    @now.setter
    def now(self, now: datetime) -> None:  # pyright: ignore[reportIncompatibleVariableOverride]
        self._ahead = now - datetime.now(UTC)
