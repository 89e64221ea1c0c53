"""The numbers of jobs by status, as lines and as a document."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from careervp_jobs_dal.cli.duration import say_duration
from careervp_jobs_dal.cli.text import pad
from careervp_jobs_dal.job.instant import parse_instant
from careervp_jobs_dal.job.status import JobStatus

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from careervp_jobs_dal.cli.screen import Screen
    from careervp_jobs_dal.operations.counting import Stats

_NAME_COLUMNS = 15
_COUNT_COLUMNS = 9
_LONGEST_BAR = 40
_ACTIVE = (JobStatus.PENDING, JobStatus.PROCESSING)


def tally(stats: Stats) -> dict[str, Any]:
    """Return the numbers for a machine, with one for every counted status."""
    counted = JobStatus if stats.whole_table else _ACTIVE
    return {
        "counts": {status.value: 0 for status in counted} | dict(stats.counts),
        "lapsed": stats.lapsed,
        "oldest_pending_at": stats.oldest_pending_at,
        "whole_table": stats.whole_table,
    }


def tallied(stats: Stats, now: datetime, screen: Screen) -> Iterator[str]:
    """Write one line with a bar for each status, then the late jobs."""
    counts = tally(stats)["counts"]
    total = max(1, sum(counts.values()))
    room = max(0, min(_LONGEST_BAR, screen.width - _NAME_COLUMNS - _COUNT_COLUMNS - 3))
    for status, count in counts.items():
        bar = screen.bar(count / total, room) if screen.is_terminal else ""
        yield f"{screen.paint(pad(status, _NAME_COLUMNS), status)}{count:>{_COUNT_COLUMNS},}  {bar}".rstrip()
    yield f"{'lapsed leases':<{_NAME_COLUMNS}}{stats.lapsed:>{_COUNT_COLUMNS},}"
    yield f"{'oldest PENDING':<{_NAME_COLUMNS}}{_waited(stats, now) or '-':>{_COUNT_COLUMNS}}"


def tally_line(stats: Stats, now: datetime) -> str:
    """Write all numbers in one line."""
    counts = [f"{status} {count:,}" for status, count in tally(stats)["counts"].items()]
    waited = _waited(stats, now)
    facts = [f"lapsed {stats.lapsed:,}", f"oldest PENDING {waited}" if waited else ""]
    return "  ".join([f"{now:%H:%M:%S}Z", *counts, *filter(None, facts)])


def _waited(stats: Stats, now: datetime) -> str:
    oldest = parse_instant(stats.oldest_pending_at)
    return say_duration(now - oldest) if oldest else ""
