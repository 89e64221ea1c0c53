"""`JobRequest`: the arguments of one submission."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from careervp_jobs_dal.job.record import DEFAULT_MAX_ATTEMPTS

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from uuid import UUID


@dataclass(frozen=True, slots=True, repr=False)
class JobRequest:
    """Request for one job of `submit_jobs`, with the arguments of `submit_job`.

    Attributes:
        idempotency_key: two submissions of a user with the same key are one job.
        input_data: the payload of the job.
        user_id: the user of the job.
        application_id: stored with the job.
        max_attempts: the number of claims that the job can have, at least 1.
        run_at: the earliest start of the job, an aware datetime.
        replace_failed: replace an earlier job that is FAILED, with no attempt used.
        allow_different_payload: accept the earlier job though its payload differs.
        fields: further attributes, of any name.

    >>> JobRequest("application-9", {}, user_id="user-1", fields={"pages": 3}).max_attempts
    3
    """

    idempotency_key: str | UUID
    input_data: Mapping[str, Any]
    user_id: str | UUID | None = None
    application_id: str | UUID | None = None
    max_attempts: int = DEFAULT_MAX_ATTEMPTS
    run_at: datetime | None = None
    replace_failed: bool = False
    allow_different_payload: bool = False
    fields: Mapping[str, Any] | None = None

    def __repr__(self) -> str:
        return "JobRequest(...)"  # keys and payloads stay out of logs
