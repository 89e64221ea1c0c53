"""`list_jobs`: a user's jobs, newest first, page by page.

The index says which jobs there are and in what order; their records are read from the table, strongly consistent, so
that no page shows an old status. Jobs are left out after the read: expired ones, those of another status, and those
that are no longer at the index's place, because an index lags behind.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from careervp_jobs_dal.codec.cursor import Place, Query, seal, unseal
from careervp_jobs_dal.job.attribute import CREATED_AT, JOB_ID, STATUS, USER_ID
from careervp_jobs_dal.job.index import USER_JOBS
from careervp_jobs_dal.job.invalid_input import InvalidInputError
from careervp_jobs_dal.job.snapshot import has_expired
from careervp_jobs_dal.job.validation import check_fields, check_limit, is_key
from careervp_jobs_dal.operations.batch import BATCH_KEYS, Found, read_all
from careervp_jobs_dal.plans.plan import DeadlineError, Plan, Request
from careervp_jobs_dal.result import Result, ResultCode

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from careervp_jobs_dal.codec.packing import Decoder
    from careervp_jobs_dal.job.record import Item, JobRecord

MAX_PAGE = 1000
MAX_LOOKED_AT = 1000
"""Keys that one page looks at beyond its limit: a filter that few jobs pass must not read a user's whole past."""


@dataclass(frozen=True, slots=True, repr=False)
class JobPage:
    """Part of a user's jobs.

    Attributes:
        jobs: the records, newest first.
        cursor: `list_jobs` takes it to go on; None where there are no more.
        complete: False where the page is short of its limit because its share of reading was used up. More may follow.
    """

    jobs: list[JobRecord]
    cursor: str | None
    complete: bool

    def __repr__(self) -> str:
        return f"JobPage({len(self.jobs)} jobs, more={self.cursor is not None}, complete={self.complete})"


class Listing(NamedTuple):
    """Arguments of one page."""

    user_id: str
    status: str | None
    limit: int
    cursor: str | None


def list_jobs(asked: Listing, table_name: str, secret: str | None, now: datetime, decode: Decoder) -> Plan[JobPage]:
    """Read one page."""
    _check(asked)
    query = Query(table_name, USER_JOBS.name, asked.user_id, asked.status)
    place = None if asked.cursor is None else unseal(asked.cursor, query, secret)
    page = _Page(asked, now, place)
    more, late = True, False
    while more and not page.done and not late:
        try:
            reply = yield _keys_after(page)
        except DeadlineError:
            late = True
            break
        keys = reply.response.get("Items", ())
        found, unread = yield from read_all(table_name, (key[JOB_ID] for key in keys))
        late = bool(unread)
        if not late:
            more = page.take(keys, found) or "LastEvaluatedKey" in reply.response
    if late and not page.looked_at:
        return Result.failure("DynamoDB did not give a page before the deadline", ResultCode.UNAVAILABLE)
    cursor = seal(page.place, query, secret) if more and page.place else None
    jobs = [decode(record) for record in page.jobs]
    return Result.success(JobPage(jobs, cursor, complete=not more or page.full))


class _Page:
    """Page that is being filled: its records, the place after which it goes on, and the keys it looked at."""

    def __init__(self, asked: Listing, now: datetime, place: Place | None) -> None:
        self.asked = asked
        self.place = place
        self.looked_at = 0
        self.jobs: list[Item] = []
        self._now = now

    @property
    def full(self) -> bool:
        """Tell whether the page has as many jobs as were asked for."""
        return len(self.jobs) == self.asked.limit

    @property
    def done(self) -> bool:
        """Tell whether no more keys are to be looked at."""
        return self.full or self.looked_at >= MAX_LOOKED_AT + self.asked.limit

    def take(self, keys: Iterable[Item], found: Found) -> bool:
        """Take the jobs of these keys, in the index's order; tell whether keys are left over."""
        for key in keys:
            if self.full:
                return True
            record = found.get(key[JOB_ID])
            if record is not None and self._shows(key, record):
                self.jobs.append(record)
            self.place, self.looked_at = Place(key[JOB_ID], key[CREATED_AT]), self.looked_at + 1
        return False

    def _shows(self, key: Item, record: Item) -> bool:
        """Tell whether a job belongs here: one that began anew stands in another place."""
        in_place = (record.get(USER_ID), record.get(CREATED_AT)) == (self.asked.user_id, key[CREATED_AT])
        wanted = self.asked.status is None or record.get(STATUS) == self.asked.status
        return in_place and wanted and not has_expired(record, self._now)


def _check(asked: Listing) -> None:
    if not is_key(asked.user_id):
        raise InvalidInputError(f"{USER_ID} must be text of 1 to 2,048 bytes")
    if asked.status is not None:
        check_fields({STATUS: asked.status})
    check_limit(asked.limit, MAX_PAGE)


def _keys_after(page: _Page) -> Request:
    """Ask the index for the keys that follow, always among the jobs of the query's own user."""
    user_id, place = page.asked.user_id, page.place
    # Without a filter the first keys fill the page; what is left out then is not made up for key by key.
    fills = page.asked.status is None and not page.looked_at
    start = {} if place is None else {JOB_ID: place.job_id, CREATED_AT: place.created_at, USER_ID: user_id}
    parameters = {
        "IndexName": USER_JOBS.name,
        "KeyConditionExpression": "#user = :user",
        "ExpressionAttributeNames": {"#user": USER_ID},
        "ExpressionAttributeValues": {":user": user_id},
        "ScanIndexForward": False,
        "Limit": min(page.asked.limit, BATCH_KEYS) if fills else BATCH_KEYS,
    }
    return Request("query", {**parameters, "ExclusiveStartKey": start} if start else parameters)
