"""Plans of `find_job` and `find_status`: a job as its user may see it, whole or only the part that changes.

poll            DynamoDB
  | -- read ------> |  eventually consistent: half the price
  | <-- nothing --- |  absent, expired, another user's, or submitted only a moment ago
  | -- read ------> |  strongly consistent
  | <-- record ---- |
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from math import ceil
from typing import TYPE_CHECKING, Any

from careervp_jobs_dal.job.attribute import (
    ATTEMPT,
    CANCELLED_AT,
    COMPLETED_AT,
    CREATED_AT,
    JOB_ID,
    PROGRESS,
    PUBLIC_ERROR,
    STATUS,
    TTL,
    USER_ID,
)
from careervp_jobs_dal.job.instant import parse_instant
from careervp_jobs_dal.job.invalid_input import InvalidInputError
from careervp_jobs_dal.job.snapshot import is_visible, read_snapshot
from careervp_jobs_dal.job.validation import is_key, read_id, read_user
from careervp_jobs_dal.plans.plan import Plan, Request, read
from careervp_jobs_dal.plans.refusal import not_found
from careervp_jobs_dal.plans.statement import remembered
from careervp_jobs_dal.result import Failure, Result, Success

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from careervp_jobs_dal.codec.packing import Decoder
    from careervp_jobs_dal.job.record import Item, JobRecord

MOST_FIELDS = 100
SHORTEST_WAIT = timedelta(seconds=1)
LONGEST_WAIT = timedelta(seconds=30)
# Polls see the job's end late by a quarter of its duration at most, and their number grows only with its logarithm.
_SHARE_OF_AGE = 0.25

_CHANGING = (JOB_ID, STATUS, CREATED_AT, ATTEMPT, PROGRESS, PUBLIC_ERROR, COMPLETED_AT, CANCELLED_AT)
_JUDGED_BY = (TTL, USER_ID)


def find(job_id: str | UUID, user_id: str | UUID | None, now: datetime, decode: Decoder) -> Plan[JobRecord]:
    """Read a job, unless it has expired or belongs to another user."""
    job_id, user_id = read_id(job_id, JOB_ID), read_user(user_id)
    if not is_key(job_id):
        return _no_key(job_id)
    stored = (yield read(job_id)).item
    if stored is None or not is_visible(stored, user_id, now):
        return not_found(job_id)
    read_snapshot(stored)  # raises CorruptRecordError for an invalid record
    return Result.success(decode(stored))


def find_status(
    job_id: str | UUID,
    user_id: str | UUID | None,
    fields: Iterable[str],
    now: datetime,
    decode: Decoder,
    *,
    consistent: bool,
) -> Plan[JobRecord]:
    """Read the part of a job that changes while it runs, and these fields.

    An eventually consistent read costs half as much, but can miss a new job; so a miss is read again, strongly
    consistent.
    """
    job_id, user_id = read_id(job_id, JOB_ID), read_user(user_id)
    if not is_key(job_id):
        return _no_key(job_id)
    names = field_names(fields)
    for strongly in (True,) if consistent else (False, True):
        # The projection saves transfer and decoding, and no read units: DynamoDB bills the whole item.
        parameters = {
            "Key": {JOB_ID: job_id},
            "ConsistentRead": strongly,
            **reduction((*_CHANGING, *_JUDGED_BY, *names)),
        }
        stored = (yield Request("get_item", parameters, job_id)).item
        if stored is None or not is_visible(stored, user_id, now):
            continue
        ended = read_snapshot(stored).status.finished
        record = decode({name: stored[name] for name in (*_CHANGING, *names) if name in stored})
        return Success(record, retry_after=None if ended else worth_waiting(stored, now))
    return not_found(job_id)


def _no_key(job_id: str) -> Failure:
    """Answer NOT_FOUND for an id that no job can have, without a request."""
    return not_found(job_id.encode("ascii", "backslashreplace").decode()[:200])


def field_names(fields: Iterable[str]) -> tuple[str, ...]:
    """Check the names of fields; a single text is refused, though iterable.

    Raises:
        InvalidInputError: these are no names, or more than 100.
    """
    if isinstance(fields, str) or not isinstance(fields, Iterable):
        raise InvalidInputError("fields must be a list of names")
    names = tuple(fields)
    if len(names) > MOST_FIELDS:
        raise InvalidInputError(f"fields must be at most {MOST_FIELDS} names")
    if not all(isinstance(name, str) and name for name in names):
        raise InvalidInputError("fields must be names of attributes")
    return names


@remembered
def reduction(names: tuple[str, ...]) -> dict[str, Any]:
    """Return the parameters that reduce a read to these attributes.

    >>> reduction(("job_id", "job_id"))
    {'ProjectionExpression': '#a0', 'ExpressionAttributeNames': {'#a0': 'job_id'}}
    """
    # DynamoDB refuses a projection with a name that occurs twice.
    aliases = {f"#a{number}": name for number, name in enumerate(dict.fromkeys(names))}
    return {"ProjectionExpression": ", ".join(aliases), "ExpressionAttributeNames": aliases}


def worth_waiting(stored: Item, now: datetime) -> timedelta:
    """Return the time until the next poll, which grows with the job's age.

    HTTP's header Retry-After takes whole seconds.
    """
    created_at = parse_instant(stored.get(CREATED_AT)) or now
    share = timedelta(seconds=ceil((now - created_at).total_seconds() * _SHARE_OF_AGE))
    return min(max(share, SHORTEST_WAIT), LONGEST_WAIT)
