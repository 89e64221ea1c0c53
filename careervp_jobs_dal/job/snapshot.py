"""The snapshot of a stored job: the facts by which the lifecycle decides, checked while they are read."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple

from careervp_jobs_dal.job.attribute import (
    ATTEMPT,
    AVAILABLE_AT,
    CANCEL_REQUESTED_AT,
    CLAIM_ID,
    LEASE_EXPIRES_AT,
    MAX_ATTEMPTS,
    STATUS,
    TTL,
    USER_ID,
)
from careervp_jobs_dal.job.instant import epoch_seconds, parse_instant, sorts_by_time
from careervp_jobs_dal.job.status import JobStatus, parse_status
from careervp_jobs_dal.job.validation import MAX_COUNT

if TYPE_CHECKING:
    from datetime import datetime

    from careervp_jobs_dal.job.record import Claim, Item

LEASE_MARGIN = timedelta(seconds=1)
"""The time that other workers wait after a lease's end, because the clocks of two machines differ."""
GIVE_UP_MARGIN = timedelta(seconds=10)
"""The time after the last attempt's lease for which a job is not failed yet.

Taking a job over too early costs an attempt; failing it too early would take away the result of a worker in time.
"""


class CorruptRecordError(Exception):
    """Refusal of a stored record with an invalid attribute; the message is its name."""


class Snapshot(NamedTuple):
    """Facts of a record by which the lifecycle decides.

    Attributes:
        status: the stored status.
        attempt: the number of claims so far; 0 before the first.
        max_attempts: the record's own limit of attempts; None where it has none.
        claim_id: the fencing token of the last claim; None before the first.
        lease_expires_at: the end of the lease; None where no worker of the lifecycle holds the job.
        available_at: the instant from which it may be claimed; None where it was never put back.
        expires_at: the `ttl` in epoch seconds; None where the record does not expire.
        cancel_requested: whether the worker is asked to stop.
    """

    status: JobStatus
    attempt: int
    max_attempts: int | None
    claim_id: str | None
    lease_expires_at: datetime | None
    available_at: datetime | None
    expires_at: Decimal | None
    cancel_requested: bool

    def expired(self, now: datetime) -> bool:
        """Tell whether the time to live is over.

        DynamoDB deletes an expired record late, within a few days; until then every read still returns it.
        """
        return self.expires_at is not None and self.expires_at <= epoch_seconds(now)

    def is_of(self, claim: Claim) -> bool:
        """Tell whether this claim is the job's latest, ended or not."""
        return (self.attempt, self.claim_id) == (claim.attempt, claim.claim_id)

    def lease_lapsed(self, now: datetime) -> bool:
        """Tell whether the job has a lease that ended at least `LEASE_MARGIN` ago."""
        return self.lease_expires_at is not None and has_lapsed(self.lease_expires_at, now)

    def abandoned(self, now: datetime) -> bool:
        """Tell whether the lease, if there is one, ended at least `GIVE_UP_MARGIN` ago."""
        return self.lease_expires_at is None or self.lease_expires_at <= now - GIVE_UP_MARGIN


def read_snapshot(item: Item) -> Snapshot:
    """Read the snapshot of a stored record.

    >>> read_snapshot({"status": "PENDING"}).attempt
    0

    Raises:
        CorruptRecordError: an attribute holds a value that the library never writes.
    """
    status = parse_status(item.get(STATUS))
    if status is None:
        raise CorruptRecordError(STATUS)
    claim_id = item.get(CLAIM_ID)
    if not isinstance(claim_id, str | None):
        raise CorruptRecordError(CLAIM_ID)
    return Snapshot(
        status=status,
        attempt=_count(item, ATTEMPT) or 0,
        max_attempts=_count(item, MAX_ATTEMPTS),
        claim_id=claim_id,
        lease_expires_at=_instant(item, LEASE_EXPIRES_AT),
        available_at=_instant(item, AVAILABLE_AT),
        expires_at=_expires_at(item),
        cancel_requested=CANCEL_REQUESTED_AT in item,
    )


def has_lapsed(lease_ends: datetime, now: datetime) -> bool:
    """Tell whether a lease ended at least `LEASE_MARGIN` ago."""
    return lease_ends <= now - LEASE_MARGIN


def has_expired(item: Item, now: datetime) -> bool:
    """Tell whether a stored record's time to live is over.

    No other attribute is read, so this works for a corrupt record too.

    >>> from datetime import UTC, datetime
    >>> has_expired({"ttl": Decimal(0)}, datetime.now(UTC)), has_expired({"ttl": "0"}, datetime.now(UTC))
    (True, False)
    """
    expires_at = _expires_at(item)
    return expires_at is not None and expires_at <= epoch_seconds(now)


def is_visible(item: Item, user_id: str | None, now: datetime) -> bool:
    """Tell whether a caller may see this record.

    An expired record is hidden, and so is another user's.

    >>> from datetime import UTC, datetime
    >>> is_visible({"user_id": "user-1"}, "user-2", datetime.now(UTC))
    False
    """
    return not has_expired(item, now) and (user_id is None or item.get(USER_ID) == user_id)


def _expires_at(item: Item) -> Decimal | None:
    """Read the time to live; None where `ttl` is not a number.

    DynamoDB never deletes an item whose `ttl` has another type.
    """
    expires_at = item.get(TTL)
    return expires_at if isinstance(expires_at, Decimal) else None


def _instant(item: Item, name: str) -> datetime | None:
    if name not in item:
        return None
    text = item[name]
    instant = parse_instant(text)
    # A condition compares the text. In another form, it would judge otherwise than the instant that is read here.
    if instant is None or not sorts_by_time(text):
        raise CorruptRecordError(name)
    return instant


def _count(item: Item, name: str) -> int | None:
    value = item.get(name)
    if value is None and name not in item:
        return None
    if not isinstance(value, Decimal) or not 0 <= value <= MAX_COUNT or value != int(value):
        raise CorruptRecordError(name)
    return int(value)
