"""The library's logger, a child of the application's, and the part of an exception that a log line may show."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from functools import cache
from typing import TYPE_CHECKING, Literal

from careervp_jobs_dal.job.line import printable

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from aws_lambda_powertools import Logger

_FIRST_FRAMES = 3
_LAST_FRAMES = 8
# The line's place in the code is the caller's: two frames above powertools' own.
_STACK_LEVEL = 3


@cache
def logger() -> Logger:
    """Return a powertools Logger.

    powertools is imported with the first log line, so a call without failures does not pay for it.
    """
    from aws_lambda_powertools import Logger

    return Logger(child=True)


def write_line(level: Literal["error", "warning", "info"], message: str, facts: Mapping[str, object]) -> None:
    r"""Write one log line, with the facts as extra fields.

    An id comes from a caller or a message, and may hold anything. Escapes replace the characters that would begin
    another line or steer a terminal, in the message as well as in the fields.

    >>> write_line("warning", "Job vpr-1\nERROR forged is late", {"job_id": "vpr-1\nERROR forged"})
    """
    fields = {name: _shown(value) for name, value in facts.items()}
    log = logger()
    methods = {"error": log.error, "warning": log.warning, "info": log.info}
    methods[level](printable(message), extra=fields, stacklevel=_STACK_LEVEL)


def present_correlation_id() -> str | None:
    """Return the correlation id of the service's log lines.

    None where it has none, or where powertools is not loaded.
    """
    shared: str | None = None
    if _is_loaded():
        # A child whose parent was never made raises: the service has no Logger, and so no lines to mark.
        with suppress(Exception):
            shared = logger().get_correlation_id()
    return shared


def set_correlation_id(shared: str | None) -> None:
    """Set the correlation id of the service's log lines, if powertools is loaded."""
    if _is_loaded():
        with suppress(Exception):  # as above
            logger().set_correlation_id(shared)


def _is_loaded() -> bool:
    return "aws_lambda_powertools.logging" in sys.modules


def _shown(value: object) -> object:
    return printable(value) if isinstance(value, str) and not value.isprintable() else value


def frames_of(error: BaseException) -> str:
    """List the frames that an exception passed, as file and line.

    The last frame raised it. The exception's text and local variables are left out, because both can hold a value of a
    record.

    >>> try:
    ...     int("the text of a CV")
    ... except ValueError as error:
    ...     frames_of(error).endswith(":2")
    True
    """
    places = list(_places(error))
    if len(places) > _FIRST_FRAMES + _LAST_FRAMES:
        places[_FIRST_FRAMES:-_LAST_FRAMES] = ["..."]
    return " > ".join(places)


def _places(error: BaseException) -> Iterator[str]:
    trace = error.__traceback__
    while trace is not None:
        folder, file = os.path.split(trace.tb_frame.f_code.co_filename)
        yield f"{os.path.basename(folder)}/{file}:{trace.tb_lineno}"
        trace = trace.tb_next
