"""The event that Lambda makes of SQS's messages, and the answer that a handler gives to it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from decimal import Decimal
from inspect import iscoroutine
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from careervp_jobs_dal.job.attribute import JOB_ID
from careervp_jobs_dal.testing.argument_check import check_function, check_instance, check_text, check_whole
from careervp_jobs_dal.testing.clock import Clock
from careervp_jobs_dal.worker.visibility import queue_url_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import datetime

QUEUE_ARN = "arn:aws:sqs:eu-west-1:123456789012:jobs"


def sqs_event(
    *job_ids: str,
    body: Callable[[str], str] | None = None,
    receive_count: int = 1,
    queue_arn: str = QUEUE_ARN,
) -> dict[str, Any]:
    """Make Lambda's event for a worker: a batch with a message for each job.

    Args:
        *job_ids: the jobs' ids.
        body: makes the message's body of an id; without it, `{"job_id": …}`.
        receive_count: the number of times that the messages were received, this time included.
        queue_arn: the queue's ARN.

    Raises:
        ValueError: an argument has no valid value, such as an id that is no text; the message names it.

    >>> with embedded_jobs() as jobs:
    ...     worker = JobWorker(jobs.repository, lambda claim: None)
    ...     worker(sqs_event(jobs.builder.pending()["job_id"]), LambdaContext())
    {'batchItemFailures': []}
    """
    check_whole("receive_count", receive_count)
    if queue_url_of(queue_arn) is None:
        raise ValueError(f"queue_arn must be the ARN of a queue of SQS; not {queue_arn!r}")
    if not job_ids:
        raise ValueError("job_ids must be at least one: Lambda sends no empty batch")
    now = Clock()()
    counts = {"ApproximateReceiveCount": str(receive_count), **times(now, now)}
    records = [sqs_record(str(uuid4()), str(uuid4()), text, counts, queue_arn) for text in bodies_of(job_ids, body)]
    return {"Records": records}


def bodies_of(job_ids: Iterable[str], body: Callable[[str], str] | None) -> list[str]:
    """Return the bodies of messages about jobs.

    Without `body`, they have the form in which `JobSender` sends them.

    Raises:
        ValueError: an id is no text, or `body` is no function that makes a text.
    """
    check_function("body", body, or_none=True)
    bodies = []
    for job_id in job_ids:
        check_text("job_id", job_id)
        bodies.append(json.dumps({JOB_ID: job_id}) if body is None else body(job_id))
        check_instance("the body", bodies[-1], str, "text")
    return bodies


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


def check_answer(answer: object) -> None:
    """Check that Lambda could return a handler's answer.

    >>> check_answer({"batchItemFailures": set()})
    Traceback (most recent call last):
    TypeError: Lambda cannot return the handler's answer: Object of type set is not JSON serializable

    Raises:
        TypeError: it is not JSON, such as the coroutine of an async function.
    """
    if iscoroutine(answer):
        answer.close()
        raise TypeError("Lambda awaits no handler: it must be a function, and not async")
    try:
        json.dumps(answer, default=_decimal)
    except (TypeError, ValueError) as error:
        raise TypeError(f"Lambda cannot return the handler's answer: {error}") from None


def _decimal(value: object) -> str:
    if isinstance(value, Decimal):  # Lambda writes it as a number
        return str(value)
    raise TypeError(f"Object of type {type(value).__name__} is not JSON serializable")


def left_in_the_queue(answer: object, message_ids: set[str]) -> set[str]:
    """Return the messages of a batch that a handler's answer leaves there.

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
