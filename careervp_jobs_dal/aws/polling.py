"""Polling with a growing, jittered backoff, for scripts and tests that wait for a job."""

from __future__ import annotations

import random
import time
from typing import TYPE_CHECKING

from careervp_jobs_dal.job.attribute import STATUS
from careervp_jobs_dal.job.status import JobStatus
from careervp_jobs_dal.plans.backoff import POLLS
from careervp_jobs_dal.result import Answer, Result, ResultCode

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import timedelta

    from careervp_jobs_dal.job.record import JobRecord


def is_finished(seen: Answer[JobRecord]) -> bool:
    """Tell whether a call has shown a finished job."""
    return seen.data is not None and JobStatus(seen.data[STATUS]).finished


def wait(
    look: Callable[[], Answer[JobRecord]],
    fetch: Callable[[], Answer[JobRecord]],
    timeout: timedelta,
    on_change: Callable[[JobRecord], object] | None,
) -> Answer[JobRecord]:
    """Poll with `look` until the job is finished, and `fetch` it whole.

    A failure that is not retryable ends the polling, and so does the time. A job that is begun anew between
    the look and the fetch is polled on.
    """
    give_up_at = time.monotonic() + timeout.total_seconds()
    pause = 0.0
    last: JobRecord | None = None
    while True:
        seen = look()
        if not seen and not seen.retryable:
            return seen
        if seen.data and seen.data != last:
            last = seen.data
            if on_change:
                on_change(last)
        if is_finished(seen):
            whole = fetch()
            if is_finished(whole) or not (whole or whole.retryable):
                return whole
        pause = POLLS.after(pause)
        if time.monotonic() + pause > give_up_at:
            return Result.failure("The job did not finish in time", ResultCode.UNAVAILABLE, record=last)
        time.sleep(random.uniform(pause / 2, pause))  # noqa: S311  # no secret depends on it
