"""The plan of `submit_job`: how a job begins.

A submission is one conditional write on an id that the user and the key lead to, so that two that race meet on one
item and DynamoDB picks the winner; the loser's refusal carries the job that won.
"""

from __future__ import annotations

import hmac
import json
from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple
from uuid import UUID, uuid5

from careervp_jobs_dal.condition import not_submitted_as, vacant
from careervp_jobs_dal.fingerprint import canonical, fingerprint
from careervp_jobs_dal.invalid import InvalidInputError
from careervp_jobs_dal.job import Submission, check_fields, check_max_attempts, check_text, refuse_owned
from careervp_jobs_dal.packing import pack
from careervp_jobs_dal.plan import Item, Plan, Reply, Step
from careervp_jobs_dal.refusal import Decoder, conflict, explain, invalid, judged
from careervp_jobs_dal.result import Result, ResultCode
from careervp_jobs_dal.state import JobState, epoch_seconds, read_state
from careervp_jobs_dal.statement import Given, Statement
from careervp_jobs_dal.status import JobStatus
from careervp_jobs_dal.table import (
    ACTIVE_SHARD,
    APPLICATION_ID,
    CREATED_AT,
    FINGERPRINT,
    IDEMPOTENCY_KEY,
    INPUT_DATA,
    JOB_ID,
    MAX_ATTEMPTS,
    STATUS,
    SUBMISSION_ID,
    TTL,
    USER_ID,
    active_shard,
)
from careervp_jobs_dal.values import Encoded, encode_item, instant_text

if TYPE_CHECKING:
    from datetime import datetime, timedelta

_NAMESPACE = UUID("8f0f3c1e-52a3-4c8e-9d0b-6a3f0f6f2b61")
"""Never changes: another namespace would give every live key a second job."""

_SET_BY_SUBMIT = (JOB_ID, STATUS, CREATED_AT, IDEMPOTENCY_KEY, INPUT_DATA, USER_ID, APPLICATION_ID)


class Policy(NamedTuple):
    """What the repository decides for all of its submissions."""

    retention: timedelta | None
    pack_above: int | None
    id_secret: str | None


class Request(NamedTuple):
    """One submission, as its caller asked for it."""

    idempotency_key: str
    input_data: Mapping[str, Any]
    user_id: str | None
    application_id: str | None
    max_attempts: int
    replace_failed: bool
    allow_different_payload: bool
    fields: Mapping[str, Any]


def submit(request: Request, policy: Policy, submission_id: str, now: datetime, decode: Decoder) -> Step[Submission]:
    """Put the job, if its key has none that still counts."""
    try:
        item, payload = _new_item(request, policy, submission_id, now)
    except InvalidInputError as refused:
        return invalid(refused)
    job_id: str = item[JOB_ID]

    def rule(stored: Item, state: JobState) -> Result[Submission]:
        if stored.get(SUBMISSION_ID) == submission_id:
            return Result.success(_submission(stored, state, now, decode, created=True))
        replaceable = request.replace_failed and state.status is JobStatus.FAILED
        if state.expired(now) or replaceable:
            return conflict(job_id)
        if not request.allow_different_payload and stored.get(FINGERPRINT) != item[FINGERPRINT]:
            error = f"Job {job_id} was submitted with another payload under the same idempotency key"
            return Result.failure(error, ResultCode.IDEMPOTENCY_MISMATCH, record=decode(stored))
        return Result.success(_submission(stored, state, now, decode, created=False))

    def read(reply: Reply) -> Step[Submission]:
        if reply.refused:
            return explain("submit", reply, job_id, judged(job_id, rule, absent=conflict(job_id)))
        new = {**item, INPUT_DATA: payload}  # no need to unpack what has just been packed
        return Result.success(_submission(new, read_state(item), now, decode, created=True))

    parameters = {
        "Item": item,
        **_unsubmitted(bool(request.replace_failed)).filled({"now": epoch_seconds(now), "submission": submission_id}),
        "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
    }
    return Plan("submit", "put_item", parameters, read, job_id)


@cache
def _unsubmitted(replace_failed: bool) -> Statement:
    vacancy = vacant(Given("now"), replace_failed=replace_failed)
    return Statement(vacancy & not_submitted_as(Given("submission")))


def derive_job_id(idempotency_key: str, user_id: str | None, secret: str | None) -> str:
    """The id that a user and a key lead to, always the same; with a secret nobody else can guess it.

    >>> derive_job_id("key", None, None) == derive_job_id("key", "", None)
    False
    """
    name = json.dumps([user_id, idempotency_key], ensure_ascii=False, separators=(",", ":"))
    if secret is None:
        return str(uuid5(_NAMESPACE, name))
    return hmac.digest(secret.encode(), name.encode(), "sha256").hex()


def _new_item(
    request: Request, policy: Policy, submission_id: str, now: datetime
) -> tuple[dict[str, Any], dict[str, Any]]:
    """The item, and its payload as a Map, which the item may hold packed."""
    _check(request)
    payload = encode_item({INPUT_DATA: request.input_data})
    text = canonical(payload.item[INPUT_DATA])
    people = {USER_ID: request.user_id, APPLICATION_ID: request.application_id}
    job_id = derive_job_id(request.idempotency_key, request.user_id, policy.id_secret)
    rest = encode_item(
        {
            JOB_ID: job_id,
            STATUS: JobStatus.PENDING.value,
            CREATED_AT: instant_text(now),
            IDEMPOTENCY_KEY: request.idempotency_key,
            MAX_ATTEMPTS: request.max_attempts,
            SUBMISSION_ID: submission_id,
            FINGERPRINT: fingerprint(text),
            ACTIVE_SHARD: active_shard(job_id),
            **{name: person for name, person in people.items() if person is not None},
            **({} if policy.retention is None else {TTL: epoch_seconds(now + policy.retention)}),
            **request.fields,
        }
    )
    packed = None if policy.pack_above is None else pack(text, above=policy.pack_above)
    stored = payload if packed is None else encode_item({INPUT_DATA: packed})
    item = Encoded({**rest.item, **stored.item}, rest.size + stored.size).fitting()
    check_fields(item)
    return item, payload.item[INPUT_DATA]


def _check(request: Request) -> None:
    check_fields({IDEMPOTENCY_KEY: request.idempotency_key})
    for name, person in ((USER_ID, request.user_id), (APPLICATION_ID, request.application_id)):
        if person is not None:
            check_text(person, name)
            encode_item({name: person})
    if not isinstance(request.input_data, Mapping):
        raise InvalidInputError(f"{INPUT_DATA} must be a dict, not {type(request.input_data).__name__}")
    check_max_attempts(request.max_attempts)
    refuse_owned(request.fields, *_SET_BY_SUBMIT)


def _submission(item: Item, state: JobState, now: datetime, decode: Decoder, *, created: bool) -> Submission:
    should_enqueue = state.status is JobStatus.PENDING or (
        state.status is JobStatus.PROCESSING and state.lease_lapsed(now)
    )
    return Submission(decode(item), created, should_enqueue)
