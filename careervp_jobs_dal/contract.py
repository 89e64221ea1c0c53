"""The plans of the five contract methods: what each sends, and what each answer means.

Pure functions. A write carries its own condition; what a refusal means is read from the refusal itself, and only
where that brings no record does one strongly consistent read stand in.
"""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from careervp_jobs_dal.invalid import InvalidInputError
from careervp_jobs_dal.job import (
    REQUIRED_TO_CREATE,
    JobRecord,
    check_fields,
    is_key,
    parse_instant,
    refuse_owned,
    require,
)
from careervp_jobs_dal.plan import Item, Plan, Reply, Step
from careervp_jobs_dal.refusal import Decoder, conflict, explain, holds, invalid, look, not_found, update_plan
from careervp_jobs_dal.result import Result, ResultCode
from careervp_jobs_dal.statement import Statement, setting
from careervp_jobs_dal.status import JobStatus, Verb, sources
from careervp_jobs_dal.table import ACTIVE_SHARD, CREATED_AT, IDEMPOTENCY_KEY, JOB_ID, STATUS
from careervp_jobs_dal.values import encode_item

if TYPE_CHECKING:
    from collections.abc import Mapping

    from boto3.dynamodb.conditions import ConditionBase


def create(job_data: Mapping[str, Any], decode: Decoder) -> Step[JobRecord]:
    """Put the record, if its `job_id` is not there."""
    try:
        require(job_data, REQUIRED_TO_CREATE)
        item = _checked(job_data)
    except InvalidInputError as refused:
        return invalid(refused)
    job_id: str = item[JOB_ID]

    def judge(stored: Item | None, resent: bool) -> Result[JobRecord]:
        if stored is None:
            return conflict(job_id)
        if resent and stored == item:
            return Result.success(decode(stored))
        error = f"Job already exists: {job_id}"
        return Result.failure(error, ResultCode.ALREADY_EXISTS, record=decode(stored))

    def read(reply: Reply) -> Step[JobRecord]:
        return explain("create", reply, job_id, judge) if reply.refused else Result.success(decode(item))

    parameters = {
        "Item": item,
        "ConditionExpression": f"attribute_not_exists({JOB_ID})",
        "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
    }
    return Plan("create", "put_item", parameters, read, job_id)


def update(job_id: str, updates: Mapping[str, Any], decode: Decoder) -> Step[JobRecord]:
    """Set the fields of a job that is there, its status only forward."""
    try:
        fields = _checked_update(job_id, updates)
    except InvalidInputError as refused:
        return invalid(refused)
    target = JobStatus(fields[STATUS]) if STATUS in fields else None
    allowed = sources(target, Verb.UPDATE) if target else ()

    def judge(stored: Item | None, resent: bool) -> Result[JobRecord]:
        if stored is None:
            return not_found(job_id)
        if not fields or (resent and holds(stored, fields)):
            return Result.success(decode(stored))
        if target and stored.get(STATUS) not in allowed:
            error = f"Job {job_id} cannot become {target} from its present status"
            return Result.failure(error, ResultCode.INVALID_TRANSITION, record=decode(stored))
        return conflict(job_id)

    if not fields or (target and not allowed):
        return look("update", job_id, lambda stored: judge(stored, False))
    written = _setting(tuple(fields), allowed, finishing=bool(target and target.finished)).filled(fields)
    return update_plan("update", job_id, written, judge, lambda item: Result.success(decode(item)))


def get(job_id: str | None, decode: Decoder) -> Step[JobRecord | None]:
    """Read one job, strongly consistent; what cannot be a key is not asked for."""
    if not is_key(job_id):
        return Result.success(None)
    return look("get", job_id, lambda stored: Result.success(decode(stored) if stored else None))


def get_by_idempotency_key(idempotency_key: str | None, index_name: str, decode: Decoder) -> Step[JobRecord | None]:
    """Query the index, and read in full what it projects in part; the oldest match wins."""
    if not is_key(idempotency_key):
        return Result.success(None)
    return _query(idempotency_key, index_name, decode, [])


def _query(
    key: str, index_name: str, decode: Decoder, earlier: list[Item], start: Item | None = None
) -> Plan[JobRecord | None]:
    def read(reply: Reply) -> Step[JobRecord | None]:
        matches = [*earlier, *reply.response.get("Items", ())]
        following = reply.response.get("LastEvaluatedKey")
        if following:
            return _query(key, index_name, decode, matches, following)
        whole = [match for match in matches if _is_whole(match)]
        return _oldest(whole, [match for match in matches if not _is_whole(match)], decode)

    parameters = {
        "IndexName": index_name,
        "KeyConditionExpression": f"{IDEMPOTENCY_KEY} = :key",
        "ExpressionAttributeValues": {":key": key},
    }
    page = {"ExclusiveStartKey": start} if start else {}
    return Plan("get_by_idempotency_key", "query", {**parameters, **page}, read)


def _oldest(whole: list[Item], partial: list[Item], decode: Decoder) -> Step[JobRecord | None]:
    """The oldest record, once those that the index projects in part are read from the table."""
    if not partial:
        return Result.success(decode(min(whole, key=_created_at)) if whole else None)
    *rest, last = partial

    def finish(stored: Item | None) -> Step[JobRecord | None]:
        return _oldest([*whole, stored] if stored else whole, rest, decode)

    return look("get_by_idempotency_key", last[JOB_ID], finish)


def _is_whole(match: Item) -> bool:
    """An index that projects these, which no key is made of, is taken to project everything."""
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
    update = setting(names).when(_movable(allowed))
    return Statement(update.remove(ACTIVE_SHARD) if finishing else update)


def _movable(allowed: tuple[JobStatus, ...]) -> ConditionBase:
    """Either condition fails where there is no record, so that no update creates one."""
    from boto3.dynamodb.conditions import Attr

    return Attr(STATUS).is_in(list(allowed)) if allowed else Attr(JOB_ID).exists()
