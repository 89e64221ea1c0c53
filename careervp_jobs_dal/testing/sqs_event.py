"""The event that Lambda makes of SQS's messages, and the answer that a handler gives to it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from careervp_jobs_dal.job.attribute import JOB_ID
from careervp_jobs_dal.testing.argument_check import check_whole
from careervp_jobs_dal.testing.clock import Clock

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

QUEUE_ARN = "arn:aws:sqs:eu-west-1:123456789012:jobs"


def sqs_event(
    *job_ids: str,
    body: Callable[[str], str] | None = None,
    receive_count: int = 1,
    queue_arn: str = QUEUE_ARN,
) -> dict[str, Any]:
    """Make the event that Lambda gives to a worker: one batch, with a message for each job.

    Args:
        *job_ids: the jobs' ids.
        body: makes the message's body of an id; without it, `{"job_id": …}`.
        receive_count: the number of times that the messages were received, this time included.
        queue_arn: the queue's ARN.

    Raises:
        ValueError: `receive_count` is no whole number, or below 1.

    >>> with embedded_jobs() as jobs:
    ...     worker = JobWorker(jobs.repository, lambda claim: None)
    ...     worker(sqs_event(jobs.builder.pending()["job_id"]), LambdaContext())
    {'batchItemFailures': []}
    """
    check_whole("receive_count", receive_count)
    now = Clock()()
    counts = {"ApproximateReceiveCount": str(receive_count), **times(now, now)}
    records = [
        sqs_record(str(uuid4()), str(uuid4()), (body or body_of)(job_id), counts, queue_arn) for job_id in job_ids
    ]
    return {"Records": records}


def body_of(job_id: str) -> str:
    """Return the body in which this library's examples and commands send an id."""
    return json.dumps({JOB_ID: job_id})


def times(sent: datetime, first_received: datetime) -> dict[str, str]:
    """Return the instants among a message's attributes."""
    stamps = {"SentTimestamp": sent, "ApproximateFirstReceiveTimestamp": first_received}
    return {name: str(int(instant.timestamp() * 1000)) for name, instant in stamps.items()}


def sqs_record(message_id: str, handle: str, body: str, attributes: Mapping[str, str], arn: str) -> dict[str, Any]:
    """Make one message of an event."""
    return {
        "messageId": message_id,
        "receiptHandle": handle,
        "body": body,
        "attributes": {**attributes, "SenderId": "AIDAIENQZJOLO23YVJ4VO"},
        "messageAttributes": {},
        "md5OfBody": md5_of(body),
        "eventSource": "aws:sqs",
        "eventSourceARN": arn,
        "awsRegion": arn.split(":")[3],
    }


def md5_of(body: str) -> str:
    """Return the checksum that SQS gives of a body."""
    return hashlib.md5(body.encode(), usedforsecurity=False).hexdigest()


def left_in_the_queue(answer: object, message_ids: set[str]) -> set[str]:
    """Return the messages of a batch that a handler's answer leaves in the queue, as Lambda reads it.

    No answer acknowledges all. An answer that names another message leaves all.

    >>> left_in_the_queue({"batchItemFailures": [{"itemIdentifier": "m-1"}]}, {"m-1", "m-2"})
    {'m-1'}
    >>> left_in_the_queue({"batchItemFailures": [{"itemIdentifier": ""}]}, {"m-1"}), left_in_the_queue(None, {"m-1"})
    ({'m-1'}, set())
    """
    failures = answer.get("batchItemFailures") if isinstance(answer, Mapping) else None
    try:
        failed = {each["itemIdentifier"] for each in failures or ()}
    except (KeyError, TypeError):
        return message_ids
    return failed if failed <= message_ids else message_ids
