"""The quota of a user: a cap on active jobs, which are PENDING or PROCESSING, kept as a set of their ids.

    submission                                              DynamoDB, one transaction
      | -- put the job, if absent; add its id, if there is room ------> |
      | <-- no room, with the set ------------------------------------- |
      | -- read the jobs of the set: one has ended ------------------> |
      | -- put the job, if absent; set the ids, if nobody has changed -> |
      | <-- written --------------------------------------------------- |

Two things hold at any time: each active job is in the set, because both are written in one transaction; and the set has
no more ids than the cap. So the user never has more active jobs than that. A job's end writes nothing here: the next
submission that finds no room removes the ids of jobs that have ended, expired or vanished. A worker that crashes leaves
no count behind.

The set is replaced on condition that it has the submission id that was read with it. A job of the set that is begun
anew after its end was read has changed that id. The set's item has a key of its own in the jobs table.
"""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any, NamedTuple

from careervp_jobs_dal.codec.pseudonym import pseudonym
from careervp_jobs_dal.job.attribute import CREATED_AT, JOB_ID, STATUS, SUBMISSION_ID, TTL
from careervp_jobs_dal.job.snapshot import has_expired
from careervp_jobs_dal.job.status import parse_status
from careervp_jobs_dal.job.validation import QUOTA_PREFIX
from careervp_jobs_dal.plans.backoff import RETRIES
from careervp_jobs_dal.plans.batch_read import read_all
from careervp_jobs_dal.plans.condition import equal
from careervp_jobs_dal.plans.lookup import reduction, worth_waiting
from careervp_jobs_dal.plans.plan import Plan, Reply, Request, read
from careervp_jobs_dal.plans.refusal import conflict
from careervp_jobs_dal.result import Failure, Result, ResultCode

if TYPE_CHECKING:
    from collections.abc import Collection, Generator
    from datetime import datetime

    from careervp_jobs_dal.job.record import Item
    from careervp_jobs_dal.plans.batch_read import Found

MOST_ACTIVE_JOBS = 100
"""The highest cap: one batch reads the jobs of a set."""
MOST_TRIES = 20
"""Tries of a transaction: another submission of the user can come first each time."""
SEATS = "active_jobs"

_UNREAD = "Not all jobs of the user were read before the deadline"

_DAY = 86_400
_OUTLIVING = 31 * _DAY
"""Seconds that the set outlives the newest job's `ttl`: claims and pauses move that on, and nothing writes it here."""
_MARGIN = timedelta(minutes=20)
"""Time for which an expired job still counts.

A claim that was sent before the end can arrive 15 minutes later and keep the job, and clocks differ.
"""


class Quota(NamedTuple):
    """Cap on the active jobs of each user."""

    table_name: str
    most: int


def checked_quota(table_name: str, most: int) -> Quota:
    """Return the quota of a repository.

    Raises:
        ValueError: the cap is no whole number from 1 to 100.
    """
    if not isinstance(most, int) or isinstance(most, bool) or not 1 <= most <= MOST_ACTIVE_JOBS:
        raise ValueError(f"max_active_per_user must be a whole number from 1 to {MOST_ACTIVE_JOBS}, or None")
    return Quota(table_name, most)


class Seat(NamedTuple):
    """Place of one job in the set of its user.

    Attributes:
        quota: the cap.
        key: the key of the set's item.
        job_id: the job.
        submission_id: the nonce of the submission.
        ttl: the end of the set's item; None for a job that is kept for ever.
    """

    quota: Quota
    key: str
    job_id: str
    submission_id: str
    ttl: Decimal | None


def quota_key(user_id: str, id_secret: str | None) -> str:
    """Return the key of the item that has a user's set.

    >>> quota_key("user-1", None)
    'active-jobs/bme9Ve5DDZfxxC_V4zUocA'
    """
    return f"{QUOTA_PREFIX}{pseudonym(user_id, id_secret)}"


def seat_of(item: Item, quota: Quota, key: str) -> Seat:
    """Return the seat of a new job."""
    ttl = None
    if TTL in item:
        # Whole days, so that nearly all submissions of a day agree.
        ttl = Decimal((int(item[TTL]) + _OUTLIVING) // _DAY * _DAY + _DAY)
    return Seat(quota, key, item[JOB_ID], item[SUBMISSION_ID], ttl)


def put_within(put: Request, seat: Seat, now: datetime) -> Generator[Request, Reply, Reply | Failure]:
    """Send the put of a job and its seat in one transaction.

    The reply is that of the put. A put that is refused by its own condition needs no seat.
    """
    update, pause = _adding(seat), 0.0
    for _ in range(MOST_TRIES):
        reply = yield _transaction(put, seat, update, pause)
        if not reply.refused or reply.response["Refusals"][0] is not None:
            return reply
        seen = (reply.response["Refusals"][1] or {}).get("Item") or (yield read(seat.key)).item or {}
        others = set(seen.get(SEATS, ())) - {seat.job_id}
        if len(others) >= seat.quota.most:
            active, unread = yield from _still_active(others, seat, now)
            if len(active) >= seat.quota.most:
                return _full(active.values(), seat, now)
            others = {*active, *unread}
            if len(others) >= seat.quota.most:
                return Result.failure(_UNREAD, ResultCode.UNAVAILABLE)
        update, pause = _replacing({*others, seat.job_id}, seen, seat), RETRIES.after(pause)
    return conflict(seat.job_id)


def read_quota(key: str) -> Plan[Item | None]:
    """Read the item that has a user's set."""
    return Result.success((yield read(key)).item)


def delete_quota(stored: Item) -> Plan[bool]:
    """Delete the item that has a user's set, unless a submission came in between."""
    unchanged = equal(SUBMISSION_ID, stored[SUBMISSION_ID]).to_kwargs()
    parameters = {"Key": {JOB_ID: stored[JOB_ID]}, **unchanged}
    return Result.success(not (yield Request("delete_item", parameters, stored[JOB_ID])).refused)


def _transaction(put: Request, seat: Seat, update: dict[str, Any], pause: float) -> Request:
    table = {"TableName": seat.quota.table_name}
    change = {**table, "Key": {JOB_ID: seat.key}, **update, "ReturnValuesOnConditionCheckFailure": "ALL_OLD"}
    both = [{"Put": {**table, **put.parameters}}, {"Update": change}]
    return Request("transact_write_items", {"TransactItems": both}, put.job_id, pause)


def _adding(seat: Seat) -> dict[str, Any]:
    """Add the job to a set that has room, or has it already."""
    room = "size(#active) < :most OR (size(#active) = :most AND contains(#active, :job))"
    # Without `ttl`, an item is never deleted; one that is kept longer than this job's needs a look.
    fits = room if seat.ttl is None else f"({room}) AND #ttl <= :ttl"
    values = {":one": {seat.job_id}, ":most": seat.quota.most, ":job": seat.job_id}
    return _update("ADD #active :one SET #last = :me", f"attribute_not_exists(#active) OR ({fits})", values, seat)


def _replacing(ids: set[str], seen: Item, seat: Seat) -> dict[str, Any]:
    """Replace the set that was seen, if unchanged."""
    kept_for_ever = bool(seen) and TTL not in seen
    ttl = None if seat.ttl is None or kept_for_ever else max(seat.ttl, seen.get(TTL, seat.ttl))
    unchanged, values = (
        ("#last = :last", {":last": seen[SUBMISSION_ID]}) if seen else ("attribute_not_exists(#last)", {})
    )
    return _update("SET #active = :ids, #last = :me", unchanged, {":ids": ids, **values}, seat._replace(ttl=ttl))


def _update(change: str, condition: str, values: dict[str, Any], seat: Seat) -> dict[str, Any]:
    """Write an update whose last clause is SET; it sets or removes the `ttl`."""
    lasting = " REMOVE #ttl" if seat.ttl is None else ", #ttl = :ttl"
    known = {":me": seat.submission_id, **({} if seat.ttl is None else {":ttl": seat.ttl})}
    return {
        "UpdateExpression": change + lasting,
        "ConditionExpression": condition,
        "ExpressionAttributeNames": {"#active": SEATS, "#last": SUBMISSION_ID, "#ttl": TTL},
        "ExpressionAttributeValues": {**values, **known},
    }


def _still_active(ids: set[str], seat: Seat, now: datetime) -> Generator[Request, Reply, tuple[Found, tuple[str, ...]]]:
    """Return the active ones of these jobs, and the ids that were not read."""
    asked = {"ConsistentRead": True, **reduction((JOB_ID, STATUS, TTL, CREATED_AT))}
    found, unread = yield from read_all(seat.quota.table_name, sorted(ids), asked, for_job=seat.job_id)
    return {job_id: item for job_id, item in found.items() if not _has_ended(item, now)}, unread


def _has_ended(item: Item, now: datetime) -> bool:
    status = parse_status(item.get(STATUS))
    return (status is not None and status.finished) or has_expired(item, now - _MARGIN)


def _full(active: Collection[Item], seat: Seat, now: datetime) -> Failure:
    error = f"The user has {len(active)} active jobs, and may have {seat.quota.most}"
    wait = min(worth_waiting(item, now) for item in active)
    return Failure(error, ResultCode.TOO_MANY_ACTIVE_JOBS, retry_after=wait)
