"""A job as its callers hold it: its record, a submission of it, and a worker's claim on it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from careervp_jobs_dal.job.attribute import CANCEL_REQUESTED_AT, JOB_ID

if TYPE_CHECKING:
    from datetime import datetime

DEFAULT_MAX_ATTEMPTS = 3

Item: TypeAlias = Mapping[str, Any]
"""A record as boto3's `Table` gives it, not decoded yet."""

JobRecord: TypeAlias = dict[str, Any]
"""A job as callers see it: plain Python that `json.dumps` takes, unless bytes or sets were stored."""


@dataclass(frozen=True, slots=True, repr=False)
class Submission:
    """Answer of `submit_job`: the job that was created, or the one that was there.

    Attributes:
        job: the record.
        created: True for the one call that created it.
        should_enqueue: whether to send the job to the queue: True while it waits or its lease has lapsed, created now
            or not, because an earlier caller may have died between the write and the queue. A message too many does
            no harm.
    """

    job: JobRecord
    created: bool
    should_enqueue: bool

    @property
    def job_id(self) -> str:
        """Return the job's id, which the same user and idempotency key always lead to."""
        return str(self.job[JOB_ID])

    def __repr__(self) -> str:
        return f"Submission(job_id={self.job_id!r}, created={self.created}, should_enqueue={self.should_enqueue})"


@dataclass(frozen=True, slots=True, repr=False)
class Claim:
    """Hold of one worker on a job; `renew_claim`, `complete_job` and `fail_job` take it.

    Attributes:
        job: the record as it was when the job was claimed or the claim renewed.
        attempt: the number of this attempt, counted from 1.
        max_attempts: the last attempt there can be.
        claim_id: unique to this claim: the fencing token. Put it into the names of what the work writes outside the
            table.
        lease_expires_at: until when no other worker can claim the job, in UTC.
    """

    job: JobRecord
    attempt: int
    max_attempts: int
    claim_id: str
    lease_expires_at: datetime

    @property
    def job_id(self) -> str:
        """Return the job's id."""
        return str(self.job[JOB_ID])

    @property
    def cancel_requested(self) -> bool:
        """Tell whether someone asked for the job to be cancelled; stop then, and call `fail_job`."""
        return CANCEL_REQUESTED_AT in self.job

    def __repr__(self) -> str:
        return f"Claim(job_id={self.job_id!r}, attempt={self.attempt}, claim_id={self.claim_id!r})"
