"""Plans of the five contract methods, which use no leases.

Each write has a condition, and a refusal carries the record that refused the write. botocore sends a write again if its
reply was lost. The second copy is then refused by the record that the first one wrote:

    caller            DynamoDB
      | -- update ----> |  written; the reply is lost
      | -- update ----> |  refused: COMPLETED cannot become COMPLETED
      | <-- refusal --- |  the record has the new values, and the write was resent: a success
"""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from careervp_jobs_dal.codec.values import encode_item
from careervp_jobs_dal.job.attribute import ACTIVE_SHARD, CREATED_AT, IDEMPOTENCY_KEY, JOB_ID, STATUS, USER_ID
from careervp_jobs_dal.job.instant import parse_instant
from careervp_jobs_dal.job.invalid_input import InvalidInputError
from careervp_jobs_dal.job.line import printable
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
    """Put the record, unless its `job_id` exists already."""
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
    error = f"Job already exists: {printable(job_id)}"
    return Result.failure(error, ResultCode.ALREADY_EXISTS, record=decode(stored))


def update(job_id: str, updates: Mapping[str, Any], decode: Decoder) -> Plan[JobRecord]:
    """Set fields of an existing job; its status only moves forward."""
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
    else:  # no field is given, or no status may become the target: the answer needs the present record only
        stored = (yield read(job_id)).item
    if stored is None:
        return not_found(job_id)
    if not fields or (resent and holds(stored, fields)):
        return Result.success(decode(stored))
    if target and stored.get(STATUS) not in allowed:
        error = f"Job {printable(job_id)} cannot become {target} from its present status"
        return Result.failure(error, ResultCode.INVALID_TRANSITION, record=decode(stored))
    return conflict(job_id)


def get(job_id: str | None, decode: Decoder) -> Plan[JobRecord | None]:
    """Read one job, strongly consistent."""
    # DynamoDB answers with an error to a key that is empty or too long; no job has such an id.
    if not is_key(job_id):
        return Result.success(None)
    stored = (yield read(job_id)).item
    return Result.success(decode(stored) if stored else None)


def get_by_idempotency_key(
    idempotency_key: str | None, user_id: str | None, index_name: str, decode: Decoder
) -> Plan[JobRecord | None]:
    """Find the oldest job with this key, of this user if one is given.

    A match that the index holds only in part is read in full from the table.
    """
    matches: list[Item] = []
    start: Item | None = None
    # An index does not make its keys unique, so several jobs can match, on more than one page of 1 MB.
    while is_key(idempotency_key):
        reply = yield _query(idempotency_key, index_name, start)
        matches += reply.response.get("Items", ())
        start = reply.response.get("LastEvaluatedKey")
        if not start:
            break
    records: list[Item] = []
    for match in matches:
        record = match if _is_whole(match) else (yield read(match[JOB_ID])).item
        # The index lags behind the table: the record of a match can be deleted by now.
        if record and (user_id is None or record.get(USER_ID) == user_id):
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
    # Without `active_shard`, DynamoDB drops the job from the active index.
    return Statement.of(update.remove(ACTIVE_SHARD) if finishing else update, movable_from(allowed))
