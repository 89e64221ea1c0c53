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

The first write of a claim knows nothing of the job, and takes one that waits: one round trip. All else is done by a
second write, which knows the record that refused the first: it takes over a lapsed lease, and notes the attempt that
was lost; it raises a `ttl` that would end before the job's next delivery; it sheds the notes of earlier attempts where
the record is full.

A job whose record cannot be read is given back at once, and its attempt with it: no work can begin on it, and it must
not fail for want of attempts before somebody has looked at it.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

from careervp_jobs_dal.codec.values import encode_item
from careervp_jobs_dal.expressions import UpdateExpression
from careervp_jobs_dal.job.attribute import (
    ACTIVE_SHARD,
    ATTEMPT,
    AVAILABLE_AT,
    CANCEL_REQUESTED_AT,
    CLAIM_ID,
    CLAIMED_BY,
    DUE_AT,
    ERROR,
    ERRORS,
    JOB_ID,
    LEASE_EXPIRES_AT,
    PROGRESS,
    PUBLIC_ERROR,
    RESERVE,
    STARTED_AT,
    STATUS,
    TTL,
)
from careervp_jobs_dal.job.index import Wait, position
from careervp_jobs_dal.job.instant import epoch_seconds, instant_text
from careervp_jobs_dal.job.invalid_input import InvalidInputError
from careervp_jobs_dal.job.line import printable
from careervp_jobs_dal.job.record import Claim
from careervp_jobs_dal.job.snapshot import GIVE_UP_MARGIN, LEASE_MARGIN, CorruptRecordError, Snapshot, read_snapshot
from careervp_jobs_dal.job.status import JobStatus
from careervp_jobs_dal.job.validation import check_claim, check_max_attempts, read_id, read_key
from careervp_jobs_dal.plans import guard
from careervp_jobs_dal.plans.cancellation import NO_ROOM, Reason, give_up, used_up
from careervp_jobs_dal.plans.ending import too_late
from careervp_jobs_dal.plans.history import Size, attempt_entry, history_of, history_with
from careervp_jobs_dal.plans.plan import EXACT_TRIES, Plan, Reply, Request, read, refusing_record, write
from careervp_jobs_dal.plans.refusal import conflict, finished, holds, lost, not_found
from careervp_jobs_dal.plans.requeue import ends_before, kept_until, next_delivery, raised_ttl, waiting
from careervp_jobs_dal.plans.statement import Given, Statement, conditional, setting
from careervp_jobs_dal.result import Answer, Failure, Result, ResultCode

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping
    from uuid import UUID

    from careervp_jobs_dal.codec.packing import Decoder
    from careervp_jobs_dal.job.record import Item, JobRecord

LONGEST_LEASE = timedelta(days=7)
_NOW, _KEPT_UNTIL = "now", "kept_until"
_OF_A_CLAIM = (CLAIM_ID, LEASE_EXPIRES_AT, ACTIVE_SHARD, DUE_AT)
# While a worker holds the job, `available_at` says nothing; the write that puts the job back sets it again.
_SHED = (ERRORS, ERROR, PUBLIC_ERROR, AVAILABLE_AT)


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
    given = _given_to_claim(job_id, wanted, now)
    update: Mapping[str, Any] = _claiming(CLAIMED_BY in given).filled(given)
    tries, size = EXACT_TRIES, Size.WHOLE
    while True:
        reply = yield write(job_id, update, shrinkable=True)
        if not (reply.refused or reply.too_large):
            return (yield from _begun(job_id, reply.item or {}, wanted, now, decode))
        stored = yield from _present(reply, job_id)
        if stored is None:
            return not_found(job_id)
        snapshot = read_snapshot(stored)
        if snapshot.claim_id == wanted.claim_id and snapshot.status is JobStatus.PROCESSING:
            return (yield from _begun(job_id, stored, wanted, now, decode))  # botocore sent the claim twice
        unavailable = _unavailable(job_id, stored, snapshot, wanted, now, decode)
        if unavailable is not None:
            return unavailable
        reason = _hopeless(snapshot, wanted, full=reply.too_large and size is Size.LEAST)
        if reason is not None:
            if not snapshot.abandoned(now):
                return _held(job_id, snapshot, now, decode(stored), GIVE_UP_MARGIN)
            return (yield from give_up(job_id, stored, snapshot, reason, now, decode))
        # The copy of a claim that was refused may have been overtaken by its own first one, and by others after that.
        if reply.refused:
            if not tries or snapshot.claim_id == wanted.claim_id:
                return conflict(job_id)
            tries = 0 if reply.resent else tries - 1
        size = Size.LEAST if reply.too_large else size
        update = _taking(stored, snapshot, given, now, size)


def _present(reply: Reply, job_id: str) -> Generator[Request, Reply, Item | None]:
    """Return the record that refused a write, or that has no room for it."""
    if reply.too_large:
        return (yield read(job_id)).item
    return (yield from refusing_record(reply, job_id))


def _unavailable(
    job_id: str, stored: Item, snapshot: Snapshot, wanted: Claiming, now: datetime, decode: Decoder
) -> Failure | None:
    """Say why the job cannot be claimed now.

    None where it can be claimed, and where it never will be.
    """
    if snapshot.status.finished:
        return finished(job_id, decode(stored))
    if snapshot.expired(now):
        return not_found(job_id)
    if _is_held(snapshot, wanted, now):
        return _held(job_id, snapshot, now, decode(stored))
    if snapshot.available_at is not None and snapshot.available_at > now:
        return _not_due(job_id, snapshot.available_at - now, decode(stored))
    return None


def _hopeless(snapshot: Snapshot, wanted: Claiming, *, full: bool) -> Reason | None:
    """Say why the job can never be claimed; None where it can be."""
    if snapshot.cancel_requested or snapshot.attempt >= _limit(snapshot, wanted.max_attempts):
        return used_up(snapshot)
    return NO_ROOM if full else None


def _begun(job_id: str, item: Item, wanted: Claiming, now: datetime, decode: Decoder) -> Plan[Claim]:
    """Answer with the claim, or give back a job whose record cannot be read."""
    try:
        return Result.success(_claim_of(item, wanted.max_attempts, decode))
    except CorruptRecordError:
        given = {**waiting(job_id, now), ATTEMPT: item.get(ATTEMPT, 0), CLAIM_ID: wanted.claim_id}
        # If this write is refused or comes too late, the lease lapses, and the attempt is lost after all.
        yield write(job_id, _giving_back().filled(given))._replace(optional=True)
        raise


def renew(claim: Claim, lease: timedelta, progress: Any, now: datetime, decode: Decoder) -> Plan[Claim]:
    """Move the lease's end and store the progress, for the present claim only."""
    check_claim(claim)
    _check_lease(lease)
    job_id = claim.job_id
    noted = {} if progress is None else {PROGRESS: progress}
    written = {**_lease(job_id, now + lease), **encode_item(noted).fitting()}
    kept = kept_until(now + lease)
    given = {**written, ATTEMPT: claim.attempt, CLAIM_ID: claim.claim_id, _NOW: epoch_seconds(now), _KEPT_UNTIL: kept}
    keep = False
    while True:
        reply = yield write(job_id, _renewing(tuple(written), keep).filled(given))
        if not reply.refused:
            return _renewed(claim, reply.item or {}, decode)
        stored = yield from refusing_record(reply, job_id)
        if stored is None:
            return not_found(job_id)
        snapshot = read_snapshot(stored)
        if not snapshot.is_of(claim) or snapshot.status is not JobStatus.PROCESSING:
            return too_late(claim, stored, snapshot, decode)
        if holds(stored, written):
            return _renewed(claim, stored, decode)  # botocore sent the renewal twice
        if snapshot.expired(now):
            return not_found(job_id)
        if snapshot.lease_expires_at is None:  # put back, and begun again by a worker without leases
            return lost(job_id, decode(stored))
        if stored[LEASE_EXPIRES_AT] >= written[LEASE_EXPIRES_AT]:
            return (yield from _note(claim, noted, stored, decode))
        if keep or not ends_before(snapshot.expires_at, kept):
            return conflict(job_id)
        keep = True


def _note(claim: Claim, progress: Mapping[str, Any], stored: Item, decode: Decoder) -> Plan[Claim]:
    """Store the progress alone; the lease ends later than the renewal asks for."""
    noted = encode_item(progress).fitting()
    if holds(stored, noted):
        return _renewed(claim, stored, decode)
    held = guard.held_by(claim.attempt, claim.claim_id)
    same_lease = guard.as_read(stored, (LEASE_EXPIRES_AT,))
    reply = yield write(claim.job_id, conditional(UpdateExpression().set_all(noted), held & same_lease))
    if not reply.refused:
        return _renewed(claim, reply.item or {}, decode)
    refusing = yield from refusing_record(reply, claim.job_id)
    if refusing is None:
        return not_found(claim.job_id)
    return too_late(claim, refusing, read_snapshot(refusing), decode)


def _given_to_claim(job_id: str, wanted: Claiming, now: datetime) -> dict[str, Any]:
    """Check the arguments, and return the values of a claim."""
    check_max_attempts(wanted.max_attempts)
    _check_lease(wanted.lease)
    named = {} if wanted.worker_id is None else {CLAIMED_BY: read_id(wanted.worker_id, "worker_id")}
    worker = encode_item(named).fitting()
    until = now + wanted.lease
    return {
        CLAIM_ID: wanted.claim_id,
        **_lease(job_id, until),
        STARTED_AT: instant_text(now),
        "max_attempts": wanted.max_attempts,
        _KEPT_UNTIL: kept_until(next_delivery(until, now)),
        **worker,
    }


def _lease(job_id: str, until: datetime) -> dict[str, str]:
    """Return the attributes of a lease."""
    text = instant_text(until)
    return {LEASE_EXPIRES_AT: text, **position(job_id, Wait.TIMED, text)}


@cache
def _claiming(named: bool) -> Statement:
    """Write the text of a claim, which removes the last attempt's worker and progress."""
    update = (
        setting(_OF_A_CLAIM)
        .increment(ATTEMPT)
        .set_if_absent(STARTED_AT, Given(STARTED_AT))
        .remove(PROGRESS)
        .remove(RESERVE)
    )
    update = update.set(CLAIMED_BY, Given(CLAIMED_BY)) if named else update.remove(CLAIMED_BY)
    update = update.set(STATUS, JobStatus.PROCESSING.value)
    attempts_left = guard.attempts_left(Given("max_attempts"))
    fresh = guard.not_claimed_as(Given(CLAIM_ID)) & guard.due(Given(STARTED_AT))
    asked = guard.waiting() & attempts_left & guard.not_asked_to_stop() & fresh
    return Statement.of(update, asked & guard.outlives(Given(_KEPT_UNTIL)))


def _taking(stored: Item, snapshot: Snapshot, given: Mapping[str, Any], now: datetime, size: Size) -> dict[str, Any]:
    """Write the claim of a job whose record is known."""
    written = {name: given[name] for name in _OF_A_CLAIM}
    written |= {ATTEMPT: snapshot.attempt + 1}
    written |= raised_ttl(snapshot, given[_KEPT_UNTIL])
    if size is Size.WHOLE:
        written |= {name: given[name] for name in (CLAIMED_BY, STARTED_AT) if name in given}
        written |= {STARTED_AT: stored[STARTED_AT]} if STARTED_AT in stored else {}
        written |= _lost_attempt(stored, snapshot, now)
    update = UpdateExpression().set_all({**written, STATUS: JobStatus.PROCESSING.value})
    for name in (PROGRESS, RESERVE, CLAIMED_BY, *(() if size is Size.WHOLE else _SHED)):
        update = update if name in written else update.remove(name)
    return conditional(update, guard.unchanged(stored, TTL, LEASE_EXPIRES_AT, CANCEL_REQUESTED_AT))


def _lost_attempt(stored: Item, snapshot: Snapshot, now: datetime) -> dict[str, Any]:
    """Return the history with the attempt whose lease has lapsed, if it was one."""
    if snapshot.status is not JobStatus.PROCESSING:
        return {}
    error = f"Attempt {snapshot.attempt} did not finish, and its lease lapsed"
    return history_with(history_of(stored), attempt_entry(snapshot.attempt, snapshot.claim_id, error, now))


@cache
def _giving_back() -> Statement:
    """Write the text that undoes a claim.

    The claim's id stays in the record, and refuses late copies of the claim.
    """
    update = setting((STATUS, AVAILABLE_AT, ACTIVE_SHARD, DUE_AT)).increment(ATTEMPT, -1).remove(LEASE_EXPIRES_AT)
    return Statement.of(update, guard.held_by(Given(ATTEMPT), Given(CLAIM_ID)))


@cache
def _renewing(names: tuple[str, ...], keep: bool) -> Statement:
    """Write the text of a renewal.

    It requires a late enough `ttl`, or raises an early one.
    DynamoDB's update expressions have no maximum of two numbers, so raising takes a write of its own.
    """
    asked = guard.held_by(Given(ATTEMPT), Given(CLAIM_ID)) & guard.earlier_lease(Given(LEASE_EXPIRES_AT))
    kept = Given(_KEPT_UNTIL)
    if not keep:
        return Statement.of(setting(names), asked & guard.outlives(kept))
    raisable = guard.not_expired(Given(_NOW)) & guard.expires_before(kept)
    return Statement.of(setting(names).set(TTL, kept), asked & raisable)


def _renewed(claim: Claim, item: Item, decode: Decoder) -> Answer[Claim]:
    """Answer with the renewed claim, whose event is that of the claim before."""
    renewed = _claim_of(item, claim.max_attempts, decode)
    return Result.success(replace(renewed, stop_requested=claim.stop_requested))


def _claim_of(item: Item, default_max_attempts: int, decode: Decoder) -> Claim:
    snapshot = read_snapshot(item)
    return Claim(
        job=decode(item),
        attempt=snapshot.attempt,
        max_attempts=_limit(snapshot, default_max_attempts),
        claim_id=str(snapshot.claim_id),
        lease_expires_at=snapshot.lease_expires_at or datetime.min.replace(tzinfo=UTC),
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


def _check_lease(lease: object) -> None:
    if not isinstance(lease, timedelta) or not timedelta(0) < lease <= LONGEST_LEASE:
        raise InvalidInputError(f"lease must be a timedelta above 0 and at most {LONGEST_LEASE.days} days")
