"""The end of an attempt whose work raised: the log, the record, and the hook hear of it, each as much as it may."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeAlias

from careervp_jobs_dal.aws.log import frames_of, write_line
from careervp_jobs_dal.job.invalid_input import InvalidPayloadError
from careervp_jobs_dal.job.record import Claim
from careervp_jobs_dal.worker.public_error import PublicError
from careervp_jobs_dal.worker.retry_delay import Delay, delay_after
from careervp_jobs_dal.worker.setting import check_failing
from careervp_jobs_dal.worker.work_result import InvalidResultError

if TYPE_CHECKING:
    from datetime import timedelta

    from careervp_jobs_dal.job.record import JobRecord
    from careervp_jobs_dal.repository import JobsRepository
    from careervp_jobs_dal.result import Answer

Hook: TypeAlias = Callable[[Claim, Exception], object]
"""Function that hears of a failed attempt."""


class FailedAttempts:
    """Rule by which failed attempts end.

    Args:
        repository: the repository of the jobs.
        permanent: exceptions that fail a job for good.
        retry_delay: the pause after any other.
        on_error: the hook.
    """

    def __init__(
        self,
        repository: JobsRepository,
        permanent: tuple[type[Exception], ...],
        retry_delay: timedelta | Delay,
        on_error: Hook | None,
    ) -> None:
        check_failing(permanent, retry_delay, on_error)
        self._repository = repository
        self._permanent = (*permanent, InvalidPayloadError, InvalidResultError)
        self._retry_delay = retry_delay
        self._on_error = on_error

    def end(self, claim: Claim, error: Exception) -> Answer[JobRecord]:
        """Fail the job, or put it back for another attempt."""
        kind = type(error).__name__
        tell(claim, f"raised {kind} in attempt {claim.attempt}", error)
        said = text_of(error)
        retryable = not isinstance(error, self._permanent)
        failed = self._repository.fail_job(
            claim,
            said if isinstance(error, InvalidResultError) else f"{kind}: {said}",
            retryable=retryable,
            retry_after=delay_after(claim.attempt, self._retry_delay) if retryable else None,
            public_error=said or None if isinstance(error, PublicError) else None,
        )
        self._call_hook(claim, error)
        return failed

    def _call_hook(self, claim: Claim, error: Exception) -> None:
        if self._on_error is None:
            return
        try:
            self._on_error(claim, error)
        except Exception as raised:
            tell(claim, f"was told to on_error, which raised {type(raised).__name__}", raised)


def tell(claim: Claim, told: str, error: BaseException) -> None:
    """Write a log line about a job and an exception, without its text."""
    kind, frames = type(error).__name__, frames_of(error)
    extra = {"job_id": claim.job_id, "attempt": claim.attempt, "exception": kind, "frames": frames}
    write_line("warning", f"Job {claim.job_id} {told}, at {frames}", extra)


def text_of(error: BaseException) -> str:
    """Return the text of an exception, or a few words if that raises.

    >>> text_of(ValueError("no score"))
    'no score'
    """
    try:
        return str(error).encode("utf-8", "replace").decode()
    except Exception as raised:
        return f"(its text cannot be read: {type(raised).__name__})"
