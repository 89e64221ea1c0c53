"""The conditions of the lifecycle's writes, each named after what it makes sure of.

They are functions, so that boto3 is imported when the first of them is needed. What differs from call to call can be a
value or a `Given`, so that a condition is written once. A comparison of a number that a record may hold as something
else asks for its type first: DynamoDB takes other types for unequal, but an emulator may fail.
"""

from __future__ import annotations

from functools import reduce
from operator import and_
from typing import TYPE_CHECKING, TypeAlias

from careervp_jobs_dal.state import LEASE_MARGIN
from careervp_jobs_dal.status import JobStatus, Verb, sources
from careervp_jobs_dal.table import (
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
from careervp_jobs_dal.values import instant_text

if TYPE_CHECKING:
    from datetime import datetime

    from boto3.dynamodb.conditions import Attr, ConditionBase

    from careervp_jobs_dal.plan import Item
    from careervp_jobs_dal.statement import Given

    Condition: TypeAlias = ConditionBase


def _attr(name: str) -> Attr:
    from boto3.dynamodb.conditions import Attr

    return Attr(name)


def _is_number(name: str) -> Condition:
    return _attr(name).attribute_type("N")


def vacant(seconds: int | Given, *, replace_failed: bool) -> Condition:
    """A submission may write: there is no job, or an expired one, or a failed one that is to be replaced."""
    condition: Condition = _attr(JOB_ID).not_exists() | expired(seconds)
    if replace_failed:
        (failed,) = sources(JobStatus.PENDING, Verb.REPLACE)
        condition = condition | _attr(STATUS).eq(failed.value)
    return condition


def not_submitted_as(submission_id: str | Given) -> Condition:
    """This very submission has not written yet: sent again after a lost reply, it must not replace its own job."""
    return ~_attr(SUBMISSION_ID).eq(submission_id)


def expired(seconds: int | Given) -> Condition:
    """The record's time to live is over by then, though DynamoDB has not deleted it yet."""
    return _is_number(TTL) & _attr(TTL).lte(seconds)


def outlives(seconds: int | Given) -> Condition:
    """The record has no time to live, or a long enough one."""
    return ~_is_number(TTL) | _attr(TTL).gte(seconds)


def expires_before(seconds: int | Given) -> Condition:
    """The record's time to live is over too soon."""
    return _attr(TTL).lt(seconds)


def not_expired(seconds: int | Given) -> Condition:
    """The record has a time to live, and it is not over by then."""
    return _attr(TTL).gt(seconds)


def unchanged(stored: Item) -> Condition:
    """Nobody has claimed, renewed, moved or cancelled the job since this record was read."""
    return as_read(stored, (STATUS, ATTEMPT, CLAIM_ID, LEASE_EXPIRES_AT, CANCEL_REQUESTED_AT))


def available(lapse: str | Given, *, adopt_unleased: bool) -> Condition:
    """No worker holds the job: it waits, or its lease has lapsed."""
    condition: Condition = _attr(STATUS).eq(JobStatus.PENDING.value) | unheld(lapse)
    if adopt_unleased:
        condition = condition | (in_work() & _attr(LEASE_EXPIRES_AT).not_exists())
    return condition


def unheld(lapse: str | Given) -> Condition:
    """The worker that had the job has let its lease lapse."""
    return in_work() & _attr(LEASE_EXPIRES_AT).lte(lapse)


def latest_lapse(now: datetime) -> str:
    """When a lease must have ended for its job to be free by now."""
    return instant_text(now - LEASE_MARGIN)


def in_work() -> Condition:
    """A worker has the job."""
    return _attr(STATUS).eq(JobStatus.PROCESSING.value)


def attempts_left(default: int | Given) -> Condition:
    """One more attempt is allowed, by the record's own limit or, where it has none, by the default."""
    readable = _attr(MAX_ATTEMPTS).not_exists() | _is_number(MAX_ATTEMPTS)
    by_default = _attr(MAX_ATTEMPTS).not_exists() & _attr(ATTEMPT).lt(default)
    by_either = _attr(ATTEMPT).lt(_attr(MAX_ATTEMPTS)) | by_default
    return readable & (_attr(ATTEMPT).not_exists() | (_is_number(ATTEMPT) & by_either))


def has_failed() -> Condition:
    """The job has failed, so it may be tried again."""
    (failed,) = sources(JobStatus.PENDING, Verb.RETRY)
    return _attr(STATUS).eq(failed.value)


def as_read(stored: Item, names: tuple[str, ...]) -> Condition:
    """The record still says what it said of these when it was read."""
    terms = (_attr(name).eq(stored[name]) if name in stored else _attr(name).not_exists() for name in names)
    return reduce(and_, terms)


def not_asked_to_stop() -> Condition:
    """Nobody has asked for the job to be cancelled."""
    return _attr(CANCEL_REQUESTED_AT).not_exists()


def held_by(attempt: int | Given, claim_id: str | Given) -> Condition:
    """The fence: this claim is the job's present one, lapsed or not."""
    return in_work() & _attr(ATTEMPT).eq(attempt) & _attr(CLAIM_ID).eq(claim_id)


def owned_by(user_id: str | Given) -> Condition:
    """The job is this user's."""
    return _attr(USER_ID).eq(user_id)
