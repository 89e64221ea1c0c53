"""The progress of a job as one live line, with a bar where its share is known or can be estimated."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, NamedTuple

from careervp_jobs_dal.cli.duration import say_duration
from careervp_jobs_dal.cli.portrait import progress as share_of
from careervp_jobs_dal.cli.state import State, judge
from careervp_jobs_dal.cli.text import cut, width
from careervp_jobs_dal.job.attribute import AVAILABLE_AT, CREATED_AT, STARTED_AT, STATUS
from careervp_jobs_dal.job.instant import parse_instant
from careervp_jobs_dal.job.status import JobStatus

if TYPE_CHECKING:
    from datetime import datetime

    from careervp_jobs_dal.cli.screen import Screen
    from careervp_jobs_dal.job.record import JobRecord

_LONGEST_BAR = 40
_SHORTEST_BAR = 5
_LAST_EXPECTED_SHARE = 0.99
_TROUBLE = {
    State.STUCK: ", its lease has lapsed",
    State.CANCELLING: ", asked to stop",
    State.UNLEASED: ", without a lease",
    State.OVERDUE: ", overdue",
}
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
    state = judge(job, now)
    if state is State.PAUSING:
        return Progress(f"pausing, due in {say_duration((parse_instant(job.get(AVAILABLE_AT)) or now) - now)}", None)
    runs = job[STATUS] == JobStatus.PROCESSING
    since = parse_instant(job.get(STARTED_AT if runs else CREATED_AT))
    passed = now - since if since else timedelta(0)
    words = f"{'running' if runs else 'waiting'} {say_duration(passed)}"
    if runs and expected:
        words += f" of about {say_duration(expected)}"
    return Progress(
        words + _TROUBLE.get(state, ""),
        share_of(job) if share_of(job) is not None else _share(passed, expected, runs=runs),
    )


def drawn(progress: Progress, screen: Screen, taken: int = 0) -> str:
    """Draw the line, within the screen's width without the columns that are taken."""
    columns = screen.width - taken
    if progress.share is None:
        return cut(progress.words, columns, screen.ellipsis)
    room = min(_LONGEST_BAR, columns - width(progress.words) - _ROOM_FOR_SHARE - 1)
    bar = screen.bar(progress.share, room) if room >= _SHORTEST_BAR else ""
    return cut(f"{bar} {progress.share * 100:3.0f} %  {progress.words}".lstrip(), columns, screen.ellipsis)


def _share(passed: timedelta, expected: timedelta | None, *, runs: bool) -> float | None:
    """Return the share that the expected time gives, which never fills the bar."""
    return min(passed / expected, _LAST_EXPECTED_SHARE) if runs and expected else None
