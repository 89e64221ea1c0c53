"""Plans that end a job or an attempt: complete, fail, cancel, and give up a job whose worker died.

A worker's write is fenced: it requires the status PROCESSING, the worker's attempt and its fencing token. The record in
a refusal shows whether the same write was done before, or whether this one came too late.

    worker                    DynamoDB
      | -- complete, token a ---> |  written; the reply is lost
      | -- complete, token a ---> |  refused: the job is COMPLETED
      | <------- the record ----- |  same claim, same fields: a success
      |                           |  another claim: LEASE_LOST; another end: ALREADY_FINISHED
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from careervp_jobs_dal.codec.values import encode_item
from careervp_jobs_dal.expressions import UpdateExpression
from careervp_jobs_dal.job.attribute import (
    ACTIVE_SHARD,
    ATTEMPT,
    AVAILABLE_AT,
    CANCEL_REQUESTED_AT,
    CANCELLED_AT,
    CLAIM_ID,
    COMPLETED_AT,
    ERROR,
    ERRORS,
    JOB_ID,
    LEASE_EXPIRES_AT,
    STATUS,
    USER_ID,
)
from careervp_jobs_dal.job.instant import instant_text
from careervp_jobs_dal.job.invalid_input import InvalidInputError
from careervp_jobs_dal.job.line import printable
from careervp_jobs_dal.job.snapshot import is_visible, read_snapshot
from careervp_jobs_dal.job.status import JobStatus
from careervp_jobs_dal.job.validation import check_claim, check_text, read_key, read_user, refuse_owned
from careervp_jobs_dal.plans import guard
from careervp_jobs_dal.plans.field import encode_fields
from careervp_jobs_dal.plans.plan import EXACT_TRIES, Plan, check_number_of_fields, read, refusing_record, write
from careervp_jobs_dal.plans.refusal import conflict, finished, holds, lost, not_found
from careervp_jobs_dal.plans.statement import Given, Statement, conditional, remembered, setting
from careervp_jobs_dal.result import Failure, Result, ResultCode

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from uuid import UUID

    from careervp_jobs_dal.codec.packing import Decoder
    from careervp_jobs_dal.job.record import Claim, Item, JobRecord
    from careervp_jobs_dal.job.snapshot import Snapshot
    from careervp_jobs_dal.plans.condition import Condition

# Error texts are cut, because every later write is billed for the whole item, and an item has at most 400 KB.
MAX_ERROR_BYTES = 2048
MAX_HISTORY = 10
MAX_HISTORY_ERROR_BYTES = 512
_AT = "at"


def complete(claim: Claim, fields: Mapping[str, Any], now: datetime, decode: Decoder) -> Plan[JobRecord]:
    """Move the job to COMPLETED, for the present claim only."""
    check_claim(claim)
    given = _checked(fields)
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


def fail(
    claim: Claim, error: str, fields: Mapping[str, Any], now: datetime, decode: Decoder, *, retryable: bool
) -> Plan[JobRecord]:
    """Move the job to FAILED, or put it back for another attempt.

    A job that is to be cancelled becomes FAILED in any case. So the first write requires that no cancellation was
    requested; where that refuses it, the second write ends the job as cancelled.
    """
    check_claim(claim)
    given = _checked(fields)
    check_text(error, ERROR)
    job_id = claim.job_id
    entry = attempt_entry(claim.attempt, claim.claim_id, error, now)
    cancelled = claim.cancel_requested
    while True:
        again = retryable and claim.attempt < claim.max_attempts and not cancelled
        written = _failure(error, now, again=again, cancelled=cancelled) | given | history_with(claim.job, entry)
        statement = _failing(tuple(written), again=again, cancelled=cancelled)
        reply = yield write(job_id, statement.filled({**written, **_fence(claim)}))
        if not reply.refused:
            return Result.success(decode(reply.item or {}))
        stored = yield from refusing_record(reply, job_id)
        if stored is None:
            return not_found(job_id)
        if any(holds(noted, {**entry, _AT: noted.get(_AT)}) for noted in history_of(stored)):
            return Result.success(decode(stored))  # the same call was made before, or botocore sent this one twice
        snapshot = read_snapshot(stored)
        present = snapshot.is_of(claim) and snapshot.status is JobStatus.PROCESSING
        if cancelled or not (present and snapshot.cancel_requested):
            return too_late(claim, stored, snapshot, decode)
        cancelled = True


def cancel(job_id: str | UUID, user_id: str | UUID | None, now: datetime, decode: Decoder) -> Plan[JobRecord]:
    """End a job that no worker holds, or ask its worker to stop.

    The write knows the job that it changes, so a copy of it that arrives late cannot cancel a later life.
    """
    job_id, user_id = read_key(job_id, JOB_ID), read_user(user_id)
    stored = (yield read(job_id)).item
    tries = EXACT_TRIES
    while True:
        if stored is None or not is_visible(stored, user_id, now):
            return not_found(job_id)
        if CANCELLED_AT in stored:
            return Result.success(decode(stored))
        snapshot = read_snapshot(stored)
        if snapshot.status.finished:
            return finished(job_id, decode(stored))
        # A copy that was refused may have been overtaken by its own first one, and by another life after that.
        if not tries:
            return conflict(job_id)
        reply = yield write(job_id, _cancelling(stored, snapshot, now))
        if not reply.refused:
            return Result.success(decode(reply.item or {}))
        tries = 0 if reply.resent else tries - 1
        stored = yield from refusing_record(reply, job_id)


def give_up(job_id: str, stored: Item, snapshot: Snapshot, now: datetime, decode: Decoder) -> Plan[Any]:
    """End a job that is to be cancelled, or that has no attempt left.

    No worker holds the job, and none may claim it.
    """
    error = f"Attempt {snapshot.attempt} was the last, and it did not finish"
    ended = {STATUS: JobStatus.FAILED.value, COMPLETED_AT: instant_text(now), ERROR: error}
    entry = attempt_entry(snapshot.attempt, snapshot.claim_id, error, now)
    written = _cancelled(now) if snapshot.cancel_requested else {**ended, **history_with(stored, entry)}
    update = _off_the_index(UpdateExpression().set_all(written))
    unchanged = guard.unchanged(stored, LEASE_EXPIRES_AT, CANCEL_REQUESTED_AT)
    reply = yield write(job_id, conditional(update, unchanged))
    record = reply.item or {}
    if reply.refused:
        refusing = yield from refusing_record(reply, job_id)
        if refusing is None:
            return not_found(job_id)
        present = read_snapshot(refusing)
        if present.status is not JobStatus.FAILED or present.attempt != snapshot.attempt:
            return conflict(job_id)
        record = refusing  # another call has ended the job in the same way
    if snapshot.cancel_requested:
        return finished(job_id, decode(record))
    error = f"Job {printable(job_id)} has used up its attempts"
    return Result.failure(error, ResultCode.ATTEMPTS_EXHAUSTED, record=decode(record))


def too_late(claim: Claim, stored: Item, snapshot: Snapshot, decode: Decoder) -> Failure:
    """Say why the fence refused this claim."""
    if not snapshot.is_of(claim) or snapshot.status is JobStatus.PENDING:
        return lost(claim.job_id, decode(stored))
    if snapshot.status.finished:
        return finished(claim.job_id, decode(stored))
    return conflict(claim.job_id)


@remembered
def _completing(names: tuple[str, ...]) -> Statement:
    update = _off_the_index(setting(names))
    if ERROR not in names:
        update = update.remove(ERROR)  # the error of an earlier attempt
    return Statement.of(update, _fenced())


def _failure(error: str, now: datetime, *, again: bool, cancelled: bool) -> dict[str, Any]:
    instant, said = instant_text(now), clip(error, MAX_ERROR_BYTES)
    if again:
        return {STATUS: JobStatus.PENDING.value, ERROR: said, AVAILABLE_AT: instant}
    ended = {STATUS: JobStatus.FAILED.value, ERROR: said, COMPLETED_AT: instant}
    return {**ended, CANCELLED_AT: instant} if cancelled else ended


@remembered
def _failing(names: tuple[str, ...], *, again: bool, cancelled: bool) -> Statement:
    update = setting(names)
    update = update.remove(LEASE_EXPIRES_AT) if again else _off_the_index(update)
    return Statement.of(update, _fenced() if cancelled else _fenced() & guard.not_asked_to_stop())


def _off_the_index(update: UpdateExpression) -> UpdateExpression:
    """Remove the lease and the shard of an ended job.

    Without `active_shard`, DynamoDB drops the job from the active index.
    """
    return update.remove(LEASE_EXPIRES_AT).remove(ACTIVE_SHARD)


def _fenced() -> Condition:
    return guard.held_by(Given(ATTEMPT), Given(CLAIM_ID))


def _fence(claim: Claim) -> dict[str, Any]:
    return {ATTEMPT: claim.attempt, CLAIM_ID: claim.claim_id}


def _cancelling(stored: Item, snapshot: Snapshot, now: datetime) -> dict[str, Any]:
    if snapshot.status is JobStatus.PROCESSING and not snapshot.lease_lapsed(now):
        update = UpdateExpression().set_if_absent(CANCEL_REQUESTED_AT, instant_text(now))
        return conditional(update, guard.unchanged(stored, USER_ID))
    update = _off_the_index(UpdateExpression().set_all(_cancelled(now)))
    return conditional(update, guard.unchanged(stored, USER_ID, LEASE_EXPIRES_AT))


def _cancelled(now: datetime) -> dict[str, str]:
    instant = instant_text(now)
    return {STATUS: JobStatus.FAILED.value, CANCELLED_AT: instant, COMPLETED_AT: instant, ERROR: "Cancelled"}


def _checked(fields: Mapping[str, Any]) -> dict[str, Any]:
    check_number_of_fields(fields)
    refuse_owned(fields, JOB_ID, STATUS, ERRORS)
    return encode_fields(fields).fitting()


def clip(text: str, limit: int) -> str:
    """Cut a text to this many bytes of valid UTF-8.

    >>> clip("naïve", 3)
    'na'
    """
    return text.encode("utf-8", "replace")[:limit].decode("utf-8", "ignore")


def attempt_entry(attempt: int, claim_id: str | None, error: str, now: datetime) -> dict[str, Any]:
    """Make the history's entry of one attempt.

    The fencing token tells the attempts before a retry from those after it.
    """
    said = clip(error, MAX_HISTORY_ERROR_BYTES)
    return {ATTEMPT: attempt, CLAIM_ID: claim_id, ERROR: said, _AT: instant_text(now)}


def history_with(record: Mapping[str, Any], entry: Mapping[str, Any]) -> dict[str, Any]:
    """Add an entry to the record's history.

    A list that a caller stored under that name and that cannot be stored again is replaced.
    """
    # The whole list is written, because DynamoDB's list_append cannot cut a list to its last entries.
    entries = [*history_of(record), entry][-MAX_HISTORY:]
    try:
        return encode_item({ERRORS: entries}).item
    except InvalidInputError:
        return encode_item({ERRORS: [entry]}).item


def history_of(record: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Read the errors of earlier attempts; entries of any other form are left out."""
    entries = record.get(ERRORS)
    return [entry for entry in entries if isinstance(entry, dict)] if isinstance(entries, list) else []
