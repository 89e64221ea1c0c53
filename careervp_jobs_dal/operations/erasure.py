"""Sweep of `erase_user`: it ends a user's active jobs, and deletes all jobs of that user.

    erase_user          worker                     table
      | asks to stop ---- | ------------------------> |  the job is reported as waiting
      |                   | sees it, ends the job --> |
      | (called again) ------- on_erase, delete ----> |  the job is erased

A worker that still runs would store its result after the erasure, so its job waits until it has ended. A job that was
submitted less than `LATENESS` ago waits as well: a copy of its submission that arrives late would bring it back. Each
delete requires that the job is unchanged since the read.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, NamedTuple

from careervp_jobs_dal.aws.log import frames_of, write_line
from careervp_jobs_dal.job.attribute import CREATED_AT, JOB_ID, USER_ID
from careervp_jobs_dal.job.instant import parse_instant
from careervp_jobs_dal.job.record import JobRecord
from careervp_jobs_dal.job.snapshot import CorruptRecordError, Snapshot, read_snapshot
from careervp_jobs_dal.job.status import JobStatus
from careervp_jobs_dal.job.validation import read_key
from careervp_jobs_dal.operations.listing import user_query
from careervp_jobs_dal.operations.purging import LATENESS, delete_as_read
from careervp_jobs_dal.plans.batch_read import read_all
from careervp_jobs_dal.plans.cancellation import cancel
from careervp_jobs_dal.plans.plan import Plan, Request, Sweep
from careervp_jobs_dal.plans.quota import delete_quota, quota_key, read_quota
from careervp_jobs_dal.plans.refusal import failed
from careervp_jobs_dal.result import Answer, Result, ResultCode

if TYPE_CHECKING:
    from collections.abc import Callable, Generator
    from datetime import datetime
    from uuid import UUID

    from careervp_jobs_dal.codec.packing import Decoder
    from careervp_jobs_dal.job.record import Item

PAGE = 25
"""Jobs of one page: DynamoDB's records have at most 400 KB, so a page takes at most 10 MB."""

_STOPPING = frozenset({ResultCode.THROTTLED, ResultCode.UNAVAILABLE, ResultCode.ACCESS_DENIED, ResultCode.CONFIG_ERROR})
"""Codes that the next job would get as well."""
_CHANGED = frozenset({ResultCode.CONFLICT, ResultCode.NOT_FOUND})


@dataclass(frozen=True, slots=True)
class Erasure:
    """Outcome of an erasure: the ids of a user's jobs.

    Attributes:
        erased: jobs that were deleted, or would be.
        waiting: jobs that cannot be deleted yet: a worker still holds them, they are younger than 15 minutes, or they
            changed at the same time. Erase the user again later.
        failed: jobs whose `on_erase` raised, or whose records cannot be read; each has a log line.
        dry_run: True where nothing was changed.
        scanned: the number of the user's jobs that were looked at.
        stopped_by: the code of the failure that ended the erasure early; None without one.
    """

    erased: tuple[str, ...] = ()
    waiting: tuple[str, ...] = ()
    failed: tuple[str, ...] = ()
    dry_run: bool = True
    scanned: int = 0
    stopped_by: ResultCode | None = None

    @property
    def complete(self) -> bool:
        """Tell whether no job was left; a dry run leaves all of them."""
        return not (self.dry_run or self.waiting or self.failed or self.stopped_by)


class Erasing(NamedTuple):
    """Arguments of one erasure."""

    user_id: str | UUID
    dry_run: bool
    on_erase: Callable[[JobRecord], object] | None
    on_progress: Callable[[Erasure], object] | None


class _Left(StrEnum):
    """State of a job after the erasure: its field in `Erasure`."""

    ERASED = "erased"
    WAITING = "waiting"
    FAILED = "failed"


class _Page(NamedTuple):
    """Page of a user's jobs: whole records, unread ids, next key, number of keys."""

    items: tuple[Item, ...]
    unread: tuple[str, ...]
    following: Item | None
    keys: int


def erase_user(
    asked: Erasing, table_name: str, id_secret: str | None, now: datetime, decode: Decoder
) -> Sweep[Erasure]:
    """Erase a user's jobs page by page and then the quota, or name them."""
    user_id = read_key(asked.user_id, USER_ID)
    quota: Answer[Item | None] = yield read_quota(quota_key(user_id, id_secret))
    if not quota:
        return failed(quota)
    eraser = _Eraser(asked, user_id, now, decode)
    start: Item | None = None
    while True:
        page: Answer[_Page] = yield _page_after(table_name, user_id, start)
        stopped: Result[Any] = page
        if page.data is not None:
            start = page.data.following
            stopped = yield from eraser.take(page.data)
        if not stopped and not eraser.has_begun:
            return failed(stopped)
        report = eraser.report(stopped)
        if asked.on_progress is not None:
            asked.on_progress(report)
        if report.complete and start is None and quota.data is not None:
            stopped = yield delete_quota(quota.data)
            report = eraser.report(stopped)
        if not stopped or start is None:
            return Result.success(report)


class _Eraser:
    """Eraser of one user's jobs, which notes the state in which it leaves each."""

    def __init__(self, asked: Erasing, user_id: str, now: datetime, decode: Decoder) -> None:
        self._asked = asked
        self._user_id = user_id
        self._now = now
        self._decode = decode
        # A job that was submitted anew can stand in the index twice for a moment.
        self._left: dict[_Left, dict[str, None]] = {left: {} for left in _Left}
        self._scanned = 0

    @property
    def has_begun(self) -> bool:
        """Tell whether a job has a state to report."""
        return any(self._left.values())

    def report(self, stopped: Result[Any]) -> Erasure:
        """Make the report so far."""
        ids = {str(left): tuple(self._left[left]) for left in _Left}
        code = None if stopped else stopped.code
        return Erasure(**ids, dry_run=self._asked.dry_run, scanned=self._scanned, stopped_by=code)

    def take(self, page: _Page) -> Generator[Plan[Any], Any, Answer[Any]]:
        """Erase the jobs of a page, until a failure that the next would have."""
        self._scanned += page.keys
        self._left[_Left.WAITING] |= dict.fromkeys(page.unread)
        for stored in page.items:
            try:
                answer = yield from self._erase(stored)
            except CorruptRecordError as attribute:
                answer = Result.success(_Left.FAILED)
                _note(stored, ResultCode.CORRUPT_RECORD, f"its attribute {attribute} cannot be read")
            if answer.code in _STOPPING:
                return answer
            refused = _Left.WAITING if answer.code in _CHANGED else _Left.FAILED
            self._left[answer.data or refused][stored[JOB_ID]] = None
        return Result.success(None)

    def _erase(self, stored: Item) -> Generator[Plan[Any], Any, Answer[_Left]]:
        """End an active job, and delete a job that nothing holds.

        Raises:
            CorruptRecordError: the record cannot be read.
        """
        snapshot = read_snapshot(stored)
        active = not (snapshot.status.finished or snapshot.expired(self._now))
        if active and not self._asked.dry_run:
            answer: Answer[JobRecord] = yield cancel(stored[JOB_ID], self._user_id, self._now, _as_stored)
            present = answer.record if answer.code is ResultCode.ALREADY_FINISHED else answer.data
            if present is None:
                return failed(answer)
            stored, snapshot = present, read_snapshot(present)
        if _is_held(snapshot, self._now) or _is_young(stored, self._now):
            return Result.success(_Left.WAITING)
        if self._asked.dry_run:
            return Result.success(_Left.ERASED)
        if not self._is_told(stored):
            return Result.success(_Left.FAILED)
        deleted: Answer[bool] = yield delete_as_read(stored)
        if not deleted:
            return failed(deleted)
        return Result.success(_Left.ERASED if deleted.data else _Left.WAITING)

    def _is_told(self, stored: Item) -> bool:
        """Call the hook; an exception of the hook keeps the record, and is logged.

        Raises:
            CorruptRecordError: the record cannot be read.
        """
        if self._asked.on_erase is None:
            return True
        record = self._decode(stored)
        try:
            self._asked.on_erase(record)
        except Exception as error:
            frames = frames_of(error)
            _note(stored, type(error).__name__, f"on_erase raised {type(error).__name__}, at {frames}")
            return False
        return True


def _page_after(table_name: str, user_id: str, start: Item | None) -> Plan[_Page]:
    """Read a page of the user's keys, and their records from the table."""
    response = (yield Request("query", {**user_query(user_id, start), "Limit": PAGE})).response
    ids = [key[JOB_ID] for key in response.get("Items", ())]
    found, unread = yield from read_all(table_name, ids)
    # The index lags behind the table: a record may be gone, or may have become another user's.
    items = tuple(item for item in found.values() if item.get(USER_ID) == user_id)
    return Result.success(_Page(items, unread, response.get("LastEvaluatedKey"), len(ids)))


def _is_held(snapshot: Snapshot, now: datetime) -> bool:
    """Tell whether a worker may still work on the job.

    A job in work without a lease is held until its record expires, because nothing shows whether its worker lives.
    """
    if snapshot.status is not JobStatus.PROCESSING:
        return False
    return not (snapshot.expired(now) if snapshot.lease_expires_at is None else snapshot.lease_lapsed(now))


def _is_young(stored: Item, now: datetime) -> bool:
    """Tell whether a copy of the job's submission may still be on its way."""
    created_at = parse_instant(stored.get(CREATED_AT))
    # An instant far ahead is none of a submission's: AWS refuses requests of such a clock.
    return created_at is not None and abs(now - created_at) < LATENESS


def _as_stored(item: Item) -> JobRecord:
    return JobRecord(item)


def _note(stored: Item, code: str, why: str) -> None:
    job_id = stored[JOB_ID]
    write_line("error", f"Job {job_id!a} was not erased: {why}", {"job_id": job_id, "code": code})
