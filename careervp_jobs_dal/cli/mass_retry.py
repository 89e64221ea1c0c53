"""Retry of all jobs that failed in some time: a count first, then each job, with the progress on a terminal.

    page of 500 failed jobs    retry_job, then its message, one job after the other
    page of 500 failed jobs    ...

Only one page is held in memory. A job is PENDING before its message is sent. So whatever breaks the run off, a second
run finds the jobs that are still failed, and a recovery sends a message that is missing.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING, Any, cast

from careervp_jobs_dal.cli.delivery import deliver
from careervp_jobs_dal.cli.exits import Exit, exit_for, unwrap
from careervp_jobs_dal.cli.failed_rows import failed_rows, failed_summary
from careervp_jobs_dal.cli.outcome import plural
from careervp_jobs_dal.cli.session import operator
from careervp_jobs_dal.job.attribute import JOB_ID
from careervp_jobs_dal.job.line import printable
from careervp_jobs_dal.result import ResultCode

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from careervp_jobs_dal.cli.screen import Screen
    from careervp_jobs_dal.job.record import JobRecord
    from careervp_jobs_dal.operations.listing import JobPage
    from careervp_jobs_dal.operations.operator import JobsOperator
    from careervp_jobs_dal.repository import JobsRepository

_PAGE = 500
_SHOWN = 20
"""The jobs that a dry run shows, and the refused ones that a run names."""
_GONE = frozenset({ResultCode.INVALID_TRANSITION, ResultCode.NOT_FOUND})


def count_failed(jobs: JobsRepository, options: Namespace, screen: Screen) -> Exit:
    """Count the jobs that would be retried, and show the latest."""
    now = jobs.clock()
    found = _chosen(jobs, options, now)
    first = list(islice(found, _SHOWN))
    number = len(first) + sum(1 for _ in found)
    document = {"dry_run": True, "failed": number, "jobs": [failed_summary(job, now, errors=False) for job in first]}
    screen.show(document, _foreseen(first, number, now, screen))
    return Exit.OK


def retry_failed(jobs: JobsRepository, options: Namespace, send: Callable[[str], None], screen: Screen) -> Exit:
    """Ask with a count, then retry each job and send it."""
    now = jobs.clock()
    number = None if options.yes else sum(1 for _ in _chosen(jobs, options, now))
    if number == 0:
        screen.show(_Tally().document(), ["No job failed in that time."])
        return Exit.OK
    if number is not None:
        screen.confirm(f"Retry {plural(number, 'failed job')} of {jobs.table_name}?", yes=False)
    tally, operating = _Tally(), operator(jobs)
    for job in _chosen(jobs, options, now):
        tally.retry(operating, job[JOB_ID], send)
        if screen.is_terminal:
            screen.live([tally.progress(number)])
        if tally.stopped_by:
            break
    screen.unlive()
    screen.show(tally.document(), tally.lines())
    return tally.exit


def _chosen(jobs: JobsRepository, options: Namespace, until: datetime) -> Iterator[JobRecord]:
    """Yield the chosen jobs; of an unreadable record, the id alone."""
    found = (job for page in _pages(jobs, options, until) for job in (*page.jobs, *map(_unread, page.unread)))
    return islice(found, options.limit)


def _unread(job_id: str) -> JobRecord:
    return cast("JobRecord", {JOB_ID: job_id})


def _pages(jobs: JobsRepository, options: Namespace, until: datetime) -> Iterator[JobPage]:
    choice = {"since": until - options.since, "until": until, "kind": options.kind, "cancelled": options.cancelled}
    cursor: str | None = None
    while True:
        page = unwrap(operator(jobs).list_failed(**choice, limit=_PAGE, cursor=cursor))
        yield page
        cursor = page.cursor
        if cursor is None:
            return


def _foreseen(first: list[JobRecord], number: int, now: datetime, screen: Screen) -> Iterator[str]:
    yield from failed_rows(first, now, screen, errors=False)
    if number:
        yield ""
        more = f", the latest {_SHOWN} are shown" if number > len(first) else ""
        yield f"{plural(number, 'job')} would be retried{more}. Nothing was changed: without --dry-run it is done."


@dataclass
class _Tally:
    """Numbers of a run, and the jobs that need an operator."""

    sent: int = 0
    gone: int = 0
    refused: int = 0
    named: list[tuple[str, ResultCode]] = field(default_factory=list)
    unsent: str | None = None
    trouble: str | None = None
    stopped_by: ResultCode | None = None

    def retry(self, jobs: JobsOperator, job_id: str, send: Callable[[str], None]) -> None:
        """Retry one job and send it; a failure of AWS ends the run."""
        result = jobs.retry_job(job_id)
        if result.code in _GONE:
            self.gone += 1
        elif not result and exit_for(result.code) is Exit.WORLD:
            self.stopped_by, self.trouble = result.code, result.error
        elif not result:
            self.refused += 1
            self.named = [*self.named, (job_id, result.code)][:_SHOWN]
        elif trouble := deliver(send, job_id):
            self.stopped_by, self.trouble, self.unsent = ResultCode.UNAVAILABLE, trouble, job_id
        else:
            self.sent += 1

    def progress(self, number: int | None) -> str:
        """Write how far the run is."""
        done = self.sent + self.gone + self.refused
        return f"{plural(done, 'job')} done" if number is None else f"{done:,} of {plural(number, 'job')} done"

    @property
    def exit(self) -> Exit:
        """Return the exit code of the run."""
        return Exit.WORLD if self.stopped_by else Exit.NO if self.refused else Exit.OK

    def document(self) -> dict[str, Any]:
        """Return the numbers for a machine."""
        return {
            "dry_run": False,
            "retried": self.sent,
            "gone": self.gone,
            "refused": self.refused,
            "refused_jobs": [{"job_id": job_id, "code": code} for job_id, code in self.named],
            "to_enqueue": [self.unsent] if self.unsent else [],
            "stopped_by": self.stopped_by,
            "error": self.trouble,
        }

    def lines(self) -> Iterator[str]:
        """Write the numbers for a person."""
        yield f"{plural(self.sent, 'job')} retried and sent to the queue."
        if self.gone:
            yield f"{plural(self.gone, 'job')} left alone: no longer failed."
        if self.refused:
            names = ", ".join(f"{printable(job_id)} ({code})" for job_id, code in self.named)
            yield f"{plural(self.refused, 'job')} could not be retried: {names}"
        if self.unsent:
            yield f"To be sent: {printable(self.unsent)}, which is PENDING."
        if self.stopped_by:
            yield f"Stopped by {self.stopped_by}: {self.trouble}. Run it again for the rest."
