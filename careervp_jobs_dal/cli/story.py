"""A job's story for a person: its state, its time-line, its error, its other attributes and the next step."""

from __future__ import annotations

from typing import TYPE_CHECKING

from careervp_jobs_dal.cli.duration import say_clock, say_distance
from careervp_jobs_dal.cli.grid import Column, grid, pairs
from careervp_jobs_dal.cli.portrait import described, percent
from careervp_jobs_dal.cli.state import judge
from careervp_jobs_dal.cli.text import folded, paragraphs
from careervp_jobs_dal.cli.timeline import timeline
from careervp_jobs_dal.job.attribute import ATTEMPT, ERROR, INPUT_DATA, JOB_ID, MAX_ATTEMPTS, STATUS, USER_ID
from careervp_jobs_dal.job.instant import parse_instant

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from careervp_jobs_dal.cli.next_step import NextStep
    from careervp_jobs_dal.cli.screen import Screen
    from careervp_jobs_dal.cli.timeline import Event
    from careervp_jobs_dal.job.record import JobRecord

_COLUMNS = (Column("WHEN"), Column("DISTANCE"), Column("EVENT", cut="fold"))
_INDENT = "  "


def story(job: JobRecord, step: NextStep, now: datetime, screen: Screen, *, show_input: bool) -> Iterator[str]:
    """Write the story."""
    yield from pairs(_head(job, now), screen)
    yield ""
    yield from grid(_COLUMNS, [_row(event, now) for event in timeline(job, now)], screen)
    if isinstance(job.get(ERROR), str):
        yield from _error(job, screen)
    rest = list(described(job, now, show_input=show_input))
    if rest:
        yield ""
        yield from pairs(rest, screen, whole=(INPUT_DATA,))
    yield ""
    yield from folded(f"Next: {step.words}" + (":" if step.command else ""), screen.width)
    if step.command:
        yield f"{_INDENT}{step.command}"


def _head(job: JobRecord, now: datetime) -> Iterator[tuple[str, object]]:
    state = judge(job, now)
    yield JOB_ID, job[JOB_ID]
    yield STATUS, job[STATUS] if state == str(job[STATUS]).lower() else f"{job[STATUS]}, {state}"
    if USER_ID in job:
        yield USER_ID, job[USER_ID]
    if job.get(ATTEMPT) or MAX_ATTEMPTS in job:
        yield ATTEMPT, " ".join(map(str, _attempts(job)))


def _attempts(job: JobRecord) -> Iterator[object]:
    yield job.get(ATTEMPT, 0)
    if MAX_ATTEMPTS in job:
        yield f"of {job[MAX_ATTEMPTS]}"
    if percent(job):
        yield f"({percent(job)} done)"


def _row(event: Event, now: datetime) -> tuple[str, str, str]:
    instant = parse_instant(event.at)
    if instant is None:
        return "", "", event.words
    return say_clock(instant, now), say_distance((instant - now).total_seconds()), event.words


def _error(job: JobRecord, screen: Screen) -> Iterator[str]:
    """Write the whole error of the last attempt, or the reason of the end."""
    yield ""
    yield screen.paint(ERROR, "bold")
    for line in paragraphs(str(job[ERROR])):
        for part in folded(line, screen.width - len(_INDENT)):
            yield f"{_INDENT}{screen.paint(part, 'FAILED')}"
