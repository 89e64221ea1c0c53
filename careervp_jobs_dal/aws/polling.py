"""Polling with a growing, jittered backoff, for scripts and tests that wait for a job.

The order of reads and pauses stands here once. One driver makes the calls as they are, the other one awaits them.
"""

from __future__ import annotations

import random
import time
from collections.abc import Awaitable, Callable, Generator
from functools import partial
from typing import TYPE_CHECKING, Any, TypeAlias

from careervp_jobs_dal.job.attribute import STATUS
from careervp_jobs_dal.job.status import JobStatus
from careervp_jobs_dal.plans.backoff import POLLS
from careervp_jobs_dal.result import Answer, Result, ResultCode

if TYPE_CHECKING:
    from datetime import timedelta

    from careervp_jobs_dal.job.record import JobRecord

Polls: TypeAlias = "Generator[Callable[[], Any], Any, Answer[JobRecord]]"
"""Calls to make one after the other; each is answered with its return value."""


def is_finished(seen: Answer[JobRecord]) -> bool:
    """Tell whether a call has shown a finished job."""
    return seen.data is not None and JobStatus(seen.data[STATUS]).finished


def wait(
    look: Callable[..., Answer[JobRecord]],
    fetch: Callable[[], Answer[JobRecord]],
    timeout: timedelta,
    on_change: Callable[[JobRecord], object] | None,
) -> Answer[JobRecord]:
    """Poll with `look` until the job is finished, and `fetch` it whole."""
    polls = poll(look, fetch, lambda seconds: time.sleep(seconds), timeout, on_change)
    answer = None
    while True:
        try:
            call = polls.send(answer)
        except StopIteration as ended:
            result: Answer[JobRecord] = ended.value
            return result
        answer = call()


async def wait_in_loop(polls: Polls) -> Answer[JobRecord]:
    """Drive the polls of a coroutine: await each answer that can be awaited."""
    answer = None
    while True:
        try:
            call = polls.send(answer)
        except StopIteration as ended:
            result: Answer[JobRecord] = ended.value
            return result
        answer = call()
        if isinstance(answer, Awaitable):
            answer = await answer


def poll(
    look: Callable[..., Any],
    fetch: Callable[[], Any],
    sleep: Callable[[float], Any],
    timeout: timedelta,
    on_change: Callable[[JobRecord], object] | None,
) -> Polls:
    """Say call by call how a job is waited for.

    A failure that is not retryable ends the polling, and so does the time. A job that is begun anew between the look
    and the fetch is polled on.
    """
    started, slept, pause = time.monotonic(), 0.0, 0.0
    last: JobRecord | None = None
    while True:
        seen: Answer[JobRecord] = yield look
        if is_finished(seen):
            # An eventually consistent read can still show the end before a retry, when the job is PENDING again.
            seen = yield partial(look, consistent=True)
        if not seen and not seen.retryable:
            return seen
        if seen.data and seen.data != last:
            last = seen.data
            if on_change:
                yield partial(on_change, last)
        if is_finished(seen):
            whole: Answer[JobRecord] = yield fetch
            if is_finished(whole) or not (whole or whole.retryable):
                return whole
        pause = POLLS.after(pause)
        # The pauses are summed as well, because a test can hold the clock.
        if max(time.monotonic() - started, slept) + pause > timeout.total_seconds():
            return Result.failure("The job did not finish in time", ResultCode.UNAVAILABLE, record=last)
        nap = random.uniform(pause / 2, pause)  # noqa: S311  # no secret depends on it
        slept += nap
        yield partial(sleep, nap)
