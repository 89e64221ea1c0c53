"""Plan of `retry_job`: a failed job becomes PENDING again, with all of its attempts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from careervp_jobs_dal.expressions import UpdateExpression
from careervp_jobs_dal.job.attribute import (
    ATTEMPT,
    CANCEL_REQUESTED_AT,
    CANCELLED_AT,
    CLAIMED_BY,
    COMPLETED_AT,
    ERROR,
    JOB_ID,
    LEASE_EXPIRES_AT,
    PROGRESS,
    PUBLIC_ERROR,
    STARTED_AT,
    SUBMISSION_ID,
    TTL,
)
from careervp_jobs_dal.job.line import printable
from careervp_jobs_dal.job.snapshot import has_expired, read_snapshot
from careervp_jobs_dal.job.status import JobStatus
from careervp_jobs_dal.job.transition import sources
from careervp_jobs_dal.job.validation import read_key
from careervp_jobs_dal.job.verb import Verb
from careervp_jobs_dal.plans import guard
from careervp_jobs_dal.plans.plan import EXACT_TRIES, Plan, read, refusing_record, write
from careervp_jobs_dal.plans.refusal import conflict, not_found
from careervp_jobs_dal.plans.requeue import kept_until, next_delivery, raised_ttl, waiting
from careervp_jobs_dal.plans.statement import conditional
from careervp_jobs_dal.result import Result, ResultCode

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from careervp_jobs_dal.codec.packing import Decoder
    from careervp_jobs_dal.job.record import Item, JobRecord

OF_A_LIFE = (
    ATTEMPT,
    CLAIMED_BY,
    LEASE_EXPIRES_AT,
    PROGRESS,
    STARTED_AT,
    COMPLETED_AT,
    ERROR,
    PUBLIC_ERROR,
    CANCEL_REQUESTED_AT,
    CANCELLED_AT,
)
"""Attributes of the earlier attempts, which a retry removes; their history in `errors` stays."""


def retry(job_id: str | UUID, submission_id: str, now: datetime, decode: Decoder) -> Plan[JobRecord]:
    """Move a FAILED job to PENDING, with no attempt used.

    The write knows the job that it changes, so a copy of it that arrives late cannot begin a later life.
    """
    job_id = read_key(job_id, JOB_ID)
    stored = (yield read(job_id)).item
    tries = EXACT_TRIES
    while True:
        if stored is None or has_expired(stored, now):
            return not_found(job_id)
        if stored.get(SUBMISSION_ID) == submission_id:
            return Result.success(decode(stored))  # botocore sent it twice
        if read_snapshot(stored).status not in sources(JobStatus.PENDING, Verb.RETRY):
            error = f"Job {printable(job_id)} is not FAILED, so there is nothing to retry"
            return Result.failure(error, ResultCode.INVALID_TRANSITION, record=decode(stored))
        # A copy that was refused may have been overtaken by its own first one, and by another life after that.
        if not tries:
            return conflict(job_id)
        reply = yield write(job_id, _retrying(stored, submission_id, now))
        if not reply.refused:
            return Result.success(decode(reply.item or {}))
        tries = 0 if reply.resent else tries - 1
        stored = yield from refusing_record(reply, job_id)


def _retrying(stored: Item, submission_id: str, now: datetime) -> dict[str, Any]:
    begun = {
        **waiting(stored[JOB_ID], now),
        SUBMISSION_ID: submission_id,
        **raised_ttl(read_snapshot(stored), kept_until(next_delivery(now, now))),
    }
    update = UpdateExpression().set_all(begun)
    # DynamoDB ignores the removal of an absent attribute.
    for name in OF_A_LIFE:
        update = update.remove(name)
    return conditional(update, guard.unchanged(stored, TTL))
