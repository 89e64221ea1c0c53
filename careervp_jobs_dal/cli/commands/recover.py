"""The command `recover`: it brings back jobs whose workers or messages were lost."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from careervp_jobs_dal.cli.command import Command, add_older_than, add_queue, add_where, add_yes, count
from careervp_jobs_dal.cli.delivery import Delivery
from careervp_jobs_dal.cli.duration import say_duration
from careervp_jobs_dal.cli.exits import Exit, interrupted, unwrap
from careervp_jobs_dal.cli.grid import Column, grid
from careervp_jobs_dal.cli.outcome import plural
from careervp_jobs_dal.cli.session import operator, repository, sender
from careervp_jobs_dal.job.status import JobStatus

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace
    from collections.abc import Iterator

    from careervp_jobs_dal.cli.screen import Screen
    from careervp_jobs_dal.operations.sweep import Recovery
    from careervp_jobs_dal.repository import JobsRepository

_DEFAULT_LIMIT = 100
_FIELDS = ("put_back", "waiting", "failed", "held", "unread", "to_enqueue")
_COLUMNS = (Column("JOB"), Column("STATUS", status=True), Column("QUEUE"), Column("OUTCOME", cut="fold"))


def _configure(parser: ArgumentParser) -> None:
    add_older_than(parser, "PENDING jobs that were ready longer ago; more than a message waits in the queue")
    help_limit = f"jobs to recover (default: {_DEFAULT_LIMIT})"
    parser.add_argument("--limit", type=count, default=_DEFAULT_LIMIT, metavar="N", help=help_limit)
    help_adopt = "also jobs that are PROCESSING without a lease"
    parser.add_argument("--adopt-unleased", action="store_true", help=help_adopt)
    parser.add_argument("--user", metavar="USER_ID", help="only jobs of this user")
    add_where(parser)
    parser.add_argument("--dry-run", action="store_true", help="only say what would be done")
    add_queue(parser)
    add_yes(parser)


def _run(options: Namespace, screen: Screen) -> Exit:
    jobs, delivery = repository(options), _delivery(options)
    age = say_duration(options.older_than)
    kind = f" of kind {options.kind}" if options.kind else ""
    user = f" of the user {options.user!a}" if options.user else ""
    question = (
        f"Recover up to {options.limit:,} overdue jobs{kind}{user} of {jobs.table_name}, PENDING ones after {age}?"
    )
    screen.confirm(question, yes=options.yes or options.dry_run)
    recovery = _recovered(jobs, delivery, options)
    trouble = delivery.trouble if delivery else None
    screen.show(_document(recovery) | {"queue_error": trouble}, _lines(recovery, trouble, screen))
    return Exit.WORLD if recovery.unread or trouble else Exit.OK


def _recovered(jobs: JobsRepository, delivery: Delivery | None, options: Namespace) -> Recovery:
    """Recover the jobs.

    Raises:
        StopError: Ctrl-C was pressed; it says how many ids were sent.
    """
    try:
        return unwrap(
            operator(jobs).recover_jobs(
                older_than=options.older_than,
                enqueue=delivery,
                limit=options.limit,
                adopt_unleased=options.adopt_unleased,
                kind=options.kind,
                user_id=options.user,
                dry_run=options.dry_run,
            )
        )
    except KeyboardInterrupt:
        sent = f", {plural(delivery.sent, 'job')} sent to the queue so far" if delivery else ""
        fix = "run it again: no job that was sent is overdue any more"
        raise interrupted(sent, fix=fix) from None


def _delivery(options: Namespace) -> Delivery | None:
    send = sender(options)
    return Delivery(send) if send else None


def _rows(recovery: Recovery) -> Iterator[tuple[str, str, str, str]]:
    for job_id in recovery.put_back:
        yield job_id, JobStatus.PENDING, _queue(job_id, recovery), "its lease had lapsed: put back"
    for job_id in recovery.waiting:
        yield job_id, JobStatus.PENDING, _queue(job_id, recovery), "had waited too long: send again"
    for job_id in recovery.failed:
        yield job_id, JobStatus.FAILED, "", "no attempt was left, or cancelled"
    for job_id in recovery.held:
        yield job_id, JobStatus.PROCESSING, "", "no lease: left alone (--adopt-unleased)"
    for job_id in recovery.unread:
        yield job_id, "", "", "could not be read or written"


def _queue(job_id: str, recovery: Recovery) -> str:
    return "to be sent" if job_id in recovery.to_enqueue else "sent"


def _lines(recovery: Recovery, trouble: str | None, screen: Screen) -> Iterator[str]:
    rows = list(_rows(recovery))
    if rows:
        yield from grid(_COLUMNS, rows, screen)
    else:
        yield "Nothing was recovered." if recovery.more else "Nothing to recover."
    if recovery.dry_run:
        yield ""
        yield "Nothing was changed: without --dry-run it is done."
    elif recovery.to_enqueue:
        yield ""
        yield f"{plural(len(recovery.to_enqueue), 'job')} to be sent to the queue: {trouble or 'no --queue-url'}"
    if recovery.more:
        yield ""
        again = "--limit N shows more." if recovery.dry_run else "recover again."
        yield f"More jobs can be overdue: {again}"


def _document(recovery: Recovery) -> dict[str, Any]:
    return {name: list(getattr(recovery, name)) for name in _FIELDS} | {
        "more": recovery.more,
        "dry_run": recovery.dry_run,
    }


RECOVER = Command(
    "recover",
    "bring back jobs whose worker or message was lost",
    "A lapsed lease: back to PENDING, or FAILED with no attempt left. A job that waits: noted as sent, then sent.\n"
    "Without a queue no message is sent: the ids that are shown have to be enqueued.",
    (
        "recover --older-than 15m --dry-run",
        "recover --older-than 15m --queue-url https://sqs.eu-west-1.amazonaws.com/123456789012/jobs",
    ),
    _configure,
    _run,
)
