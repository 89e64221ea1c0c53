"""The command `retry`: it puts failed jobs back to PENDING."""

from __future__ import annotations

from typing import TYPE_CHECKING

from careervp_jobs_dal.cli.command import Command, add_job_ids, add_queue, add_yes
from careervp_jobs_dal.cli.delivery import deliver
from careervp_jobs_dal.cli.outcome import Outcome, plural, show_outcomes
from careervp_jobs_dal.cli.prefix import by_prefix
from careervp_jobs_dal.cli.session import operator, repository, sender
from careervp_jobs_dal.job.attribute import STATUS
from careervp_jobs_dal.result import ResultCode

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace
    from collections.abc import Callable

    from careervp_jobs_dal.cli.exits import Exit
    from careervp_jobs_dal.cli.screen import Screen
    from careervp_jobs_dal.repository import JobsRepository


def _configure(parser: ArgumentParser) -> None:
    add_job_ids(parser)
    add_queue(parser)
    add_yes(parser)


def _run(options: Namespace, screen: Screen) -> Exit:
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
    "Without a queue no message is sent: the ids that are shown have to be enqueued.",
    ("retry vpr-1", "retry vpr-1 --queue-url https://sqs.eu-west-1.amazonaws.com/123456789012/jobs --yes"),
    _configure,
    _run,
)
