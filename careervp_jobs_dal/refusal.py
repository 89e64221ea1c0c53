"""What a refused call means: read from the refusal itself, and from one look where that brings no record."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Never, TypeAlias, TypeVar

from careervp_jobs_dal.invalid import InvalidInputError, ItemTooLargeError
from careervp_jobs_dal.job import JobRecord
from careervp_jobs_dal.plan import Item, Plan, Reply, Step
from careervp_jobs_dal.result import Result, ResultCode
from careervp_jobs_dal.state import CorruptRecordError, JobState, read_state
from careervp_jobs_dal.table import JOB_ID

MAX_EXPRESSION_BYTES = 4096

T = TypeVar("T")

Decoder: TypeAlias = Callable[[Item], JobRecord]
"""Makes the record that callers see of a stored one."""

Judge: TypeAlias = Callable[[Item | None, bool], Step[T]]
"""What a refusal means: from the stored record, and whether the request was sent more than once."""


def look(verb: str, job_id: str, finish: Callable[[Item | None], Step[T]]) -> Plan[T]:
    """A strongly consistent read: an eventually consistent one can miss a job that was just created."""
    parameters = {"Key": {JOB_ID: job_id}, "ConsistentRead": True}
    return Plan(verb, "get_item", parameters, lambda reply: finish(reply.item), job_id)


def explain(verb: str, reply: Reply, job_id: str, judge: Judge[T]) -> Step[T]:
    """Judge a refusal by the record that came with it, else by the one that is read in its place."""
    if reply.item is not None:
        return judge(reply.item, reply.resent)
    return look(verb, job_id, lambda stored: judge(stored, reply.resent))


def holds(stored: Item, fields: Mapping[str, Any]) -> bool:
    """Whether the stored record has these attributes already."""
    return all(name in stored and stored[name] == value for name, value in fields.items())


def judged(job_id: str, rule: Callable[[Item, JobState], Step[T]], absent: Result[Never] | None = None) -> Judge[T]:
    """A judge that asks the rule about a record whose state can be read; `absent` is the answer where there is none."""

    def judge(stored: Item | None, _: bool) -> Step[T]:
        if stored is None:
            return not_found(job_id) if absent is None else absent
        try:
            state = read_state(stored)
        except CorruptRecordError as attribute:
            return corrupt(job_id, attribute)
        return rule(stored, state)

    return judge


def update_plan(
    verb: str, job_id: str, update: Mapping[str, Any], judge: Judge[T], accept: Callable[[Item], Step[T]]
) -> Step[T]:
    """A conditional UpdateItem that answers with the whole new record, or with the one that refused it."""
    if len(update["UpdateExpression"].encode()) > MAX_EXPRESSION_BYTES:
        return invalid(InvalidInputError("Too many fields for one update: its expression exceeds 4,096 bytes"))
    parameters = {
        "Key": {JOB_ID: job_id},
        **update,
        "ReturnValues": "ALL_NEW",
        "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
    }

    def read(reply: Reply) -> Step[T]:
        return explain(verb, reply, job_id, judge) if reply.refused else accept(reply.item or {})

    return Plan(verb, "update_item", parameters, read, job_id)


def failed(result: Result[Any]) -> Result[Never]:
    """The same failure, of a call that would have given something else."""
    code, error = result.code, result.error or ""
    return Result.failure(error, code, record=result.record, retry_after=result.retry_after)


def invalid(error: InvalidInputError) -> Result[Never]:
    """Nothing was sent."""
    too_large = isinstance(error, ItemTooLargeError)
    return Result.failure(str(error), ResultCode.ITEM_TOO_LARGE if too_large else ResultCode.VALIDATION_ERROR)


def not_found(job_id: str) -> Result[Never]:
    """There is no such job, or none that the caller may know of."""
    return Result.failure(f"Job not found: {job_id}", ResultCode.NOT_FOUND)


def corrupt(job_id: str, attribute: CorruptRecordError) -> Result[Never]:
    """The record has something in it that no write of the library can have left there."""
    return Result.failure(f"Job {job_id} has a corrupt record: {attribute}", ResultCode.CORRUPT_RECORD)


def finished(job_id: str, record: JobRecord) -> Result[Never]:
    """The job has its end already."""
    return Result.failure(f"Job {job_id} is finished", ResultCode.ALREADY_FINISHED, record=record)


def lost(job_id: str, record: JobRecord) -> Result[Never]:
    """Another claim has followed the caller's."""
    return Result.failure(f"Job {job_id} is no longer held by this claim", ResultCode.LEASE_LOST, record=record)


def conflict(job_id: str) -> Result[Never]:
    """The write was refused, and yet the record that is there now would take it."""
    return Result.failure(f"Job {job_id} was changed at the same time", ResultCode.CONFLICT)
