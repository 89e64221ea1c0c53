"""The visibility timeout of one message: the time for which the queue hides it after its receipt.

A message that stays in the queue returns when that time ends. The queue has one time for all, far too long for some and
too short for others. So the worker sets it for each message that it leaves there.
"""

from __future__ import annotations

import re
from math import ceil
from typing import TYPE_CHECKING, Any

from careervp_jobs_dal.aws.log import write_line
from careervp_jobs_dal.aws.service_client import ServiceClient, service_error_code
from careervp_jobs_dal.job.line import hide_password

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import timedelta

LONGEST_SECONDS = 42_000
"""The longest time that is asked for.

SQS allows 12 hours, counted from the receipt. 20 minutes of them are left for the delivery and the invocation.
"""
_QUEUE_ARN = re.compile(r"arn:([\w-]+):sqs:([\w-]+):(\d+):([\w.-]+)", re.ASCII)
_SUFFIXES = {
    "aws-cn": "amazonaws.com.cn",
    "aws-eusc": "amazonaws.eu",
    "aws-iso": "c2s.ic.gov",
    "aws-iso-b": "sc2s.sgov.gov",
    "aws-iso-e": "cloud.adc-e.uk",
    "aws-iso-f": "csp.hci.ic.gov",
}


def queue_url_of(arn: object) -> str | None:
    """Return the URL of the queue with this ARN; None for anything else.

    >>> queue_url_of("arn:aws-cn:sqs:cn-north-1:123456789012:jobs")
    'https://sqs.cn-north-1.amazonaws.com.cn/123456789012/jobs'
    """
    parts = _QUEUE_ARN.fullmatch(arn) if isinstance(arn, str) else None
    if parts is None:
        return None
    partition, region, account, name = parts.groups()
    return f"https://sqs.{region}.{_SUFFIXES.get(partition, 'amazonaws.com')}/{account}/{name}"


class Visibility:
    """The way to change the visibility timeout of a queue's messages.

    Args:
        queue_url: the queue; None for the one in a message's `eventSourceARN`.
        sqs: a ready client of SQS; None for a new one, made with the first change.
    """

    def __init__(self, queue_url: str | None, sqs: Any) -> None:
        self._queue_url = queue_url
        retries = {"mode": "standard", "total_max_attempts": 2}
        self._client = ServiceClient("sqs", sqs, connect_timeout=1, read_timeout=3, retries=retries)

    def of(self, message: Mapping[str, Any]) -> Receipt:
        """Return the receipt of a message, as Lambda delivers it."""
        url = self._queue_url or queue_url_of(message.get("eventSourceARN"))
        return Receipt(self._client, url, message.get("receiptHandle"), message.get("messageId"))


class Receipt:
    """Receipt of a message; without a queue or a handle it changes nothing."""

    def __init__(self, client: ServiceClient, queue_url: str | None, handle: str | None, message_id: object) -> None:
        self._client = client
        self._queue_url = queue_url
        self._handle = handle
        self._message_id = message_id
        self._has_failed = False

    def hide(self, pause: timedelta) -> None:
        """Hide the message for this time; a failure is one log line."""
        if not self._queue_url or not self._handle:
            return
        seconds = min(max(ceil(pause.total_seconds()), 0), LONGEST_SECONDS)
        try:
            self._client.get().change_message_visibility(
                QueueUrl=self._queue_url, ReceiptHandle=self._handle, VisibilityTimeout=seconds
            )
        except Exception as error:
            self._tell(error)

    def _tell(self, error: Exception) -> None:
        """Write the first failure into the log; a heartbeat can have many."""
        if self._has_failed:
            return
        self._has_failed = True
        code = service_error_code(error) or type(error).__name__
        queue_url = hide_password(self._queue_url or "")
        facts = {"message_id": self._message_id, "queue_url": queue_url, "code": code}
        cure = "; the function needs sqs:ChangeMessageVisibility" if "AccessDenied" in code else ""
        write_line("warning", f"A message's visibility timeout is unchanged: {code}{cure}", facts)


NO_RECEIPT = Receipt(ServiceClient("sqs"), None, None, None)
"""Receipt of a job that came without a message."""
