"""What a refused call means: read from the refusal itself, and from one look where that brings no record."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Never, TypeAlias, TypeVar

from careervp_jobs_dal.invalid import InvalidInputError, ItemTooLargeError
from careervp_jobs_dal.job import JobRecord
from careervp_jobs_dal.plan import Item, Plan, Reply, Step
from careervp_jobs_dal.result import Result, ResultCode
from careervp_jobs_dal.table import JOB_ID

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


def invalid(error: InvalidInputError) -> Result[Never]:
    """Nothing was sent."""
    too_large = isinstance(error, ItemTooLargeError)
    return Result.failure(str(error), ResultCode.ITEM_TOO_LARGE if too_large else ResultCode.VALIDATION_ERROR)


def not_found(job_id: str) -> Result[Never]:
    """There is no such job, or none that the caller may know of."""
    return Result.failure(f"Job not found: {job_id}", ResultCode.NOT_FOUND)


def conflict(job_id: str) -> Result[Never]:
    """The write was refused, and yet the record that is there now would take it."""
    return Result.failure(f"Job {job_id} was changed at the same time", ResultCode.CONFLICT)
