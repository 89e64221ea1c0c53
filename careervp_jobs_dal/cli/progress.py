"""The progress of a job as one live line, with a bar where its share is known or can be estimated."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, NamedTuple

from careervp_jobs_dal.cli.duration import say_duration
from careervp_jobs_dal.cli.portrait import progress
from careervp_jobs_dal.cli.text import width
from careervp_jobs_dal.job.attribute import CREATED_AT, LEASE_EXPIRES_AT, STARTED_AT, STATUS
from careervp_jobs_dal.job.instant import parse_instant
from careervp_jobs_dal.job.status import JobStatus

if TYPE_CHECKING:
    from datetime import datetime

    from careervp_jobs_dal.cli.screen import Screen
    from careervp_jobs_dal.job.record import JobRecord

_LONGEST_BAR = 40
_SHORTEST_BAR = 5
_LAST_EXPECTED_SHARE = 0.99
_ROOM_FOR_SHARE = len(" 100 %  ")


class Progress(NamedTuple):
    """Progress of a job, as far as known.

    Attributes:
        words: its state, and for how long, in words.
        share: the finished share between 0 and 1; None where it is unknown.
    """

    words: str
    share: float | None


def read_progress(job: JobRecord, now: datetime, expected: timedelta | None) -> Progress:
    """Read the progress of an unfinished job.

    `expected` is the time that the work usually takes.

    >>> from datetime import UTC, datetime
    >>> job = {"status": "PROCESSING", "started_at": "2026-02-03T13:05:00Z"}
    >>> read_progress(job, datetime(2026, 2, 3, 13, 5, 20, tzinfo=UTC), timedelta(seconds=40))
    Progress(words='running 20 s of about 40 s', share=0.5)
    """
    runs = job[STATUS] == JobStatus.PROCESSING
    since = parse_instant(job.get(STARTED_AT if runs else CREATED_AT))
    passed = now - since if since else timedelta(0)
    words = f"{'running' if runs else 'waiting'} {say_duration(passed)}"
    if runs and expected:
        words += f" of about {say_duration(expected)}"
    return Progress(
        words + _lease(job, now), progress(job) if progress(job) is not None else _share(passed, expected, runs=runs)
    )


def drawn(state: Progress, screen: Screen) -> str:
    """Draw the line, within the screen's width."""
    if state.share is None:
        return screen.fitted(state.words)
    room = min(_LONGEST_BAR, screen.width - width(state.words) - _ROOM_FOR_SHARE - 1)
    bar = screen.bar(state.share, room) if room >= _SHORTEST_BAR else ""
    return screen.fitted(f"{bar} {state.share * 100:3.0f} %  {state.words}".lstrip())


def _share(passed: timedelta, expected: timedelta | None, *, runs: bool) -> float | None:
    """Return the share that the expected time gives, which never fills the bar."""
    return min(passed / expected, _LAST_EXPECTED_SHARE) if runs and expected else None


def _lease(job: JobRecord, now: datetime) -> str:
    ends = parse_instant(job.get(LEASE_EXPIRES_AT))
    return ", its lease has lapsed" if ends and ends < now else ""
