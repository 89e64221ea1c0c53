"""Stream handler: publishes the changes of jobs to an SNS topic, in place of polling.

The table's stream has the view NEW_AND_OLD_IMAGES, and the function's event source
mapping has ReportBatchItemFailures.
"""

from __future__ import annotations

import json
import os
from functools import cache
from typing import Any

import boto3
from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext
from botocore.exceptions import BotoCoreError, ClientError

from careervp_jobs_dal import ChangeKind, JobChange, read_changes

# Read at import: a missing setting stops the deployment, not the first job.
TOPIC_ARN = os.environ["JOBS_TOPIC_ARN"]
TOLD = {ChangeKind.CLAIMED, ChangeKind.PROGRESSED, ChangeKind.FINISHED}
SHOWN = ("user_id", "attempt", "progress", "result_key")

logger = Logger()


@cache
def sns() -> Any:
    """Connect on first use; a warm Lambda keeps the client."""
    return boto3.client("sns")


def lambda_handler(
    event: dict[str, Any], context: LambdaContext
) -> dict[str, list[dict[str, str]]]:
    """Publish the changes in order. After a failure Lambda sends the rest again."""
    for change in read_changes(event):
        try:
            if change.kind in TOLD:
                publish(change)
        except (BotoCoreError, ClientError) as error:
            logger.warning(
                "Change not published",
                extra={"job_id": change.job_id, "reason": type(error).__name__},
            )
            return {"batchItemFailures": [{"itemIdentifier": change.item_identifier}]}
    return {"batchItemFailures": []}


def publish(change: JobChange) -> None:
    """Send the fields that the user may see; a subscriber filters by attributes."""
    sns().publish(
        TopicArn=TOPIC_ARN,
        Message=json.dumps(message(change)),
        MessageAttributes={
            "kind": {"DataType": "String", "StringValue": change.kind.value},
            "status": {"DataType": "String", "StringValue": str(change.status)},
        },
    )


def message(change: JobChange) -> dict[str, Any]:
    """Lay out a message. A change can come twice, with the same `event_id`."""
    job = change.new or {}
    facts = {
        "event_id": change.event_id,
        "job_id": change.job_id,
        "kind": change.kind,
        "status": change.status,
    }
    return facts | {name: job[name] for name in SHOWN if name in job}
