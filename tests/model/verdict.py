"""What the library's worker tells the queue: its own rule, asked with the answer of a repository that has only that."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache
from types import SimpleNamespace
from typing import Any, cast

from careervp_jobs_dal import JobRecord, JobsRepository, NotAcknowledgedError, Result, ResultCode
from careervp_jobs_dal.worker.acknowledgement import settle

_REPOSITORY = SimpleNamespace(table_name="jobs", clock=lambda: datetime(2026, 2, 3, tzinfo=UTC))


def acknowledged(answer: Result[Any]) -> bool:
    """Whether a worker that gets this answer lets its message go."""
    record = answer.data if answer else answer.record
    return _acknowledged(answer.code, (record or {}).get("status"))


@cache
def _acknowledged(code: ResultCode, status: str | None) -> bool:
    record = JobRecord({"status": status})
    answer: Result[Any] = (
        Result.success(record) if code is ResultCode.SUCCESS else Result.failure("no", code, record=record)
    )
    try:
        settle(cast("JobsRepository", _REPOSITORY), "vpr-1", answer)
    except NotAcknowledgedError:
        return False
    return True
