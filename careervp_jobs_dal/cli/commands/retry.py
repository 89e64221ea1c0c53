"""The command `retry`: it puts failed jobs back to PENDING, by their ids or all that failed in some time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from careervp_jobs_dal.cli.command import Command, add_queue, add_where, add_window, add_yes, count
from careervp_jobs_dal.cli.delivery import deliver
from careervp_jobs_dal.cli.exits import Exit, usage
from careervp_jobs_dal.cli.mass_retry import count_failed, retry_failed
from careervp_jobs_dal.cli.outcome import Outcome, plural, show_outcomes
from careervp_jobs_dal.cli.prefix import by_prefix
from careervp_jobs_dal.cli.session import bulk_sender, operator, repository, sender
from careervp_jobs_dal.job.attribute import STATUS
from careervp_jobs_dal.result import ResultCode

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace
    from collections.abc import Callable

    from careervp_jobs_dal.cli.screen import Screen
    from careervp_jobs_dal.repository import JobsRepository

_WITH_FAILED = ("since", "until", "user", "kind", "cancelled", "limit", "dry_run")


def _configure(parser: ArgumentParser) -> None:
    parser.add_argument("job_ids", nargs="*", metavar="JOB_ID", help="the job's id, or its first characters")
    parser.add_argument("--failed", action="store_true", help="all jobs that failed between --since and --until")
    add_window(parser, "that failed", beside=" (with --failed)")
    parser.add_argument("--user", metavar="USER_ID", help="only jobs of this user (with --failed)")
    add_where(parser)
    parser.add_argument("--cancelled", action="store_true", help="also the cancelled jobs (with --failed)")
    parser.add_argument("--limit", type=count, metavar="N", help="jobs to retry (with --failed; default: all)")
    parser.add_argument("--dry-run", action="store_true", help="only count and show the jobs (with --failed)")
    add_queue(parser)
    add_yes(parser)


def _run(options: Namespace, screen: Screen) -> Exit:
    if not options.failed:
        return _by_id(options, screen)
    if options.job_ids or options.since is None:
        raise usage("--failed goes with --since, such as --since 1h, and without ids")
    jobs, sending = repository(options), bulk_sender(options)
    if options.dry_run:
        return count_failed(jobs, options, screen)
    if sending is None:
        raise usage("--failed needs the queue that gets the ids: pass --queue-url, or set JOBS_QUEUE_URL")
    return retry_failed(jobs, options, sending, screen)


def _by_id(options: Namespace, screen: Screen) -> Exit:
    if not options.job_ids:
        raise usage("Which jobs? JOB_ID ..., or --failed --since 1h")
    if any(getattr(options, name) for name in _WITH_FAILED):
        raise usage("--since, --until, --user, --where, --cancelled, --limit and --dry-run go with --failed")
    jobs, send = repository(options), sender(options)
    screen.confirm(f"Retry {plural(len(options.job_ids), 'failed job')} of {jobs.table_name}?", yes=options.yes)
    return show_outcomes((_retry(jobs, job_id, send) for job_id in options.job_ids), options, screen)


def _retry(jobs: JobsRepository, job_id: str, send: Callable[[str], None] | None) -> Outcome:
    job_id, result = by_prefix(operator(jobs).retry_job, job_id, jobs)
    if not result:
        return Outcome.refused(job_id, result)
    trouble = deliver(send, job_id)
    code = ResultCode.UNAVAILABLE if send and trouble else ResultCode.SUCCESS
    said = f"to be sent: {trouble}" if trouble else "sent"
    return Outcome(job_id, str(result.unwrap()[STATUS]), said, code, trouble if send else None)


RETRY = Command(
    "retry",
    "put failed jobs back to PENDING",
    "Their attempts are counted from zero again.\n"
    "With ids and no queue, no message is sent: enqueue the ids that are shown.\n"
    "--failed leaves cancelled jobs alone. If it breaks off, run it again: it finds the jobs that are still failed.",
    (
        "retry vpr-1",
        "retry vpr-1 --queue-url https://sqs.eu-west-1.amazonaws.com/123456789012/jobs --yes",
        "retry --failed --since 14:00Z --until 15:00Z --where kind=letter --dry-run",
        "retry --failed --since 1h --queue-url https://sqs.eu-west-1.amazonaws.com/123456789012/jobs",
    ),
    _configure,
    _run,
)
