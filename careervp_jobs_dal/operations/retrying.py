"""Plan of `retry_job`: a failed job becomes PENDING again, with all of its attempts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from careervp_jobs_dal.expressions import UpdateExpression
from careervp_jobs_dal.job.attribute import (
    ACTIVE_SHARD,
    ATTEMPT,
    CANCEL_REQUESTED_AT,
    CANCELLED_AT,
    CLAIM_ID,
    CLAIMED_BY,
    COMPLETED_AT,
    ERROR,
    JOB_ID,
    LEASE_EXPIRES_AT,
    PROGRESS,
    STARTED_AT,
    STATUS,
    SUBMISSION_ID,
)
from careervp_jobs_dal.job.index import active_shard
from careervp_jobs_dal.job.instant import epoch_seconds
from careervp_jobs_dal.job.snapshot import read_snapshot
from careervp_jobs_dal.job.status import JobStatus
from careervp_jobs_dal.job.validation import check_fields
from careervp_jobs_dal.plans import guard
from careervp_jobs_dal.plans.plan import Plan, refusing_record, write
from careervp_jobs_dal.plans.refusal import conflict, not_found
from careervp_jobs_dal.plans.statement import conditional
from careervp_jobs_dal.result import Result, ResultCode

if TYPE_CHECKING:
    from datetime import datetime

    from careervp_jobs_dal.codec.packing import Decoder
    from careervp_jobs_dal.job.record import JobRecord

OF_A_LIFE = (
    ATTEMPT,
    CLAIM_ID,
    CLAIMED_BY,
    LEASE_EXPIRES_AT,
    PROGRESS,
    STARTED_AT,
    COMPLETED_AT,
    ERROR,
    CANCEL_REQUESTED_AT,
    CANCELLED_AT,
)
"""Attributes of the earlier attempts, which a retry removes; their history in `errors` stays."""


def retry(job_id: str, submission_id: str, now: datetime, decode: Decoder) -> Plan[JobRecord]:
    """Move a FAILED job to PENDING, with no attempt used."""
    check_fields({JOB_ID: job_id})
    reply = yield write(job_id, _retrying(job_id, submission_id, now))
    if not reply.refused:
        return Result.success(decode(reply.item or {}))
    stored = yield from refusing_record(reply, job_id)
    if stored is None:
        return not_found(job_id)
    snapshot = read_snapshot(stored)
    if stored.get(SUBMISSION_ID) == submission_id:
        return Result.success(decode(stored))  # botocore sent the write twice
    if snapshot.expired(now):
        return not_found(job_id)
    if snapshot.status is not JobStatus.FAILED:
        error = f"Job {job_id} is not FAILED, so there is nothing to retry"
        return Result.failure(error, ResultCode.INVALID_TRANSITION, record=decode(stored))
    return conflict(job_id)


def _retrying(job_id: str, submission_id: str, now: datetime) -> dict[str, object]:
    begun = {STATUS: JobStatus.PENDING.value, SUBMISSION_ID: submission_id, ACTIVE_SHARD: active_shard(job_id)}
    update = UpdateExpression().set_all(begun)
    # DynamoDB ignores the removal of an absent attribute.
    for name in OF_A_LIFE:
        update = update.remove(name)
    retriable = guard.has_failed() & guard.not_submitted_as(submission_id)
    return conditional(update, retriable & guard.outlives(epoch_seconds(now) + 1))
