"""The command `purge`: it deletes old finished jobs, and is a dry run by default."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from careervp_jobs_dal.cli.command import Command, add_dry_run, add_older_than, add_status, add_where, add_yes, count
from careervp_jobs_dal.cli.duration import say_duration
from careervp_jobs_dal.cli.exits import Exit, exit_for, unwrap
from careervp_jobs_dal.cli.outcome import plural
from careervp_jobs_dal.cli.report import reported
from careervp_jobs_dal.cli.session import operator, repository
from careervp_jobs_dal.job.status import JobStatus

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace
    from collections.abc import Iterator

    from careervp_jobs_dal.cli.screen import Screen
    from careervp_jobs_dal.operations.purging import Purge


def _configure(parser: ArgumentParser) -> None:
    add_older_than(parser, "only jobs that ended longer ago")
    finished = [status for status in JobStatus if status.finished]
    add_status(parser, finished, "only jobs in this status, COMPLETED or FAILED (default: both)")
    parser.add_argument("--limit", type=count, metavar="N", help="jobs to delete (default: all)")
    add_where(parser)
    add_dry_run(parser)
    add_yes(parser)


def _run(options: Namespace, screen: Screen) -> Exit:
    jobs = repository(options)
    if not options.dry_run:
        age = say_duration(options.older_than)
        kind = f" of kind {options.kind}" if options.kind else ""
        question = f"Delete finished jobs{kind} of {jobs.table_name} that are older than {age}, for good?"
        screen.confirm(question, yes=options.yes)
    with reported(screen) as report:
        purge = unwrap(
            operator(jobs).purge_jobs(
                older_than=options.older_than,
                status=options.status,
                dry_run=options.dry_run,
                limit=options.limit,
                kind=options.kind,
                on_progress=lambda so_far: report(_numbers(so_far)),
            )
        )
    screen.show(_document(purge), _lines(purge))
    return exit_for(purge.stopped_by) if purge.stopped_by else Exit.OK


def _document(purge: Purge) -> dict[str, Any]:
    names = ("jobs", "dry_run", "scanned", "stopped_by")
    return {name: getattr(purge, name) for name in names}


def _lines(purge: Purge) -> Iterator[str]:
    yield f"{_numbers(purge)}."
    if purge.stopped_by:
        yield f"Not all of the table was looked at: {purge.stopped_by}. Run it again."
    elif purge.dry_run and purge.jobs:
        yield "Nothing was changed: --no-dry-run deletes them."


def _numbers(purge: Purge) -> str:
    done = "would be deleted (--json names them)" if purge.dry_run else "deleted"
    return f"{plural(len(purge.jobs), 'job')} {done}, {plural(purge.scanned, 'record')} looked at"


PURGE = Command(
    "purge",
    "delete old finished jobs (dry run by default)",
    "Reads the whole table. A job that changed meanwhile is kept.",
    ("purge --older-than 30d", "purge --older-than 30d --status FAILED --no-dry-run --yes"),
    _configure,
    _run,
)
