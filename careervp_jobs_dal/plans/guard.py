"""Guards of the lifecycle's writes: conditions, each named after the fact that it ensures.

Where a record may hold another type than a number, a guard checks the type before it compares. DynamoDB takes a
comparison of two types as false, but an emulator may fail.
"""

from __future__ import annotations

from functools import reduce
from operator import and_
from typing import TYPE_CHECKING

from careervp_jobs_dal.job.attribute import (
    ATTEMPT,
    AVAILABLE_AT,
    CANCEL_REQUESTED_AT,
    CLAIM_ID,
    JOB_ID,
    LEASE_EXPIRES_AT,
    MAX_ATTEMPTS,
    STATUS,
    SUBMISSION_ID,
    TTL,
)
from careervp_jobs_dal.job.status import JobStatus
from careervp_jobs_dal.plans.condition import Condition, compare, equal, is_absent, is_number, is_present

if TYPE_CHECKING:
    from careervp_jobs_dal.job.record import Item
    from careervp_jobs_dal.plans.statement import Given


def outlives(seconds: int | Given) -> Condition:
    """Ensure that the record has no time to live, or a long enough one."""
    return ~is_number(TTL) | compare(TTL, ">=", seconds)


def expires_before(seconds: int | Given) -> Condition:
    """Ensure that the record expires before this time."""
    return compare(TTL, "<", seconds)


def not_expired(seconds: int | Given) -> Condition:
    """Ensure that the record has a time to live, which ends after this time."""
    return compare(TTL, ">", seconds)


_VERSION = (STATUS, SUBMISSION_ID, CLAIM_ID, AVAILABLE_AT)
"""Attributes that together never return to the values that they had.

A new life has a new submission id; within a life each claim has a new id, and each return to PENDING a new instant.
"""


def unchanged(stored: Item, *more: str) -> Condition:
    """Ensure that nothing has moved the job since it was read.

    The attributes in `more` must be unchanged as well. A copy of the write that arrives late is refused: the write
    itself has changed the job, and nothing changes it back.
    """
    return as_read(stored, (*_VERSION, *more))


def not_claimed_as(claim_id: str | Given) -> Condition:
    """Ensure that this claim was not the job's latest.

    A copy that arrives late must not claim the job once more after it was put back, retried or replaced.
    """
    return ~equal(CLAIM_ID, claim_id)


def due(now: str | Given) -> Condition:
    """Ensure that no put-back, retry or replacement of the job is later than this.

    It refuses the late copy of a claim that an earlier attempt or an earlier life has seen.
    """
    # DynamoDB compares texts byte by byte; for instants of one width, that is the order of time.
    return is_absent(AVAILABLE_AT) | compare(AVAILABLE_AT, "<=", now)


def waiting() -> Condition:
    """Ensure that the job is PENDING."""
    return equal(STATUS, JobStatus.PENDING.value)


def in_work() -> Condition:
    """Ensure that the job is PROCESSING."""
    return equal(STATUS, JobStatus.PROCESSING.value)


def attempts_left(default: int | Given) -> Condition:
    """Ensure that one more attempt is allowed.

    The limit is the record's own, or the default for a record without one.
    """
    readable = is_absent(MAX_ATTEMPTS) | is_number(MAX_ATTEMPTS)
    by_default = is_absent(MAX_ATTEMPTS) & compare(ATTEMPT, "<", default)
    # An operand of a comparison can be another attribute: the record's own limit needs no read before the write.
    by_either = Condition(f"#{ATTEMPT} < #{MAX_ATTEMPTS}") | by_default
    return readable & (is_absent(ATTEMPT) | (is_number(ATTEMPT) & by_either))


def movable_from(statuses: tuple[JobStatus, ...]) -> Condition:
    """Ensure that the job exists and has one of these statuses.

    With no status given, it may have any. Without this condition, UpdateItem would create a record that does not exist.
    """
    if not statuses:
        return is_present(JOB_ID)
    places = ", ".join(["{}"] * len(statuses))
    return Condition(f"#{STATUS} IN ({places})", tuple(status.value for status in statuses))


def as_read(stored: Item, names: tuple[str, ...]) -> Condition:
    """Ensure that these attributes still have the values that were read."""
    return reduce(and_, (equal(name, stored[name]) if name in stored else is_absent(name) for name in names))


def not_asked_to_stop() -> Condition:
    """Ensure that no cancellation was requested."""
    return is_absent(CANCEL_REQUESTED_AT)


def held_by(attempt: int | Given, claim_id: str | Given) -> Condition:
    """Fence a write: require that this claim is the present one, lapsed or not."""
    return in_work() & equal(ATTEMPT, attempt) & equal(CLAIM_ID, claim_id)


def earlier_lease(lease_expires_at: str | Given) -> Condition:
    """Ensure that a renewal moves the end of the lease forward.

    A copy of an earlier renewal that arrives late would move it back.
    """
    return compare(LEASE_EXPIRES_AT, "<", lease_expires_at)
