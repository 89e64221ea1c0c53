"""Sweep of `list_failed`: the failed jobs of all users, newest first, page by page.

The active index keeps the failed jobs in 32 partitions of their own, by the instant of their end. After the read some
jobs are left out: expired ones, those of another kind or user, and those that are no longer failed, or failed again
since, because an index lags behind its table. A record that cannot be read is named only.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from careervp_jobs_dal.codec.attribute_value import StrangeItem
from careervp_jobs_dal.codec.cursor import Query, seal, unseal
from careervp_jobs_dal.job.attribute import ACTIVE_SHARD, CANCELLED_AT, DUE_AT, KIND, STATUS, USER_ID
from careervp_jobs_dal.job.index import ACTIVE_JOBS
from careervp_jobs_dal.job.instant import is_aware
from careervp_jobs_dal.job.invalid_input import InvalidInputError
from careervp_jobs_dal.job.snapshot import has_expired
from careervp_jobs_dal.job.status import JobStatus
from careervp_jobs_dal.job.validation import check_kind, check_limit, read_user
from careervp_jobs_dal.operations.filling import Filling
from careervp_jobs_dal.operations.gathering import MAX_JOBS, Bounds, Gathering
from careervp_jobs_dal.operations.listing import MAX_LOOKED_AT, JobPage
from careervp_jobs_dal.operations.partition import Span
from careervp_jobs_dal.plans.lookup import field_names
from careervp_jobs_dal.plans.refusal import failed
from careervp_jobs_dal.result import Result

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime
    from uuid import UUID

    from careervp_jobs_dal.codec.packing import Decoder
    from careervp_jobs_dal.job.record import Item
    from careervp_jobs_dal.plans.batch_read import Found
    from careervp_jobs_dal.plans.plan import Sweep


class Failures(NamedTuple):
    """Arguments of one page."""

    since: datetime
    until: datetime | None
    kind: str | None
    cancelled: bool
    limit: int
    cursor: str | None
    fields: Iterable[str] = ()
    user_id: str | UUID | None = None


def list_failed(asked: Failures, table_name: str, secret: str | None, now: datetime, decode: Decoder) -> Sweep[JobPage]:
    """Read one page of the failed jobs."""
    asked, until = _checked(asked, now)
    fields = field_names(asked.fields)
    query = Query(table_name, ACTIVE_JOBS.name, str(asked.user_id or ""), f"{asked.kind or ''} {asked.cancelled}")
    after = None if asked.cursor is None else unseal(asked.cursor, query, secret)
    page = _Page(asked, table_name, Span(asked.since, until, after), fields, now, decode)
    filling = page.filling
    while not filling.full and (yield from page.following()):
        pass
    if page.failure is not None:  # a page that lacks jobs would not show it
        return failed(page.failure)
    cursor = seal(filling.place, query, secret) if page.more and filling.place else None
    complete = filling.full or not page.more
    return Result.success(JobPage(filling.jobs, cursor, complete=complete, unread=tuple(filling.unread)))


class _Page(Gathering):
    """Page of failed jobs that is being filled."""

    def __init__(
        self, asked: Failures, table_name: str, span: Span, fields: tuple[str, ...], now: datetime, decode: Decoder
    ) -> None:
        super().__init__(table_name, span, fields, Bounds(asked.limit, asked.limit + MAX_LOOKED_AT))
        self.filling = Filling(asked.limit, DUE_AT, span.after, decode)
        self._asked = asked
        self._now = now
        self._cut = False

    @property
    def more(self) -> bool:
        """Tell whether jobs can follow on another page."""
        return self._cut or super().more

    def _chosen(self, keys: list[Item], found: Found) -> list[Item]:
        before = len(self.filling.jobs)
        self._cut = self.filling.take(keys, found, self._shows)
        return list(self.filling.jobs[before:])

    def _shows(self, key: Item, record: Item) -> bool:
        """Tell whether a job belongs on the page; an unreadable attribute hides none."""
        if isinstance(record, StrangeItem):
            record = {**key, STATUS: JobStatus.FAILED, KIND: self._asked.kind, USER_ID: self._asked.user_id, **record}
        in_place = all(record.get(name) == key[name] for name in (ACTIVE_SHARD, DUE_AT))
        asked = ((self._asked.kind, KIND), (self._asked.user_id, USER_ID))
        chosen = all(value in (None, record.get(name)) for value, name in asked)
        wanted = chosen and (self._asked.cancelled or CANCELLED_AT not in record)
        return in_place and record.get(STATUS) == JobStatus.FAILED and wanted and not has_expired(record, self._now)


def _checked(asked: Failures, now: datetime) -> tuple[Failures, datetime]:
    """Check the arguments, and return them with the end of the span."""
    until = now if asked.until is None else asked.until
    for name, instant in (("since", asked.since), ("until", until)):
        if not is_aware(instant):
            raise InvalidInputError(f"{name} must be an aware datetime")
    if asked.since > until:
        raise InvalidInputError("since must not be later than until")
    check_kind(asked.kind)
    check_limit(asked.limit, MAX_JOBS)
    return asked._replace(user_id=read_user(asked.user_id)), until
