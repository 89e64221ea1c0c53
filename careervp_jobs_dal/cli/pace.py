"""The pace of `watch`: the pauses between two looks, and the time-out."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from careervp_jobs_dal.plans.backoff import Backoff

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import timedelta

_REDRAW_SECONDS = 1.0
FIRST_SECONDS, LONGEST_SECONDS = 2.0, 15.0
_QUIET = Backoff(FIRST_SECONDS, LONGEST_SECONDS, 1.5)


class Pace:
    """Pace of a watcher: its pauses between two looks, and its time-out.

    Without an interval of its own, the pauses grow while nothing changes. Time is measured by the clock and by the
    pauses, because a test may have stopped the clock.
    """

    def __init__(self, every: timedelta | None, timeout: timedelta | None) -> None:
        self._fixed = None if every is None else max(every.total_seconds(), _REDRAW_SECONDS)
        self._next = FIRST_SECONDS if self._fixed is None else self._fixed
        self._seconds = None if timeout is None else timeout.total_seconds()
        self._began = time.monotonic()
        self._paused = 0.0

    @property
    def over(self) -> bool:
        """Tell whether no time is left for another pause."""
        passed = max(time.monotonic() - self._began, self._paused)
        return self._seconds is not None and passed + self._next > self._seconds

    def note(self, *, change: bool) -> None:
        """Note whether the last look showed a change, for the next pause."""
        if self._fixed is None:
            self._next = FIRST_SECONDS if change else _QUIET.after(self._next)

    def pause(self, *each_second: Callable[[], object]) -> None:
        """Wait until the next look, and make these calls every second meanwhile."""
        rest = self._next
        while rest > 0:
            for call in each_second:
                call()
            time.sleep(min(rest, _REDRAW_SECONDS))
            rest -= _REDRAW_SECONDS
        self._paused += self._next
