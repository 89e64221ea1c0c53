"""Polling with growing, jittered pauses, for scripts and tests that wait for a job."""

from __future__ import annotations

import random
import time
from datetime import timedelta
from typing import TYPE_CHECKING

from careervp_jobs_dal.result import Result, ResultCode
from careervp_jobs_dal.status import JobStatus
from careervp_jobs_dal.table import STATUS

if TYPE_CHECKING:
    from collections.abc import Callable

    from careervp_jobs_dal.job import JobRecord

_FIRST_PAUSE_SECONDS = 0.25
_LONGEST_PAUSE_SECONDS = 5.0


def wait(
    look: Callable[[], Result[JobRecord]], timeout: timedelta, on_change: Callable[[JobRecord], object] | None
) -> Result[JobRecord]:
    """Call `look` until it shows a finished job, fails for good, or the time is up."""
    if not isinstance(timeout, timedelta):
        return Result.failure("timeout must be a timedelta", ResultCode.VALIDATION_ERROR)
    give_up_at = time.monotonic() + timeout.total_seconds()
    pause = _FIRST_PAUSE_SECONDS
    last: JobRecord | None = None
    while True:
        seen = look()
        if not seen and not seen.retryable:
            return seen
        if seen.data and seen.data != last:
            last = seen.data
            if on_change:
                on_change(last)
        if last and JobStatus(last[STATUS]).finished:
            return seen
        if time.monotonic() + pause > give_up_at:
            return Result.failure("The job did not finish in time", ResultCode.UNAVAILABLE, record=last)
        time.sleep(random.uniform(pause / 2, pause))  # noqa: S311  # no secret depends on it
        pause = min(1.5 * pause, _LONGEST_PAUSE_SECONDS)
