"""The numbers of jobs by status, drawn."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from careervp_jobs_dal.cli.text import pad

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime

    from careervp_jobs_dal.cli.screen import Screen
    from careervp_jobs_dal.operations import Stats

_NAME_COLUMNS = 12
_COUNT_COLUMNS = 9
_LONGEST_BAR = 40


def read_tally(stats: Stats) -> dict[str, Any]:
    """The statistics for a machine."""
    return {"counts": {str(status): count for status, count in stats.counts.items()}}


def tallied(tally: Mapping[str, Any], screen: Screen) -> Iterator[str]:
    """One line for each status, with a bar that shows its part of all."""
    counts = tally["counts"]
    total = max(1, sum(counts.values()))
    room = max(0, min(_LONGEST_BAR, screen.width - _NAME_COLUMNS - _COUNT_COLUMNS - 3))
    for status, count in counts.items():
        bar = screen.bar(count / total, room) if screen.is_terminal else ""
        yield f"{screen.paint(pad(status, _NAME_COLUMNS), status)}{count:>{_COUNT_COLUMNS},}  {bar}".rstrip()


def tally_line(tally: Mapping[str, Any], now: datetime) -> str:
    """All of them in one line."""
    return "  ".join([f"{now:%H:%M:%S}Z", *(f"{status} {count:,}" for status, count in tally["counts"].items())])
