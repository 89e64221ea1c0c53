"""Delivery of job ids to the queue, and the reason where it fails."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


def deliver(send: Callable[[str], None] | None, job_id: str) -> str | None:
    """Send one id, and return the reason of a failure, if any.

    The reason holds no value of a record.
    """
    if send is None:
        return "no --queue-url"
    from careervp_jobs_dal.aws.client import QueueError

    try:
        send(job_id)
    except QueueError as error:
        return str(error)
    return None


class Delivery:
    """Sender of ids for a method that takes `enqueue`.

    Attributes:
        sent: the number of ids that were sent.
        trouble: the reason of the last failure, without a value of a record; None before the first failure.
    """

    def __init__(self, send: Callable[[str], None]) -> None:
        self._send = send
        self.sent: int = 0
        self.trouble: str | None = None

    def __call__(self, job_id: str) -> None:
        """Send one id.

        Raises:
            ConnectionError: the id could not be sent.
        """
        trouble = deliver(self._send, job_id)
        if trouble:
            self.trouble = trouble
            raise ConnectionError(trouble)
        self.sent += 1
