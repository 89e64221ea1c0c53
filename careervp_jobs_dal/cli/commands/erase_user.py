"""The command `erase-user`: it deletes all jobs of a user, and is a dry run by default."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from careervp_jobs_dal.cli.command import Command, add_dry_run, add_yes
from careervp_jobs_dal.cli.exits import Exit, exit_for, unwrap
from careervp_jobs_dal.cli.outcome import plural
from careervp_jobs_dal.cli.report import reported
from careervp_jobs_dal.cli.session import operator, repository, results

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace
    from collections.abc import Iterator

    from careervp_jobs_dal.cli.screen import Screen
    from careervp_jobs_dal.operations.erasure import Erasure


def _configure(parser: ArgumentParser) -> None:
    parser.add_argument("user_id", metavar="USER_ID", help="the user's id")
    help_bucket = "also delete the results in this S3 bucket (default: only the records)"
    parser.add_argument("--results-bucket", metavar="NAME", help=help_bucket)
    help_prefix = "the text that each result's name begins with (default: results/)"
    parser.add_argument("--results-prefix", default="results/", metavar="TEXT", help=help_prefix)
    add_dry_run(parser)
    add_yes(parser)


def _run(options: Namespace, screen: Screen) -> Exit:
    jobs, store = repository(options), results(options)
    if not options.dry_run:
        what = f"their results in {options.results_bucket}" if store else "not their results elsewhere"
        question = f"Erase all jobs of the user {options.user_id!a} in {jobs.table_name}, and {what}, for good?"
        screen.confirm(question, yes=options.yes)

    with reported(screen) as report:
        erasure = unwrap(
            operator(jobs).erase_user(
                options.user_id,
                dry_run=options.dry_run,
                on_erase=store.erase if store else None,
                on_progress=lambda so_far: report(_numbers(so_far)),
            )
        )
    screen.show(_document(erasure), _lines(erasure))
    if erasure.stopped_by:
        return exit_for(erasure.stopped_by)
    return Exit.OK if erasure.complete or erasure.dry_run else Exit.NO


def _document(erasure: Erasure) -> dict[str, Any]:
    names = ("erased", "waiting", "failed", "dry_run", "complete", "scanned", "stopped_by")
    return {name: getattr(erasure, name) for name in names}


def _lines(erasure: Erasure) -> Iterator[str]:
    yield f"{_numbers(erasure)}."
    if erasure.waiting:
        why = "held by a worker, or younger than 15 minutes"
        yield f"{plural(len(erasure.waiting), 'job')} cannot be deleted yet ({why}). Run it again later."
    if erasure.failed:
        yield f"{plural(len(erasure.failed), 'job')} left, because of an error (--json names them)."
    if erasure.stopped_by:
        yield f"Not all jobs were looked at: {erasure.stopped_by}. Run it again."
    elif erasure.dry_run and erasure.erased:
        yield "Nothing was changed: --no-dry-run deletes them."


def _numbers(erasure: Erasure) -> str:
    done = "would be deleted" if erasure.dry_run else "deleted"
    return f"{plural(len(erasure.erased), 'job')} {done}, {plural(erasure.scanned, 'job')} looked at"


ERASE_USER = Command(
    "erase-user",
    "delete all jobs of a user (dry run by default)",
    "Active jobs are cancelled first. While some jobs cannot be deleted yet, the exit code is 1: run it again.",
    ("erase-user user-1", "erase-user user-1 --results-bucket vpr-results --no-dry-run --yes"),
    _configure,
    _run,
)
