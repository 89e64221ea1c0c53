"""Where a stored job stands in the lifecycle: read from its record once, and checked while it is read."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple

from careervp_jobs_dal.job import MAX_COUNT, parse_instant
from careervp_jobs_dal.status import JobStatus
from careervp_jobs_dal.table import (
    ATTEMPT,
    CANCEL_REQUESTED_AT,
    CLAIM_ID,
    LEASE_EXPIRES_AT,
    MAX_ATTEMPTS,
    STATUS,
    TTL,
)

if TYPE_CHECKING:
    from careervp_jobs_dal.job import Claim
    from careervp_jobs_dal.plan import Item

LEASE_MARGIN = timedelta(seconds=1)
"""How long after a lease's end another worker waits, because two clocks never quite agree."""


class CorruptRecordError(Exception):
    """A stored record that the lifecycle cannot judge; the message names the attribute."""


class JobState(NamedTuple):
    """What the lifecycle decides by.

    Attributes:
        status: the stored status.
        attempt: how many claims there were; 0 before the first.
        max_attempts: the record's own limit, where it has one.
        claim_id: whose claim it is, or was last.
        lease_expires_at: None where no worker of the lifecycle holds the job.
        expires_at: epoch seconds; None where the record does not expire.
        cancel_requested: whether the worker is asked to stop.
    """

    status: JobStatus
    attempt: int
    max_attempts: int | None
    claim_id: str | None
    lease_expires_at: datetime | None
    expires_at: Decimal | None
    cancel_requested: bool

    def expired(self, now: datetime) -> bool:
        """Whether the record's time to live is over; DynamoDB deletes it some time after."""
        return self.expires_at is not None and self.expires_at <= epoch_seconds(now)

    def is_of(self, claim: Claim) -> bool:
        """Whether this claim is the job's last one, finished or not."""
        return (self.attempt, self.claim_id) == (claim.attempt, claim.claim_id)

    def lease_lapsed(self, now: datetime) -> bool:
        """Whether there is a lease, and another worker need not wait for its end any more."""
        return self.lease_expires_at is not None and self.lease_expires_at <= now - LEASE_MARGIN


def read_state(item: Item) -> JobState:
    """Read a stored record.

    >>> read_state({"status": "PENDING"}).attempt
    0

    Raises:
        CorruptRecordError: an attribute of it cannot be what the library wrote.
    """
    status = item.get(STATUS)
    if not isinstance(status, str) or status not in frozenset(JobStatus):
        raise CorruptRecordError(STATUS)
    claim_id = item.get(CLAIM_ID)
    if not isinstance(claim_id, str | None):
        raise CorruptRecordError(CLAIM_ID)
    lease_expires_at = parse_instant(item.get(LEASE_EXPIRES_AT))
    if LEASE_EXPIRES_AT in item and lease_expires_at is None:
        raise CorruptRecordError(LEASE_EXPIRES_AT)
    expires_at = item.get(TTL)
    return JobState(
        status=JobStatus(status),
        attempt=_count(item, ATTEMPT) or 0,
        max_attempts=_count(item, MAX_ATTEMPTS),
        claim_id=claim_id,
        lease_expires_at=lease_expires_at,
        # DynamoDB lets an item whose ttl is no number live for ever.
        expires_at=expires_at if isinstance(expires_at, Decimal) else None,
        cancel_requested=CANCEL_REQUESTED_AT in item,
    )


def has_expired(item: Item, now: datetime) -> bool:
    """Whether a stored record's time to live is over, whatever else it says.

    >>> from datetime import UTC
    >>> has_expired({"ttl": Decimal(0)}, datetime.now(UTC)), has_expired({"ttl": "0"}, datetime.now(UTC))
    (True, False)
    """
    expires_at = item.get(TTL)
    return isinstance(expires_at, Decimal) and expires_at <= epoch_seconds(now)


def epoch_seconds(instant: datetime) -> int:
    """The seconds since 1970, as `ttl` counts them."""
    return int(instant.timestamp())


def _count(item: Item, name: str) -> int | None:
    value = item.get(name)
    if value is None and name not in item:
        return None
    if not isinstance(value, Decimal) or not 0 <= value <= MAX_COUNT or value != int(value):
        raise CorruptRecordError(name)
    return int(value)
