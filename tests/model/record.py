"""A job record, reduced to what conditions and judges look at, with every instant in hours from the present.

What only tells people something (`created_at`, `input_data`, an entry's `at`) is left out, so that records that differ
in nothing else are one state. No condition can ask for what is left out: the reduced record would refuse it.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import cache
from typing import Any, NamedTuple, TypeVar, cast

from careervp_jobs_dal.job.attribute import (
    ACTIVE_SHARD,
    ATTEMPT,
    AVAILABLE_AT,
    CANCEL_REQUESTED_AT,
    CANCELLED_AT,
    CLAIM_ID,
    COMPLETED_AT,
    DUE_AT,
    ERROR,
    ERRORS,
    FINGERPRINT,
    JOB_ID,
    LEASE_EXPIRES_AT,
    MAX_ATTEMPTS,
    STATUS,
    SUBMISSION_ID,
    TTL,
    USER_ID,
)
from careervp_jobs_dal.job.index import Wait, active_shard
from careervp_jobs_dal.job.instant import instant_text, parse_instant

NOW = datetime(2026, 2, 3, 12, tzinfo=UTC)
KEY = "application-9"
USER = "user-1"
RESULT = "result_key"
TICK = 10
"""Hours that pass at a time: a lease lapses. No call lasts longer."""
OLDEST = -15
"""Hours ago: before every call that is still in flight, so that what lies further back need not be told from it."""

T = TypeVar("T")

_THEN = instant_text(NOW)
_HOUR = timedelta(hours=1)


class Record(NamedTuple):
    """What the table holds for the key.

    Attributes:
        active: what its partitions of the active index are for, where it is in that index.
        due: by which it is sorted there.
        error: why the job failed, where its history does not tell that; and `ended`, when that was.
    """

    job_id: str
    status: str
    attempt: int | str | None = None
    max_attempts: int | str | None = None
    claim_id: str | None = None
    lease: int | None = None
    available: int | None = None
    ttl: int | str | None = None
    submission_id: str | None = None
    fingerprint: str | None = None
    user_id: str | None = None
    asked_to_stop: bool = False
    cancelled: bool = False
    errors: tuple[tuple[int, str | None, str], ...] = ()
    result: str | None = None
    active: str | None = None
    due: int | None = None
    error: str | None = None
    ended: int | None = None

    @property
    def finished(self) -> bool:
        """Whether the job has its end."""
        return self.status in ("COMPLETED", "FAILED")

    @property
    def starts_later(self) -> bool:
        """Whether the job waits for its start, and has no message yet."""
        return (self.status, self.active) == ("PENDING", Wait.TIMED)

    def expired(self, now: int = 0) -> bool:
        """Whether the record's time to live is over."""
        return isinstance(self.ttl, int) and self.ttl <= now

    def held(self) -> bool:
        """Whether a worker may still be at it."""
        return self.status == "PROCESSING" and (self.lease is None or self.lease > 0)

    def older(self, hours: int) -> Record:
        """The record as it looks some hours later."""
        lease, available = older(self.lease, hours), older(self.available, hours)
        due, ended = older(self.due, hours), older(self.ended, hours)
        return self._replace(lease=lease, available=available, ttl=older(self.ttl, hours), due=due, ended=ended)


def older(at: T, hours: int) -> T:
    """What an instant is some hours later, as far back as it is told."""
    return cast("T", max(at - hours, OLDEST)) if isinstance(at, int) else at


def instant(hours: int) -> datetime:
    """The instant so many hours from the present."""
    return NOW + hours * _HOUR


def hours(at: datetime) -> int:
    """How many hours from the present an instant is, as far back as it is told."""
    return max(round((at - NOW) / _HOUR), OLDEST)


_SAME = {
    "job_id": JOB_ID,
    "status": STATUS,
    "attempt": ATTEMPT,
    "max_attempts": MAX_ATTEMPTS,
    "claim_id": CLAIM_ID,
    "submission_id": SUBMISSION_ID,
    "fingerprint": FINGERPRINT,
    "user_id": USER_ID,
    "result": RESULT,
}


def record_of(item: Mapping[str, Any]) -> Record:
    """Reduce an item."""
    fields = {field: _plain(item.get(name)) for field, name in _SAME.items()}
    lease, ttl = parse_instant(item.get(LEASE_EXPIRES_AT)), _plain(item.get(TTL))
    available, due = parse_instant(item.get(AVAILABLE_AT)), parse_instant(item.get(DUE_AT))
    errors = tuple((int(entry[ATTEMPT]), entry[CLAIM_ID], entry[ERROR]) for entry in item.get(ERRORS, ()))
    return Record(
        **fields,
        **_untold(item, errors),
        lease=None if lease is None else hours(lease),
        available=None if available is None else hours(available),
        ttl=hours(datetime.fromtimestamp(ttl, UTC)) if isinstance(ttl, int) else ttl,
        asked_to_stop=CANCEL_REQUESTED_AT in item,
        cancelled=CANCELLED_AT in item,
        active=item[ACTIVE_SHARD][0] if ACTIVE_SHARD in item else None,
        due=None if due is None else hours(due),
        errors=errors,
    )


@cache
def item_of(record: Record) -> dict[str, Any]:
    """An item that reduces to the record, as boto3's `Table` gives it."""
    item: dict[str, Any] = {name: _stored(getattr(record, field)) for field, name in _SAME.items()}
    item[LEASE_EXPIRES_AT] = None if record.lease is None else instant_text(instant(record.lease))
    item[AVAILABLE_AT] = None if record.available is None else instant_text(instant(record.available))
    item[TTL] = Decimal(int(instant(record.ttl).timestamp())) if isinstance(record.ttl, int) else record.ttl
    item[CANCEL_REQUESTED_AT] = _THEN if record.asked_to_stop else None
    item[CANCELLED_AT] = _THEN if record.cancelled else None
    item[ACTIVE_SHARD] = active_shard(record.job_id, Wait(record.active)) if record.active else None
    item[DUE_AT] = None if record.due is None else instant_text(instant(record.due))
    item[ERROR] = record.error
    item[COMPLETED_AT] = None if record.ended is None else instant_text(instant(record.ended))
    item[ERRORS] = [
        {ATTEMPT: Decimal(attempt), CLAIM_ID: claim_id, ERROR: error, "at": _THEN}
        for attempt, claim_id, error in record.errors
    ] or None
    return {name: value for name, value in item.items() if value is not None}


def _untold(item: Mapping[str, Any], errors: tuple[tuple[int, str | None, str], ...]) -> dict[str, Any]:
    """What a call whose reply was lost finds again in the record, should the history not have its entry."""
    told = any(entry[:2] == (item.get(ATTEMPT), item.get(CLAIM_ID)) for entry in errors)
    if told or CANCELLED_AT in item or item.get(STATUS) not in ("PENDING", "FAILED"):
        return {}
    ended = parse_instant(item.get(COMPLETED_AT))
    return {"error": item.get(ERROR), "ended": None if ended is None else hours(ended)}


def _plain(value: Any) -> Any:
    return int(value) if isinstance(value, Decimal | int) else value


def _stored(value: Any) -> Any:
    return Decimal(value) if isinstance(value, int) else value
