"""Retry of all jobs that failed in some time: a count first, then group by group, with the progress on a terminal.

    1 job      retry_job, then its message: a queue that does not work is noticed with one job
    40 jobs    retry_job side by side, then their messages in requests of ten
    40 jobs    ...

A job is PENDING before its message is sent. So whatever breaks the run off, a second run finds the jobs that are still
failed, and a recovery sends a message that is missing.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING, Any, cast

from careervp_jobs_dal.aws.crew import Crew
from careervp_jobs_dal.cli.exits import Exit, exit_for, interrupted, unwrap
from careervp_jobs_dal.cli.failed_rows import failed_rows, failed_summary
from careervp_jobs_dal.cli.invocation import invocation
from careervp_jobs_dal.cli.next_step import RECOVER
from careervp_jobs_dal.cli.outcome import plural
from careervp_jobs_dal.cli.session import operator
from careervp_jobs_dal.cli.window import window
from careervp_jobs_dal.job.attribute import JOB_ID
from careervp_jobs_dal.job.line import hide_password, printable
from careervp_jobs_dal.plans.plan import MOST_AT_ONCE
from careervp_jobs_dal.result import ResultCode

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Iterator
    from datetime import datetime

    from careervp_jobs_dal.aws.job_sender import JobSender
    from careervp_jobs_dal.cli.screen import Screen
    from careervp_jobs_dal.job.record import JobRecord
    from careervp_jobs_dal.operations.listing import JobPage
    from careervp_jobs_dal.operations.operator import JobsOperator
    from careervp_jobs_dal.repository import JobsRepository

_PAGE = 500
_GROUP = 40
_SHOWN = 20
"""The jobs that a dry run shows, and the refused or unsent ones that a run names."""
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


def retry_failed(jobs: JobsRepository, options: Namespace, sender: JobSender, screen: Screen) -> Exit:
    """Ask with a count, then retry the jobs and send them.

    Raises:
        StopError: Ctrl-C was pressed; the numbers so far are shown.
    """
    now = jobs.clock()
    number = None if options.yes else sum(1 for _ in _chosen(jobs, options, now))
    if number == 0:
        screen.show(_Tally().document(), ["No job failed in that time."])
        return Exit.OK
    if number is not None:
        screen.confirm(f"Retry {plural(number, 'failed job')} of {jobs.table_name}?", yes=False)
    tally = _Tally()
    try:
        with Crew(MOST_AT_ONCE) as crew:
            for group in _groups(job[JOB_ID] for job in _chosen(jobs, options, now)):
                tally.retry(operator(jobs), group, sender, crew)
                if screen.is_terminal:
                    screen.live([tally.progress(number)])
                if tally.stopped_by:
                    break
    except KeyboardInterrupt:
        tally.interrupted = True
    screen.unlive()
    screen.show(tally.document(), tally.lines(invocation(options, RECOVER, queue=True)))
    if tally.interrupted:
        raise interrupted(fix="run it again for the rest")
    return tally.exit


def _groups(job_ids: Iterator[str]) -> Iterator[list[str]]:
    """Yield the ids in groups, the first one alone."""
    yield list(islice(job_ids, 1))
    yield from iter(lambda: list(islice(job_ids, _GROUP)), [])


def _chosen(jobs: JobsRepository, options: Namespace, now: datetime) -> Iterator[JobRecord]:
    """Yield the chosen jobs; of an unreadable record, the id alone."""
    found = (job for page in _pages(jobs, options, now) for job in (*page.jobs, *map(_unread, page.unread)))
    return islice(found, options.limit)


def _unread(job_id: str) -> JobRecord:
    return cast("JobRecord", {JOB_ID: job_id})


def _pages(jobs: JobsRepository, options: Namespace, now: datetime) -> Iterator[JobPage]:
    choice = {"kind": options.kind, "user_id": options.user, "cancelled": options.cancelled}
    span = window(options, now)
    cursor: str | None = None
    while True:
        page = unwrap(operator(jobs).list_failed(**span, **choice, limit=_PAGE, cursor=cursor))
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
    unsent: list[str] = field(default_factory=list)
    trouble: str | None = None
    stopped_by: ResultCode | None = None
    interrupted: bool = False
    under_way: int = 0

    def retry(self, jobs: JobsOperator, job_ids: list[str], sender: JobSender, crew: Crew) -> None:
        """Retry a group and send it; a failure of AWS ends the run."""
        self.under_way = len(job_ids)
        results = crew.each(jobs.retry_job, job_ids)
        put_back = []
        for job_id, result in zip(job_ids, results, strict=True):
            if result:
                put_back.append(job_id)
            elif result.code in _GONE:
                self.gone += 1
            elif exit_for(result.code) is Exit.WORLD and result.code is not ResultCode.CONFLICT:
                self.stopped_by, self.trouble = result.code, result.error
            else:
                self.refused += 1
                self.named = [*self.named, (job_id, result.code)][:_SHOWN]
        self._send(put_back, sender)
        self.under_way = 0

    def _send(self, job_ids: list[str], sender: JobSender) -> None:
        unsent = sender.send(job_ids).unsent
        self.sent += len(job_ids) - len(unsent)
        self.unsent = list(unsent)
        for reason in list(unsent.values())[:1]:
            self.stopped_by, self.trouble = (
                ResultCode.UNAVAILABLE,
                f"SQS took no message ({reason}): {hide_password(sender.queue_url)}",
            )

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
            "to_enqueue": self.unsent,
            "in_doubt": self.under_way,
            "stopped_by": self.stopped_by,
            "error": self.trouble,
        }

    def lines(self, recover: str = "") -> Iterator[str]:
        """Write the numbers for a person.

        `recover` is the command that sends the missing messages.
        """
        yield f"{plural(self.sent, 'job')} retried and sent to the queue."
        if self.gone:
            yield f"{plural(self.gone, 'job')} left alone: no longer failed."
        if self.refused:
            names = ", ".join(f"{printable(job_id)} ({code})" for job_id, code in self.named)
            yield f"{plural(self.refused, 'job')} could not be retried: {names}"
        if self.unsent:
            named = ", ".join(map(printable, self.unsent[:_SHOWN]))
            yield f"{plural(len(self.unsent), 'job')} PENDING without a message, which {recover} sends: {named}"
        if self.under_way:
            yield f"Up to {plural(self.under_way, 'more job')} can be PENDING without a message: {recover} sends it."
        if self.stopped_by:
            yield f"Stopped by {self.stopped_by}: {self.trouble}. Run it again for the rest."
