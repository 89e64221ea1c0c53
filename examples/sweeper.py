"""Sweeper handler: runs on a schedule, puts back the jobs whose workers have died, and queues what waits."""

from __future__ import annotations

import json
import os
from datetime import timedelta
from functools import cache
from typing import Any

import boto3
from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from careervp_jobs_dal import JobsOperator, JobsRepository

# Read at import: a missing setting stops the deployment, not the first sweep.
QUEUE_URL = os.environ["JOBS_QUEUE_URL"]
# Longer than a job usually takes, its time in the queue included.
OLDER_THAN = timedelta(minutes=int(os.environ.get("SWEEP_OLDER_THAN_MINUTES", "60")))

# The function's environment sets POWERTOOLS_SERVICE_NAME: by that name alone the library's log lines find this logger.
logger = Logger()
operator = JobsOperator(JobsRepository())


@cache
def sqs() -> Any:
    """Connect on first use; a warm Lambda keeps the client."""
    return boto3.client("sqs")


def enqueue(job_id: str) -> None:
    """Send the id alone, as the submit handler does."""
    sqs().send_message(QueueUrl=QUEUE_URL, MessageBody=json.dumps({"job_id": job_id}))


def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, int]:
    """Recover at most 100 jobs, the oldest first; the next sweep takes the rest."""
    # A failure raises, so that EventBridge tries again and the alarm on errors hears of it.
    recovery = operator.recover_jobs(older_than=OLDER_THAN, enqueue=enqueue).unwrap()
    swept = {
        "put_back": len(recovery.put_back),
        "failed": len(recovery.failed),
        "waiting": len(recovery.waiting),
        "held": len(recovery.held),
        "unread": len(recovery.unread),
        "to_enqueue": len(recovery.to_enqueue),
    }
    logger.info("Swept", extra=swept)
    return swept
