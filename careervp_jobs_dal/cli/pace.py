"""When a watcher looks again, and what it does meanwhile."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import timedelta

_REDRAW_SECONDS = 1.0


class Pace:
    """The pauses between looks, and the end of patience."""

    def __init__(self, every: timedelta, timeout: timedelta | None) -> None:
        self._every = max(every.total_seconds(), _REDRAW_SECONDS)
        self._give_up_at = None if timeout is None else time.monotonic() + timeout.total_seconds()

    @property
    def over(self) -> bool:
        """Whether there is no time for another pause."""
        return self._give_up_at is not None and time.monotonic() + self._every > self._give_up_at

    def pause(self, redraw: Callable[[], object]) -> None:
        """Let the time until the next look pass, and redraw each second."""
        rest = self._every
        while rest > 0:
            redraw()
            time.sleep(min(rest, _REDRAW_SECONDS))
            rest -= _REDRAW_SECONDS
