"""The command `list`: it shows a user's jobs, or the overdue jobs."""

from __future__ import annotations

from shlex import quote
from typing import TYPE_CHECKING

from careervp_jobs_dal.cli.command import Command, add_status, count, duration
from careervp_jobs_dal.cli.exits import Exit, unwrap, usage
from careervp_jobs_dal.cli.job_rows import listed
from careervp_jobs_dal.cli.portrait import summary
from careervp_jobs_dal.cli.session import operator, repository
from careervp_jobs_dal.job.line import printable
from careervp_jobs_dal.job.status import JobStatus

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace
    from collections.abc import Iterator
    from datetime import datetime

    from careervp_jobs_dal.cli.screen import Screen
    from careervp_jobs_dal.operations.listing import JobPage

_DEFAULT_LIMIT = 50


def _configure(parser: ArgumentParser) -> None:
    which = parser.add_mutually_exclusive_group(required=True)
    which.add_argument("--user", metavar="USER_ID", help="this user's jobs, the newest first")
    which.add_argument(
        "--overdue",
        type=duration,
        metavar="TIME",
        help="jobs that were ready longer ago, and lapsed leases, the longest overdue first",
    )
    add_status(parser, JobStatus, "only jobs in this status (with --user)")
    help_limit = f"jobs to show (default: {_DEFAULT_LIMIT})"
    parser.add_argument("--limit", type=count, default=_DEFAULT_LIMIT, metavar="N", help=help_limit)
    parser.add_argument("--cursor", metavar="TEXT", help="go on where an earlier list ended (with --user)")


def _run(options: Namespace, screen: Screen) -> Exit:
    if options.overdue is None:
        return _of_user(options, screen)
    if options.status or options.cursor:
        raise usage("--status and --cursor go with --user only")
    return _overdue(options, screen)


def _of_user(options: Namespace, screen: Screen) -> Exit:
    jobs = repository(options)
    wanted = {"user_id": options.user, "status": options.status}
    page = unwrap(operator(jobs).list_jobs(**wanted, limit=options.limit, cursor=options.cursor))
    now = jobs.clock()
    facts = {"cursor": page.cursor, "complete": page.complete, "unread": list(page.unread)}
    document = {"jobs": [summary(job, now) for job in page.jobs], **facts}
    screen.show(document, _page(page, now, options, screen))
    return Exit.OK


def _overdue(options: Namespace, screen: Screen) -> Exit:
    jobs = repository(options)
    found = unwrap(operator(jobs).list_overdue(older_than=options.overdue, limit=options.limit))
    now = jobs.clock()
    screen.show({"jobs": [summary(job, now) for job in found]}, listed(found, now, screen, users=True))
    return Exit.OK


def _page(page: JobPage, now: datetime, options: Namespace, screen: Screen) -> Iterator[str]:
    yield from listed(page.jobs, now, screen, users=False)
    if page.unread:
        yield ""
        yield f"Left out, their records cannot be read: {', '.join(map(printable, page.unread))}"
    if page.cursor:
        status = f" --status {options.status}" if options.status else ""
        yield ""
        words = "There may be more" if page.complete else "Not all was read, there may be more"
        yield f"{words}: careervp-jobs list --user {quote(options.user)}{status} --cursor={page.cursor}"


LIST = Command(
    "list",
    "list a user's jobs, or the overdue ones",
    "Neither payloads nor error texts are shown. Each of the two needs an optional index of the table.",
    ("list --user user-1", "list --user user-1 --status FAILED --limit 10", "list --overdue 15m"),
    _configure,
    _run,
)
