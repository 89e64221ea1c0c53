"""The plans that end a job, or an attempt at it: complete, fail, cancel, and giving up on its behalf.

The holder of the claim writes behind a fence: status PROCESSING, his attempt and his claim. What the refusal shows
tells a write that was done already from one that came too late.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any, Never

from careervp_jobs_dal import condition
from careervp_jobs_dal.expressions import UpdateExpression
from careervp_jobs_dal.invalid import InvalidInputError
from careervp_jobs_dal.job import Claim, JobRecord, check_claim, check_fields, check_text, refuse_owned
from careervp_jobs_dal.refusal import (
    Decoder,
    conflict,
    finished,
    holds,
    invalid,
    judged,
    lost,
    not_found,
    update_plan,
)
from careervp_jobs_dal.result import Result, ResultCode
from careervp_jobs_dal.state import epoch_seconds
from careervp_jobs_dal.statement import Given, Statement, setting
from careervp_jobs_dal.status import JobStatus
from careervp_jobs_dal.table import (
    ACTIVE_SHARD,
    ATTEMPT,
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
from careervp_jobs_dal.values import encode_item, instant_text

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from boto3.dynamodb.conditions import ConditionBase

    from careervp_jobs_dal.plan import Item, Step
    from careervp_jobs_dal.state import JobState

MAX_ERROR_BYTES = 2048
MAX_HISTORY = 10
MAX_HISTORY_ERROR_BYTES = 512
_AT = "at"


def complete(claim: Claim, fields: Mapping[str, Any], now: datetime, decode: Decoder) -> Step[JobRecord]:
    """COMPLETED, for the present claim only."""
    try:
        check_claim(claim)
        given = _checked(fields)
    except InvalidInputError as refused:
        return invalid(refused)
    job_id = claim.job_id

    def rule(stored: Item, state: JobState) -> Step[JobRecord]:
        if state.is_of(claim) and state.status is JobStatus.COMPLETED and holds(stored, given):
            return Result.success(decode(stored))
        return _too_late(claim, stored, state, decode)

    written = {STATUS: JobStatus.COMPLETED.value, COMPLETED_AT: instant_text(now), **given}
    update = _completing(tuple(written)).filled({**written, **_fence(claim)})
    return update_plan("complete", job_id, update, judged(job_id, rule), lambda item: Result.success(decode(item)))


def fail(
    claim: Claim,
    error: str,
    fields: Mapping[str, Any],
    now: datetime,
    decode: Decoder,
    *,
    retryable: bool,
    cancelled: bool = False,
) -> Step[JobRecord]:
    """FAILED, or PENDING where another attempt is worth it; a job that is to be cancelled is FAILED in any case."""
    try:
        check_claim(claim)
        given = _checked(fields)
        check_text(error, ERROR)
    except InvalidInputError as refused:
        return invalid(refused)
    job_id = claim.job_id
    cancelled = cancelled or claim.cancel_requested
    again = retryable and claim.attempt < claim.max_attempts and not cancelled
    entry = entry_of(claim.attempt, claim.claim_id, error, now)

    def rule(stored: Item, state: JobState) -> Step[JobRecord]:
        if any(holds(noted, {**entry, _AT: noted.get(_AT)}) for noted in history_of(stored)):
            return Result.success(decode(stored))
        marked = state.is_of(claim) and state.status is JobStatus.PROCESSING and state.cancel_requested
        if marked and not cancelled:
            return fail(claim, error, fields, now, decode, retryable=False, cancelled=True)
        return _too_late(claim, stored, state, decode)

    ended = (
        {} if again else {COMPLETED_AT: instant_text(now), **({CANCELLED_AT: instant_text(now)} if cancelled else {})}
    )
    status = JobStatus.PENDING if again else JobStatus.FAILED
    written = {STATUS: status.value, ERROR: clip(error, MAX_ERROR_BYTES), **ended, **given}
    written |= history_with(claim.job, entry)
    update = _failing(tuple(written), again=again, cancelled=cancelled).filled({**written, **_fence(claim)})
    return update_plan("fail", job_id, update, judged(job_id, rule), lambda item: Result.success(decode(item)))


def cancel(
    job_id: str, user_id: str | None, now: datetime, decode: Decoder, *, running: bool = False
) -> Step[JobRecord]:
    """End a job that no worker holds; ask the worker that holds it to stop."""
    try:
        check_fields({JOB_ID: job_id})
        if user_id is not None:
            check_text(user_id, USER_ID)
    except InvalidInputError as refused:
        return invalid(refused)

    def rule(stored: Item, state: JobState) -> Step[JobRecord]:
        if state.expired(now) or (user_id is not None and stored.get(USER_ID) != user_id):
            return not_found(job_id)
        if CANCELLED_AT in stored:
            return Result.success(decode(stored))
        if state.status.finished:
            return finished(job_id, decode(stored))
        if state.status is JobStatus.PROCESSING and not running and not state.lease_lapsed(now):
            return cancel(job_id, user_id, now, decode, running=True)
        return conflict(job_id)

    update = _cancelling(now, running=running).when(condition.outlives(epoch_seconds(now) + 1))
    if user_id is not None:
        update = update.when(condition.owned_by(user_id))
    return update_plan(
        "cancel", job_id, update.to_kwargs(), judged(job_id, rule), lambda item: Result.success(decode(item))
    )


def give_up(
    job_id: str, stored: Item, state: JobState, now: datetime, decode: Decoder, verb: str = "claim"
) -> Step[Any]:
    """End a job that no worker holds and none may claim: cancelled while it ran, or out of attempts."""
    error = f"Attempt {state.attempt} was the last, and it did not finish"
    entry = entry_of(state.attempt, state.claim_id, error, now)
    ended = {STATUS: JobStatus.FAILED.value, COMPLETED_AT: instant_text(now), ERROR: error}
    written = _cancelled(now) if state.cancel_requested else {**ended, **history_with(stored, entry)}

    def answer(item: Item) -> Result[Never]:
        if state.cancel_requested:
            return finished(job_id, decode(item))
        error = f"Job {job_id} has used up its attempts"
        return Result.failure(error, ResultCode.ATTEMPTS_EXHAUSTED, record=decode(item))

    def rule(refusing: Item, present: JobState) -> Result[Never]:
        ended = present.status is JobStatus.FAILED and present.attempt == state.attempt
        return answer(refusing) if ended else conflict(job_id)

    update = _off_the_index(UpdateExpression().set_all(written)).when(condition.unchanged(stored))
    return update_plan(verb, job_id, update.to_kwargs(), judged(job_id, rule), answer)


@lru_cache(maxsize=256)
def _completing(names: tuple[str, ...]) -> Statement:
    update = _off_the_index(setting(names))
    if ERROR not in names:
        update = update.remove(ERROR)  # of an attempt that failed before
    return Statement(update.when(_fenced()))


@lru_cache(maxsize=256)
def _failing(names: tuple[str, ...], *, again: bool, cancelled: bool) -> Statement:
    update = setting(names)
    update = (update.remove(LEASE_EXPIRES_AT) if again else _off_the_index(update)).when(_fenced())
    return Statement(update if cancelled else update.when(condition.not_asked_to_stop()))


def _off_the_index(update: UpdateExpression) -> UpdateExpression:
    """A job that has its end has no lease on it, and does not count among the active ones."""
    return update.remove(LEASE_EXPIRES_AT).remove(ACTIVE_SHARD)


def _fenced() -> ConditionBase:
    return condition.held_by(Given(ATTEMPT), Given(CLAIM_ID))


def _fence(claim: Claim) -> dict[str, Any]:
    return {ATTEMPT: claim.attempt, CLAIM_ID: claim.claim_id}


def _cancelling(now: datetime, *, running: bool) -> UpdateExpression:
    if running:
        update = UpdateExpression().set_if_absent(CANCEL_REQUESTED_AT, instant_text(now))
        return update.when(condition.in_work())
    update = _off_the_index(UpdateExpression().set_all(_cancelled(now)))
    return update.when(condition.available(condition.latest_lapse(now), adopt_unleased=False))


def clip(text: str, limit: int) -> str:
    """The beginning of a text, as long as it fits into this many bytes of valid UTF-8.

    >>> clip("naïve", 3)
    'na'
    """
    return text.encode("utf-8", "replace")[:limit].decode("utf-8", "ignore")


def _checked(fields: Mapping[str, Any]) -> dict[str, Any]:
    refuse_owned(fields, JOB_ID, STATUS, ERRORS)
    encoded = encode_item(fields).fitting()
    check_fields(encoded)
    return encoded


def history_with(record: Mapping[str, Any], entry: Mapping[str, Any]) -> dict[str, Any]:
    """The record's history with one more entry; one of a caller's own that cannot be stored again is begun anew."""
    entries = [*history_of(record), entry][-MAX_HISTORY:]
    try:
        return encode_item({ERRORS: entries}).item
    except InvalidInputError:
        return encode_item({ERRORS: [entry]}).item


def _too_late(claim: Claim, stored: Item, state: JobState, decode: Decoder) -> Result[Never]:
    """The claim's fence refused it, and it was not this very write that had been there before."""
    if not state.is_of(claim) or state.status is JobStatus.PENDING:
        return lost(claim.job_id, decode(stored))
    if state.status.finished:
        return finished(claim.job_id, decode(stored))
    return conflict(claim.job_id)


def _cancelled(now: datetime) -> dict[str, str]:
    instant = instant_text(now)
    return {STATUS: JobStatus.FAILED.value, CANCELLED_AT: instant, COMPLETED_AT: instant, ERROR: "Cancelled"}


def entry_of(attempt: int, claim_id: str | None, error: str, now: datetime) -> dict[str, Any]:
    """What the history says of one attempt; the claim tells it from an attempt of the same number in another life."""
    said = clip(error, MAX_HISTORY_ERROR_BYTES)
    return {ATTEMPT: attempt, CLAIM_ID: claim_id, ERROR: said, _AT: instant_text(now)}


def history_of(record: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The errors of earlier attempts; whatever else a caller may have stored under that name is not kept."""
    entries = record.get(ERRORS)
    return [entry for entry in entries if isinstance(entry, dict)] if isinstance(entries, list) else []
