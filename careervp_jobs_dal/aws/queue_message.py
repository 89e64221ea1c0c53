"""The message that carries a job's id through SQS, with its group on a FIFO queue.

The deduplication id is new for every message: SQS drops a second message with the same one for five minutes, and a job
that is retried within that time needs it.
"""

from __future__ import annotations

import json
from hashlib import sha256
from typing import Any, NamedTuple

from careervp_jobs_dal.job.attribute import JOB_ID
from careervp_jobs_dal.job.nonce import new_nonce

_FIFO = ".fifo"


class Parcel(NamedTuple):
    """Job to send."""

    job_id: str


def message_of(parcel: Parcel, queue_url: str) -> dict[str, Any]:
    """Return the arguments of `send_message` for a job, but for the queue's URL.

    >>> message_of(Parcel("vpr-1"), "https://sqs.eu-west-1.amazonaws.com/123456789012/jobs")
    {'MessageBody': '{"job_id": "vpr-1"}'}
    """
    message: dict[str, Any] = {"MessageBody": json.dumps({JOB_ID: parcel.job_id})}
    if queue_url.endswith(_FIFO):
        # An id can have letters that a group's name cannot.
        message["MessageGroupId"] = sha256(parcel.job_id.encode()).hexdigest()
        message["MessageDeduplicationId"] = new_nonce()
    return message
