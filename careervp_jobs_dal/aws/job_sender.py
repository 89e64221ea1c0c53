"""`JobSender`: it sends jobs to their queue, ten in one request, and tells which ones were not sent.

sender               SQS
  | -- 10 messages --> |
  | <-- 9, and 1 not - |
  | -- the 1 again --> |  after a backoff, unless SQS says that the sender is at fault
"""

from __future__ import annotations

import random
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from careervp_jobs_dal.aws.environment import id_secret_from_environment
from careervp_jobs_dal.aws.log import write_line
from careervp_jobs_dal.aws.queue_message import Parcel, message_of, parcel_of
from careervp_jobs_dal.aws.service_client import ServiceClient, service_error_code
from careervp_jobs_dal.job.line import hide_password, printable
from careervp_jobs_dal.job.record import Submission
from careervp_jobs_dal.plans.backoff import RETRIES

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

# SQS's limit for one request. Its limit in bytes is out of reach: an id has at most 2,048 bytes.
BATCH = 10
ATTEMPTS = 3


@dataclass(frozen=True, slots=True)
class Dispatch:
    """Outcome of sending jobs to a queue.

    Attributes:
        sent: the ids of the jobs that SQS has taken.
        unsent: the reasons, by the ids of the other jobs: an error code of SQS, or the name of an exception. Such a
            message may have been sent all the same. A second message does no harm.
    """

    sent: tuple[str, ...] = ()
    unsent: Mapping[str, str] = field(default_factory=dict)


class JobSender:
    """Sender of jobs to one queue of SQS, in messages that `JobWorker` reads.

    A message has the job's id only. Its `MessageGroupId` stands for the job's user, as a pseudonym. On a standard queue
    that makes SQS share the workers fairly among users. On a FIFO queue, one job of a user is worked on at a time.

    Threads may share a sender. Nothing is connected before the first message.

    Args:
        queue_url: the queue.
        sqs: a ready boto3 client of SQS; without it one is made, with a connect time-out of 1 s, a read time-out of
            3 s and 3 attempts.
        id_secret: makes the pseudonyms of users unguessable; without it JOBS_ID_SECRET is read from the environment.

    Raises:
        ValueError: `queue_url` is no address.

    >>> sender = JobSender("https://sqs.eu-west-1.amazonaws.com/123456789012/jobs", sqs=sqs)
    >>> submission = repository.submit_job("application-11", {}, user_id="user-1").unwrap()
    >>> dispatch = sender.send([submission])
    >>> dispatch.sent == (submission.job_id,), dispatch.unsent
    (True, {})
    """

    def __init__(self, queue_url: str, *, sqs: Any = None, id_secret: str | None = None) -> None:
        if not (isinstance(queue_url, str) and queue_url.startswith(("https://", "http://"))):
            raise ValueError("queue_url must be the queue's whole address, https://…: is its environment variable set?")
        self.queue_url = queue_url
        self._id_secret = id_secret or id_secret_from_environment()
        retries = {"mode": "standard", "total_max_attempts": ATTEMPTS}
        self._client = ServiceClient("sqs", sqs, connect_timeout=1, read_timeout=3, retries=retries)

    def send(self, jobs: Iterable[Submission | Mapping[str, Any] | str]) -> Dispatch:
        """Send jobs, each once, up to ten in one request.

        Args:
            jobs: the answers of `submit_job`, of which those with `should_enqueue` False are left out; or records; or
                ids, whose messages name no user.

        Returns:
            The `Dispatch`. Each job that was not sent has a log line.

        Raises:
            TypeError: `jobs` is a single job, or has something that is no job.
            KeyError: a record among them has no `job_id`.

        >>> sender = JobSender("https://sqs.eu-west-1.amazonaws.com/123456789012/jobs", sqs=sqs)
        >>> sender.send(["vpr-1", "vpr-2"])
        Dispatch(sent=('vpr-1', 'vpr-2'), unsent={})
        """
        if isinstance(jobs, str | Submission) or hasattr(jobs, "keys"):
            raise TypeError("jobs must be a list of jobs")
        wanted = (job for job in jobs if not isinstance(job, Submission) or job.should_enqueue)
        parcels = list({parcel.job_id: parcel for parcel in map(parcel_of, wanted)}.values())
        unsent: dict[str, str] = {}
        lost: str | None = None
        for start in range(0, len(parcels), BATCH):
            batch = parcels[start : start + BATCH]
            if lost is None:
                lost = self._send_batch(batch, unsent)
            else:
                unsent |= {parcel.job_id: lost for parcel in batch}
        for job_id, reason in unsent.items():
            facts = {"job_id": job_id, "queue_url": hide_password(self.queue_url), "code": reason}
            write_line("warning", f"Job {printable(job_id)} was not sent to its queue: {reason}", facts)
        return Dispatch(tuple(parcel.job_id for parcel in parcels if parcel.job_id not in unsent), unsent)

    def send_one(self, job: Submission | Mapping[str, Any] | str) -> None:
        """Send a single job, also where `should_enqueue` is False.

        The `enqueue_by` of `recover_jobs` can return it, with the record that it got.

        Args:
            job: the job, as in `send`.

        Raises:
            ConnectionError: the job was not sent; the text has the reason.
            TypeError: it is no job.
            KeyError: it is a record without a `job_id`.

        >>> sender = JobSender("https://sqs.eu-west-1.amazonaws.com/123456789012/jobs", sqs=sqs)
        >>> sender.send_one("vpr-1")
        """
        unsent: dict[str, str] = {}
        self._send_batch([parcel_of(job)], unsent)
        for job_id, reason in unsent.items():
            raise ConnectionError(f"Job {printable(job_id)} was not sent: {reason}")

    def _send_batch(self, parcels: list[Parcel], unsent: dict[str, str]) -> str | None:
        """Send one batch, and note why a job of it was not sent.

        Returns:
            The reason for which the next batch would not be sent either; None without one.
        """
        ids = {str(number): parcel.job_id for number, parcel in enumerate(parcels)}
        messages = (message_of(parcel, self.queue_url, self._id_secret) for parcel in parcels)
        entries = [{"Id": entry_id, **message} for entry_id, message in zip(ids, messages, strict=True)]
        pause = 0.0
        for _ in range(ATTEMPTS):
            time.sleep(random.uniform(0, pause))  # noqa: S311  # no secret depends on it
            try:
                answer = self._client.get().send_message_batch(QueueUrl=self.queue_url, Entries=entries)
                refusals = _refusals(answer, [entry["Id"] for entry in entries])
            except Exception as error:
                reason = service_error_code(error) or type(error).__name__
                unsent |= {ids[entry["Id"]]: reason for entry in entries}
                return reason
            for entry in entries:
                unsent.pop(ids[entry["Id"]], None)
            unsent |= {ids[entry_id]: refusal.reason for entry_id, refusal in refusals.items()}
            entries = [entry for entry in entries if entry["Id"] in refusals and refusals[entry["Id"]].may_pass]
            if not entries:
                break
            pause = RETRIES.after(pause)
        return None


class _Refusal(NamedTuple):
    """Refusal of one message, and whether the same message may be taken later."""

    reason: str
    may_pass: bool


def _refusals(answer: Mapping[str, Any], entry_ids: Iterable[str]) -> dict[str, _Refusal]:
    """Return the refused messages, and those that the answer does not name."""
    taken = {entry["Id"] for entry in answer.get("Successful", ())}
    told = {entry["Id"]: entry for entry in answer.get("Failed", ())}
    refused = {entry_id: told.get(entry_id, {}) for entry_id in entry_ids if entry_id not in taken}
    return {
        entry_id: _Refusal(str(entry.get("Code", "no answer")), not entry.get("SenderFault", False))
        for entry_id, entry in refused.items()
    }
