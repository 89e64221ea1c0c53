"""The service's AWS inside this process: its table, queue and bucket, and what calls its functions."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import boto3

from careervp_jobs_dal import create_table
from careervp_jobs_dal.testing import embedded_aws

Handler = Callable[[dict[str, Any], Any], dict[str, Any]]
Message = dict[str, Any]

SETTINGS = {
    "JOBS_TABLE_NAME": "careervp-jobs-table-demo",
    "JOBS_ID_SECRET": "",
    "VPR_RESULTS_BUCKET": "careervp-results-demo",
    "POWERTOOLS_SERVICE_NAME": "vpr",
    "JOBS_TRANSPORT": "auto",
    "POWERTOOLS_METRICS_DISABLED": "true",
}
TIME_OUT = timedelta(minutes=15)
"""The functions' time-out, the longest that Lambda allows."""


@contextmanager
def service_aws() -> Iterator[None]:
    """Run with a new, empty AWS that holds the service's table, queue and bucket."""
    with embedded_aws(**SETTINGS):
        create_table(SETTINGS["JOBS_TABLE_NAME"]).unwrap()
        boto3.client("s3").create_bucket(
            Bucket=SETTINGS["VPR_RESULTS_BUCKET"],
            CreateBucketConfiguration={
                "LocationConstraint": os.environ["AWS_DEFAULT_REGION"]
            },
        )
        os.environ["JOBS_QUEUE_URL"] = boto3.client("sqs").create_queue(
            QueueName="careervp-jobs-demo"
        )["QueueUrl"]
        yield


class Queue:
    """The queue, read as Lambda reads it for a function: one message at a time."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._sqs: Any = boto3.client("sqs")
        named = self._sqs.get_queue_attributes(
            QueueUrl=url, AttributeNames=["QueueArn"]
        )
        self._arn = named["Attributes"]["QueueArn"]

    def receive(self) -> Message | None:
        """Take one message, if any; it stays hidden until it is deleted or released."""
        answer = self._sqs.receive_message(
            QueueUrl=self._url, MessageSystemAttributeNames=["All"]
        )
        return next(iter(answer.get("Messages", [])), None)

    def deliver(self, message: Message, worker: Handler) -> bool:
        """Call the worker with a message, and return whether it acknowledged the message."""
        record = {
            "messageId": message["MessageId"],
            "receiptHandle": message["ReceiptHandle"],
            "body": message["Body"],
            "attributes": message["Attributes"],
            "eventSource": "aws:sqs",
            "eventSourceARN": self._arn,
        }
        return not worker({"Records": [record]}, Invocation())["batchItemFailures"]

    def delete(self, message: Message) -> None:
        """Remove an acknowledged message."""
        self._sqs.delete_message(
            QueueUrl=self._url, ReceiptHandle=message["ReceiptHandle"]
        )

    def release(self, message: Message) -> None:
        """Make a message visible again, as the end of its visibility time-out does."""
        self._sqs.change_message_visibility(
            QueueUrl=self._url,
            ReceiptHandle=message["ReceiptHandle"],
            VisibilityTimeout=0,
        )

    def __len__(self) -> int:
        """Count the messages that wait and those in flight."""
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        answer = self._sqs.get_queue_attributes(
            QueueUrl=self._url, AttributeNames=names
        )
        return sum(int(answer["Attributes"][name]) for name in names)


class Invocation:
    """Lambda's context object, at the beginning of an invocation."""

    def get_remaining_time_in_millis(self) -> int:
        """Tell how long the function may still run."""
        return TIME_OUT // timedelta(milliseconds=1)


def call(
    handler: Handler, user_id: str, event: dict[str, Any]
) -> tuple[int, dict[str, Any]]:
    """Call a handler as API Gateway does; return its status code and decoded body."""
    answer = handler(
        {"requestContext": {"authorizer": {"claims": {"sub": user_id}}}, **event},
        Invocation(),
    )
    return answer["statusCode"], json.loads(answer["body"])
