"""Plan of `submit_job`: one conditional write creates the job, or finds the one that exists.

The job's id is derived from the user and the idempotency key. So two submissions that race write the same item, and
DynamoDB lets one win; the other one's refusal carries the job that won. A look-up before the write would be of no use:
an index is eventually consistent, and two callers could both find nothing and then both write.

    submitter A        DynamoDB        submitter B
      | -- put -------> | <------- put -- |      one key, one item
      | <-- written --- | --- refused --> |      with A's record: the same job, created=False

A copy that botocore sends after a lost reply finds its own `submission_id` in the record, and answers as the first one.
"""

from __future__ import annotations

import hmac
import json
from collections.abc import Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Any, NamedTuple
from uuid import UUID, uuid5

from careervp_jobs_dal.codec.fingerprint import canonical, fingerprint
from careervp_jobs_dal.codec.packing import MAX_PAYLOAD_BYTES, pack
from careervp_jobs_dal.codec.values import MAX_ITEM_BYTES, Encoded, encode_item
from careervp_jobs_dal.job.attribute import (
    APPLICATION_ID,
    AVAILABLE_AT,
    CLAIM_ID,
    CREATED_AT,
    FINGERPRINT,
    IDEMPOTENCY_KEY,
    INPUT_DATA,
    JOB_ID,
    LEASE_EXPIRES_AT,
    MAX_ATTEMPTS,
    OF_SUBMISSION,
    RESERVE,
    STATUS,
    SUBMISSION_ID,
    TTL,
    USER_ID,
)
from careervp_jobs_dal.job.index import Wait, position
from careervp_jobs_dal.job.instant import epoch_seconds, instant_text, is_aware
from careervp_jobs_dal.job.invalid_input import InvalidInputError, ItemTooLargeError
from careervp_jobs_dal.job.record import Submission
from careervp_jobs_dal.job.snapshot import read_snapshot
from careervp_jobs_dal.job.status import JobStatus
from careervp_jobs_dal.job.transition import sources
from careervp_jobs_dal.job.validation import check_max_attempts, read_id, read_key, read_user, refuse_owned
from careervp_jobs_dal.job.verb import Verb
from careervp_jobs_dal.plans import guard
from careervp_jobs_dal.plans.condition import is_absent
from careervp_jobs_dal.plans.field import encode_fields, refuse_past_ttl
from careervp_jobs_dal.plans.plan import EXACT_TRIES, Plan, put, refusing_record
from careervp_jobs_dal.plans.quota import put_within, quota_key, seat_of
from careervp_jobs_dal.plans.refusal import conflict
from careervp_jobs_dal.plans.requeue import LONGEST_DELAY
from careervp_jobs_dal.result import Answer, Failure, Result, ResultCode

if TYPE_CHECKING:
    from collections.abc import Generator
    from datetime import datetime

    from careervp_jobs_dal.codec.packing import Decoder
    from careervp_jobs_dal.job.record import Item
    from careervp_jobs_dal.job.request import JobRequest
    from careervp_jobs_dal.plans.plan import Reply, Request
    from careervp_jobs_dal.plans.quota import Quota, Seat

_NAMESPACE = UUID("8f0f3c1e-52a3-4c8e-9d0b-6a3f0f6f2b61")
"""The namespace of derived ids. It never changes: another one would give every live key a second job."""

# Made once: `json.dumps` with separators makes one for every call.
_JSON = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))

_NEARLY_FULL = MAX_ITEM_BYTES - 8192
_RESERVED = "-" * 512
"""Room for the first claim, in a record that is nearly full: the claim removes it. It is reserved in the record itself,
because DynamoDB's limit for an item is not the limit of every engine."""


class Policy(NamedTuple):
    """Settings of a repository for all of its submissions."""

    retention: timedelta | None
    pack_above: int | None
    id_secret: str | None
    quota: Quota | None = None


def submit(request: JobRequest, policy: Policy, submission_id: str, now: datetime, decode: Decoder) -> Plan[Submission]:
    """Put the job, unless its key has one that still counts.

    Replacing a job, a failed or an expired one, is a second write, which knows the job that it replaces.
    """
    item, payload = _new_item(request, policy, submission_id, now)
    job_id: str = item[JOB_ID]
    seat = _seat(item, policy)
    new, asked = item, is_absent(JOB_ID).to_kwargs()
    tries = EXACT_TRIES
    while True:
        reply = yield from _put(put(new, asked), seat, now)
        if isinstance(reply, Failure):
            return reply
        if not reply.refused:
            # No need to unpack what was just packed.
            return Result.success(_submission({**new, INPUT_DATA: payload}, now, decode, created=True))
        stored = yield from refusing_record(reply, job_id)
        if stored is None:
            return conflict(job_id)
        snapshot = read_snapshot(stored)
        if stored.get(SUBMISSION_ID) == submission_id:
            return Result.success(_submission(stored, now, decode, created=True))  # botocore sent it twice
        failed = request.replace_failed and snapshot.status in sources(JobStatus.PENDING, Verb.SUBMIT)
        if not (failed or snapshot.expired(now)):
            return _duplicate(request, item, stored, now, decode)
        # A copy of a replacement that was refused may have been overtaken by its own first one.
        if not tries or (reply.resent and new is not item):
            return conflict(job_id)
        tries -= 1
        new, asked = _replacement(item, stored, now)


def _put(request: Request, seat: Seat | None, now: datetime) -> Generator[Request, Reply, Reply | Failure]:
    if seat is None:
        return (yield request)
    return (yield from put_within(request, seat, now))


def _seat(item: Item, policy: Policy) -> Seat | None:
    """Return the job's seat; None where no cap is set, or the job has no user."""
    if policy.quota is None or USER_ID not in item:
        return None
    return seat_of(item, policy.quota, quota_key(item[USER_ID], policy.id_secret))


def _duplicate(request: JobRequest, item: Item, stored: Item, now: datetime, decode: Decoder) -> Answer[Submission]:
    if not request.allow_different_payload and stored.get(FINGERPRINT) != item[FINGERPRINT]:
        error = f"Job {item[JOB_ID]} was submitted with another payload under the same idempotency key"
        return Result.failure(error, ResultCode.IDEMPOTENCY_MISMATCH, record=decode(stored))
    return Result.success(_submission(stored, now, decode, created=False))


def _replacement(item: Item, stored: Item, now: datetime) -> tuple[dict[str, Any], dict[str, Any]]:
    """Make the item of a new life, and its condition.

    The new item keeps by what late copies of earlier claims are refused.
    """
    latest = {CLAIM_ID: stored[CLAIM_ID]} if CLAIM_ID in stored else {}
    unchanged = guard.unchanged(stored, TTL, LEASE_EXPIRES_AT)
    return {AVAILABLE_AT: instant_text(now), **item, **latest}, unchanged.to_kwargs()


def derive_job_id(idempotency_key: str, user_id: str | None, secret: str | None) -> str:
    """Derive a job's id from the user and the idempotency key.

    The same arguments give the same id. With a secret, no outsider can guess it.

    >>> derive_job_id("key", None, None) == derive_job_id("key", "", None)
    False
    """
    name = _JSON.encode([user_id, idempotency_key])
    if secret is None:
        return str(uuid5(_NAMESPACE, name))
    return hmac.digest(secret.encode(), name.encode(), "sha256").hex()


def _new_item(
    request: JobRequest, policy: Policy, submission_id: str, now: datetime
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Make the item, and return its payload unpacked as well."""
    ids = _checked_ids(request)
    payload = encode_item({INPUT_DATA: request.input_data})
    text = _bounded(canonical(payload.item[INPUT_DATA]))
    job_id = derive_job_id(ids[IDEMPOTENCY_KEY], ids.get(USER_ID), policy.id_secret)
    rest = encode_fields(
        {
            JOB_ID: job_id,
            STATUS: JobStatus.PENDING.value,
            CREATED_AT: instant_text(now),
            **ids,
            MAX_ATTEMPTS: request.max_attempts,
            SUBMISSION_ID: submission_id,
            FINGERPRINT: fingerprint(text, policy.id_secret),
            **_times(job_id, request.run_at, policy.retention, now),
            **(request.fields or {}),
        }
    )
    _check_ttl(rest.item, request.run_at, now)
    packed = None if policy.pack_above is None else pack(text, above=policy.pack_above)
    stored = payload if packed is None else encode_item({INPUT_DATA: packed})
    whole = Encoded({**rest.item, **stored.item}, rest.size + stored.size)
    return _with_reserve(whole).fitting(), payload.item[INPUT_DATA]


def _times(job_id: str, run_at: datetime | None, retention: timedelta | None, now: datetime) -> dict[str, Any]:
    """Return the attributes of the job's start and of the record's expiry."""
    start = now if run_at is None else max(run_at, now)
    expiring = {} if retention is None else {TTL: epoch_seconds(start + retention)}
    if start == now:
        return {**expiring, **position(job_id, Wait.QUEUED, instant_text(now))}
    # A queue can delay the message of a job for so long; later ones are enqueued by the sweep, once they are due.
    wait = Wait.QUEUED if start - now <= LONGEST_DELAY else Wait.TIMED
    return {**expiring, AVAILABLE_AT: instant_text(start), **position(job_id, wait, instant_text(start))}


def _check_ttl(item: Item, run_at: datetime | None, now: datetime) -> None:
    """Refuse a `ttl` before which the job cannot be worked on."""
    refuse_past_ttl(item, now)
    if run_at is not None and TTL in item and item[TTL] <= epoch_seconds(run_at):
        raise InvalidInputError(f"{TTL} must be later than run_at")


def _with_reserve(item: Encoded) -> Encoded:
    """Reserve room for the first claim in a record that is nearly full."""
    if item.size <= _NEARLY_FULL:
        return item
    reserve = encode_item({RESERVE: _RESERVED})
    return Encoded({**item.item, **reserve.item}, item.size + reserve.size)


def _bounded(text: bytes) -> bytes:
    """Return the canonical text of a payload, if a read would unpack it.

    Raises:
        ItemTooLargeError: the text is longer than a payload's can be.
    """
    if len(text) > MAX_PAYLOAD_BYTES:
        most = f"{MAX_PAYLOAD_BYTES:,}"
        raise ItemTooLargeError(f"{INPUT_DATA}: {len(text):,} bytes of JSON are more than a payload can have ({most})")
    return text


def _checked_ids(request: JobRequest) -> dict[str, str]:
    """Check the arguments, and return the ids among them as texts."""
    user_id, application_id = read_user(request.user_id), request.application_id
    ids = {
        IDEMPOTENCY_KEY: read_key(request.idempotency_key, IDEMPOTENCY_KEY),
        **({} if user_id is None else {USER_ID: user_id}),
        **({} if application_id is None else {APPLICATION_ID: read_id(application_id, APPLICATION_ID)}),
    }
    if not isinstance(request.input_data, Mapping):
        raise InvalidInputError(f"{INPUT_DATA} must be a dict, not {type(request.input_data).__name__}")
    check_max_attempts(request.max_attempts)
    if request.run_at is not None and not is_aware(request.run_at):
        raise InvalidInputError("run_at must be an aware datetime")
    refuse_owned(request.fields or {}, *OF_SUBMISSION)
    return ids


def _submission(item: Item, now: datetime, decode: Decoder, *, created: bool) -> Submission:
    snapshot = read_snapshot(item)
    if snapshot.status is not JobStatus.PENDING:
        lapsed = snapshot.status is JobStatus.PROCESSING and snapshot.lease_lapsed(now)
        return Submission(decode(item), created, should_enqueue=lapsed)
    delay = max((snapshot.available_at or now) - now, timedelta(0))
    # While it pauses, a job that was there before has its message in the queue.
    enqueue = not delay or (created and delay <= LONGEST_DELAY)
    return Submission(decode(item), created, enqueue, delay)
