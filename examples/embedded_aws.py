"""An AWS inside this process: moto's DynamoDB, SQS and S3, with the service's resources in them."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import boto3
from moto import mock_aws

from careervp_jobs_dal import create_table

Handler = Callable[[dict[str, Any], Any], dict[str, Any]]

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
}


@contextmanager
def embedded_aws() -> Iterator[None]:
    """Run with a new, empty AWS that holds the service's table, queue and bucket."""
    # A profile, an endpoint or a moto server of the person who runs this must not be used.
    for name in [name for name in os.environ if name.startswith(("AWS_", "TEST_SERVER_MODE"))]:
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


class Queue:
    """What Lambda does between a queue and its function, one message at a time."""

    def __init__(self, url: str, worker: Handler) -> None:
        self._url = url
        self._worker = worker
        self._sqs: Any = boto3.client("sqs")

    def receive(self) -> dict[str, Any] | None:
        """Take one message, if any; others do not see it until it is deleted or released."""
        answer = self._sqs.receive_message(QueueUrl=self._url, MessageSystemAttributeNames=["All"])
        return next(iter(answer.get("Messages", [])), None)

    def deliver(self, message: dict[str, Any]) -> bool:
        """Call the worker with a message, and return whether it acknowledged the message."""
        record = {
            "messageId": message["MessageId"],
            "receiptHandle": message["ReceiptHandle"],
            "body": message["Body"],
            "attributes": message["Attributes"],
            "eventSource": "aws:sqs",
        }
        answer = self._worker({"Records": [record]}, None)
        return not answer["batchItemFailures"]

    def delete(self, message: dict[str, Any]) -> None:
        """Remove an acknowledged message."""
        self._sqs.delete_message(QueueUrl=self._url, ReceiptHandle=message["ReceiptHandle"])

    def release(self, message: dict[str, Any]) -> None:
        """Make a message visible again, as the end of its visibility time-out does."""
        self._sqs.change_message_visibility(
            QueueUrl=self._url, ReceiptHandle=message["ReceiptHandle"], VisibilityTimeout=0
        )

    def __len__(self) -> int:
        """Count the messages that wait and those in flight."""
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        answer = self._sqs.get_queue_attributes(QueueUrl=self._url, AttributeNames=names)
        return sum(int(answer["Attributes"][name]) for name in names)


def call(handler: Handler, event: dict[str, Any]) -> tuple[int, dict[str, Any]]:
    """Call a handler as API Gateway does, and return its status code and decoded body."""
    answer = handler(event, None)
    return answer["statusCode"], json.loads(answer["body"])
