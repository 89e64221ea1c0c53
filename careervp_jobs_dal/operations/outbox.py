"""Hand-over of recovered jobs to their queue, by the caller's own functions."""

from __future__ import annotations

from enum import Enum, auto
from typing import TYPE_CHECKING, NamedTuple

from careervp_jobs_dal.aws.log import frames_of, write_line
from careervp_jobs_dal.job.attribute import JOB_ID
from careervp_jobs_dal.job.invalid_input import InvalidInputError
from careervp_jobs_dal.operations.batch import decoded

if TYPE_CHECKING:
    from collections.abc import Callable

    from careervp_jobs_dal.codec.packing import Decoder
    from careervp_jobs_dal.job.record import Item, JobRecord


class Sent(Enum):
    """Outcome of a hand-over: sent, without a queue, or failed."""

    YES = auto()
    NO = auto()
    FAILED = auto()


class Outbox(NamedTuple):
    """Functions of the caller that send an id to a queue.

    Attributes:
        enqueue: sends every id.
        enqueue_by: chooses the function that sends a job's id; None where there is nobody to send it to.
    """

    enqueue: Callable[[str], object] | None
    enqueue_by: Callable[[JobRecord], Callable[[str], object] | None] | None = None

    def check(self) -> None:
        """Refuse two ways of sending, and any that cannot be called.

        Raises:
            InvalidInputError: the message says which.
        """
        if self.enqueue is not None and self.enqueue_by is not None:
            raise InvalidInputError("enqueue and enqueue_by exclude each other")
        for name, given in self._asdict().items():
            if given is not None and not callable(given):
                raise InvalidInputError(f"{name} must be a function")

    def send(self, record: Item, decode: Decoder) -> Sent:
        """Send one id; a log line says why it was not sent."""
        job_id: str = record[JOB_ID]
        try:
            enqueue = self.enqueue if self.enqueue_by is None else self._chosen(self.enqueue_by, record, decode)
            if enqueue is None:
                return Sent.NO
            enqueue(job_id)
        except Exception as error:
            kind, frames = type(error).__name__, frames_of(error)
            message = f"Job {job_id} was not enqueued: {kind}, at {frames}"
            write_line("warning", message, {"job_id": job_id, "exception": kind, "frames": frames})
            return Sent.FAILED
        return Sent.YES

    def _chosen(
        self, enqueue_by: Callable[[JobRecord], Callable[[str], object] | None], record: Item, decode: Decoder
    ) -> Callable[[str], object] | None:
        job = decoded(record, decode)
        enqueue = None if job is None else enqueue_by(job)
        if job is not None and enqueue is None:
            job_id = record[JOB_ID]
            write_line("warning", f"Job {job_id} was not enqueued: enqueue_by has no queue for it", {"job_id": job_id})
        return enqueue
