"""The plans of `list_jobs`: a user's jobs, newest first.

The index says which jobs there are and in what order; what they are is read from the table, strongly consistent, so
that no page shows an old status. Jobs are left out after the read: expired ones, those of another status, and those
that are no longer where the index has them, because an index lags behind.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from careervp_jobs_dal.answer import JobPage
from careervp_jobs_dal.batch import BATCH_KEYS, Found, read_all
from careervp_jobs_dal.cursor import Place, Query, seal, unseal
from careervp_jobs_dal.invalid import InvalidInputError
from careervp_jobs_dal.job import check_fields, check_limit, is_key
from careervp_jobs_dal.plan import Item, Plan, Reply, Step
from careervp_jobs_dal.refusal import Decoder, invalid
from careervp_jobs_dal.result import Result, ResultCode
from careervp_jobs_dal.state import has_expired
from careervp_jobs_dal.table import CREATED_AT, JOB_ID, STATUS, USER_ID, USER_JOBS

if TYPE_CHECKING:
    from datetime import datetime

MAX_PAGE = 1000
MAX_LOOKED_AT = 1000
"""How many keys one page looks at, beyond its limit: a filter that few jobs pass must not read a user's whole past."""


class Listing(NamedTuple):
    """One page, as its caller asked for it."""

    user_id: str
    status: str | None
    limit: int
    cursor: str | None


class _Progress(NamedTuple):
    """How far a page is: the records so far, the place they end at, and how many keys were looked at."""

    jobs: list[Item]
    place: Place | None
    looked_at: int = 0


class _Search(NamedTuple):
    """What all the requests of one page have in common."""

    listing: Listing
    query: Query
    secret: str | None
    now: datetime
    decode: Decoder


def list_jobs(listing: Listing, table_name: str, secret: str | None, now: datetime, decode: Decoder) -> Step[JobPage]:
    """Read one page."""
    try:
        _check(listing)
        query = Query(table_name, USER_JOBS.name, listing.user_id, listing.status)
        place = None if listing.cursor is None else unseal(listing.cursor, query, secret)
    except InvalidInputError as refused:
        return invalid(refused)
    return _next_keys(_Search(listing, query, secret, now, decode), _Progress([], place))


def _check(listing: Listing) -> None:
    if not is_key(listing.user_id):
        raise InvalidInputError(f"{USER_ID} must be text of 1 to 2,048 bytes")
    if listing.status is not None:
        check_fields({STATUS: listing.status})
    check_limit(listing.limit, MAX_PAGE)


def _next_keys(search: _Search, progress: _Progress) -> Plan[JobPage]:
    """Ask the index for the keys that follow."""

    def read(reply: Reply) -> Step[JobPage]:
        keys = list(reply.response.get("Items", ()))
        more = "LastEvaluatedKey" in reply.response
        return _next_records(search, progress, keys, more)

    missing = search.listing.limit - len(progress.jobs)
    start = {} if progress.place is None else {"ExclusiveStartKey": _key(progress.place, search.listing.user_id)}
    parameters = {
        "IndexName": USER_JOBS.name,
        "KeyConditionExpression": "#user = :user",
        "ExpressionAttributeNames": {"#user": USER_ID},
        "ExpressionAttributeValues": {":user": search.listing.user_id},
        "ScanIndexForward": False,
        "Limit": min(missing, BATCH_KEYS) if search.listing.status is None else BATCH_KEYS,
        **start,
    }
    return Plan("list_jobs", "query", parameters, read, instead=lambda: _cut_short(search, progress))


def _next_records(search: _Search, progress: _Progress, keys: list[Item], more: bool) -> Step[JobPage]:
    """Read the jobs of these keys, and go on until the page is full."""

    def finish(found: Found, unread: tuple[str, ...]) -> Step[JobPage]:
        if unread:
            return _cut_short(search, progress)
        after, rest = _filled(search, progress, keys, found)
        full = len(after.jobs) == search.listing.limit
        enough = after.looked_at >= MAX_LOOKED_AT + search.listing.limit
        if full or enough or not more:
            return _page(search, after, more or rest)
        return _next_keys(search, after)

    ids = tuple(dict.fromkeys(key[JOB_ID] for key in keys))
    return read_all("list_jobs", search.query.table, ids, finish)


def _filled(search: _Search, progress: _Progress, keys: list[Item], found: Found) -> tuple[_Progress, bool]:
    """Take the jobs of the page, in the index's order; True where keys are left over."""
    jobs, place, looked_at = list(progress.jobs), progress.place, progress.looked_at
    for key in keys:
        if len(jobs) == search.listing.limit:
            return _Progress(jobs, place, looked_at), True
        record = found.get(key[JOB_ID])
        if record is not None and _belongs(search, key, record):
            jobs.append(record)
        place, looked_at = Place(key[JOB_ID], key[CREATED_AT]), looked_at + 1
    return _Progress(jobs, place, looked_at), False


def _belongs(search: _Search, key: Item, record: Item) -> bool:
    """Whether a job is to be shown, and shown here: one that began anew stands in another place."""
    listing = search.listing
    in_place = (record.get(USER_ID), record.get(CREATED_AT)) == (listing.user_id, key[CREATED_AT])
    wanted = listing.status is None or record.get(STATUS) == listing.status
    return in_place and wanted and not has_expired(record, search.now)


def _page(search: _Search, progress: _Progress, more: bool) -> Result[JobPage]:
    jobs = [search.decode(record) for record in progress.jobs]
    cursor = seal(progress.place, search.query, search.secret) if more and progress.place else None
    return Result.success(JobPage(jobs, cursor, complete=not more or len(jobs) == search.listing.limit))


def _cut_short(search: _Search, progress: _Progress) -> Result[JobPage]:
    """The time is up: give what there is, and a failure where that is nothing."""
    if progress.looked_at:
        return _page(search, progress, more=True)
    return Result.failure("DynamoDB did not give a page before the deadline", ResultCode.UNAVAILABLE)


def _key(place: Place, user_id: str) -> dict[str, Any]:
    """Where to go on, always among the jobs of the query's own user."""
    return {JOB_ID: place.job_id, CREATED_AT: place.created_at, USER_ID: user_id}
