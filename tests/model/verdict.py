"""What the library's worker tells the queue: its own rule, asked with the answer of a repository that has only that."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, cast

from careervp_jobs_dal import Claim, JobRecord, JobsRepository, JobWorker, Result
from careervp_jobs_dal.worker import NotAcknowledgedError

_CLAIM = Claim(JobRecord({"job_id": "vpr-1"}), 1, 1, "claim-1", datetime(2026, 2, 3, tzinfo=UTC))


class _Repository:
    """Gives a worker one answer: to its claim, or to how it ends."""

    def __init__(self, answer: Result[Any]) -> None:
        self._answer = answer

    def claim_job(self, job_id: str, **_: object) -> Result[Any]:
        return Result.success(_CLAIM) if self._answer else self._answer

    def complete_job(self, claim: Claim, **_: object) -> Result[Any]:
        return self._answer


def acknowledged(answer: Result[Any]) -> bool:
    """Whether a worker that gets this answer lets its message go."""
    worker = JobWorker(cast("JobsRepository", _Repository(answer)), lambda claim: None)
    try:
        worker.process("vpr-1", timedelta(minutes=1))
    except NotAcknowledgedError:
        return False
    return True
