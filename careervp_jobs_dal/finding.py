"""The plans of `find_job` and `find_status`: how its caller sees a job again, whole or in the part that changes."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from functools import lru_cache
from math import ceil
from typing import TYPE_CHECKING, Any

from careervp_jobs_dal.invalid import InvalidInputError
from careervp_jobs_dal.job import JobRecord, is_key, parse_instant
from careervp_jobs_dal.plan import Item, Plan, Reply, Step
from careervp_jobs_dal.refusal import Decoder, invalid, judged, look, not_found
from careervp_jobs_dal.result import Result, ResultCode
from careervp_jobs_dal.table import (
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

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from careervp_jobs_dal.state import JobState

MOST_FIELDS = 100
SHORTEST_WAIT = timedelta(seconds=1)
LONGEST_WAIT = timedelta(seconds=30)
# The end is seen late by a quarter of the job's time at most, and the polls grow with the logarithm of that time.
_SHARE_OF_AGE = 0.25

_CHANGING = (JOB_ID, STATUS, CREATED_AT, ATTEMPT, PROGRESS, ERROR, COMPLETED_AT, CANCELLED_AT)
_JUDGED_BY = (TTL, USER_ID)


def find(job_id: str, user_id: str | None, now: datetime, decode: Decoder) -> Step[JobRecord]:
    """Read a job that has not expired and, where a user is given, is that user's."""
    if not is_key(job_id):
        return _no_key(job_id)

    def show(stored: Item, _: JobState) -> Result[JobRecord]:
        return Result.success(decode(stored))

    judge = judged(job_id, _visible(job_id, user_id, now, show))
    return look("find", job_id, lambda stored: judge(stored, False))


def find_status(
    job_id: str, user_id: str | None, fields: Iterable[str], now: datetime, decode: Decoder, *, consistent: bool
) -> Step[JobRecord]:
    """Read what changes while a job runs, and these fields; a miss is asked again in earnest."""
    if not is_key(job_id):
        return _no_key(job_id)
    try:
        names = _names(fields)
    except InvalidInputError as refused:
        return invalid(refused)
    shown = (*_CHANGING, *names)

    def show(stored: Item, state: JobState) -> Result[JobRecord]:
        record = decode({name: stored[name] for name in shown if name in stored})
        return Result(record, retry_after=None if state.status.finished else _worth_waiting(stored, now))

    def read(reply: Reply) -> Step[JobRecord]:
        found = judged(job_id, _visible(job_id, user_id, now, show))(reply.item, False)
        if not consistent and isinstance(found, Result) and found.code is ResultCode.NOT_FOUND:
            # Absent, expired or another's a moment ago: it may have been submitted since.
            return find_status(job_id, user_id, names, now, decode, consistent=True)
        return found

    parameters = {"Key": {JOB_ID: job_id}, "ConsistentRead": consistent, **_projection(names)}
    return Plan("find_status", "get_item", parameters, read, job_id)


def _visible(
    job_id: str, user_id: str | None, now: datetime, show: Callable[[Item, JobState], Result[JobRecord]]
) -> Callable[[Item, JobState], Result[JobRecord]]:
    """One answer for what is not there, has expired, or is another's."""

    def rule(stored: Item, state: JobState) -> Result[JobRecord]:
        if state.expired(now) or (user_id is not None and stored.get(USER_ID) != user_id):
            return not_found(job_id)
        return show(stored, state)

    return rule


def _no_key(job_id: object) -> Result[Any]:
    """No job can have such an id, so nothing is asked; what is no text is not shown."""
    shown = job_id if isinstance(job_id, str) else f"an id must be text, not {type(job_id).__name__}"
    return not_found(shown.encode("ascii", "backslashreplace").decode()[:200])


def _names(fields: Iterable[str]) -> tuple[str, ...]:
    """The names in a form that can be kept; a text alone is a mistake, though it is iterable."""
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
    """Whole seconds, as HTTP's Retry-After has them, that grow with the job's age."""
    created_at = parse_instant(stored.get(CREATED_AT)) or now
    share = timedelta(seconds=ceil((now - created_at).total_seconds() * _SHARE_OF_AGE))
    return min(max(share, SHORTEST_WAIT), LONGEST_WAIT)
