"""The plans of `find_job` and `find_status`: a job as its user may see it, whole or in the part that changes.

poll            DynamoDB
  | -- read ------> |  eventually consistent: half the price
  | <-- nothing --- |  absent, expired or another's; it may have been submitted a moment ago
  | -- read ------> |  strongly consistent
  | <-- record ---- |
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from functools import lru_cache
from math import ceil
from typing import TYPE_CHECKING, Any

from careervp_jobs_dal.job.attribute import (
    ATTEMPT,
    CANCELLED_AT,
    COMPLETED_AT,
    CREATED_AT,
    ERROR,
    JOB_ID,
    PROGRESS,
    STATUS,
    TTL,
    USER_ID,
)
from careervp_jobs_dal.job.instant import parse_instant
from careervp_jobs_dal.job.invalid_input import InvalidInputError
from careervp_jobs_dal.job.snapshot import is_visible, read_snapshot
from careervp_jobs_dal.job.validation import is_key
from careervp_jobs_dal.plans.plan import Plan, Request, read
from careervp_jobs_dal.plans.refusal import not_found
from careervp_jobs_dal.result import Result

if TYPE_CHECKING:
    from datetime import datetime

    from careervp_jobs_dal.codec.packing import Decoder
    from careervp_jobs_dal.job.record import Item, JobRecord

MOST_FIELDS = 100
SHORTEST_WAIT = timedelta(seconds=1)
LONGEST_WAIT = timedelta(seconds=30)
# The end is seen late by a quarter of the job's time at most, and the polls grow with the logarithm of that time.
_SHARE_OF_AGE = 0.25

_CHANGING = (JOB_ID, STATUS, CREATED_AT, ATTEMPT, PROGRESS, ERROR, COMPLETED_AT, CANCELLED_AT)
_JUDGED_BY = (TTL, USER_ID)


def find(job_id: str, user_id: str | None, now: datetime, decode: Decoder) -> Plan[JobRecord]:
    """Read a job that has not expired and, where a user is given, is that user's."""
    if not is_key(job_id):
        return _no_key(job_id)
    stored = (yield read(job_id)).item
    if stored is None or not is_visible(stored, user_id, now):
        return not_found(job_id)
    read_snapshot(stored)  # raises for a record that nobody can judge
    return Result.success(decode(stored))


def find_status(
    job_id: str, user_id: str | None, fields: Iterable[str], now: datetime, decode: Decoder, *, consistent: bool
) -> Plan[JobRecord]:
    """Read the part that changes while a job runs, and these fields; repeat a miss strongly consistent."""
    if not is_key(job_id):
        return _no_key(job_id)
    names = _names(fields)
    for strongly in (True,) if consistent else (False, True):
        parameters = {"Key": {JOB_ID: job_id}, "ConsistentRead": strongly, **_projection(names)}
        stored = (yield Request("get_item", parameters, job_id)).item
        if stored is None or not is_visible(stored, user_id, now):
            continue
        ended = read_snapshot(stored).status.finished
        record = decode({name: stored[name] for name in (*_CHANGING, *names) if name in stored})
        return Result(record, retry_after=None if ended else _worth_waiting(stored, now))
    return not_found(job_id)


def _no_key(job_id: object) -> Result[Any]:
    """Answer for an id that no job can have, without a request; only text is shown."""
    shown = job_id if isinstance(job_id, str) else f"an id must be text, not {type(job_id).__name__}"
    return not_found(shown.encode("ascii", "backslashreplace").decode()[:200])


def _names(fields: Iterable[str]) -> tuple[str, ...]:
    """Check the names; a text alone is a mistake, though it is iterable."""
    if isinstance(fields, str) or not isinstance(fields, Iterable):
        raise InvalidInputError("fields must be a list of names")
    names = tuple(fields)
    if len(names) > MOST_FIELDS:
        raise InvalidInputError(f"fields must be at most {MOST_FIELDS} names")
    if not all(isinstance(name, str) and name for name in names):
        raise InvalidInputError("fields must be names of attributes")
    return names


@lru_cache(maxsize=64)
def _projection(fields: tuple[str, ...]) -> dict[str, Any]:
    names = {f"#a{number}": name for number, name in enumerate(dict.fromkeys((*_CHANGING, *_JUDGED_BY, *fields)))}
    return {"ProjectionExpression": ", ".join(names), "ExpressionAttributeNames": names}


def _worth_waiting(stored: Item, now: datetime) -> timedelta:
    """Return whole seconds, as HTTP's Retry-After has them, that grow with the job's age."""
    created_at = parse_instant(stored.get(CREATED_AT)) or now
    share = timedelta(seconds=ceil((now - created_at).total_seconds() * _SHARE_OF_AGE))
    return min(max(share, SHORTEST_WAIT), LONGEST_WAIT)
