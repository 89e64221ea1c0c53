"""The plans of `claim_job` and `renew_claim`: who may work on a job, and until when.

A claim counts the attempt and leaves a fresh `claim_id`; whatever its holder writes later asks for both. A lapsed lease
can be taken over, so no worker that died keeps a job.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import cache
from math import ceil
from typing import TYPE_CHECKING, Any, NamedTuple, Never

from careervp_jobs_dal import condition
from careervp_jobs_dal.ending import give_up
from careervp_jobs_dal.expressions import UpdateExpression
from careervp_jobs_dal.invalid import InvalidInputError
from careervp_jobs_dal.job import Claim, JobRecord, check_claim, check_fields, check_max_attempts
from careervp_jobs_dal.refusal import Decoder, conflict, finished, holds, invalid, judged, lost, not_found, update_plan
from careervp_jobs_dal.result import Result, ResultCode
from careervp_jobs_dal.state import LEASE_MARGIN, JobState, epoch_seconds
from careervp_jobs_dal.statement import Given, Statement, setting
from careervp_jobs_dal.status import JobStatus
from careervp_jobs_dal.table import (
    ATTEMPT,
    CLAIM_ID,
    CLAIMED_BY,
    JOB_ID,
    LEASE_EXPIRES_AT,
    PROGRESS,
    STARTED_AT,
    STATUS,
    TTL,
)
from careervp_jobs_dal.values import encode_item, instant_text

if TYPE_CHECKING:
    from careervp_jobs_dal.plan import Item, Step

LONGEST_LEASE = timedelta(days=7)
OUTLIVES_LEASE_BY = timedelta(hours=1)


class Wanted(NamedTuple):
    """One claim, as its caller asked for it."""

    lease: timedelta
    worker_id: str | None
    max_attempts: int
    adopt_unleased: bool
    claim_id: str


def claim(job_id: str, wanted: Wanted, now: datetime, decode: Decoder, *, keep: bool = False) -> Step[Claim]:
    """Take the job, if no other worker holds it; with `keep`, make its record outlive the lease."""
    try:
        check_fields({JOB_ID: job_id})
        check_max_attempts(wanted.max_attempts)
        _check_lease(wanted.lease)
        worker = encode_item({} if wanted.worker_id is None else {CLAIMED_BY: wanted.worker_id}).fitting()
    except InvalidInputError as refused:
        return invalid(refused)
    kept_until = _kept_until(now + wanted.lease)

    def rule(stored: Item, state: JobState) -> Step[Claim]:
        if state.claim_id == wanted.claim_id and state.status is JobStatus.PROCESSING:
            return claimed(stored, state)
        if state.status.finished:
            return finished(job_id, decode(stored))
        if state.expired(now):
            return not_found(job_id)
        if _is_held(state, wanted, now):
            return _held(job_id, state, now, decode(stored))
        limit = wanted.max_attempts if state.max_attempts is None else state.max_attempts
        if state.cancel_requested or state.attempt >= limit:
            return give_up(job_id, stored, state, now, decode)
        if not keep and _too_short(state, kept_until):
            return claim(job_id, wanted, now, decode, keep=True)
        return conflict(job_id)

    def claimed(stored: Item, state: JobState) -> Step[Claim]:
        return Result.success(_claim(stored, state, wanted.max_attempts, decode))

    statement = _claiming(adopt_unleased=bool(wanted.adopt_unleased), named=bool(worker), keep=keep)
    update = statement.filled(
        {
            CLAIM_ID: wanted.claim_id,
            LEASE_EXPIRES_AT: instant_text(now + wanted.lease),
            STARTED_AT: instant_text(now),
            "lapse": condition.latest_lapse(now),
            "max_attempts": wanted.max_attempts,
            "kept_until": kept_until,
            "now": epoch_seconds(now),
            **worker,
        }
    )
    read = judged(job_id, claimed)
    return update_plan("claim", job_id, update, judged(job_id, rule), lambda item: read(item, False))


def renew(
    claim: Claim, lease: timedelta, progress: Any, now: datetime, decode: Decoder, *, keep: bool = False
) -> Step[Claim]:
    """Move the end of the lease, and note the progress, for the present claim only."""
    try:
        check_claim(claim)
        _check_lease(lease)
        noted = {} if progress is None else {PROGRESS: progress}
        written = encode_item({LEASE_EXPIRES_AT: now + lease, **noted}).fitting()
    except InvalidInputError as refused:
        return invalid(refused)
    kept_until = _kept_until(now + lease)
    job_id = claim.job_id

    def rule(stored: Item, state: JobState) -> Step[Claim]:
        if not state.is_of(claim) or state.status is JobStatus.PENDING:
            return lost(job_id, decode(stored))
        if state.status.finished:
            return finished(job_id, decode(stored))
        if holds(stored, written):
            return renewed(stored, state)
        if state.expired(now):
            return not_found(job_id)
        if not keep and _too_short(state, kept_until):
            return renew(claim, lease, progress, now, decode, keep=True)
        return conflict(job_id)

    def renewed(stored: Item, state: JobState) -> Step[Claim]:
        return Result.success(_claim(stored, state, claim.max_attempts, decode))

    given = {"attempt": claim.attempt, "claim_id": claim.claim_id, "kept_until": kept_until, "now": epoch_seconds(now)}
    update = _renewing(tuple(written), keep=keep).filled({**given, **written})
    read = judged(job_id, renewed)
    return update_plan("renew", job_id, update, judged(job_id, rule), lambda item: read(item, False))


@cache
def _claiming(*, adopt_unleased: bool, named: bool, keep: bool) -> Statement:
    """What the last attempt said of its worker and progress does not hold for this one."""
    update = (
        UpdateExpression()
        .set(STATUS, JobStatus.PROCESSING.value)
        .increment(ATTEMPT)
        .set(CLAIM_ID, Given(CLAIM_ID))
        .set(LEASE_EXPIRES_AT, Given(LEASE_EXPIRES_AT))
        .set_if_absent(STARTED_AT, Given(STARTED_AT))
        .remove(PROGRESS)
    )
    update = update.set(CLAIMED_BY, Given(CLAIMED_BY)) if named else update.remove(CLAIMED_BY)
    update = update.when(condition.available(Given("lapse"), adopt_unleased=adopt_unleased))
    update = update.when(condition.attempts_left(Given("max_attempts"))).when(condition.not_asked_to_stop())
    return Statement(_keeping(update, keep=keep))


@cache
def _renewing(names: tuple[str, ...], *, keep: bool) -> Statement:
    update = setting(names)
    update = update.when(condition.held_by(Given("attempt"), Given("claim_id")))
    return Statement(_keeping(update, keep=keep))


def _keeping(update: UpdateExpression, *, keep: bool) -> UpdateExpression:
    """The first write leaves a ttl alone that is late enough; only a second one raises it, never lowers it."""
    kept_until = Given("kept_until")
    if not keep:
        return update.when(condition.outlives(kept_until))
    raisable = condition.not_expired(Given("now")) & condition.expires_before(kept_until)
    return update.set(TTL, kept_until).when(raisable)


def _claim(item: Item, state: JobState, default_max_attempts: int, decode: Decoder) -> Claim:
    return Claim(
        job=decode(item),
        attempt=state.attempt,
        max_attempts=default_max_attempts if state.max_attempts is None else state.max_attempts,
        claim_id=str(state.claim_id),
        lease_expires_at=state.lease_expires_at or datetime.min.replace(tzinfo=UTC),
    )


def _is_held(state: JobState, wanted: Wanted, now: datetime) -> bool:
    if state.status is not JobStatus.PROCESSING:
        return False
    return not (wanted.adopt_unleased if state.lease_expires_at is None else state.lease_lapsed(now))


def _held(job_id: str, state: JobState, now: datetime, record: JobRecord) -> Result[Never]:
    """A job that is worked on without a lease says nothing of when it may be taken."""
    until = state.lease_expires_at
    return Result.failure(
        f"Job {job_id} is held by another worker",
        ResultCode.LEASE_HELD,
        record=record,
        retry_after=None if until is None else until - now + LEASE_MARGIN,
    )


def _too_short(state: JobState, kept_until: int) -> bool:
    return state.expires_at is not None and state.expires_at < kept_until


def _kept_until(lease_expires_at: datetime) -> int:
    return ceil((lease_expires_at + OUTLIVES_LEASE_BY).timestamp())


def _check_lease(lease: object) -> None:
    if not isinstance(lease, timedelta) or not timedelta(0) < lease <= LONGEST_LEASE:
        raise InvalidInputError(f"lease must be a timedelta above 0 and at most {LONGEST_LEASE.days} days")
