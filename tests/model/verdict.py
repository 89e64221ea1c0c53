"""What the library's worker tells the queue: its own rule, asked with each answer that a call can have."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

from careervp_jobs_dal import JobsRepository, Result
from careervp_jobs_dal.worker.acknowledgement import NotAcknowledgedError, settle
from tests.model.record import NOW

_REPOSITORY = cast("JobsRepository", SimpleNamespace(table_name="jobs", clock=lambda: NOW))


def acknowledged(answer: Result[Any]) -> bool:
    """Whether a worker that gets this answer lets its message go."""
    try:
        settle(_REPOSITORY, "vpr-1", answer)
    except NotAcknowledgedError:
        return False
    return True
