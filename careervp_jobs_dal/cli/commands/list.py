"""The command `list`: it shows a user's jobs, the overdue jobs, or the failed ones of all users."""

from __future__ import annotations

from shlex import quote
from typing import TYPE_CHECKING

from careervp_jobs_dal.cli.command import Command, add_since, add_status, add_where, count, duration
from careervp_jobs_dal.cli.exits import Exit, unwrap, usage
from careervp_jobs_dal.cli.failed_rows import failed_rows, failed_summary
from careervp_jobs_dal.cli.invocation import invocation
from careervp_jobs_dal.cli.job_rows import listed
from careervp_jobs_dal.cli.portrait import summary
from careervp_jobs_dal.cli.session import operator, repository
from careervp_jobs_dal.job.line import printable
from careervp_jobs_dal.job.status import JobStatus

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace
    from collections.abc import Iterable, Iterator

    from careervp_jobs_dal.cli.screen import Screen
    from careervp_jobs_dal.operations.listing import JobPage

_DEFAULT_LIMIT = 50


def _configure(parser: ArgumentParser) -> None:
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--user", metavar="USER_ID", help="this user's jobs, the newest first")
    which.add_argument(
        "--overdue",
        type=duration,
        metavar="TIME",
        help="jobs that were ready longer ago, and lapsed leases, the longest overdue first",
    )
    add_status(parser, JobStatus, "only jobs in this status; FAILED with --since lists those of all users")
    add_since(parser, "jobs that failed in this time, the latest failure first (with --status FAILED)")
    add_where(parser)
    parser.add_argument("--errors", action="store_true", help="also the first line of each error (with --since)")
    help_limit = f"jobs to show (default: {_DEFAULT_LIMIT})"
    parser.add_argument("--limit", type=count, default=_DEFAULT_LIMIT, metavar="N", help=help_limit)
    parser.add_argument("--cursor", metavar="TEXT", help="go on where an earlier list ended (not with --overdue)")


def _run(options: Namespace, screen: Screen) -> Exit:
    failed = options.since is not None or options.errors
    if failed and (options.user is not None or options.overdue is not None or options.status != JobStatus.FAILED):
        raise usage("--since and --errors go with --status FAILED, without --user and --overdue")
    if options.overdue is not None:
        return _overdue(options, screen)
    if options.user is not None:
        return _of_user(options, screen)
    if options.since is None:
        raise usage("Which jobs? --user USER_ID, --overdue 15m, or --status FAILED --since 1h")
    return _failed(options, screen)


def _of_user(options: Namespace, screen: Screen) -> Exit:
    jobs = repository(options)
    wanted = {"user_id": options.user, "status": options.status, "kind": options.kind}
    page = unwrap(operator(jobs).list_jobs(**wanted, limit=options.limit, cursor=options.cursor))
    now = jobs.clock()
    status = f" --status {options.status}" if options.status else ""
    following = f"list --user {quote(options.user)}{status}"
    shown = listed(page.jobs, now, screen, users=False)
    document = {"jobs": [summary(job, now) for job in page.jobs], **_facts(page)}
    screen.show(document, _page(page, shown, following, options))
    return Exit.OK


def _overdue(options: Namespace, screen: Screen) -> Exit:
    if options.status or options.cursor:
        raise usage("--status and --cursor do not go with --overdue")
    jobs = repository(options)
    search = {"older_than": options.overdue, "kind": options.kind}
    found = unwrap(operator(jobs).list_overdue(**search, limit=options.limit))
    now = jobs.clock()
    screen.show({"jobs": [summary(job, now) for job in found]}, listed(found, now, screen, users=True))
    return Exit.OK


def _failed(options: Namespace, screen: Screen) -> Exit:
    jobs = repository(options)
    now = jobs.clock()
    span = {"since": now - options.since, "until": now}
    page = unwrap(operator(jobs).list_failed(**span, kind=options.kind, limit=options.limit, cursor=options.cursor))
    errors = " --errors" if options.errors else ""
    following = f"list --status FAILED --since {options.since.total_seconds():.0f}s{errors}"
    shown = failed_rows(page.jobs, now, screen, errors=options.errors)
    document = {"jobs": [failed_summary(job, now, errors=options.errors) for job in page.jobs], **_facts(page)}
    screen.show(document, _page(page, shown, following, options))
    return Exit.OK


def _facts(page: JobPage) -> dict[str, object]:
    return {"cursor": page.cursor, "complete": page.complete, "unread": list(page.unread)}


def _page(page: JobPage, shown: Iterable[str], following: str, options: Namespace) -> Iterator[str]:
    yield from shown
    if page.unread:
        yield ""
        yield f"Left out, their records cannot be read: {', '.join(map(printable, page.unread))}"
    if page.cursor:
        kind = f" --where {quote(f'kind={options.kind}')}" if options.kind else ""
        yield ""
        words = "There may be more" if page.complete else "Not all was read, there may be more"
        yield f"{words}: {invocation(options, f'{following}{kind} --cursor={page.cursor}')}"


LIST = Command(
    "list",
    "list a user's jobs, the overdue ones, or the failed ones",
    "Payloads are not shown, and error texts with --errors only. Each list needs an optional index of the table.",
    (
        "list --user user-1",
        "list --user user-1 --status FAILED --limit 10",
        "list --overdue 15m",
        "list --status FAILED --since 1h --errors",
    ),
    _configure,
    _run,
)
