"""An AWS inside this process: moto's DynamoDB, SQS and S3, with the service's resources in them."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
from moto import mock_aws

from careervp_jobs_dal import create_table

Handler = Callable[[dict[str, Any], Any], dict[str, Any]]
Message = dict[str, Any]

REGION = "eu-west-1"
FAKE_ACCOUNT = {
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",
    "AWS_DEFAULT_REGION": REGION,
    "AWS_REGION": REGION,
    "AWS_EC2_METADATA_DISABLED": "true",
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
}
SERVICE = {
    "JOBS_TABLE_NAME": "careervp-jobs-table-demo",
    "VPR_RESULTS_BUCKET": "careervp-results-demo",
    "POWERTOOLS_SERVICE_NAME": "vpr",
}
TIME_OUT = timedelta(minutes=15)
"""The functions' time-out, the longest that Lambda allows."""


@contextmanager
def embedded_aws() -> Iterator[None]:
    """Run with a new, empty AWS that holds the service's table, queue and bucket."""
    # A profile, an endpoint or a moto server of the person who runs this must not be used, nor a secret for ids.
    for name in [name for name in os.environ if name.startswith(("AWS_", "TEST_SERVER_MODE", "JOBS_"))]:
        del os.environ[name]
    os.environ.update(FAKE_ACCOUNT | SERVICE)
    with mock_aws():
        create_table(SERVICE["JOBS_TABLE_NAME"]).unwrap()
        boto3.client("s3").create_bucket(
            Bucket=SERVICE["VPR_RESULTS_BUCKET"],
            CreateBucketConfiguration={"LocationConstraint": REGION},
        )
        queue = boto3.client("sqs").create_queue(QueueName="careervp-jobs-demo")
        os.environ["JOBS_QUEUE_URL"] = queue["QueueUrl"]
        yield


class Clock:
    """The present, and whatever has been added to it: nobody waits for a lease to lapse."""

    def __init__(self) -> None:
        self._added = timedelta(0)

    def __call__(self) -> datetime:
        """Tell the time, as `JobsRepository` asks for it."""
        return datetime.now(UTC) + self._added

    def advance(self, by: timedelta) -> None:
        """Let time pass at once."""
        self._added += by


class Queue:
    """What Lambda does between a queue and its function, one message at a time."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._sqs: Any = boto3.client("sqs")

    def receive(self) -> Message | None:
        """Take one message, if any; others do not see it until it is deleted or released."""
        answer = self._sqs.receive_message(QueueUrl=self._url, MessageSystemAttributeNames=["All"])
        return next(iter(answer.get("Messages", [])), None)

    def deliver(self, message: Message, worker: Handler) -> bool:
        """Call the worker with a message, and return whether it acknowledged the message."""
        record = {
            "messageId": message["MessageId"],
            "receiptHandle": message["ReceiptHandle"],
            "body": message["Body"],
            "attributes": message["Attributes"],
            "eventSource": "aws:sqs",
        }
        answer = worker({"Records": [record]}, Invocation())
        return not answer["batchItemFailures"]

    def delete(self, message: Message) -> None:
        """Remove an acknowledged message."""
        self._sqs.delete_message(QueueUrl=self._url, ReceiptHandle=message["ReceiptHandle"])

    def release(self, message: Message) -> None:
        """Make a message visible again, as the end of its visibility time-out does."""
        self._sqs.change_message_visibility(
            QueueUrl=self._url, ReceiptHandle=message["ReceiptHandle"], VisibilityTimeout=0
        )

    def __len__(self) -> int:
        """Count the messages that wait and those in flight."""
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        answer = self._sqs.get_queue_attributes(QueueUrl=self._url, AttributeNames=names)
        return sum(int(answer["Attributes"][name]) for name in names)


class Invocation:
    """Lambda's context object, at the beginning of an invocation."""

    def get_remaining_time_in_millis(self) -> int:
        """Tell how long the function may still run."""
        return TIME_OUT // timedelta(milliseconds=1)


def call(handler: Handler, user_id: str, event: dict[str, Any]) -> tuple[int, dict[str, Any]]:
    """Call a handler as API Gateway does for this user, and return its status code and decoded body."""
    answer = handler({"requestContext": {"authorizer": {"claims": {"sub": user_id}}}, **event}, Invocation())
    return answer["statusCode"], json.loads(answer["body"])
