"""The message that carries a job's id through SQS, with its group.

    standard queue   MessageGroupId = the user       SQS's fair queues: a user with many messages delays only their own
    FIFO queue       MessageGroupId = the user       one message of a user at a time; a job without a user has a group
                     MessageDeduplicationId          of its own

The group is a pseudonym, because SQS shows it in logs and metrics. The deduplication id is new for every message: SQS
drops a second message with the same one for five minutes, and a job that is retried within that time needs it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from hashlib import sha256
from math import ceil
from typing import Any, NamedTuple

from careervp_jobs_dal.codec.pseudonym import pseudonym
from careervp_jobs_dal.job.attribute import JOB_ID, USER_ID
from careervp_jobs_dal.job.nonce import new_nonce
from careervp_jobs_dal.job.record import Submission
from careervp_jobs_dal.plans.requeue import LONGEST_DELAY

_FIFO = ".fifo"


class Parcel(NamedTuple):
    """Job to send, with the user and the delay in seconds."""

    job_id: str
    user_id: str | None = None
    delay: int = 0

    def __repr__(self) -> str:
        return f"Parcel({self.job_id!r}, delay={self.delay})"


def parcel_of(job: Submission | Mapping[str, Any] | str) -> Parcel:
    """Read a submission, a record or an id.

    Raises:
        TypeError: it is none of these.

    >>> parcel_of({"job_id": "vpr-1", "user_id": "user-1", "status": "PENDING"})
    Parcel('vpr-1', delay=0)
    """
    if isinstance(job, str):
        return Parcel(job)
    if isinstance(job, Submission):
        delay = ceil(min(job.delay, LONGEST_DELAY).total_seconds())
        return Parcel(job.job_id, _user_of(job.job), delay)
    if not isinstance(job, Mapping):
        raise TypeError(f"{type(job).__name__} is no job; unwrap a result of submit_job first")
    return Parcel(job[JOB_ID], _user_of(job))


def _user_of(record: Mapping[str, Any]) -> str | None:
    """Return the user; None where other code has stored something else than text."""
    user_id = record.get(USER_ID)
    return user_id if isinstance(user_id, str) else None


def message_of(parcel: Parcel, queue_url: str, id_secret: str | None = None) -> dict[str, Any]:
    """Return the arguments of `send_message` for a job, but for the queue's URL.

    >>> message_of(Parcel("vpr-1"), "https://sqs.eu-west-1.amazonaws.com/123456789012/jobs")
    {'MessageBody': '{"job_id": "vpr-1"}'}
    """
    message: dict[str, Any] = {"MessageBody": json.dumps({JOB_ID: parcel.job_id})}
    if parcel.user_id is not None:
        message["MessageGroupId"] = pseudonym(parcel.user_id, id_secret)
    if queue_url.endswith(_FIFO):
        # An id can have letters that a group's name cannot.
        message.setdefault("MessageGroupId", sha256(parcel.job_id.encode()).hexdigest())
        message["MessageDeduplicationId"] = new_nonce()
    elif parcel.delay:  # a FIFO queue takes no delay of a single message
        message["DelaySeconds"] = parcel.delay
    return message
