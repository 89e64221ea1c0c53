"""Sweeper handler: on a schedule, brings back jobs that lost worker or message."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import timedelta
from functools import cache
from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.utilities.typing import LambdaContext

from careervp_jobs_dal import (
    JobMetrics,
    JobRecord,
    JobSender,
    JobsOperator,
    JobsRepository,
)

# Read at import: a missing setting stops the deployment, not the first sweep.
QUEUE_URLS: dict[str | None, str | None] = {
    None: os.environ["JOBS_QUEUE_URL"],  # the reports, which are of no kind
    "letter": os.environ.get("LETTERS_QUEUE_URL"),  # where the letters share the table
}
# More than a message usually waits in the queue.
OLDER_THAN = timedelta(minutes=int(os.environ.get("SWEEP_OLDER_THAN_MINUTES", "60")))
# The last requests and messages of a sweep need this much after its time limit.
RESERVE = timedelta(seconds=15)

# Set POWERTOOLS_SERVICE_NAME: by that name the library's log lines find this logger.
logger = Logger()
metrics = Metrics(namespace="CareerVP")
counted = JobMetrics(metrics)
jobs = JobsRepository(on_event=counted)
operator = JobsOperator(jobs)


@cache
def sender(queue_url: str) -> JobSender:
    """Connect on first use; a warm Lambda keeps the client."""
    return JobSender(queue_url)


def queue_of(job: JobRecord) -> Callable[[str], None] | None:
    """Choose the queue by the job's kind: each kind has its own workers."""
    queue_url = QUEUE_URLS.get(job.get("kind"))
    # The record names the user, by whom SQS groups the messages.
    return (lambda _: sender(queue_url).send_one(job)) if queue_url else None


@metrics.log_metrics
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Recover overdue jobs, a hundred at a time, until none is left or time is up."""
    swept: dict[str, set[str]] = {}
    more = moved = True
    while more and moved and (left := time_left(context)) > timedelta(0):
        # A failure raises: EventBridge tries again, and the alarm on errors sees it.
        recovery = operator.recover_jobs(
            older_than=OLDER_THAN, enqueue_by=queue_of, time_limit=left
        ).unwrap()
        for state in ("put_back", "failed", "waiting", "held", "unread", "to_enqueue"):
            swept.setdefault(state, set()).update(getattr(recovery, state))
        more = recovery.more
        done = (*recovery.put_back, *recovery.failed, *recovery.waiting)
        moved = len(done) > len(recovery.to_enqueue)
    facts = {state: len(jobs) for state, jobs in swept.items()} | {"more": more}
    # A few overdue jobs are normal. Some in every sweep mean that messages get lost.
    overdue = set().union(
        *(swept.get(state, ()) for state in ("put_back", "failed", "waiting", "held"))
    )
    counted.gauge_overdue(jobs.table_name, len(overdue))
    logger.info("Swept", extra=facts)
    return facts


def time_left(context: LambdaContext) -> timedelta:
    """The time in which jobs may still be begun."""
    return timedelta(milliseconds=context.get_remaining_time_in_millis()) - RESERVE
