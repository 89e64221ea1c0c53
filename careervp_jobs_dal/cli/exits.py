"""The exit codes of the command, and the exception that ends it with one of them."""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING, TypeVar

from careervp_jobs_dal.result import ResultCode

if TYPE_CHECKING:
    from careervp_jobs_dal.result import Answer

T = TypeVar("T")
NO_COMMAND = "NO_COMMAND"
"""Code of the error whose message is the help."""


class Exit(IntEnum):
    """Exit codes of the command, which scripts may rely on."""

    OK = 0
    NO = 1
    USAGE = 2
    WORLD = 3
    FAULT = 70
    INTERRUPTED = 130
    PIPE_CLOSED = 141


MEANINGS = {
    Exit.OK: "done",
    Exit.NO: "the answer is no: not found, refused, declined, FAILED, a wrong table",
    Exit.USAGE: "an option, a file or a value that cannot be used; nothing was sent",
    Exit.WORLD: "AWS or the way to it: network, region, credentials, table, index",
    Exit.FAULT: "a fault of this command: please report what `--debug` says",
    Exit.INTERRUPTED: "interrupted with Ctrl-C",
    Exit.PIPE_CLOSED: "the reader of the output went away, as `head` does",
}

_EXITS = {
    ResultCode.SUCCESS: Exit.OK,
    **dict.fromkeys((ResultCode.VALIDATION_ERROR, ResultCode.ITEM_TOO_LARGE), Exit.USAGE),
    **dict.fromkeys(
        (
            ResultCode.CONFLICT,
            ResultCode.THROTTLED,
            ResultCode.UNAVAILABLE,
            ResultCode.ACCESS_DENIED,
            ResultCode.CONFIG_ERROR,
            ResultCode.DYNAMODB_ERROR,
        ),
        Exit.WORLD,
    ),
}


class StopError(Exception):
    """Signal to end the command.

    Attributes:
        exit_code: the exit code.
        code: the error code in JSON.
        fix: the command or the step that mends it, if it does not follow from the code.
        job_id: the job that it is about, if it is not the only one of the options.
    """

    def __init__(
        self, message: str, exit_code: Exit, code: str, *, fix: str | None = None, job_id: str | None = None
    ) -> None:
        super().__init__(message)
        self.exit_code = exit_code
        self.code = code
        self.fix = fix
        self.job_id = job_id


def usage(message: str) -> StopError:
    """Make the error for a wrong option or value.

    >>> usage("--table is missing").exit_code
    <Exit.USAGE: 2>
    """
    return StopError(message, Exit.USAGE, "USAGE")


def interrupted(words: str = "", *, fix: str | None = None) -> StopError:
    """Make the error for Ctrl-C, with words about the work so far.

    >>> str(interrupted(": 3 jobs deleted"))
    'Interrupted: 3 jobs deleted'
    """
    return StopError(f"Interrupted{words}", Exit.INTERRUPTED, "INTERRUPTED", fix=fix)


def exit_for(code: ResultCode) -> Exit:
    """Return the exit code for a result's code.

    >>> exit_for(ResultCode.NOT_FOUND), exit_for(ResultCode.THROTTLED)
    (<Exit.NO: 1>, <Exit.WORLD: 3>)
    """
    return _EXITS.get(code, Exit.NO)


def unwrap(result: Answer[T]) -> T:
    """Return the data of a success; a failure ends the command.

    Raises:
        StopError: the result is a failure; the error has its text, code and exit code.
    """
    if not result:
        raise StopError(str(result.error), exit_for(result.code), result.code)
    return result.unwrap()
