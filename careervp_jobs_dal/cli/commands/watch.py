"""The command `watch`: it follows jobs to their ends, or the numbers of jobs."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING

from careervp_jobs_dal.cli.command import Command, add_user, duration
from careervp_jobs_dal.cli.duration import say_duration
from careervp_jobs_dal.cli.exits import Exit, StopError, unwrap
from careervp_jobs_dal.cli.following import Following
from careervp_jobs_dal.cli.outcome import plural
from careervp_jobs_dal.cli.pace import FIRST_SECONDS, LONGEST_SECONDS, Pace
from careervp_jobs_dal.cli.session import repository
from careervp_jobs_dal.cli.status_counts import tallied, tally, tally_line
from careervp_jobs_dal.job.attribute import JOB_ID, STATUS
from careervp_jobs_dal.job.instant import instant_text

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace
    from datetime import datetime

    from careervp_jobs_dal.cli.screen import Screen
    from careervp_jobs_dal.operations.census import Census
    from careervp_jobs_dal.operations.counting import Stats
    from careervp_jobs_dal.repository import JobsRepository

_EVERY = timedelta(seconds=FIRST_SECONDS)
_EVERY_HELP = f"how often to look (default: 2s; {LONGEST_SECONDS:.0f}s for jobs that have not changed for a while)"


def _configure(parser: ArgumentParser) -> None:
    help_ids = "the job's id, or its first characters (default: watch the numbers)"
    parser.add_argument("job_ids", nargs="*", metavar="JOB_ID", help=help_ids)
    add_user(parser)
    add = parser.add_argument
    add("--every", type=duration, metavar="TIME", help=_EVERY_HELP)
    add("--timeout", type=duration, metavar="TIME", help="stop watching after this time")
    add("--expect", type=duration, metavar="TIME", help="how long the work usually takes, for the progress bar")


def _run(options: Namespace, screen: Screen) -> Exit:
    jobs = repository(options)
    if not options.job_ids:
        return _watch_numbers(jobs, options, screen)
    return _watch_jobs(jobs, options, screen)


def _watch_jobs(jobs: JobsRepository, options: Namespace, screen: Screen) -> Exit:
    pace, following = Pace(options.every, options.timeout), Following(jobs, screen)
    following.begin(options.job_ids, options.user)
    while following.unfinished:
        pace.note(change=following.changed)
        if pace.over:
            left = following.unfinished
            still = left[0][STATUS] if len(options.job_ids) == 1 else f"{plural(len(left), 'job')} unfinished"
            text = f"Still {still} after {say_duration(options.timeout)}"
            raise StopError(text, Exit.NO, "TIMEOUT", job_id=left[0][JOB_ID])
        pace.pause(partial(following.redraw, options.expect), screen.check_reader)
        following.look()
    return following.exit_code


def _watch_numbers(jobs: JobsRepository, options: Namespace, screen: Screen) -> Exit:
    from careervp_jobs_dal.operations.census import Census

    every = options.every or _EVERY
    pace, census = Pace(every, options.timeout), Census(jobs, every)
    last: Stats | None = None
    while True:
        last = _count(last, census, jobs.clock(), screen)
        if pace.over:
            screen.settle()
            return Exit.OK
        pace.pause(screen.check_reader)


def _count(last: Stats | None, census: Census, now: datetime, screen: Screen) -> Stats:
    """Show the present numbers; without a terminal, only after a change."""
    result = census.look()
    if last is not None and result.retryable:
        return last
    stats, as_of = unwrap(result), census.as_of or now
    if screen.is_terminal:
        age = say_duration(now - as_of)
        screen.live([*tallied(stats, now, screen), screen.paint(f"no number is older than {age}", "dim")])
    elif stats != last:
        screen.event({**tally(stats), "as_of": instant_text(as_of)}, tally_line(stats, now))
    return stats


WATCH = Command(
    "watch",
    "follow jobs to their ends, or the numbers of jobs",
    "Exit code 0 when all jobs are COMPLETED, 1 when one FAILED or the time is up. Ctrl-C ends it at any time.\n"
    "A look reads the unfinished jobs in one request, or counts an eighth of the numbers anew.\n"
    "--json gives one document a line.",
    ("watch vpr-1 --expect 45s", "watch vpr-1 vpr-2 --timeout 5m --json", "watch --every 10s"),
    _configure,
    _run,
)
