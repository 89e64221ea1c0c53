"""The pause between a failed attempt and the next one."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import timedelta
from typing import TypeAlias

from careervp_jobs_dal.aws.log import frames_of, write_line
from careervp_jobs_dal.plans.requeue import LONGEST_PAUSE

Delay: TypeAlias = Callable[[int], timedelta]
"""Function from the number of the attempt that failed, counted from 1, to the pause after it."""

_FIRST_SECONDS = 30
_MOST_SECONDS = 900
_DOUBLINGS = 5  # the next one would exceed the most


def backoff(attempt: int) -> timedelta:
    """Return the default pause: 30 s, doubled with each attempt, at most 15 min.

    A random part is taken off (jitter), up to a half, so that jobs that failed together do not return together.

    >>> timedelta(seconds=15) <= backoff(1) <= timedelta(seconds=30)
    True
    """
    bound = min(_FIRST_SECONDS * 2 ** min(attempt - 1, _DOUBLINGS), _MOST_SECONDS)
    return timedelta(seconds=random.uniform(bound / 2, bound))  # noqa: S311  # no secret hangs on it


def is_delay(value: object) -> bool:
    """Tell whether this is a pause that a job can have.

    >>> is_delay(timedelta(minutes=1)), is_delay(timedelta(-1)), is_delay(60)
    (True, False, False)
    """
    return isinstance(value, timedelta) and timedelta(0) <= value <= LONGEST_PAUSE


def delay_after(attempt: int, retry_delay: timedelta | Delay) -> timedelta:
    """Return the pause after an attempt, by `backoff` if the function gives none.

    >>> delay_after(2, lambda attempt: attempt * timedelta(minutes=1))
    datetime.timedelta(seconds=120)
    """
    if isinstance(retry_delay, timedelta):
        return retry_delay
    facts: dict[str, object] = {"attempt": attempt}
    try:
        chosen = retry_delay(attempt)
    except Exception as error:
        chosen = None
        facts |= {"exception": type(error).__name__, "frames": frames_of(error)}
    if chosen is not None and is_delay(chosen):
        return chosen
    write_line("warning", "retry_delay gave no timedelta from 0 to 366 days: the default backoff is taken", facts)
    return backoff(attempt)
