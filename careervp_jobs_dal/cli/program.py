"""`main`: it runs one command, and turns every end into an exit code."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from careervp_jobs_dal.aws.environment import debug_from_environment
from careervp_jobs_dal.aws.log import frames_of
from careervp_jobs_dal.cli.complaint import complaint
from careervp_jobs_dal.cli.debug import library_lines, say_debug
from careervp_jobs_dal.cli.exits import Exit, StopError, interrupted
from careervp_jobs_dal.cli.invocation import PROGRAM
from careervp_jobs_dal.cli.parser import make_parser
from careervp_jobs_dal.cli.screen import Screen

if TYPE_CHECKING:
    from collections.abc import Sequence


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command.

    Args:
        argv: the arguments; without them those of the process.

    Returns:
        The exit code, one of `Exit`.

    >>> main(["show", "vpr-2", "--table", "jobs", "--endpoint-url", "nonsense"])
    3
    """
    arguments = sys.argv[1:] if argv is None else list(argv)
    _open_what_is_closed()
    try:
        exit_code = int(_run(arguments))
        sys.stdout.flush()
    except BrokenPipeError:
        _forget_output()
        return int(Exit.PIPE_CLOSED)
    except OSError as error:
        _forget_output()
        print(f"{PROGRAM}: Cannot write: {error.strerror}", file=sys.stderr)
        return int(Exit.WORLD)
    return exit_code


def _run(arguments: list[str]) -> Exit:
    screen, options = Screen(as_json="--json" in arguments), None
    debug = "--debug" in arguments or debug_from_environment()
    ended: BaseException
    try:
        with library_lines(shown=debug):
            options = make_parser().parse_args(arguments)
            screen.json = options.json
            exit_code: Exit = options.command.run(options, screen)
    except OSError:  # of the output
        raise
    except (Exception, KeyboardInterrupt) as error:
        ended = error
    else:
        return exit_code
    if debug:
        say_debug(f"{type(ended).__name__} at {frames_of(ended)}")
    stop = ended if isinstance(ended, StopError) else _stop_for(ended)
    screen.complain(complaint(stop, options))
    return stop.exit_code


def _stop_for(error: BaseException) -> StopError:
    """Make the end of a command that was interrupted, or is at fault."""
    if isinstance(error, KeyboardInterrupt):
        return interrupted()
    # Its text is not shown, because it can hold a value of a record.
    fix = "repeat the command with --debug, and report its lines"
    return StopError(f"Unexpected {type(error).__name__}", Exit.FAULT, "UNEXPECTED", fix=fix)


def _open_what_is_closed() -> None:
    """Open the standard streams that a shell has closed (`>&-`).

    Python sets a closed stream to None.
    """
    for name in ("stdin", "stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, "r" if name == "stdin" else "w"))  # noqa: SIM115  # to the process's end


def _forget_output() -> None:
    """Send the rest of the output nowhere, because its reader is gone.

    Python flushes standard output at its end, which would fail again.
    """
    with open(os.devnull, "w") as nowhere:
        os.dup2(nowhere.fileno(), sys.stdout.fileno())
