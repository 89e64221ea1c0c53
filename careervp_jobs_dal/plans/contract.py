"""Plans of the five contract methods, which use no leases.

Each write has a condition, and a refusal carries the record that refused the write. botocore sends a write again if its
reply was lost. The second copy is then refused by the record that the first one wrote:

    caller            DynamoDB
      | -- update ----> |  written; the reply is lost
      | -- update ----> |  refused: COMPLETED cannot become COMPLETED
      | <-- refusal --- |  the record has the new values, and the write was resent: a success
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from careervp_jobs_dal.job.attribute import (
    ACTIVE_SHARD,
    CREATED_AT,
    DUE_AT,
    IDEMPOTENCY_KEY,
    JOB_ID,
    STATUS,
    USER_ID,
)
from careervp_jobs_dal.job.index import Wait, position
from careervp_jobs_dal.job.instant import instant_text, parse_instant
from careervp_jobs_dal.job.invalid_input import InvalidInputError
from careervp_jobs_dal.job.line import printable
from careervp_jobs_dal.job.status import JobStatus, parse_status
from careervp_jobs_dal.job.transition import sources
from careervp_jobs_dal.job.validation import (
    QUOTA_PREFIX,
    REQUIRED_TO_CREATE,
    check_owned,
    is_key,
    read_id,
    read_key,
    read_user,
    refuse_owned,
    require,
)
from careervp_jobs_dal.job.verb import Verb
from careervp_jobs_dal.plans.condition import is_absent
from careervp_jobs_dal.plans.field import encode_fields
from careervp_jobs_dal.plans.guard import movable_from
from careervp_jobs_dal.plans.plan import Plan, Request, check_number_of_fields, put, read, refusing_record, write
from careervp_jobs_dal.plans.refusal import conflict, holds, not_found, same
from careervp_jobs_dal.plans.statement import Statement, remembered, setting
from careervp_jobs_dal.result import Result, ResultCode

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Mapping
    from uuid import UUID

    from careervp_jobs_dal.codec.packing import Decoder
    from careervp_jobs_dal.job.record import Item, JobRecord
    from careervp_jobs_dal.plans.plan import Reply


def create(job_data: Mapping[str, Any], decode: Decoder) -> Plan[JobRecord]:
    """Put the record, unless its `job_id` exists already."""
    require(job_data, REQUIRED_TO_CREATE)
    item = encode_fields(job_data).fitting()
    check_owned(item)
    job_id: str = item[JOB_ID]
    if job_id.startswith(QUOTA_PREFIX):
        raise InvalidInputError(f"{JOB_ID} must not begin with {QUOTA_PREFIX}")
    reply = yield put(item, is_absent(JOB_ID).to_kwargs())
    if not reply.refused:
        return Result.success(decode(item))
    stored = yield from refusing_record(reply, job_id)
    if stored is None:
        return conflict(job_id)
    if reply.resent and same(dict(stored), item):
        return Result.success(decode(stored))
    error = f"Job already exists: {printable(job_id)}"
    return Result.failure(error, ResultCode.ALREADY_EXISTS, record=decode(stored))


def update(
    job_id: str | UUID,
    updates: Mapping[str, Any],
    now: Callable[[], datetime],
    decode: Decoder,
    expected_status: str | Iterable[str] | None = None,
) -> Plan[JobRecord]:
    """Set fields of an existing job; its status only moves forward.

    With an expected status, or several, it moves from these only. A job that fails gets its place among the failed ones
    of the active index, unless the record is full; only then the clock is read.
    """
    job_id, fields, expected = read_key(job_id, JOB_ID), _checked_update(updates), _read_expected(expected_status)
    target = JobStatus(fields[STATUS]) if STATUS in fields else None
    forward = sources(target, Verb.UPDATE) if target else ()
    allowed = forward if expected is None else tuple(status for status in forward if status in expected)
    resent = False
    if fields and (allowed or not target):
        reply = yield from _write(job_id, fields, allowed, now)
        if not reply.refused:
            return Result.success(decode(reply.item or {}))
        resent, stored = reply.resent, (yield from refusing_record(reply, job_id))
    else:  # no field is given, or no status may become the target: the answer needs the present record only
        stored = (yield read(job_id)).item
    if stored is None:
        return not_found(job_id)
    if not fields or (resent and holds(stored, fields)):
        return Result.success(decode(stored))
    if target and stored.get(STATUS) not in allowed:
        unexpected = f"Job {printable(job_id)} does not have an expected status"
        backward = f"Job {printable(job_id)} cannot become {target} from its present status"
        error = unexpected if stored.get(STATUS) in forward else backward
        return Result.failure(error, ResultCode.INVALID_TRANSITION, record=decode(stored))
    return conflict(job_id)


def get(job_id: str | UUID | None, decode: Decoder) -> Plan[JobRecord | None]:
    """Read one job, strongly consistent."""
    key = None if job_id is None else read_id(job_id, JOB_ID)
    # DynamoDB answers with an error to a key that is empty or too long; no job has such an id.
    if not is_key(key):
        return Result.success(None)
    stored = (yield read(key)).item
    return Result.success(decode(stored) if stored else None)


def get_by_idempotency_key(
    idempotency_key: str | UUID | None, user_id: str | UUID | None, index_name: str, decode: Decoder
) -> Plan[JobRecord | None]:
    """Find the oldest job with this key, of this user if one is given.

    A match that the index holds only in part is read in full from the table.
    """
    key = None if idempotency_key is None else read_id(idempotency_key, IDEMPOTENCY_KEY)
    user = read_user(user_id)
    matches: list[Item] = []
    start: Item | None = None
    # An index does not make its keys unique, so several jobs can match, on more than one page of 1 MB.
    while is_key(key):
        reply = yield _query(key, index_name, start)
        matches += reply.response.get("Items", ())
        start = reply.response.get("LastEvaluatedKey")
        if not start:
            break
    records: list[Item] = []
    for match in matches:
        record = match if _is_whole(match) else (yield read(match[JOB_ID])).item
        # The index lags behind the table: the record of a match can be deleted by now.
        if record and (user is None or record.get(USER_ID) == user):
            records.append(record)
    return Result.success(decode(min(records, key=_created_at)) if records else None)


def _query(key: str, index_name: str, start: Item | None) -> Request:
    # Without ConsistentRead, which DynamoDB refuses for a global secondary index.
    parameters = {
        "IndexName": index_name,
        "KeyConditionExpression": f"{IDEMPOTENCY_KEY} = :key",
        "ExpressionAttributeValues": {":key": key},
    }
    return Request("query", {**parameters, "ExclusiveStartKey": start} if start else parameters)


def _is_whole(match: Item) -> bool:
    """Tell whether an index that holds this match projects whole records.

    Neither attribute is a key, so an index that projects keys only has neither of them.
    """
    return STATUS in match and CREATED_AT in match


def _created_at(item: Item) -> datetime:
    return parse_instant(item.get(CREATED_AT)) or datetime.max.replace(tzinfo=UTC)


def _checked_update(updates: Mapping[str, Any]) -> dict[str, Any]:
    require(updates, ())
    check_number_of_fields(updates)
    if JOB_ID in updates:
        raise InvalidInputError(f"{JOB_ID} is the key of the record and cannot be updated")
    refuse_owned(updates)
    return encode_fields(updates).fitting()


def _read_expected(expected_status: object) -> tuple[JobStatus, ...] | None:
    """Read the expected statuses; None where any will do."""
    if expected_status is None:
        return None
    given = expected_status if isinstance(expected_status, Iterable) and expected_status else (None,)
    named = [parse_status(each) for each in ((given,) if isinstance(given, str) else given)]
    expected = tuple(status for status in named if status is not None)
    if not expected or len(expected) < len(named):
        raise InvalidInputError(f"expected_status must be one of {', '.join(JobStatus)}, or several of them")
    return expected


def _write(
    job_id: str, fields: Mapping[str, Any], allowed: tuple[JobStatus, ...], now: Callable[[], datetime]
) -> Generator[Request, Reply, Reply]:
    """Write the fields, and the place of a job that fails."""
    failing = fields.get(STATUS) == JobStatus.FAILED
    place = position(job_id, Wait.FAILED, instant_text(now())) if failing else {}
    reply = yield _writing(job_id, {**fields, **place}, allowed, shrinkable=failing)
    if reply.too_large:
        reply = yield _writing(job_id, fields, allowed)
    return reply


def _writing(
    job_id: str, written: Mapping[str, Any], allowed: tuple[JobStatus, ...], *, shrinkable: bool = False
) -> Request:
    finishing = STATUS in written and JobStatus(written[STATUS]).finished
    statement = _setting(tuple(written), allowed, finishing=finishing)
    return write(job_id, statement.filled(written), shrinkable=shrinkable)


@remembered
def _setting(names: tuple[str, ...], allowed: tuple[JobStatus, ...], *, finishing: bool) -> Statement:
    update = setting(names)
    if finishing and ACTIVE_SHARD not in names:  # without it, DynamoDB drops the job from the active index
        update = update.remove(ACTIVE_SHARD).remove(DUE_AT)
    return Statement.of(update, movable_from(allowed))
