"""Plans of `claim_job` and `renew_claim`: a claim gives a worker a lease on a job, and a renewal extends the lease.

A claim counts the attempt and stores a new `claim_id`, the fencing token. Every later write of that worker requires
both. Once the lease has lapsed, another worker can claim the job, so a worker that died does not keep it. If that
worker goes on after all, its writes are refused, because its token is old.

    worker A                       worker B
      | claim: attempt 1, token a
      |   lease ------------|
      |   (stands still)      margin   claim: attempt 2, token b
      |                                  | lease -------------|
      | complete with a: LEASE_LOST      | complete with b: COMPLETED

A job whose record cannot be read is given back at once, and its attempt with it: no work can begin on it, and it must
not fail for want of attempts before somebody has looked at it.

A record must outlive its lease. The first write requires a `ttl` that is late enough, and does not change it. Only if
the `ttl` is too early, a second write raises it.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import cache
from math import ceil
from typing import TYPE_CHECKING, Any, NamedTuple

from careervp_jobs_dal.codec.values import encode_item
from careervp_jobs_dal.expressions import UpdateExpression
from careervp_jobs_dal.job.attribute import (
    ATTEMPT,
    AVAILABLE_AT,
    CLAIM_ID,
    CLAIMED_BY,
    JOB_ID,
    LEASE_EXPIRES_AT,
    PROGRESS,
    STARTED_AT,
    STATUS,
    TTL,
)
from careervp_jobs_dal.job.instant import epoch_seconds, instant_text
from careervp_jobs_dal.job.invalid_input import InvalidInputError
from careervp_jobs_dal.job.line import printable
from careervp_jobs_dal.job.record import Claim
from careervp_jobs_dal.job.snapshot import GIVE_UP_MARGIN, LEASE_MARGIN, CorruptRecordError, Snapshot, read_snapshot
from careervp_jobs_dal.job.status import JobStatus
from careervp_jobs_dal.job.validation import check_claim, check_max_attempts, read_id, read_key
from careervp_jobs_dal.plans import guard
from careervp_jobs_dal.plans.ending import give_up, too_late
from careervp_jobs_dal.plans.plan import Plan, refusing_record, write
from careervp_jobs_dal.plans.refusal import conflict, finished, holds, lost, not_found
from careervp_jobs_dal.plans.statement import Given, Statement, conditional, setting
from careervp_jobs_dal.result import Answer, Failure, Result, ResultCode

if TYPE_CHECKING:
    from collections.abc import Mapping
    from uuid import UUID

    from careervp_jobs_dal.codec.packing import Decoder
    from careervp_jobs_dal.job.record import Item, JobRecord
    from careervp_jobs_dal.plans.condition import Condition

LONGEST_LEASE = timedelta(days=7)
# A worker may end its job after the lease has lapsed; DynamoDB must not have deleted the record by then.
OUTLIVES_LEASE_BY = timedelta(hours=1)


class Claiming(NamedTuple):
    """Arguments of one claim."""

    lease: timedelta
    worker_id: str | UUID | None
    max_attempts: int
    adopt_unleased: bool
    claim_id: str


def claim(job_id: str | UUID, wanted: Claiming, now: datetime, decode: Decoder) -> Plan[Claim]:
    """Claim the job, unless another worker holds it, for a lease that it outlives."""
    job_id = read_key(job_id, JOB_ID)
    given = _given_to_claim(wanted, now)
    keep = False
    while True:
        reply = yield write(job_id, _claiming(bool(wanted.adopt_unleased), CLAIMED_BY in given, keep).filled(given))
        if not reply.refused:
            return (yield from _begun(job_id, reply.item or {}, wanted, now, decode))
        stored = yield from refusing_record(reply, job_id)
        if stored is None:
            return not_found(job_id)
        snapshot = read_snapshot(stored)
        if snapshot.claim_id == wanted.claim_id and snapshot.status is JobStatus.PROCESSING:
            return (yield from _begun(job_id, stored, wanted, now, decode))  # botocore sent the claim twice
        if snapshot.status.finished:
            return finished(job_id, decode(stored))
        if snapshot.expired(now):
            return not_found(job_id)
        if _is_held(snapshot, wanted, now):
            return _held(job_id, snapshot, now, decode(stored))
        if snapshot.available_at is not None and snapshot.available_at > now:
            return _not_due(job_id, snapshot.available_at - now, decode(stored))
        if snapshot.cancel_requested or snapshot.attempt >= _limit(snapshot, wanted.max_attempts):
            if not snapshot.abandoned(now):
                return _held(job_id, snapshot, now, decode(stored), GIVE_UP_MARGIN)
            return (yield from give_up(job_id, stored, snapshot, now, decode))
        if keep or not _expires_before(snapshot, given[_KEPT_UNTIL]):
            return conflict(job_id)
        keep = True


def _begun(job_id: str, item: Item, wanted: Claiming, now: datetime, decode: Decoder) -> Plan[Claim]:
    """Answer with the claim, or give back a job whose record cannot be read."""
    try:
        return _claimed(item, wanted.max_attempts, decode)
    except CorruptRecordError:
        given = {ATTEMPT: item.get(ATTEMPT, 0), CLAIM_ID: wanted.claim_id, AVAILABLE_AT: instant_text(now)}
        # If this write is refused or comes too late, the lease lapses, and the attempt is lost after all.
        yield write(job_id, _giving_back().filled(given))._replace(optional=True)
        raise


def renew(claim: Claim, lease: timedelta, progress: Any, now: datetime, decode: Decoder) -> Plan[Claim]:
    """Move the lease's end and store the progress, for the present claim only."""
    check_claim(claim)
    _check_lease(lease)
    job_id = claim.job_id
    noted = {} if progress is None else {PROGRESS: progress}
    written = encode_item({LEASE_EXPIRES_AT: now + lease, **noted}).fitting()
    given = {**written, ATTEMPT: claim.attempt, CLAIM_ID: claim.claim_id, **_times(now, lease)}
    keep = False
    while True:
        reply = yield write(job_id, _renewing(tuple(written), keep).filled(given))
        if not reply.refused:
            return _claimed(reply.item or {}, claim.max_attempts, decode)
        stored = yield from refusing_record(reply, job_id)
        if stored is None:
            return not_found(job_id)
        snapshot = read_snapshot(stored)
        if not snapshot.is_of(claim) or snapshot.status is not JobStatus.PROCESSING:
            return too_late(claim, stored, snapshot, decode)
        if holds(stored, written):
            return _claimed(stored, claim.max_attempts, decode)  # botocore sent the renewal twice
        if snapshot.expired(now):
            return not_found(job_id)
        if snapshot.lease_expires_at is None:  # put back, and begun again by a worker without leases
            return lost(job_id, decode(stored))
        if stored[LEASE_EXPIRES_AT] >= written[LEASE_EXPIRES_AT]:
            return (yield from _note(claim, noted, stored, decode))
        if keep or not _expires_before(snapshot, given[_KEPT_UNTIL]):
            return conflict(job_id)
        keep = True


def _note(claim: Claim, progress: Mapping[str, Any], stored: Item, decode: Decoder) -> Plan[Claim]:
    """Store the progress alone; the lease ends later than the renewal asks for."""
    noted = encode_item(progress).fitting()
    if holds(stored, noted):
        return _claimed(stored, claim.max_attempts, decode)
    held = guard.held_by(claim.attempt, claim.claim_id)
    same_lease = guard.as_read(stored, (LEASE_EXPIRES_AT,))
    reply = yield write(claim.job_id, conditional(UpdateExpression().set_all(noted), held & same_lease))
    if not reply.refused:
        return _claimed(reply.item or {}, claim.max_attempts, decode)
    refusing = yield from refusing_record(reply, claim.job_id)
    if refusing is None:
        return not_found(claim.job_id)
    return too_late(claim, refusing, read_snapshot(refusing), decode)


_KEPT_UNTIL = "kept_until"


def _given_to_claim(wanted: Claiming, now: datetime) -> dict[str, Any]:
    check_max_attempts(wanted.max_attempts)
    _check_lease(wanted.lease)
    named = {} if wanted.worker_id is None else {CLAIMED_BY: read_id(wanted.worker_id, "worker_id")}
    worker = encode_item(named).fitting()
    return {
        CLAIM_ID: wanted.claim_id,
        LEASE_EXPIRES_AT: instant_text(now + wanted.lease),
        STARTED_AT: instant_text(now),
        "lapse": guard.latest_lapse(now),
        "max_attempts": wanted.max_attempts,
        **_times(now, wanted.lease),
        **worker,
    }


def _times(now: datetime, lease: timedelta) -> Mapping[str, int]:
    return {"now": epoch_seconds(now), _KEPT_UNTIL: ceil((now + lease + OUTLIVES_LEASE_BY).timestamp())}


@cache
def _claiming(adopt_unleased: bool, named: bool, keep: bool) -> Statement:
    """Write the text of a claim, which removes the last attempt's worker and progress."""
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
    available = guard.available(Given("lapse"), adopt_unleased=adopt_unleased)
    attempts_left = guard.attempts_left(Given("max_attempts"))
    fresh = guard.not_claimed_as(Given(CLAIM_ID)) & guard.due(Given(STARTED_AT))
    return _keeping(update, available & attempts_left & guard.not_asked_to_stop() & fresh, keep)


@cache
def _giving_back() -> Statement:
    """Write the text that undoes a claim.

    The claim's id stays in the record, and refuses late copies of the claim.
    """
    update = (
        UpdateExpression()
        .set(STATUS, JobStatus.PENDING.value)
        .increment(ATTEMPT, -1)
        .set(AVAILABLE_AT, Given(AVAILABLE_AT))
        .remove(LEASE_EXPIRES_AT)
    )
    return Statement.of(update, guard.held_by(Given(ATTEMPT), Given(CLAIM_ID)))


@cache
def _renewing(names: tuple[str, ...], keep: bool) -> Statement:
    held = guard.held_by(Given(ATTEMPT), Given(CLAIM_ID))
    return _keeping(setting(names), held & guard.earlier_lease(Given(LEASE_EXPIRES_AT)), keep)


def _keeping(update: UpdateExpression, asked: Condition, keep: bool) -> Statement:
    """Require a late enough `ttl`, or raise an early one.

    DynamoDB's update expressions have no maximum of two numbers, so raising takes a write of its own.
    """
    kept_until = Given(_KEPT_UNTIL)
    if not keep:
        return Statement.of(update, asked & guard.outlives(kept_until))
    raisable = guard.not_expired(Given("now")) & guard.expires_before(kept_until)
    return Statement.of(update.set(TTL, kept_until), asked & raisable)


def _claimed(item: Item, default_max_attempts: int, decode: Decoder) -> Answer[Claim]:
    snapshot = read_snapshot(item)
    return Result.success(
        Claim(
            job=decode(item),
            attempt=snapshot.attempt,
            max_attempts=_limit(snapshot, default_max_attempts),
            claim_id=str(snapshot.claim_id),
            lease_expires_at=snapshot.lease_expires_at or datetime.min.replace(tzinfo=UTC),
        )
    )


def _limit(snapshot: Snapshot, default: int) -> int:
    return default if snapshot.max_attempts is None else snapshot.max_attempts


def _is_held(snapshot: Snapshot, wanted: Claiming, now: datetime) -> bool:
    if snapshot.status is not JobStatus.PROCESSING:
        return False
    return not (wanted.adopt_unleased if snapshot.lease_expires_at is None else snapshot.lease_lapsed(now))


def _not_due(job_id: str, pause: timedelta, record: JobRecord) -> Failure:
    error = f"Job {printable(job_id)} is not due yet"
    return Result.failure(error, ResultCode.NOT_DUE, record=record, retry_after=pause)


def _held(
    job_id: str, snapshot: Snapshot, now: datetime, record: JobRecord, margin: timedelta = LEASE_MARGIN
) -> Failure:
    """Answer LEASE_HELD, with the time until the lease lapses if there is a lease."""
    until = snapshot.lease_expires_at
    return Result.failure(
        f"Job {printable(job_id)} is held by another worker",
        ResultCode.LEASE_HELD,
        record=record,
        retry_after=None if until is None else until - now + margin,
    )


def _expires_before(snapshot: Snapshot, kept_until: int) -> bool:
    return snapshot.expires_at is not None and snapshot.expires_at < kept_until


def _check_lease(lease: object) -> None:
    if not isinstance(lease, timedelta) or not timedelta(0) < lease <= LONGEST_LEASE:
        raise InvalidInputError(f"lease must be a timedelta above 0 and at most {LONGEST_LEASE.days} days")
