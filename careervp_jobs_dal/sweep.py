"""Going through many jobs, one request after the other: recover what is stuck, delete what is old.

What sends a plan is handed in; nothing here knows how. A failure midway does not lose what was done before it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, Protocol, TypeVar

from careervp_jobs_dal import census, recovery
from careervp_jobs_dal.answer import Purge, Recovery
from careervp_jobs_dal.invalid import InvalidInputError
from careervp_jobs_dal.job import check_age, check_limit
from careervp_jobs_dal.log import logger
from careervp_jobs_dal.recovery import Outcome
from careervp_jobs_dal.refusal import failed
from careervp_jobs_dal.result import Result, ResultCode
from careervp_jobs_dal.status import JobStatus
from careervp_jobs_dal.table import JOB_ID

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime, timedelta

    from careervp_jobs_dal.overdue import Stuck
    from careervp_jobs_dal.plan import Item, Plan, Step
    from careervp_jobs_dal.refusal import Decoder

T = TypeVar("T")

MAX_PURGE = 1_000_000_000
FINISHED = tuple(status for status in JobStatus if status.finished)
_HOPELESS = frozenset({ResultCode.ACCESS_DENIED, ResultCode.CONFIG_ERROR})
_ENDED = frozenset({ResultCode.ATTEMPTS_EXHAUSTED, ResultCode.ALREADY_FINISHED})


class Run(Protocol):
    """Sends a plan, and those that follow from it."""

    def __call__(self, step: Step[T]) -> Result[T]:
        """Send it."""
        ...


class Recovering(NamedTuple):
    """A recovery, as its caller asked for it."""

    enqueue: Callable[[str], object] | None
    max_attempts: int
    now: datetime
    decode: Decoder


class Purging(NamedTuple):
    """A purge, as its caller asked for it."""

    statuses: tuple[JobStatus, ...]
    before: datetime
    dry_run: bool
    limit: int | None


def purging(
    older_than: timedelta, status: JobStatus | str | None, limit: int | None, now: datetime, *, dry_run: bool
) -> Purging:
    """Check what a purge was asked for.

    Raises:
        InvalidInputError: naming the argument.
    """
    check_age(older_than)
    if limit is not None:
        check_limit(limit, MAX_PURGE)
    if status is not None and status not in FINISHED:
        raise InvalidInputError("status must be COMPLETED or FAILED: no other job is deleted")
    statuses = FINISHED if status is None else (JobStatus(status),)
    return Purging(statuses, now - older_than, dry_run, limit)


def recover_all(run: Run, stuck: Stuck, asked: Recovering) -> Result[Recovery]:
    """Recover each of these jobs, and send it to the queue before the next one's turn comes."""
    became: dict[str, list[str]] = {"held": list(stuck.unleased), "unread": list(stuck.unread)}
    for record in stuck.jobs:
        job_id: str = record[JOB_ID]
        result = run(recovery.recover(record, asked.max_attempts, asked.now, asked.decode))
        if result.code in _HOPELESS and not became.keys() & {"put_back", "waiting", "failed"}:
            return failed(result)
        for field in _fields(result, job_id, asked.enqueue):
            became.setdefault(field, []).append(job_id)
    return Result.success(Recovery(**{field: tuple(ids) for field, ids in became.items()}))


def _fields(result: Result[Outcome], job_id: str, enqueue: Callable[[str], object] | None) -> Iterator[str]:
    """Where a job's id belongs; one that another has taken or deleted belongs nowhere."""
    if result.data in _FIELDS:
        yield _FIELDS[result.data]
        if not _is_sent(job_id, enqueue):
            yield "to_enqueue"
    elif result.code in _ENDED:
        yield "failed"
    elif not result and result.code is not ResultCode.NOT_FOUND:
        yield "unread"


_FIELDS: dict[Outcome | None, str] = {Outcome.PUT_BACK: "put_back", Outcome.WAITING: "waiting"}


def _is_sent(job_id: str, enqueue: Callable[[str], object] | None) -> bool:
    if enqueue is None:
        return False
    try:
        enqueue(job_id)
    except Exception as error:
        logger().warning("A job was not enqueued", extra={"job_id": job_id, "exception": type(error).__name__})
        return False
    return True


def purge(run: Run, asked: Purging) -> Result[Purge]:
    """Delete what is old, page by page, or say what would go."""
    gone: list[str] = []
    scanned = 0
    for page in pages(run, lambda start: census.scan_finished(asked.statuses, start)):
        scanned += page.data.scanned if page.data else 0
        stopped = _purge_page(run, page, asked, gone)
        if not stopped and not gone:
            return failed(stopped)
        if not stopped or len(gone) == asked.limit:
            code = None if stopped else stopped.code
            return Result.success(Purge(tuple(gone), asked.dry_run, scanned, code))
    return Result.success(Purge(tuple(gone), asked.dry_run, scanned))


def _purge_page(run: Run, page: Result[census.Page], asked: Purging, gone: list[str]) -> Result[Any]:
    """Delete the old ones of a page, as far as the limit allows; a failure ends it."""
    old = (item for item in page.data.items if census.is_older(item, asked.before)) if page.data else ()
    for item in old:
        if len(gone) == asked.limit:
            break
        deleted = Result.success(True) if asked.dry_run else run(census.delete(item))
        if not deleted:
            return deleted
        if deleted.data:
            gone.append(item[JOB_ID])
    return page


def pages(run: Run, plan: Callable[[Item | None], Plan[census.Page]]) -> Iterator[Result[census.Page]]:
    """All pages of a scan or a query, up to the first failure."""
    start: Item | None = None
    while True:
        page = run(plan(start))
        yield page
        start = page.data.following if page.data else None
        if start is None:
            return
