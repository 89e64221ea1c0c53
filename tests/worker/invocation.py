"""What calls a worker in these tests: messages, an invocation, and a queue that notes what is asked of it."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any, NoReturn

from careervp_jobs_dal import Claim

MINUTE = timedelta(minutes=1)
QUEUE_ARN = "arn:aws:sqs:eu-west-1:123456789012:jobs"
QUEUE_URL = "https://sqs.eu-west-1.amazonaws.com/123456789012/jobs"


class Context:
    """An invocation with some time left."""

    function_name = "worker"
    function_version = "1"
    memory_limit_in_mb = 512
    invoked_function_arn = "arn:aws:lambda:eu-west-1:123456789012:function:worker"
    aws_request_id = "request-1"

    def __init__(self, milliseconds: int = 60_000) -> None:
        self.milliseconds = milliseconds

    def get_remaining_time_in_millis(self) -> int:
        return self.milliseconds


class Sqs:
    """A client of SQS that notes how long messages are hidden, and can refuse."""

    def __init__(self, error: Exception | None = None) -> None:
        self.asked: list[dict[str, Any]] = []
        self.error = error

    def change_message_visibility(self, **asked: Any) -> None:
        self.asked.append(asked)
        if self.error is not None:
            raise self.error

    @property
    def pauses(self) -> list[int]:
        return [asked["VisibilityTimeout"] for asked in self.asked]


def message(job_id: str, number: int = 1) -> dict[str, Any]:
    """A message as Lambda delivers it."""
    return {
        "messageId": f"m-{number}",
        "receiptHandle": f"r-{number}",
        "body": json.dumps({"job_id": job_id}),
        "attributes": {"ApproximateReceiveCount": "11"},
        "eventSource": "aws:sqs",
        "eventSourceARN": QUEUE_ARN,
    }


def event(*job_ids: str) -> dict[str, Any]:
    """A batch with a message for each job."""
    return {"Records": [message(job_id, number) for number, job_id in enumerate(job_ids, 1)]}


def failures(*numbers: int) -> dict[str, list[dict[str, str]]]:
    """The answer that leaves these messages in the queue."""
    return {"batchItemFailures": [{"itemIdentifier": f"m-{number}"} for number in numbers]}


def raising(error: BaseException) -> Callable[[Claim], NoReturn]:
    def work(claim: Claim) -> NoReturn:
        raise error

    return work
