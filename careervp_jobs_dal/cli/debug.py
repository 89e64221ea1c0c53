"""The lines of `--debug`: requests, the library's own log, and the way to an error. None shows a value of a record."""

from __future__ import annotations

import logging
import os
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

import careervp_jobs_dal

if TYPE_CHECKING:
    from collections.abc import Iterator

_PACKAGE = os.path.dirname(careervp_jobs_dal.__file__)


def say_debug(line: str) -> None:
    """Write one line on standard error."""
    print(f"debug: {line}", file=sys.stderr)


class _LibraryLines(logging.Handler):
    """Handler that shows the log lines of this library, and no others."""

    def emit(self, record: logging.LogRecord) -> None:
        """Show a line; logging calls this."""
        if record.pathname.startswith(_PACKAGE):
            say_debug(record.getMessage())


@contextmanager
def library_lines(*, shown: bool) -> Iterator[None]:
    """Show or hide the library's log lines.

    They are hidden because the command reports a failure itself. Without any handler, Python would print
    them on standard error.
    """
    handler = _LibraryLines() if shown else logging.NullHandler()
    logging.getLogger().addHandler(handler)
    try:
        yield
    finally:
        logging.getLogger().removeHandler(handler)
