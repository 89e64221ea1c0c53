"""The failures that plans answer with, each worded once; none shows a value of a record."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from careervp_jobs_dal.job.invalid_input import InvalidInputError, ItemTooLargeError
from careervp_jobs_dal.job.line import printable
from careervp_jobs_dal.result import Failure, Result, ResultCode

if TYPE_CHECKING:
    from collections.abc import Mapping

    from careervp_jobs_dal.job.record import Item, JobRecord
    from careervp_jobs_dal.job.snapshot import CorruptRecordError


def holds(stored: Item, fields: Mapping[str, Any]) -> bool:
    """Tell whether the stored record has these attributes with these values."""
    return all(name in stored and same(stored[name], value) for name, value in fields.items())


def same(stored: object, written: object) -> bool:
    """Tell whether two values are one value to DynamoDB.

    Python takes True for 1, also in lists and maps; to DynamoDB they are of two types. Numbers are the same if they are
    equal, as a Decimal or not.

    >>> from decimal import Decimal
    >>> same({"ok": Decimal(1)}, {"ok": 1}), same({"ok": Decimal(1)}, {"ok": True})
    (True, False)
    """
    if isinstance(stored, bool) or isinstance(written, bool):
        return stored is written
    if isinstance(stored, dict) and isinstance(written, dict):
        return stored.keys() == written.keys() and all(same(stored[name], written[name]) for name in written)
    if isinstance(stored, list) and isinstance(written, list):
        return len(stored) == len(written) and all(map(same, stored, written))
    return stored == written


def failed(result: Result[Any]) -> Failure:
    """Pass a failure on, as the answer of another call."""
    code, error = result.code, result.error or ""
    return Result.failure(error, code, record=result.record, retry_after=result.retry_after)


def invalid(error: InvalidInputError) -> Failure:
    """Answer that the arguments are invalid; nothing was sent."""
    too_large = isinstance(error, ItemTooLargeError)
    return Result.failure(str(error), ResultCode.ITEM_TOO_LARGE if too_large else ResultCode.VALIDATION_ERROR)


def not_found(job_id: str) -> Failure:
    """Answer that the job does not exist, or is hidden from the caller."""
    return Result.failure(f"Job not found: {printable(job_id)}", ResultCode.NOT_FOUND)


def corrupt(job_id: str | None, attribute: CorruptRecordError) -> Failure:
    """Answer that the record holds a value that the library never writes."""
    return Result.failure(f"Job {printable(job_id)} has a corrupt record: {attribute}", ResultCode.CORRUPT_RECORD)


def finished(job_id: str, record: JobRecord) -> Failure:
    """Answer that the job has ended already."""
    return Result.failure(f"Job {printable(job_id)} is finished", ResultCode.ALREADY_FINISHED, record=record)


def lost(job_id: str, record: JobRecord) -> Failure:
    """Answer that another claim has replaced the caller's."""
    return Result.failure(
        f"Job {printable(job_id)} is no longer held by this claim", ResultCode.LEASE_LOST, record=record
    )


def conflict(job_id: str) -> Failure:
    """Answer that another write came in between.

    The present record would accept the write, so a repeat can succeed.
    """
    return Result.failure(f"Job {printable(job_id)} was changed at the same time", ResultCode.CONFLICT)
