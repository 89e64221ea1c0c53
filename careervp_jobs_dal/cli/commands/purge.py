"""`purge`: deletes finished jobs that are old; a dry run unless told otherwise."""

from __future__ import annotations

from argparse import BooleanOptionalAction
from typing import TYPE_CHECKING, Any

from careervp_jobs_dal.cli.command import Command, add_older_than, add_status, add_yes, count
from careervp_jobs_dal.cli.duration import say_duration
from careervp_jobs_dal.cli.exits import Exit, unwrap
from careervp_jobs_dal.cli.outcome import plural
from careervp_jobs_dal.cli.session import operator, repository

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

    from careervp_jobs_dal.cli.screen import Screen
    from careervp_jobs_dal.operations import Purge


def _configure(parser: ArgumentParser) -> None:
    add_older_than(parser, "only jobs created longer ago")
    add_status(parser, "only jobs in this status, COMPLETED or FAILED (default: both)")
    parser.add_argument("--limit", type=count, metavar="N", help="jobs to delete (default: all)")
    dry = "only count what would be deleted (the default)"
    parser.add_argument("--dry-run", action=BooleanOptionalAction, default=True, help=dry)
    add_yes(parser)


def _run(options: Namespace, screen: Screen) -> Exit:
    jobs = repository(options)
    if not options.dry_run:
        age = say_duration(options.older_than)
        question = f"Delete finished jobs of {jobs.table_name} that are older than {age}, for good?"
        screen.confirm(question, yes=options.yes)
    purge = unwrap(
        operator(jobs).purge_jobs(
            older_than=options.older_than, status=options.status, dry_run=options.dry_run, limit=options.limit
        )
    )
    screen.show(_document(purge), [_line(purge, dry_run=options.dry_run)])
    return Exit.OK


def _document(purge: Purge) -> dict[str, Any]:
    return {"deleted": purge.deleted}


def _line(purge: Purge, *, dry_run: bool) -> str:
    if dry_run:
        return f"{plural(purge.deleted, 'job')} would be deleted. Nothing was: pass --no-dry-run to delete them."
    return f"{plural(purge.deleted, 'job')} deleted."


PURGE = Command(
    "purge",
    "delete old finished jobs (dry run by default)",
    "Reads the whole table. A job that changed meanwhile is kept.",
    ("purge --older-than 30d", "purge --older-than 30d --status FAILED --no-dry-run --yes"),
    _configure,
    _run,
)
