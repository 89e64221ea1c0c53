"""The demo's terminal output: one aligned line for each step, 80 columns wide."""

from __future__ import annotations

import os
import sys
from datetime import timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

COLOURS = {"PENDING": "33", "PROCESSING": "36", "COMPLETED": "32", "FAILED": "31"}
BOLD, DIM = "1", "2"


def wants_colour(no_color: bool) -> bool:
    """Colour for people at a terminal only, and not for those who asked for none."""
    return not no_color and not os.environ.get("NO_COLOR") and sys.stdout.isatty()


class Screen:
    """Prints the steps, each with the time since the demo's start, by the clock that the service goes by."""

    def __init__(self, clock: Callable[[], datetime], *, colour: bool) -> None:
        self._clock = clock
        self._colour = colour
        self._start = clock()

    def title(self, text: str) -> None:
        """Print a headline."""
        print(f"\n{self._paint(text, BOLD)}")

    def headings(self) -> None:
        """Say what this is, and what the columns hold."""
        print("VPR jobs on an AWS inside this process: nothing leaves the machine\n")
        print(self._paint(f"{'time':>8}  {'actor':<6}  {'job':<8}  {'state':<10}  event", DIM))

    def step(self, actor: str, job_id: str, state: str, remark: str) -> None:
        """Print who did what to which job, and the state that it is in now."""
        minutes, rest = divmod(self._clock() - self._start, timedelta(minutes=1))
        offset = self._paint(f"{minutes:02}:{rest.total_seconds():05.2f}", DIM)
        painted = self._paint(f"{state:<10}", COLOURS.get(state, ""))
        print(f"{offset}  {actor:<6}  {job_id[:8]:<8}  {painted}  {remark}", flush=True)

    def verdict(self, text: str, *, good: bool) -> None:
        """Print the last line."""
        print(f"\n{self._paint(text, COLOURS['COMPLETED' if good else 'FAILED'])}")

    def _paint(self, text: str, code: str) -> str:
        return f"\033[{code}m{text}\033[0m" if self._colour and code else text
