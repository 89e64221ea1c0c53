"""Plan of `list_jobs`: a user's jobs, newest first, page by page.

The index gives the ids in their order. The records are read from the table, strongly consistent, so that no page shows
an old status, and without their payloads, so that a page stays small. After that read some jobs are left out: expired
ones, those with another status, and those that the index still lists in an old place, because an index lags behind its
table. A record that cannot be read is named only.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from careervp_jobs_dal.codec.attribute_value import StrangeItem
from careervp_jobs_dal.codec.cursor import Place, Query, seal, unseal
from careervp_jobs_dal.job.attribute import CREATED_AT, JOB_ID, KIND, STATUS, USER_ID
from careervp_jobs_dal.job.index import USER_JOBS
from careervp_jobs_dal.job.snapshot import has_expired
from careervp_jobs_dal.job.validation import check_fields, check_kind, check_limit, read_key
from careervp_jobs_dal.operations.batch import without_payload
from careervp_jobs_dal.operations.filling import Filling
from careervp_jobs_dal.plans.batch_read import BATCH_KEYS, read_all
from careervp_jobs_dal.plans.lookup import field_names
from careervp_jobs_dal.plans.plan import Plan, Request
from careervp_jobs_dal.result import Result, ResultCode

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime
    from uuid import UUID

    from careervp_jobs_dal.codec.packing import Decoder
    from careervp_jobs_dal.job.record import Item, JobRecord

MAX_PAGE = 1000
MAX_LOOKED_AT = 1000
"""Keys that one page looks at beyond its limit, so that a rare status does not read a user's whole history."""


@dataclass(frozen=True, slots=True, repr=False)
class JobPage:
    """Page of jobs.

    Attributes:
        jobs: the records, newest first: the library's attributes but `input_data`, and the `fields` asked for.
        cursor: the argument that gives the next page; None on the last page.
        complete: False where the page has fewer jobs than its limit because it stopped reading early. More may follow.
        unread: the ids of jobs whose records cannot be read; each has a log line.
    """

    jobs: list[JobRecord]
    cursor: str | None
    complete: bool
    unread: tuple[str, ...] = ()

    def __repr__(self) -> str:
        unread = f", {len(self.unread)} unread" if self.unread else ""
        return f"JobPage({len(self.jobs)} jobs{unread}, more={self.cursor is not None}, complete={self.complete})"


class Listing(NamedTuple):
    """Arguments of one page."""

    user_id: str | UUID
    status: str | None
    limit: int
    cursor: str | None
    fields: Iterable[str] = ()
    kind: str | None = None


def list_jobs(asked: Listing, table_name: str, secret: str | None, now: datetime, decode: Decoder) -> Plan[JobPage]:
    """Read one page of a user's jobs."""
    asked = _checked(asked)
    options = without_payload(field_names(asked.fields))
    chosen = asked.status if asked.kind is None else f"{asked.status or ''} {asked.kind}"
    query = Query(table_name, USER_JOBS.name, str(asked.user_id), chosen)
    place = None if asked.cursor is None else unseal(asked.cursor, query, secret)
    page = _Page(asked, now, place, decode)
    more, late = True, False
    while more and not page.done:
        reply = yield _keys_after(page)
        keys = reply.response.get("Items", ())
        # A page without keys, but with more to come, would be asked for again and again in vain.
        late = reply.late or (not keys and "LastEvaluatedKey" in reply.response)
        found, unread = yield from read_all(table_name, (key[JOB_ID] for key in keys), options)
        late = late or bool(unread)
        if late:
            break
        more = page.take(keys, found, page.shows) or "LastEvaluatedKey" in reply.response
    if late and not page.looked_at:
        return Result.failure("DynamoDB did not give a page before the deadline", ResultCode.UNAVAILABLE)
    cursor = seal(page.place, query, secret) if more and page.place else None
    return Result.success(JobPage(page.jobs, cursor, complete=not more or page.full, unread=tuple(page.unread)))


class _Page(Filling):
    """Page of a user's jobs that is being filled."""

    def __init__(self, asked: Listing, now: datetime, place: Place | None, decode: Decoder) -> None:
        super().__init__(asked.limit, CREATED_AT, place, decode)
        self.asked = asked
        self._now = now

    @property
    def done(self) -> bool:
        """Tell whether the page needs no more keys, or may not look at more."""
        return self.full or self.looked_at >= MAX_LOOKED_AT + self.asked.limit

    def shows(self, key: Item, record: Item) -> bool:
        """Tell whether a job belongs on the page.

        A job that was submitted anew has a new `created_at`, and so a new place in the index. The old place can remain
        there for a moment. An attribute that cannot be read does not hide a job.
        """
        if isinstance(record, StrangeItem):
            record = {**key, USER_ID: self.asked.user_id, STATUS: self.asked.status, KIND: self.asked.kind, **record}
        in_place = (record.get(USER_ID), record.get(CREATED_AT)) == (self.asked.user_id, key[CREATED_AT])
        wanted = self.asked.status in (None, record.get(STATUS)) and self.asked.kind in (None, record.get(KIND))
        return in_place and wanted and not has_expired(record, self._now)


def _checked(asked: Listing) -> Listing:
    user_id = read_key(asked.user_id, USER_ID)
    if asked.status is not None:
        check_fields({STATUS: asked.status})
    check_kind(asked.kind)
    check_limit(asked.limit, MAX_PAGE)
    return asked._replace(user_id=user_id)


def _keys_after(page: _Page) -> Request:
    """Ask the index for the keys that follow, of the query's user only."""
    user_id, place = page.asked.user_id, page.place
    # Without a filter, the first keys nearly fill the page. The few that are left out then cost one whole batch more,
    # and not one query each.
    fills = page.asked.status is None and page.asked.kind is None and not page.looked_at
    # To go on in an index, DynamoDB needs the keys of the index and of the table. The user is never the cursor's.
    start = {} if place is None else {JOB_ID: place.job_id, CREATED_AT: place.instant, USER_ID: user_id}
    limit = min(page.asked.limit, BATCH_KEYS) if fills else BATCH_KEYS
    parameters = {**user_query(str(user_id), start), "ScanIndexForward": False, "Limit": limit}
    return Request("query", parameters, optional=True)


def user_query(user_id: str, start: Item | None) -> dict[str, Any]:
    """Return a query for the keys of a user's jobs, oldest first."""
    return {
        "IndexName": USER_JOBS.name,
        "KeyConditionExpression": "#user = :user",
        "ExpressionAttributeNames": {"#user": USER_ID},
        "ExpressionAttributeValues": {":user": user_id},
        **({"ExclusiveStartKey": start} if start else {}),
    }
