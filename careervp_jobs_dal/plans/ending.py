"""Plans by which a worker lets go of its job: complete it, fail it, put it back, or release it.

Each write is fenced: it requires the status PROCESSING, the worker's attempt and its fencing token. The record in a
refusal shows whether the same write was done before, or whether this one came too late.

    worker                    DynamoDB
      | -- complete, token a ---> |  written; the reply is lost
      | -- complete, token a ---> |  refused: the job is COMPLETED
      | <------- the record ----- |  same claim, same fields: a success
      |                           |  another claim: LEASE_LOST; another end: ALREADY_FINISHED
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from careervp_jobs_dal.job.attribute import (
    ACTIVE_SHARD,
    ATTEMPT,
    CANCELLED_AT,
    CLAIM_ID,
    CLAIMED_BY,
    COMPLETED_AT,
    DUE_AT,
    ERROR,
    ERRORS,
    KIND,
    LEASE_EXPIRES_AT,
    OF_SUBMISSION,
    PROGRESS,
    PUBLIC_ERROR,
    STATUS,
    TTL,
)
from careervp_jobs_dal.job.index import Wait, position
from careervp_jobs_dal.job.instant import epoch_seconds, instant_text
from careervp_jobs_dal.job.snapshot import Snapshot, read_snapshot
from careervp_jobs_dal.job.status import JobStatus
from careervp_jobs_dal.job.validation import check_claim, check_text, refuse_owned
from careervp_jobs_dal.plans import guard
from careervp_jobs_dal.plans.field import encode_fields, refuse_past_ttl
from careervp_jobs_dal.plans.history import AT, Size, attempt_entry, clip_error, history_of, history_with
from careervp_jobs_dal.plans.plan import EXACT_TRIES, Plan, check_number_of_fields, refusing_record, write
from careervp_jobs_dal.plans.refusal import conflict, finished, holds, lost, not_found
from careervp_jobs_dal.plans.requeue import check_pause, ends_before, kept_until, next_delivery, waiting
from careervp_jobs_dal.plans.statement import Given, Statement, remembered, setting
from careervp_jobs_dal.result import Failure, Result

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime, timedelta

    from careervp_jobs_dal.codec.packing import Decoder
    from careervp_jobs_dal.expressions import UpdateExpression
    from careervp_jobs_dal.job.record import Claim, Item, JobRecord
    from careervp_jobs_dal.plans.condition import Condition

CANCELLED = "Cancelled"
_NOW, _KEPT_UNTIL = "now", "kept_until"


def complete(claim: Claim, fields: Mapping[str, Any], now: datetime, decode: Decoder) -> Plan[JobRecord]:
    """Move the job to COMPLETED, for the present claim only."""
    check_claim(claim)
    given = _checked(fields, now)
    job_id = claim.job_id
    written = {STATUS: JobStatus.COMPLETED.value, COMPLETED_AT: instant_text(now), **given}
    reply = yield write(job_id, _completing(tuple(written)).filled({**written, **_fence(claim)}))
    if not reply.refused:
        return Result.success(decode(reply.item or {}))
    stored = yield from refusing_record(reply, job_id)
    if stored is None:
        return not_found(job_id)
    snapshot = read_snapshot(stored)
    if snapshot.is_of(claim) and snapshot.status is JobStatus.COMPLETED and holds(stored, given):
        return Result.success(decode(stored))  # the same call was made before, or botocore sent this one twice
    return too_late(claim, stored, snapshot, decode)


class Failing(NamedTuple):
    """Arguments of `fail_job`."""

    error: str
    public_error: str | None
    retryable: bool
    retry_after: timedelta | None
    fields: Mapping[str, Any]


def fail(claim: Claim, failing: Failing, now: datetime, decode: Decoder) -> Plan[JobRecord]:
    """Move the job to FAILED, or put it back for another attempt."""
    check_claim(claim)
    check_text(failing.error, ERROR)
    check_pause(failing.retry_after)
    if failing.public_error is not None:
        check_text(failing.public_error, PUBLIC_ERROR)
    given = _checked(failing.fields, now)
    return (yield from _leave(claim, _Failure(claim, failing, given, now), now, decode))


def release(claim: Claim, retry_after: timedelta | None, now: datetime, decode: Decoder) -> Plan[JobRecord]:
    """Put the job back; the attempt does not count."""
    check_claim(claim)
    check_pause(retry_after)
    return (yield from _leave(claim, _Release(claim, retry_after, now), now, decode))


class _Way(NamedTuple):
    """Way in which a worker lets go of its job.

    Attributes:
        again: whether the job is put back.
        cancelled: whether it ends as cancelled.
        raising: whether the `ttl` is raised.
        size: the size of the notes.
    """

    again: bool
    cancelled: bool
    raising: bool
    size: Size = Size.WHOLE


class _Leaving(Protocol):
    """Attributes with which a worker lets go of its job.

    Attributes:
        again: whether the job is to be put back.
        available_at: from when it may be claimed then.
        counts: whether the attempt counts.
    """

    again: bool
    available_at: datetime
    counts: bool

    def written(self, way: _Way) -> dict[str, Any]:
        """Return the attributes to set."""
        ...

    def was_noted(self, stored: Item, /) -> bool:
        """Tell whether the record's history shows that the write was done."""
        ...


class _Failure:
    """Failure of an attempt."""

    counts = True

    def __init__(self, claim: Claim, failing: Failing, given: dict[str, Any], now: datetime) -> None:
        self.again = failing.retryable and claim.attempt < claim.max_attempts
        self.available_at = now if failing.retry_after is None else now + failing.retry_after
        self._claim = claim
        self._failing = failing
        self._given = given
        self._entry = attempt_entry(claim.attempt, claim.claim_id, failing.error, now)
        self._now = now

    def written(self, way: _Way) -> dict[str, Any]:
        noted = history_with(self._claim.earlier_errors, self._entry) if way.size is Size.WHOLE else {}
        if self._failing.public_error is not None and way.size < Size.LEAST:
            noted[PUBLIC_ERROR] = clip_error(self._failing.public_error, way.size)
        if not way.again:
            end = self._failing.error, self._now
            noted |= ended(self._claim.job_id, *end, cancelled=way.cancelled, size=way.size)
        else:
            noted |= {ERROR: clip_error(self._failing.error, way.size)} if way.size < Size.LEAST else {}
            noted |= waiting(self._claim.job_id, self.available_at)
        return {**noted, **self._given}

    def was_noted(self, stored: Item) -> bool:
        return any(holds(noted, {**self._entry, AT: noted.get(AT)}) for noted in history_of(stored))


class _Release:
    """Claim that is given back."""

    again = True
    counts = False

    def __init__(self, claim: Claim, retry_after: timedelta | None, now: datetime) -> None:
        self.available_at = now if retry_after is None else now + retry_after
        self._claim = claim
        self._now = now

    def written(self, way: _Way) -> dict[str, Any]:
        if way.again:
            return waiting(self._claim.job_id, self.available_at)
        return ended(self._claim.job_id, CANCELLED, self._now, cancelled=True, size=way.size)

    def was_noted(self, _: Item) -> bool:
        return False


def _leave(claim: Claim, leaving: _Leaving, now: datetime, decode: Decoder) -> Plan[JobRecord]:
    """Write that the worker lets go of the job.

    The claim tells which way: whether the job is to be cancelled, and whether its `ttl` must be raised. Each write
    requires that this is still so; where it is not, the record in the refusal tells the other way.
    """
    kept = kept_until(next_delivery(leaving.available_at, now))
    cancelled = claim.cancel_requested
    again = leaving.again and not cancelled
    way = _Way(again, cancelled, raising=again and ends_before(claim.ttl, kept))
    tries = EXACT_TRIES
    while True:
        written = leaving.written(way)
        given = {**written, **_fence(claim), _NOW: epoch_seconds(now), _KEPT_UNTIL: kept}
        statement = _leaving(tuple(written), way, counts=leaving.counts)
        reply = yield write(claim.job_id, statement.filled(given), shrinkable=way.size < Size.BARE)
        if reply.too_large:
            way = way._replace(size=Size(way.size + 1))
            continue
        if not reply.refused:
            return Result.success(decode(reply.item or {}))
        stored = yield from refusing_record(reply, claim.job_id)
        if stored is None:
            return not_found(claim.job_id)
        if leaving.was_noted(stored) or holds(stored, _left_by(claim, way, leaving, written)):
            return Result.success(decode(stored))  # the same call was made before, or botocore sent this one twice
        snapshot = read_snapshot(stored)
        following = _other_way(claim, way, snapshot, kept)
        if following is None or not tries:
            expired = way.again and snapshot.expired(now) and snapshot.status is JobStatus.PROCESSING
            return not_found(claim.job_id) if expired else too_late(claim, stored, snapshot, decode)
        way, tries = following, tries - 1


def _other_way(claim: Claim, way: _Way, snapshot: Snapshot, kept: int) -> _Way | None:
    """Return the way that the present record takes.

    None where it takes the same way, and where the claim is no longer the present one.
    """
    if not snapshot.is_of(claim) or snapshot.status is not JobStatus.PROCESSING:
        return None
    if snapshot.cancel_requested:
        following = way._replace(again=False, cancelled=True, raising=False)
    else:
        following = way._replace(raising=way.again and ends_before(snapshot.expires_at, kept))
    return None if following == way else following


def _left_by(claim: Claim, way: _Way, leaving: _Leaving, written: Mapping[str, Any]) -> dict[str, Any]:
    """Return the attributes by which a record shows that this write was the last.

    A sweep may have moved the job on the active index since.
    """
    stays = {name: value for name, value in written.items() if name not in (ACTIVE_SHARD, DUE_AT)}
    return {**stays, CLAIM_ID: claim.claim_id, ATTEMPT: claim.attempt - (way.again and not leaving.counts)}


def too_late(claim: Claim, stored: Item, snapshot: Snapshot, decode: Decoder) -> Failure:
    """Say why the fence refused this claim."""
    if not snapshot.is_of(claim) or snapshot.status is JobStatus.PENDING:
        return lost(claim.job_id, decode(stored))
    if snapshot.status.finished:
        return finished(claim.job_id, decode(stored))
    return conflict(claim.job_id)


def ended(job_id: str, error: str, now: datetime, *, cancelled: bool, size: Size = Size.WHOLE) -> dict[str, str]:
    """Return the attributes of a job that is FAILED.

    In the barest form, it has no place among the failed jobs of the active index.
    """
    instant = instant_text(now)
    noted = {ERROR: CANCELLED if cancelled and size >= Size.LEAST else clip_error(error, size)}
    if cancelled:
        # In the barest form, this alone says why.
        noted = {**(noted if size < Size.BARE else {}), CANCELLED_AT: instant}
    # In the smallest forms, a cancelled job's end is when it was cancelled.
    if size < Size.LEAST or (size is Size.LEAST and not cancelled):
        noted[COMPLETED_AT] = instant
    place = position(job_id, Wait.FAILED, instant) if size < Size.BARE else {}
    return {**noted, **place, STATUS: JobStatus.FAILED.value}


def let_go(update: UpdateExpression, names: tuple[str, ...]) -> UpdateExpression:
    """Remove the lease of an ended job, and its old place in the index."""
    update = update.remove(LEASE_EXPIRES_AT)
    return update if ACTIVE_SHARD in names else update.remove(ACTIVE_SHARD).remove(DUE_AT)


def without_notes(update: UpdateExpression, names: tuple[str, ...], size: Size) -> UpdateExpression:
    """Remove the notes of earlier attempts, unless the write is whole."""
    if size is not Size.WHOLE:
        for name in (ERRORS, PROGRESS, CLAIMED_BY):
            update = update if name in names else update.remove(name)
    return update


@remembered
def _completing(names: tuple[str, ...]) -> Statement:
    update = let_go(setting(names), names)
    for name in (ERROR, PUBLIC_ERROR):  # of an earlier attempt
        update = update if name in names else update.remove(name)
    return Statement.of(update, _fenced())


@remembered
def _leaving(names: tuple[str, ...], way: _Way, *, counts: bool) -> Statement:
    update = without_notes(setting(names), names, way.size)
    update = update.remove(LEASE_EXPIRES_AT) if way.again else let_go(update, names)
    if counts:
        for name in (ERROR, PUBLIC_ERROR):
            update = update if name in names else update.remove(name)
    elif way.again:
        update = update.increment(ATTEMPT, -1)
    asked = _fenced() if way.cancelled else _fenced() & guard.not_asked_to_stop()
    if way.raising:
        asked &= guard.not_expired(Given(_NOW)) & guard.expires_before(Given(_KEPT_UNTIL))
        update = update if TTL in names else update.set(TTL, Given(_KEPT_UNTIL))
    elif way.again:
        asked &= guard.outlives(Given(_KEPT_UNTIL))
    return Statement.of(update, asked)


def _fenced() -> Condition:
    return guard.held_by(Given(ATTEMPT), Given(CLAIM_ID))


def _fence(claim: Claim) -> dict[str, Any]:
    return {ATTEMPT: claim.attempt, CLAIM_ID: claim.claim_id}


def _checked(fields: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    check_number_of_fields(fields)
    refuse_owned(fields, *OF_SUBMISSION, ERRORS, KIND)
    item = encode_fields(fields).fitting()
    refuse_past_ttl(item, now)
    return item
