"""The plans that bring jobs back: put back one whose worker is gone, and give a failed one its attempts again.

Neither sends a message. The write asks once more what the read has shown, so a claim that comes first wins.
"""

from __future__ import annotations

from enum import Enum, auto
from typing import TYPE_CHECKING

from careervp_jobs_dal import condition
from careervp_jobs_dal.ending import entry_of, give_up, history_of, history_with
from careervp_jobs_dal.expressions import UpdateExpression
from careervp_jobs_dal.invalid import InvalidInputError
from careervp_jobs_dal.job import JobRecord, check_fields
from careervp_jobs_dal.refusal import Decoder, conflict, holds, invalid, judged, not_found, update_plan
from careervp_jobs_dal.result import Result, ResultCode
from careervp_jobs_dal.state import JobState, epoch_seconds, read_state
from careervp_jobs_dal.status import JobStatus
from careervp_jobs_dal.table import (
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
    active_shard,
)

if TYPE_CHECKING:
    from datetime import datetime

    from careervp_jobs_dal.plan import Item, Step

_OF_A_LIFE = (
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
"""What a job has from the attempts that a retry makes forgotten."""


class Outcome(Enum):
    """What a recovery made of one job."""

    PUT_BACK = auto()
    WAITING = auto()
    TAKEN = auto()


def recover(stored: Item, now: datetime, decode: Decoder) -> Step[Outcome]:
    """Put back an overdue job, or end it where no claim could take it; one that waits already is left as it is.

    Where the job is ended, the answer is that of the claim which would have done it: ATTEMPTS_EXHAUSTED, or
    ALREADY_FINISHED for one that was to be cancelled.
    """
    job_id: str = stored[JOB_ID]
    state = read_state(stored)
    if state.status is JobStatus.PENDING:
        return Result.success(Outcome.WAITING)
    # Where the record has no limit of its own, only the worker knows one.
    used_up = state.max_attempts is not None and state.attempt >= state.max_attempts
    if state.cancel_requested or used_up:
        return give_up(job_id, stored, state, now, decode, "recover")
    return _put_back(job_id, stored, state, now)


def _put_back(job_id: str, stored: Item, state: JobState, now: datetime) -> Step[Outcome]:
    error = f"Attempt {state.attempt} did not finish, and its job was put back"
    entry = entry_of(state.attempt, state.claim_id, error, now)

    def rule(refusing: Item, present: JobState) -> Result[Outcome]:
        if any(holds(noted, entry) for noted in history_of(refusing)):
            return Result.success(Outcome.PUT_BACK)
        if present.status is JobStatus.PENDING:
            return Result.success(Outcome.WAITING)
        return Result.success(Outcome.TAKEN)

    written = {STATUS: JobStatus.PENDING.value, ERROR: error, **history_with(stored, entry)}
    update = UpdateExpression().set_all(written).remove(LEASE_EXPIRES_AT).when(condition.unchanged(stored))
    judge = judged(job_id, rule, absent=not_found(job_id))
    return update_plan("recover", job_id, update.to_kwargs(), judge, lambda _: Result.success(Outcome.PUT_BACK))


def retry(job_id: str, submission_id: str, now: datetime, decode: Decoder) -> Step[JobRecord]:
    """A failed job becomes PENDING, with all of its attempts before it and the history of the earlier ones."""
    try:
        check_fields({JOB_ID: job_id})
    except InvalidInputError as refused:
        return invalid(refused)

    def rule(stored: Item, state: JobState) -> Step[JobRecord]:
        if stored.get(SUBMISSION_ID) == submission_id:
            return Result.success(decode(stored))
        if state.expired(now):
            return not_found(job_id)
        if state.status is not JobStatus.FAILED:
            error = f"Job {job_id} is not FAILED, so there is nothing to retry"
            return Result.failure(error, ResultCode.INVALID_TRANSITION, record=decode(stored))
        return conflict(job_id)

    written = {
        STATUS: JobStatus.PENDING.value,
        SUBMISSION_ID: submission_id,
        ACTIVE_SHARD: active_shard(job_id),
    }
    update = UpdateExpression().set_all(written)
    for name in _OF_A_LIFE:
        update = update.remove(name)
    update = update.when(condition.has_failed()).when(condition.not_submitted_as(submission_id))
    update = update.when(condition.outlives(epoch_seconds(now) + 1))
    judge = judged(job_id, rule)
    return update_plan("retry", job_id, update.to_kwargs(), judge, lambda item: Result.success(decode(item)))
