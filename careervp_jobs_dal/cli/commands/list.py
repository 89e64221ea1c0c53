"""The command `list`: it shows a user's jobs, the overdue jobs, or the failed ones of all users."""

from __future__ import annotations

from shlex import quote
from typing import TYPE_CHECKING

from careervp_jobs_dal.cli.command import Command, add_status, add_where, add_window, count, duration
from careervp_jobs_dal.cli.duration import write_duration
from careervp_jobs_dal.cli.exits import Exit, unwrap, usage
from careervp_jobs_dal.cli.failed_rows import failed_rows, failed_summary
from careervp_jobs_dal.cli.invocation import invocation
from careervp_jobs_dal.cli.job_rows import listed
from careervp_jobs_dal.cli.outcome import may_be_more
from careervp_jobs_dal.cli.portrait import summary
from careervp_jobs_dal.cli.session import operator, repository
from careervp_jobs_dal.cli.window import window
from careervp_jobs_dal.job.instant import instant_text
from careervp_jobs_dal.job.line import printable
from careervp_jobs_dal.job.status import JobStatus

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import datetime

    from careervp_jobs_dal.cli.screen import Screen
    from careervp_jobs_dal.job.record import JobRecord
    from careervp_jobs_dal.operations.listing import JobPage

_DEFAULT_LIMIT = 50


def _configure(parser: ArgumentParser) -> None:
    parser.add_argument("--user", metavar="USER_ID", help="this user's jobs, the newest first")
    parser.add_argument(
        "--overdue",
        type=duration,
        metavar="TIME",
        help="jobs that were ready longer ago, and lapsed leases, the longest overdue first",
    )
    add_status(parser, JobStatus, "only jobs in this status; FAILED with --since lists those of all users")
    add_window(parser, "jobs that failed", beside=" (with --status FAILED)")
    add_where(parser)
    parser.add_argument("--errors", action="store_true", help="also the first line of each error (with --since)")
    help_limit = f"jobs to show (default: {_DEFAULT_LIMIT})"
    parser.add_argument("--limit", type=count, default=_DEFAULT_LIMIT, metavar="N", help=help_limit)
    parser.add_argument("--cursor", metavar="TEXT", help="go on where an earlier list ended (not with --overdue)")


def _run(options: Namespace, screen: Screen) -> Exit:
    if options.since is None and (options.until is not None or options.errors):
        raise usage("--until and --errors go with --status FAILED --since 1h")
    if options.since is not None and (options.overdue is not None or options.status != JobStatus.FAILED):
        raise usage("--since goes with --status FAILED, without --overdue")
    if options.overdue is not None:
        return _overdue(options, screen)
    if options.since is not None:
        return _failed(options, screen)
    if options.user is None:
        raise usage("Which jobs? --user USER_ID, --overdue 15m, or --status FAILED --since 1h")
    return _of_user(options, screen)


def _of_user(options: Namespace, screen: Screen) -> Exit:
    jobs = repository(options)
    wanted = {"user_id": options.user, "status": options.status, "kind": options.kind}
    page = unwrap(operator(jobs).list_jobs(**wanted, limit=options.limit, cursor=options.cursor))
    now = jobs.clock()
    status = f" --status {options.status}" if options.status else ""
    shown = listed(page.jobs, now, screen, users=False)
    document = {"jobs": [summary(job, now) for job in page.jobs], **_facts(page)}
    screen.show(document, _page(page, shown, f"list{status}", options))
    return Exit.OK


def _overdue(options: Namespace, screen: Screen) -> Exit:
    if options.status or options.cursor:
        raise usage("--status and --cursor do not go with --overdue")
    jobs = repository(options)
    search = {"older_than": options.overdue, "kind": options.kind, "user_id": options.user}
    found = unwrap(operator(jobs).list_overdue(**search, limit=options.limit))
    now = jobs.clock()
    screen.show({"jobs": [summary(job, now) for job in found]}, _late(found, now, options, screen))
    return Exit.OK


def _late(found: Sequence[JobRecord], now: datetime, options: Namespace, screen: Screen) -> Iterator[str]:
    yield from listed(found, now, screen, users=True)
    if found:
        yield ""
        if len(found) == options.limit:
            yield may_be_more(options.limit)
        older = f"--older-than {write_duration(options.overdue)}"
        yield f"Bring them back: {invocation(options, f'recover {older}{_chosen(options)}')}"


def _failed(options: Namespace, screen: Screen) -> Exit:
    jobs = repository(options)
    now = jobs.clock()
    span = window(options, now)
    choice = {"kind": options.kind, "user_id": options.user}
    page = unwrap(operator(jobs).list_failed(**span, **choice, limit=options.limit, cursor=options.cursor))
    errors = " --errors" if options.errors else ""
    # All pages of one list have the same instants.
    instants = "".join(f" --{name} {instant_text(instant)}" for name, instant in span.items())
    following = f"list --status FAILED{instants}{errors}"
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
        limit = "" if options.limit == _DEFAULT_LIMIT else f" --limit {options.limit}"
        yield ""
        words = "There may be more" if page.complete else "Not all was read, there may be more"
        yield f"{words}: {invocation(options, f'{following}{_chosen(options)}{limit} --cursor={page.cursor}')}"


def _chosen(options: Namespace) -> str:
    """Write the user and the kind again."""
    user = f" --user {quote(options.user)}" if options.user else ""
    return user + (f" --where {quote(f'kind={options.kind}')}" if options.kind else "")


LIST = Command(
    "list",
    "list a user's jobs, the overdue ones, or the failed ones",
    "Payloads are not shown, and error texts with --errors only. Each list needs an optional index of the table.",
    (
        "list --user user-1",
        "list --user user-1 --status FAILED --limit 10",
        "list --overdue 15m",
        "list --status FAILED --since 1h --errors",
        "list --status FAILED --since 14:00Z --until 15:00Z --user user-1",
    ),
    _configure,
    _run,
)
