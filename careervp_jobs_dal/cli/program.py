"""`main`: it runs one command, and turns every end into an exit code."""

from __future__ import annotations

import logging
import os
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

from careervp_jobs_dal.cli.complaint import complaint
from careervp_jobs_dal.cli.exits import Exit, StopError
from careervp_jobs_dal.cli.invocation import PROGRAM
from careervp_jobs_dal.cli.parser import make_parser
from careervp_jobs_dal.cli.screen import Screen

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


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
        with _without_log_lines():
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
    try:
        options = make_parser().parse_args(arguments)
        screen.json = options.json
        exit_code: Exit = options.command.run(options, screen)
    except StopError as error:
        screen.complain(complaint(error, options))
        return error.exit_code
    except KeyboardInterrupt:
        screen.complain(complaint(StopError("Interrupted", Exit.INTERRUPTED, "INTERRUPTED"), options))
        return Exit.INTERRUPTED
    return exit_code


@contextmanager
def _without_log_lines() -> Iterator[None]:
    """Hide the log's lines, because the command reports a failure in its own line.

    Without any handler, Python would print them on standard error.
    """
    handler = logging.NullHandler()
    logging.getLogger().addHandler(handler)
    try:
        yield
    finally:
        logging.getLogger().removeHandler(handler)


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
