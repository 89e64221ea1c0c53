"""The pace of `watch`: the pauses between two looks, and the time-out."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import timedelta

_REDRAW_SECONDS = 1.0


class Pace:
    """Pace of a watcher: its pauses between two looks, and its time-out.

    Time is measured by the clock and by the pauses, because a test may have stopped the clock.
    """

    def __init__(self, every: timedelta, timeout: timedelta | None) -> None:
        self._every = max(every.total_seconds(), _REDRAW_SECONDS)
        self._seconds = None if timeout is None else timeout.total_seconds()
        self._began = time.monotonic()
        self._paused = 0.0

    @property
    def over(self) -> bool:
        """Tell whether no time is left for another pause."""
        passed = max(time.monotonic() - self._began, self._paused)
        return self._seconds is not None and passed + self._every > self._seconds

    def pause(self, redraw: Callable[[], object] | None = None) -> None:
        """Wait until the next look, and redraw every second meanwhile."""
        rest = self._every
        while rest > 0:
            if redraw is not None:
                redraw()
            time.sleep(min(rest, _REDRAW_SECONDS))
            rest -= _REDRAW_SECONDS
        self._paused += self._every
