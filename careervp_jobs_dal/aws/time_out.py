"""Time-outs: for each step on a socket, and never beyond the deadline of the call."""

from __future__ import annotations

import time
from typing import Any

# By default, botocore waits 60 s for a connection and 60 s for an answer, longer than an API's caller does.
CONNECT_SECONDS = 1.0
READ_SECONDS = 3.0
ATTEMPTS = 3
_SHORTEST_SECONDS = 0.001  # 0 would make the socket non-blocking


def seconds_left(usual: Any, give_up_at: float) -> float:
    """Return the usual time-out, or the time until the deadline if that is less.

    >>> seconds_left(3.0, time.monotonic() - 1)
    0.001
    """
    left = max(give_up_at - time.monotonic(), _SHORTEST_SECONDS)
    return min(usual, left) if isinstance(usual, int | float) else left


def is_late(give_up_at: float, seconds: float = 0.0) -> bool:
    """Tell whether the deadline has passed, or will have after these seconds."""
    return time.monotonic() + seconds > give_up_at


def require_time(give_up_at: float) -> None:
    """Require that the deadline has not passed.

    Raises:
        TimeoutError: it has.
    """
    if is_late(give_up_at):
        raise TimeoutError("the deadline of the call has passed")
