"""A job's way back to PENDING: from when it may be claimed, and how long its record must be kept.

    worker                      queue
      | put back, due in 5 min    |
      |                           |  the message is invisible, at most 12 hours from its receipt
      |                           | ----> next worker: the record must still be there

The write that puts a job back raises a `ttl` that would end before that; so does the claim, for a worker that dies.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from math import ceil
from typing import TYPE_CHECKING, Any

from careervp_jobs_dal.job.attribute import AVAILABLE_AT, STATUS, TTL
from careervp_jobs_dal.job.index import Wait, position
from careervp_jobs_dal.job.instant import instant_text
from careervp_jobs_dal.job.invalid_input import InvalidInputError
from careervp_jobs_dal.job.status import JobStatus

if TYPE_CHECKING:
    from careervp_jobs_dal.job.snapshot import Snapshot

LONGEST_INVISIBILITY = timedelta(hours=12)
"""SQS's limit: a message that was received comes back within this time."""
LONGEST_DELAY = timedelta(minutes=15)
"""SQS's limit for the delay of a new message."""
LONGEST_PAUSE = timedelta(days=366)
# A worker may end its job after the lease has lapsed, and a message may come late.
_OUTLIVES_BY = timedelta(hours=1)


def waiting(job_id: str, available_at: datetime, wait: Wait = Wait.QUEUED) -> dict[str, str]:
    """Return the attributes of a job that may be claimed from this instant on."""
    text = instant_text(available_at)
    return {AVAILABLE_AT: text, **position(job_id, wait, text), STATUS: JobStatus.PENDING.value}


def kept_until(instant: datetime) -> int:
    """Return the earliest `ttl` of a job that is needed until this instant."""
    return ceil((instant + _OUTLIVES_BY).timestamp())


def next_delivery(instant: datetime, now: datetime) -> datetime:
    """Return the latest time at which somebody comes back to a job.

    Args:
        instant: the end of the lease, or of the pause.
        now: the present, at which the job's message is in somebody's hands.
    """
    return max(instant, now + LONGEST_INVISIBILITY)


def ends_before(expires_at: Any, seconds: int) -> bool:
    """Tell whether a record with this `ttl` expires too soon.

    A record without one never expires.

    >>> ends_before(None, 7), ends_before(6, 7), ends_before("soon", 7)
    (False, True, False)
    """
    is_number = not isinstance(expires_at, str | bool | None)
    return is_number and bool(expires_at < seconds)


def raised_ttl(snapshot: Snapshot, seconds: int) -> dict[str, int]:
    """Return the later `ttl` that a record needs, if any."""
    return {TTL: seconds} if ends_before(snapshot.expires_at, seconds) else {}


def check_pause(retry_after: object) -> None:
    """Check a pause between two attempts.

    Raises:
        InvalidInputError: it is neither None nor a timedelta from 0 to 366 days.
    """
    if retry_after is None:
        return
    if not isinstance(retry_after, timedelta) or not timedelta(0) <= retry_after <= LONGEST_PAUSE:
        raise InvalidInputError(f"retry_after must be a timedelta from 0 to {LONGEST_PAUSE.days} days, or None")
