"""Backoff: growing pauses between tries, for clashing writes, unprocessed keys and polls."""

from __future__ import annotations

from typing import NamedTuple


class Backoff(NamedTuple):
    """Upper bounds of the pauses between tries, in seconds.

    The driver waits for a random part of each bound (jitter), so that two writers do not meet again.

    Attributes:
        first: the bound before the second try.
        limit: the largest bound.
        factor: the growth from one bound to the next.
    """

    first: float
    limit: float
    factor: float = 2.0

    def after(self, pause: float) -> float:
        """Return the bound that follows this one; 0 stands before the first try.

        >>> Backoff(0.05, 1.0).after(0), Backoff(0.05, 1.0).after(0.05), Backoff(0.05, 1.0).after(0.8)
        (0.05, 0.1, 1.0)
        """
        return min(max(self.factor * pause, self.first), self.limit)


RETRIES = Backoff(0.05, 1.0)
"""Backoff between two tries of one call: short at first, because most clashes pass within milliseconds."""

POLLS = Backoff(0.25, 5.0, 1.5)
"""Backoff between two polls of a job that takes seconds or minutes."""

MOST_CLASH_TRIES = 40
"""Tries of a write that clashes each time: under a clock that stands still, no deadline would end them."""
