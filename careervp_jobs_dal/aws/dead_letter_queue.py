"""A queue of dead letters, as an operator looks at it: its messages, and AWS's own redrive of all of them."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

from careervp_jobs_dal.aws.client import QueueError, at_queue, open_sqs, queue_errors

if TYPE_CHECKING:
    from careervp_jobs_dal.aws.client import Settings

LOOK_SECONDS = 30
"""Time for which a message that is looked at is hidden, if it cannot be given back."""
_MOST = 10  # SQS's limit for one request
_EMPTY_ANSWERS = 2  # without a new message; a short poll can miss some


class Letter(NamedTuple):
    """Message that was given up.

    Attributes:
        message_id: its id.
        body: its body, which is not to be shown.
        receives: the number of times it was received, this look among them.
        sent_at: the instant at which it was sent.
        received_at: the instant at which it was received first.
    """

    message_id: str
    body: str
    receives: int
    sent_at: datetime | None
    received_at: datetime | None

    def __repr__(self) -> str:
        return f"Letter({self.message_id!r}, receives={self.receives})"


class Redrive(NamedTuple):
    """State of a redrive.

    Attributes:
        status: RUNNING, COMPLETED, CANCELLING, CANCELLED or FAILED.
        moved: the messages that were sent back so far.
        total: the messages that were there at the start, as far as known.
        reason: SQS's code for a failure.
    """

    status: str
    moved: int
    total: int | None
    reason: str | None


class DeadLetterQueue:
    """Queue of dead letters.

    Each method raises `QueueError` where SQS refuses or is not reached.
    """

    def __init__(self, queue_url: str, settings: Settings) -> None:
        self.queue_url = queue_url
        self._sqs = open_sqs(queue_url, settings)

    @staticmethod
    def of(queue_url: str, settings: Settings) -> DeadLetterQueue | None:
        """Return the queue of another one's dead letters; None if it has none."""
        sqs = open_sqs(queue_url, settings)
        with queue_errors(queue_url):
            found = sqs.get_queue_attributes(QueueUrl=queue_url, AttributeNames=["RedrivePolicy"])
            policy = json.loads(found.get("Attributes", {}).get("RedrivePolicy", "{}"))
            arn = str(policy.get("deadLetterTargetArn", ""))
            if not arn:
                return None
            account, name = arn.split(":")[4:6]
            address = sqs.get_queue_url(QueueName=name, QueueOwnerAWSAccountId=account)["QueueUrl"]
        return DeadLetterQueue(address, settings)

    @cached_property
    def arn(self) -> str:
        """Return the queue's ARN, which is asked for once."""
        return self._attributes("QueueArn")["QueueArn"]

    def count(self) -> int:
        """Return the number of messages, as SQS estimates it."""
        return int(self._attributes("ApproximateNumberOfMessages")["ApproximateNumberOfMessages"])

    def look(self, limit: int) -> list[Letter]:
        """Return some messages, the first ones that SQS gives, and give them back."""
        held: dict[str, dict[str, Any]] = {}
        empty = 0
        try:
            while len(held) < limit and empty < _EMPTY_ANSWERS:
                messages = self._receive(min(_MOST, limit - len(held)))
                # A look that takes long meets its first messages again.
                empty = 0 if any(message["MessageId"] not in held for message in messages) else empty + 1
                held |= {message["MessageId"]: message for message in messages}
        finally:
            self._give_back([message["ReceiptHandle"] for message in held.values()])
        return [_letter(message) for message in held.values()]

    def start_redrive(self, per_second: int | None) -> None:
        """Begin to send all messages back to the queues from which they came."""
        rate = {} if per_second is None else {"MaxNumberOfMessagesPerSecond": per_second}
        arn = self.arn
        with queue_errors(self.queue_url):
            self._sqs.start_message_move_task(SourceArn=arn, **rate)

    def redrive(self) -> Redrive:
        """Return the state of the last redrive."""
        arn = self.arn
        with queue_errors(self.queue_url):
            tasks = self._sqs.list_message_move_tasks(SourceArn=arn, MaxResults=1)["Results"]
        if not tasks:
            raise QueueError(at_queue("SQS names no redrive", self.queue_url))
        task = tasks[0]
        moved, total = task.get("ApproximateNumberOfMessagesMoved", 0), task.get("ApproximateNumberOfMessagesToMove")
        return Redrive(task["Status"], moved, total, task.get("FailureReason"))

    def _attributes(self, name: str) -> dict[str, str]:
        with queue_errors(self.queue_url):
            found: dict[str, str] = self._sqs.get_queue_attributes(QueueUrl=self.queue_url, AttributeNames=[name])[
                "Attributes"
            ]
        return found

    def _receive(self, number: int) -> list[dict[str, Any]]:
        with queue_errors(self.queue_url):
            answer = self._sqs.receive_message(
                QueueUrl=self.queue_url,
                MaxNumberOfMessages=number,
                VisibilityTimeout=LOOK_SECONDS,
                AttributeNames=["All"],
            )
        messages: list[dict[str, Any]] = answer.get("Messages", [])
        return messages

    def _give_back(self, handles: list[str]) -> None:
        for start in range(0, len(handles), _MOST):
            entries = [
                {"Id": str(number), "ReceiptHandle": handle, "VisibilityTimeout": 0}
                for number, handle in enumerate(handles[start : start + _MOST])
            ]
            with queue_errors(self.queue_url):
                self._sqs.change_message_visibility_batch(QueueUrl=self.queue_url, Entries=entries)


def _letter(message: dict[str, Any]) -> Letter:
    facts = message.get("Attributes", {})
    return Letter(
        message["MessageId"],
        message.get("Body", ""),
        int(facts.get("ApproximateReceiveCount", 1)),
        _instant(facts.get("SentTimestamp")),
        _instant(facts.get("ApproximateFirstReceiveTimestamp")),
    )


def _instant(milliseconds: str | None) -> datetime | None:
    return datetime.fromtimestamp(int(milliseconds) / 1000, UTC) if milliseconds else None
