"""Sending a job's id to the queue."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


def deliver(send: Callable[[str], object] | None, job_id: str) -> str | None:
    """Send one id; what went wrong, in words without a value, or None once it is in the queue."""
    if send is None:
        return "no --queue-url"
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        send(job_id)
    except (BotoCoreError, ClientError) as error:
        return str(error)
    return None


class Outbox:
    """Sends ids for a method that takes `enqueue`.

    Attributes:
        trouble: what went wrong last, in words without a value; None while nothing did.
    """

    def __init__(self, send: Callable[[str], object]) -> None:
        self._send = send
        self.trouble: str | None = None

    def __call__(self, job_id: str) -> None:
        """Send one id.

        Raises:
            ConnectionError: it could not be sent.
        """
        trouble = deliver(self._send, job_id)
        if trouble:
            self.trouble = trouble
            raise ConnectionError(trouble)
