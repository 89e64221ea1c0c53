"""The plans of the five contract methods, which know no leases.

A write carries its own condition, and the refusal carries the record that refused it. botocore sends a write again
whose reply was lost, and the second copy then meets the first one's work:

    caller            DynamoDB
      | -- update ----> |  written; the reply is lost
      | -- update ----> |  refused: COMPLETED cannot become COMPLETED
      | <-- refusal --- |  the record equals what was to be written, and the write was resent: a success
"""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from careervp_jobs_dal.codec.values import encode_item
from careervp_jobs_dal.job.attribute import ACTIVE_SHARD, CREATED_AT, IDEMPOTENCY_KEY, JOB_ID, STATUS
from careervp_jobs_dal.job.instant import parse_instant
from careervp_jobs_dal.job.invalid_input import InvalidInputError
from careervp_jobs_dal.job.status import JobStatus
from careervp_jobs_dal.job.transition import sources
from careervp_jobs_dal.job.validation import REQUIRED_TO_CREATE, check_fields, is_key, refuse_owned, require
from careervp_jobs_dal.job.verb import Verb
from careervp_jobs_dal.plans.condition import is_absent
from careervp_jobs_dal.plans.guard import movable_from
from careervp_jobs_dal.plans.plan import Plan, Request, put, read, refusing_record, write
from careervp_jobs_dal.plans.refusal import conflict, holds, not_found
from careervp_jobs_dal.plans.statement import Statement, setting
from careervp_jobs_dal.result import Result, ResultCode

if TYPE_CHECKING:
    from collections.abc import Mapping

    from careervp_jobs_dal.codec.packing import Decoder
    from careervp_jobs_dal.job.record import Item, JobRecord


def create(job_data: Mapping[str, Any], decode: Decoder) -> Plan[JobRecord]:
    """Put the record, if its `job_id` is not there."""
    require(job_data, REQUIRED_TO_CREATE)
    item = _checked(job_data)
    job_id: str = item[JOB_ID]
    reply = yield put(item, is_absent(JOB_ID).to_kwargs())
    if not reply.refused:
        return Result.success(decode(item))
    stored = yield from refusing_record(reply, job_id)
    if stored is None:
        return conflict(job_id)
    if reply.resent and stored == item:
        return Result.success(decode(stored))
    error = f"Job already exists: {job_id}"
    return Result.failure(error, ResultCode.ALREADY_EXISTS, record=decode(stored))


def update(job_id: str, updates: Mapping[str, Any], decode: Decoder) -> Plan[JobRecord]:
    """Set the fields of a job that is there, its status only forward."""
    fields = _checked_update(job_id, updates)
    target = JobStatus(fields[STATUS]) if STATUS in fields else None
    allowed = sources(target, Verb.UPDATE) if target else ()
    resent = False
    if fields and (allowed or not target):
        written = _setting(tuple(fields), allowed, finishing=bool(target and target.finished))
        reply = yield write(job_id, written.filled(fields))
        if not reply.refused:
            return Result.success(decode(reply.item or {}))
        resent, stored = reply.resent, (yield from refusing_record(reply, job_id))
    else:  # nothing to write, or nothing that could be written: the present record is the answer
        stored = (yield read(job_id)).item
    if stored is None:
        return not_found(job_id)
    if not fields or (resent and holds(stored, fields)):
        return Result.success(decode(stored))
    if target and stored.get(STATUS) not in allowed:
        error = f"Job {job_id} cannot become {target} from its present status"
        return Result.failure(error, ResultCode.INVALID_TRANSITION, record=decode(stored))
    return conflict(job_id)


def get(job_id: str | None, decode: Decoder) -> Plan[JobRecord | None]:
    """Read one job, strongly consistent; what cannot be a key is not asked for."""
    if not is_key(job_id):
        return Result.success(None)
    stored = (yield read(job_id)).item
    return Result.success(decode(stored) if stored else None)


def get_by_idempotency_key(idempotency_key: str | None, index_name: str, decode: Decoder) -> Plan[JobRecord | None]:
    """Find the oldest match in the index, and read in full what the index projects in part."""
    matches: list[Item] = []
    start: Item | None = None
    while is_key(idempotency_key):
        reply = yield _query(idempotency_key, index_name, start)
        matches += reply.response.get("Items", ())
        start = reply.response.get("LastEvaluatedKey")
        if not start:
            break
    records: list[Item] = []
    for match in matches:
        record = match if _is_whole(match) else (yield read(match[JOB_ID])).item
        records += [record] if record else []
    return Result.success(decode(min(records, key=_created_at)) if records else None)


def _query(key: str, index_name: str, start: Item | None) -> Request:
    parameters = {
        "IndexName": index_name,
        "KeyConditionExpression": f"{IDEMPOTENCY_KEY} = :key",
        "ExpressionAttributeValues": {":key": key},
    }
    return Request("query", {**parameters, "ExclusiveStartKey": start} if start else parameters)


def _is_whole(match: Item) -> bool:
    """Take an index that projects these, which no key is made of, to project everything."""
    return STATUS in match and CREATED_AT in match


def _created_at(item: Item) -> datetime:
    return parse_instant(item.get(CREATED_AT)) or datetime.max.replace(tzinfo=UTC)


def _checked_update(job_id: str, updates: Mapping[str, Any]) -> dict[str, Any]:
    check_fields({JOB_ID: job_id})
    require(updates, ())
    if JOB_ID in updates:
        raise InvalidInputError(f"{JOB_ID} is the key of the record and cannot be updated")
    refuse_owned(updates)
    return _checked(updates)


def _checked(fields: Mapping[str, Any]) -> dict[str, Any]:
    encoded = encode_item(fields).fitting()
    check_fields(encoded)
    return encoded


@lru_cache(maxsize=256)
def _setting(names: tuple[str, ...], allowed: tuple[JobStatus, ...], *, finishing: bool) -> Statement:
    update = setting(names)
    return Statement.of(update.remove(ACTIVE_SHARD) if finishing else update, movable_from(allowed))
