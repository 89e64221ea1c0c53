"""Failed jobs of all users as one table, the latest failure first."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from careervp_jobs_dal.cli.duration import say_briefly
from careervp_jobs_dal.cli.grid import Column, grid
from careervp_jobs_dal.cli.portrait import attempts, summary
from careervp_jobs_dal.cli.state import judge
from careervp_jobs_dal.job.attribute import DUE_AT, ERROR, JOB_ID, KIND, USER_ID
from careervp_jobs_dal.job.instant import parse_instant

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from careervp_jobs_dal.cli.screen import Screen
    from careervp_jobs_dal.job.record import JobRecord

_COLUMNS = (
    Column("JOB", cut="id"),
    Column("STATE", status=True),
    Column("FAILED"),
    Column("ATTEMPT"),
    Column("KIND", cut="last"),
    Column("USER", cut="first"),
)
_ERROR = Column("ERROR", cut="last")


def failed_rows(jobs: Sequence[JobRecord], now: datetime, screen: Screen, *, errors: bool) -> Iterator[str]:
    """Write one line a job; `errors` adds the first line of its error."""
    if not jobs:
        yield "No jobs."
        return
    columns = [*_COLUMNS, *([_ERROR] if errors else [])]
    yield from grid(columns, [_row(job, now)[: len(columns)] for job in jobs], screen)


def failed_summary(job: JobRecord, now: datetime, *, errors: bool) -> dict[str, Any]:
    """Return the part of a failed job's record for a list.

    >>> from datetime import UTC, datetime
    >>> job = {"job_id": "vpr-1", "status": "FAILED", "due_at": "2026-02-03T13:05:32.000000Z", "error": "time-out"}
    >>> failed_summary(job, datetime(2026, 2, 3, 13, 6, tzinfo=UTC), errors=True)["error"]
    'time-out'
    """
    more = {name: job[name] for name in (KIND, *((ERROR,) if errors else ())) if name in job}
    return {**summary(job, now), "failed_at": job.get(DUE_AT), **more}


def _row(job: JobRecord, now: datetime) -> list[object]:
    failed_at = parse_instant(job.get(DUE_AT))
    error = str(job.get(ERROR, "")).strip().partition("\n")[0]
    since = f"{say_briefly(now - failed_at)} ago" if failed_at else ""
    return [job[JOB_ID], judge(job, now), since, attempts(job), job.get(KIND), job.get(USER_ID), error]
