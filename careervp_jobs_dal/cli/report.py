"""The report so far of a command that takes long: a live line, and the end by Ctrl-C."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from careervp_jobs_dal.cli.exits import interrupted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from careervp_jobs_dal.cli.screen import Screen


@contextmanager
def reported(screen: Screen) -> Iterator[Callable[[str], None]]:
    """Give the function that takes the words of each report.

    Raises:
        StopError: Ctrl-C was pressed; it has the words of the last report.
    """
    last = "nothing was changed"

    def show(words: str) -> None:
        nonlocal last
        last = words
        if screen.is_terminal:
            screen.live([words])

    try:
        yield show
    except KeyboardInterrupt:
        fix = "run it again, which goes on with the rest"
        raise interrupted(f": {last}", fix=fix) from None
    screen.unlive()
