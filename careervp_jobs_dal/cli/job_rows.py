"""Several jobs as one table, without payloads and error texts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from careervp_jobs_dal.cli.grid import Column, grid
from careervp_jobs_dal.cli.portrait import age, attempts, percent
from careervp_jobs_dal.cli.state import judge
from careervp_jobs_dal.job.attribute import JOB_ID, STATUS, USER_ID

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from careervp_jobs_dal.cli.screen import Screen
    from careervp_jobs_dal.job.record import JobRecord

_COLUMNS = (
    Column("JOB", cut="id"),
    Column("STATUS", status=True),
    Column("STATE", status=True),
    Column("AGE"),
    Column("ATTEMPT"),
    Column("DONE"),
)
_USER = Column("USER", cut="first")


def listed(jobs: Sequence[JobRecord], now: datetime, screen: Screen, *, users: bool) -> Iterator[str]:
    """Write the jobs, one line each; `users` adds a column for their users."""
    if not jobs:
        yield "No jobs."
        return
    rows: list[list[object]] = [_row(job, now) for job in jobs]
    if users:
        rows = [[*row, job.get(USER_ID)] for row, job in zip(rows, jobs, strict=True)]
    yield from grid([*_COLUMNS, *([_USER] if users else [])], rows, screen)


def _row(job: JobRecord, now: datetime) -> list[object]:
    return [job[JOB_ID], job.get(STATUS), judge(job, now), age(job, now), attempts(job), percent(job)]
