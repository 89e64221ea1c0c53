"""Sweep of `purge_jobs`: it deletes old finished jobs, each on condition that the job is unchanged since the read."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

from careervp_jobs_dal.job.attribute import (
    ATTEMPT,
    CLAIM_ID,
    COMPLETED_AT,
    CREATED_AT,
    JOB_ID,
    KIND,
    STATUS,
    SUBMISSION_ID,
)
from careervp_jobs_dal.job.instant import parse_instant
from careervp_jobs_dal.job.invalid_input import InvalidInputError
from careervp_jobs_dal.job.status import FINISHED, JobStatus
from careervp_jobs_dal.job.validation import check_age, check_kind, check_limit
from careervp_jobs_dal.operations.scan import ScanPage, scan
from careervp_jobs_dal.plans.guard import as_read
from careervp_jobs_dal.plans.plan import Plan, Request, Sweep, refusing_record
from careervp_jobs_dal.plans.refusal import failed
from careervp_jobs_dal.result import Result

if TYPE_CHECKING:
    from collections.abc import Callable, Generator
    from datetime import datetime

    from careervp_jobs_dal.job.record import Item
    from careervp_jobs_dal.result import Answer, ResultCode

MAX_PURGE = 1_000_000_000

LATENESS = timedelta(minutes=15)
"""Age below which nothing is deleted.

A signed request is good for minutes: a copy of a submission that arrives late would begin a job anew that is gone.
"""
# A retry or a new submission changes at least one of these, so the condition of the delete fails.
_AS_READ = (STATUS, CREATED_AT, COMPLETED_AT, ATTEMPT, CLAIM_ID, SUBMISSION_ID)


@dataclass(frozen=True, slots=True)
class Purge:
    """Finished jobs that were deleted, or would be.

    Attributes:
        jobs: their ids.
        dry_run: True where none was deleted.
        scanned: the number of records that were looked at.
        stopped_by: the code of the failure that ended the scan early; None without one.
    """

    jobs: tuple[str, ...]
    dry_run: bool
    scanned: int
    stopped_by: ResultCode | None = None


class Purging(NamedTuple):
    """Arguments of one purge."""

    older_than: timedelta
    status: JobStatus | str | None
    dry_run: bool
    limit: int | None
    kind: str | None = None
    on_progress: Callable[[Purge], object] | None = None


def purge_jobs(asked: Purging, now: datetime) -> Sweep[Purge]:
    """Delete old jobs page by page, or only name them."""
    statuses = _checked(asked)
    before = now - max(asked.older_than, LATENESS)
    gone: list[str] = []
    scanned = 0
    start: Item | None = None
    while True:
        page: Answer[ScanPage] = yield _scan_finished(statuses, asked.kind, start)
        stopped: Result[Any] = page
        if page.data is not None:
            scanned, start = scanned + page.data.scanned, page.data.following
            old = [item for item in page.data.items if _is_older(item, before)]
            stopped = yield from _delete_all(old, asked, gone)
            if asked.on_progress is not None:
                asked.on_progress(Purge(tuple(gone), asked.dry_run, scanned))
        if not stopped and not gone:
            return failed(stopped)
        if not stopped or len(gone) == asked.limit or start is None:
            code = None if stopped else stopped.code
            return Result.success(Purge(tuple(gone), asked.dry_run, scanned, code))


def _checked(asked: Purging) -> tuple[JobStatus, ...]:
    check_age(asked.older_than)
    check_kind(asked.kind)
    if asked.limit is not None:
        check_limit(asked.limit, MAX_PURGE)
    if asked.status is not None and asked.status not in FINISHED:
        raise InvalidInputError("status must be COMPLETED or FAILED: no other job is deleted")
    return FINISHED if asked.status is None else (JobStatus(asked.status),)


def _scan_finished(statuses: tuple[JobStatus, ...], kind: str | None, start: Item | None) -> Plan[ScanPage]:
    # DynamoDB filters after the read: it bills all records of a page, and a page can come back empty.
    placeholders = {f":s{number}": status.value for number, status in enumerate(statuses)}
    asked = f"#{STATUS} IN ({', '.join(placeholders)})"
    if kind is not None:
        asked, placeholders = f"{asked} AND #{KIND} = :kind", {**placeholders, ":kind": kind}
    chosen = {"FilterExpression": asked, "ExpressionAttributeValues": placeholders}
    # DynamoDB refuses an alias that no expression uses, so the kind is read too.
    return scan((JOB_ID, *_AS_READ, KIND), start, chosen)


def _delete_all(
    items: list[Item], asked: Purging, gone: list[str]
) -> Generator[Plan[bool], Answer[bool], Answer[bool]]:
    """Delete jobs up to the limit, and note their ids; a failure ends it."""
    # One request for each job, because DynamoDB's BatchWriteItem takes no conditions.
    for item in items:
        if len(gone) == asked.limit:
            break
        deleted = Result.success(True) if asked.dry_run else (yield delete_as_read(item))
        if not deleted:
            return deleted
        if deleted.data:
            gone.append(item[JOB_ID])
    return Result.success(True)


def delete_as_read(stored: Item) -> Plan[bool]:
    """Delete a job that is unchanged since the read.

    The answer is True where the job is gone, and False where it has changed.
    """
    job_id: str = stored[JOB_ID]
    parameters = {
        "Key": {JOB_ID: job_id},
        **as_read(stored, _AS_READ).to_kwargs(),
        "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
    }
    reply = yield Request("delete_item", parameters, job_id)
    if not reply.refused:
        return Result.success(True)
    # The condition also fails where no record exists, which has none of the attributes: the job is gone already.
    refusing = yield from refusing_record(reply, job_id)
    return Result.success(refusing is None)


def _is_older(item: Item, before: datetime) -> bool:
    """Tell whether a job ended before this instant.

    A record without an end is judged by its creation.
    """
    at = parse_instant(item.get(COMPLETED_AT)) or parse_instant(item.get(CREATED_AT))
    return at is not None and at < before
