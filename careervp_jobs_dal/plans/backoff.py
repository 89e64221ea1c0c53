"""Growing pauses between tries, the same for clashes, unread keys and polls."""

from __future__ import annotations

from typing import NamedTuple


class Backoff(NamedTuple):
    """Longest pauses between tries, in seconds; whoever waits draws a part of each, so that no two meet again.

    Attributes:
        first: the longest pause before the second try.
        limit: no pause is longer.
        factor: by how much each pause is longer than the one before.
    """

    first: float
    limit: float
    factor: float = 2.0

    def after(self, pause: float) -> float:
        """Return the longest pause that follows this one; 0 is the pause before the first try.

        >>> Backoff(0.05, 1.0).after(0), Backoff(0.05, 1.0).after(0.05), Backoff(0.05, 1.0).after(0.8)
        (0.05, 0.1, 1.0)
        """
        return min(max(self.factor * pause, self.first), self.limit)


RETRIES = Backoff(0.05, 1.0)
"""Between two tries of one call: fast at first, because most clashes pass in milliseconds."""

POLLS = Backoff(0.25, 5.0, 1.5)
"""Between two looks at a job that takes seconds or minutes."""
