"""The command `watch`: it follows one job to its end, or the numbers of jobs."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

from careervp_jobs_dal.cli.command import Command, add_user, duration
from careervp_jobs_dal.cli.duration import say_duration
from careervp_jobs_dal.cli.exits import Exit, StopError, unwrap
from careervp_jobs_dal.cli.pace import Pace
from careervp_jobs_dal.cli.portrait import attempts, percent, summary
from careervp_jobs_dal.cli.progress import drawn, read_progress
from careervp_jobs_dal.cli.session import operator, repository
from careervp_jobs_dal.cli.status_counts import tallied, tally, tally_line
from careervp_jobs_dal.job.attribute import ATTEMPT, COMPLETED_AT, CREATED_AT, PROGRESS, STATUS
from careervp_jobs_dal.job.instant import parse_instant
from careervp_jobs_dal.job.line import printable
from careervp_jobs_dal.job.status import JobStatus

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace
    from datetime import datetime

    from careervp_jobs_dal.cli.screen import Screen
    from careervp_jobs_dal.job.record import JobRecord
    from careervp_jobs_dal.operations.counting import Stats
    from careervp_jobs_dal.repository import JobsRepository
    from careervp_jobs_dal.result import Answer

_EVERY = timedelta(seconds=2)


def _configure(parser: ArgumentParser) -> None:
    parser.add_argument("job_id", nargs="?", metavar="JOB_ID", help="the job's id (default: watch the numbers)")
    add_user(parser)
    add = parser.add_argument
    add("--every", type=duration, default=_EVERY, metavar="TIME", help="how often to look (default: 2s)")
    add("--timeout", type=duration, metavar="TIME", help="stop watching after this time")
    add("--expect", type=duration, metavar="TIME", help="how long the work usually takes, for the progress bar")


def _run(options: Namespace, screen: Screen) -> Exit:
    jobs, pace = repository(options), Pace(options.every, options.timeout)
    if options.job_id is None:
        return _watch_numbers(jobs, pace, screen)
    return _watch_job(jobs, pace, options, screen)


def _watch_job(jobs: JobsRepository, pace: Pace, options: Namespace, screen: Screen) -> Exit:
    job: JobRecord | None = None
    while True:
        job = _look(job, jobs.find_job(options.job_id, user_id=options.user), jobs, screen)
        if JobStatus(job[STATUS]).finished:
            return Exit.OK if job[STATUS] == JobStatus.COMPLETED else Exit.NO
        if pace.over:
            raise StopError(f"Still {job[STATUS]} after {say_duration(options.timeout)}", Exit.NO, "TIMEOUT")
        pace.pause(partial(_redraw, job, jobs, options.expect, screen))


def _look(last: JobRecord | None, result: Answer[JobRecord], jobs: JobsRepository, screen: Screen) -> JobRecord:
    """Show a change of the job, and return its record.

    Once the job has been seen, a retryable failure is ignored until the next look.
    """
    if last is not None and result.retryable:
        return last
    job = unwrap(result)
    now = jobs.clock()
    if last is None or _telling(last, screen) != _telling(job, screen):
        screen.event(summary(job, now), _event(job, now, screen))
    return job


def _telling(job: JobRecord, screen: Screen) -> tuple[Any, ...]:
    """Return the values whose change is worth a line.

    Progress is not among them on a terminal, where the live line shows it.
    """
    return job[STATUS], job.get(ATTEMPT), None if screen.is_terminal else job.get(PROGRESS)


def _event(job: JobRecord, now: datetime, screen: Screen) -> str:
    status = str(job[STATUS])
    facts = [f"attempt {printable(attempts(job))}" if job.get(ATTEMPT) else "", percent(job), _took(job)]
    return "  ".join([f"{now:%H:%M:%S}Z", screen.paint(f"{status:<10}", status), *filter(None, facts)]).rstrip()


def _took(job: JobRecord) -> str:
    created_at, completed_at = parse_instant(job.get(CREATED_AT)), parse_instant(job.get(COMPLETED_AT))
    if not created_at or not completed_at:
        return ""
    return f"{say_duration(completed_at - created_at)} after it was created"


def _redraw(job: JobRecord, jobs: JobsRepository, expected: timedelta | None, screen: Screen) -> None:
    if screen.is_terminal:
        screen.live([drawn(read_progress(job, jobs.clock(), expected), screen)])


def _watch_numbers(jobs: JobsRepository, pace: Pace, screen: Screen) -> Exit:
    last: Stats | None = None
    while True:
        last = _count(last, operator(jobs).stats(), jobs.clock(), screen)
        if pace.over:
            screen.settle()
            return Exit.OK
        pace.pause()


def _count(last: Stats | None, result: Answer[Stats], now: datetime, screen: Screen) -> Stats:
    """Show the present numbers; without a terminal, only after a change."""
    if last is not None and result.retryable:
        return last
    stats = unwrap(result)
    if screen.is_terminal:
        screen.live(list(tallied(stats, now, screen)))
    elif stats != last:
        screen.event(tally(stats), tally_line(stats, now))
    return stats


WATCH = Command(
    "watch",
    "follow a job to its end, or the numbers of jobs",
    "Exit code 0 when the job is COMPLETED, 1 when it FAILED or the time is up. Ctrl-C ends it at any time.\n"
    "--json gives one document a line.",
    ("watch vpr-1 --expect 45s", "watch vpr-1 --timeout 5m --json", "watch --every 10s"),
    _configure,
    _run,
)
