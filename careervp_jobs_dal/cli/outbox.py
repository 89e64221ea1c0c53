"""Sending jobs' ids to the queue, and saying which of them are still to be sent."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator


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


def still_to_send(job_ids: Iterable[str]) -> Iterator[str]:
    """The ids that somebody has to put into the queue, and why."""
    ids = list(job_ids)
    if ids:
        yield ""
        yield "Not in the queue yet; no worker will see these before somebody sends them:"
        yield from ids
