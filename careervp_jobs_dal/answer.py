"""What an operator's calls give: pages, batches, and what a recovery or a purge did; none of them shows a record."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from careervp_jobs_dal.job import JobRecord
    from careervp_jobs_dal.result import ResultCode


@dataclass(frozen=True, slots=True, repr=False)
class JobPage:
    """Some of a user's jobs.

    Attributes:
        jobs: the records, newest first.
        cursor: what `list_jobs` takes to go on; None where there are no more.
        complete: False where the page is short of its limit because its share of reading was used up. More may follow.
    """

    jobs: list[JobRecord]
    cursor: str | None
    complete: bool

    def __repr__(self) -> str:
        return f"JobPage({len(self.jobs)} jobs, more={self.cursor is not None}, complete={self.complete})"


@dataclass(frozen=True, slots=True, repr=False)
class JobBatch:
    """Jobs that were asked for by their ids.

    Attributes:
        jobs: the records by id.
        missing: the ids that have no job, or an expired one.
        unread: the ids that DynamoDB did not get to before the deadline; ask for them again.
    """

    jobs: dict[str, JobRecord]
    missing: tuple[str, ...]
    unread: tuple[str, ...]

    def __repr__(self) -> str:
        return f"JobBatch({len(self.jobs)} jobs, {len(self.missing)} missing, {len(self.unread)} unread)"


@dataclass(frozen=True, slots=True)
class Recovery:
    """What became of the jobs that were stuck, by their ids.

    Attributes:
        put_back: were PROCESSING with a lapsed lease, and are PENDING now.
        failed: are FAILED now: their attempts were used up, or they were to be cancelled.
        waiting: are PENDING, as they were before.
        held: are PROCESSING without a lease, and were left alone.
        unread: could not be read or written now; the next recovery finds them again.
        to_enqueue: those put back or waiting that were not sent to the queue.
    """

    put_back: tuple[str, ...] = ()
    failed: tuple[str, ...] = ()
    waiting: tuple[str, ...] = ()
    held: tuple[str, ...] = ()
    unread: tuple[str, ...] = ()
    to_enqueue: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Purge:
    """Which finished jobs went, or would go.

    Attributes:
        jobs: their ids.
        dry_run: True where none was deleted.
        scanned: how many records were looked at.
        stopped_by: why not the whole table was looked at; None where it was, or where the limit was reached.
    """

    jobs: tuple[str, ...]
    dry_run: bool
    scanned: int
    stopped_by: ResultCode | None = None


@dataclass(frozen=True, slots=True)
class Stats:
    """How many jobs there are.

    Attributes:
        counts: the number of jobs by status; a record without a valid one counts as "CORRUPT".
        lapsed: how many of those PROCESSING have let their lease lapse.
        oldest_pending_at: the `created_at` of the job that waits longest.
        whole_table: whether the whole table was counted, or the active jobs only.
    """

    counts: Mapping[str, int]
    lapsed: int
    oldest_pending_at: str | None
    whole_table: bool
