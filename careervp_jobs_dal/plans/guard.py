"""The guards of the lifecycle's writes: conditions, each named after the fact that it makes sure of.

A comparison of a number that a record may hold as something else asks for its type first: DynamoDB takes other types
for unequal, but an emulator may fail.
"""

from __future__ import annotations

from functools import reduce
from operator import and_
from typing import TYPE_CHECKING

from careervp_jobs_dal.job.attribute import (
    ATTEMPT,
    CANCEL_REQUESTED_AT,
    CLAIM_ID,
    JOB_ID,
    LEASE_EXPIRES_AT,
    MAX_ATTEMPTS,
    STATUS,
    SUBMISSION_ID,
    TTL,
    USER_ID,
)
from careervp_jobs_dal.job.instant import instant_text
from careervp_jobs_dal.job.snapshot import LEASE_MARGIN
from careervp_jobs_dal.job.status import JobStatus
from careervp_jobs_dal.job.transition import sources
from careervp_jobs_dal.job.verb import Verb
from careervp_jobs_dal.plans.condition import Condition, compare, equal, is_absent, is_number, is_present

if TYPE_CHECKING:
    from datetime import datetime

    from careervp_jobs_dal.job.record import Item
    from careervp_jobs_dal.plans.statement import Given


def vacant(seconds: int | Given, *, replace_failed: bool) -> Condition:
    """Let a submission write: there is no job, or an expired one, or a failed one to be replaced."""
    condition = is_absent(JOB_ID) | expired(seconds)
    if replace_failed:
        (failed,) = sources(JobStatus.PENDING, Verb.SUBMIT)
        condition = condition | equal(STATUS, failed.value)
    return condition


def not_submitted_as(submission_id: str | Given) -> Condition:
    """Make sure that this very submission has not written yet: a second copy must not replace its own job."""
    return ~equal(SUBMISSION_ID, submission_id)


def expired(seconds: int | Given) -> Condition:
    """Make sure that the time to live is over, though DynamoDB has not deleted the record yet."""
    return is_number(TTL) & compare(TTL, "<=", seconds)


def outlives(seconds: int | Given) -> Condition:
    """Make sure that the record has no time to live, or a long enough one."""
    return ~is_number(TTL) | compare(TTL, ">=", seconds)


def expires_before(seconds: int | Given) -> Condition:
    """Make sure that the record expires too soon."""
    return compare(TTL, "<", seconds)


def not_expired(seconds: int | Given) -> Condition:
    """Make sure that the record has a time to live which is not over by then."""
    return compare(TTL, ">", seconds)


def unchanged(stored: Item) -> Condition:
    """Make sure that nobody has claimed, renewed, moved or cancelled the job since it was read."""
    return as_read(stored, (STATUS, ATTEMPT, CLAIM_ID, LEASE_EXPIRES_AT, CANCEL_REQUESTED_AT))


def available(lapse: str | Given, *, adopt_unleased: bool) -> Condition:
    """Make sure that no worker holds the job: it waits, or its lease has lapsed."""
    condition = equal(STATUS, JobStatus.PENDING.value) | unheld(lapse)
    return condition | (in_work() & is_absent(LEASE_EXPIRES_AT)) if adopt_unleased else condition


def unheld(lapse: str | Given) -> Condition:
    """Make sure that the worker that had the job has let its lease lapse."""
    # Instants are fixed-width texts, so DynamoDB's comparison of texts is one of times.
    return in_work() & compare(LEASE_EXPIRES_AT, "<=", lapse)


def latest_lapse(now: datetime) -> str:
    """Return the latest end of a lease whose job is free by now."""
    return instant_text(now - LEASE_MARGIN)


def in_work() -> Condition:
    """Make sure that a worker has the job."""
    return equal(STATUS, JobStatus.PROCESSING.value)


def attempts_left(default: int | Given) -> Condition:
    """Make sure that one more attempt is allowed, by the record's limit or else the default."""
    readable = is_absent(MAX_ATTEMPTS) | is_number(MAX_ATTEMPTS)
    by_default = is_absent(MAX_ATTEMPTS) & compare(ATTEMPT, "<", default)
    by_either = Condition(f"#{ATTEMPT} < #{MAX_ATTEMPTS}") | by_default
    return readable & (is_absent(ATTEMPT) | (is_number(ATTEMPT) & by_either))


def has_failed() -> Condition:
    """Make sure that the job has failed, so that it may be retried."""
    (failed,) = sources(JobStatus.PENDING, Verb.RETRY)
    return equal(STATUS, failed.value)


def movable_from(statuses: tuple[JobStatus, ...]) -> Condition:
    """Make sure that the job has one of these statuses; with none given, that it is there.

    Either fails where there is no record, so that no update creates one.
    """
    if not statuses:
        return is_present(JOB_ID)
    places = ", ".join(["{}"] * len(statuses))
    return Condition(f"#{STATUS} IN ({places})", tuple(status.value for status in statuses))


def as_read(stored: Item, names: tuple[str, ...]) -> Condition:
    """Make sure that these attributes are still as they were read."""
    return reduce(and_, (equal(name, stored[name]) if name in stored else is_absent(name) for name in names))


def not_asked_to_stop() -> Condition:
    """Make sure that nobody has asked for the job to be cancelled."""
    return is_absent(CANCEL_REQUESTED_AT)


def held_by(attempt: int | Given, claim_id: str | Given) -> Condition:
    """Fence a write: this claim is the job's present one, lapsed or not."""
    return in_work() & equal(ATTEMPT, attempt) & equal(CLAIM_ID, claim_id)


def owned_by(user_id: str | Given) -> Condition:
    """Make sure that the job is this user's."""
    return equal(USER_ID, user_id)
