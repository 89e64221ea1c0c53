"""Sweep of `submit_jobs`: each job is a plan of its own, and eight of them run side by side.

    wave 1    8 conditional writes ----> 8 results
    wave 2    8 conditional writes ----> 8 results
    ...

DynamoDB's batch write takes no condition. It would replace a job that exists, and a worker may be at it.
"""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, TypeVar

from careervp_jobs_dal.plans.plan import MOST_AT_ONCE, Plan, Sweep
from careervp_jobs_dal.result import Answer, Failure, Result, ResultCode

if TYPE_CHECKING:
    from collections.abc import Iterator

T = TypeVar("T")

_MEETS_ALL = frozenset(
    {ResultCode.THROTTLED, ResultCode.UNAVAILABLE, ResultCode.ACCESS_DENIED, ResultCode.CONFIG_ERROR}
)
"""Codes that the next job would get as well."""


def side_by_side(plans: Iterator[Plan[T]]) -> Sweep[list[Answer[T]]]:
    """Run the plans in waves, and return their answers in order.

    Where a whole wave meets a failure that has nothing to do with its jobs, the rest is answered without a request.
    Each plan is made when it is to run.
    """
    answers: list[Answer[T]] = []
    while wave := list(islice(plans, MOST_AT_ONCE)):
        got: list[Answer[T]] = yield wave
        answers += got
        if all(answer.code in _MEETS_ALL for answer in got):
            code = got[-1].code
            answers += yield [_unsent(code) for _ in plans]
    return Result.success(answers)


def _unsent(code: ResultCode) -> Plan[T]:
    """Answer for a job that was not submitted."""
    return Failure(f"Not sent, because the jobs before it failed with {code}", code)
    yield  # makes the function a generator, as every plan is
