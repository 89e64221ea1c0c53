"""What a job is to its callers: its record, a submission and a claim of it, and the checks that need no network."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, TypeAlias, TypeGuard

from careervp_jobs_dal.invalid import InvalidInputError
from careervp_jobs_dal.status import JobStatus
from careervp_jobs_dal.table import CANCEL_REQUESTED_AT, CREATED_AT, IDEMPOTENCY_KEY, JOB_ID, OWNED, STATUS, TTL

JobRecord: TypeAlias = dict[str, Any]
"""A job as callers see it: plain Python that `json.dumps` takes, unless bytes or sets were stored."""


@dataclass(frozen=True, slots=True, repr=False)
class Submission:
    """What `submit_job` found or made.

    Attributes:
        job: the record.
        created: True for the one call that created it.
        should_enqueue: whether to send the job to the queue: True while it waits or its lease has lapsed, created now
            or not, because an earlier caller may have died between the write and the queue. A message too many does
            no harm.
    """

    job: JobRecord
    created: bool
    should_enqueue: bool

    @property
    def job_id(self) -> str:
        """The job's id, which the same user and idempotency key always lead to."""
        return str(self.job[JOB_ID])

    def __repr__(self) -> str:
        return f"Submission(job_id={self.job_id!r}, created={self.created}, should_enqueue={self.should_enqueue})"


@dataclass(frozen=True, slots=True, repr=False)
class Claim:
    """One worker's hold on a job: what `renew_claim`, `complete_job` and `fail_job` take.

    Attributes:
        job: the record as it was when the job was claimed or the claim renewed.
        attempt: which attempt this is, counted from 1.
        max_attempts: the last attempt there can be.
        claim_id: unique to this claim; put it into the names of what the work writes outside the table.
        lease_expires_at: until when no other worker can claim the job, in UTC.
    """

    job: JobRecord
    attempt: int
    max_attempts: int
    claim_id: str
    lease_expires_at: datetime

    @property
    def job_id(self) -> str:
        """The job's id."""
        return str(self.job[JOB_ID])

    @property
    def cancel_requested(self) -> bool:
        """True when someone asked for the job to be cancelled; stop then, and call `fail_job`."""
        return CANCEL_REQUESTED_AT in self.job

    def __repr__(self) -> str:
        return f"Claim(job_id={self.job_id!r}, attempt={self.attempt}, claim_id={self.claim_id!r})"


REQUIRED_FIELDS = (JOB_ID, STATUS, CREATED_AT)
REQUIRED_TO_CREATE = (*REQUIRED_FIELDS, IDEMPOTENCY_KEY)

MAX_KEY_BYTES = 2048
MAX_COUNT = 1_000_000_000
_END_OF_YEAR_9999 = 253_402_300_800
_OLDEST = timedelta(days=36_525)


def require(job_data: object, names: tuple[str, ...]) -> None:
    """Check that `job_data` is a mapping with these fields.

    >>> require({"job_id": "vpr-1"}, REQUIRED_FIELDS)
    Traceback (most recent call last):
    careervp_jobs_dal.invalid.InvalidInputError: Missing required field: status

    Raises:
        InvalidInputError: it is not, or one is missing.
    """
    if not isinstance(job_data, Mapping):
        raise InvalidInputError(f"Expected a dict, not {type(job_data).__name__}")
    for name in names:
        if name not in job_data:
            raise InvalidInputError(f"Missing required field: {name}")


def check_fields(item: Mapping[str, Any]) -> None:
    """Check the fields of an encoded record, or of an update to one, that have a meaning to the library.

    >>> check_fields({"status": "DONE"})
    Traceback (most recent call last):
    careervp_jobs_dal.invalid.InvalidInputError: status must be one of PENDING, PROCESSING, COMPLETED, FAILED

    Raises:
        InvalidInputError: naming the field and what it must be.
    """
    for name, (valid, expected) in _RULES.items():
        if name in item and not valid(item[name]):
            raise InvalidInputError(f"{name} must be {expected}")


def refuse_owned(fields: Mapping[str, Any], *more: str) -> None:
    """Check that the caller sets nothing that only the library writes.

    >>> refuse_owned({"attempt": 7})
    Traceback (most recent call last):
    careervp_jobs_dal.invalid.InvalidInputError: attempt is written by the library only

    Raises:
        InvalidInputError: naming the first such field.
    """
    for name in fields:
        if name in OWNED or name in more:
            raise InvalidInputError(f"{name} is written by the library only")


def check_max_attempts(max_attempts: object) -> None:
    """Check a limit of attempts.

    Raises:
        InvalidInputError: it is not a whole number from 1 to a billion.
    """
    if not isinstance(max_attempts, int) or isinstance(max_attempts, bool) or not 1 <= max_attempts <= MAX_COUNT:
        raise InvalidInputError("max_attempts must be a whole number of at least 1, and at most a billion")


def check_text(value: object, name: str) -> None:
    """Check an argument that is stored as text.

    Raises:
        InvalidInputError: naming it.
    """
    if not isinstance(value, str):
        raise InvalidInputError(f"{name} must be text")


def check_claim(claim: object) -> None:
    """Check that what a worker gives back is what it was given.

    Raises:
        InvalidInputError: it is no `Claim`.
    """
    if not isinstance(claim, Claim):
        raise InvalidInputError(f"Expected a Claim, not {type(claim).__name__}")


def check_limit(limit: object, most: int) -> None:
    """Check how many jobs a call may give.

    Raises:
        InvalidInputError: it is not a whole number of at least 1 and at most this.
    """
    if not isinstance(limit, int) or isinstance(limit, bool) or not 1 <= limit <= most:
        raise InvalidInputError(f"limit must be a whole number from 1 to {most:,}")


def check_age(older_than: object) -> None:
    """Check an age.

    Raises:
        InvalidInputError: it is not a timedelta from 0 to 100 years.
    """
    if not isinstance(older_than, timedelta) or not timedelta(0) <= older_than <= _OLDEST:
        raise InvalidInputError("older_than must be a timedelta from 0 to 100 years")


def is_key(value: object) -> TypeGuard[str]:
    """Whether DynamoDB can have an item under this key: text of 1 to 2,048 bytes in UTF-8.

    >>> is_key("vpr-1"), is_key(""), is_key(None), is_key("a" * 2049)
    (True, False, False, False)
    """
    if not isinstance(value, str):
        return False
    try:
        return 1 <= len(value.encode()) <= MAX_KEY_BYTES
    except UnicodeEncodeError:
        return False


def parse_instant(value: object) -> datetime | None:
    """The instant that ISO 8601 text names, in UTC where it has no offset; None for anything else.

    >>> parse_instant("2026-02-03T13:05:32")
    datetime.datetime(2026, 2, 3, 13, 5, 32, tzinfo=datetime.timezone.utc)
    """
    if not isinstance(value, str):
        return None
    try:
        instant = datetime.fromisoformat(value)
    except ValueError:
        return None
    return instant if instant.tzinfo else instant.replace(tzinfo=UTC)


def _is_status(value: object) -> bool:
    return isinstance(value, str) and value in _STATUSES


def _is_instant(value: object) -> bool:
    return parse_instant(value) is not None


def _is_epoch_seconds(value: object) -> bool:
    """Milliseconds of this century lie beyond the year 9999 when read as seconds."""
    return isinstance(value, Decimal) and 0 <= value < _END_OF_YEAR_9999 and value == int(value)


_STATUSES = frozenset(JobStatus)
_A_KEY = f"text of 1 to {MAX_KEY_BYTES:,} bytes"
_RULES: dict[str, tuple[Callable[[object], bool], str]] = {
    JOB_ID: (is_key, _A_KEY),
    STATUS: (_is_status, f"one of {', '.join(JobStatus)}"),
    CREATED_AT: (_is_instant, "an ISO 8601 date and time"),
    IDEMPOTENCY_KEY: (is_key, _A_KEY),
    TTL: (_is_epoch_seconds, "a whole number of seconds since 1970"),
}
