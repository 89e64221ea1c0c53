"""`main`: runs one command, and makes an exit code of whatever happens."""

from __future__ import annotations

import logging
import os
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

from careervp_jobs_dal.cli.exits import Exit, StopError
from careervp_jobs_dal.cli.parser import PROGRAM, make_parser
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
    screen = Screen(as_json="--json" in arguments)
    try:
        options = make_parser().parse_args(arguments)
        screen.json = options.json
        exit_code: Exit = options.command.run(options, screen)
    except StopError as error:
        screen.complain(error)
        return error.exit_code
    except KeyboardInterrupt:
        screen.complain(StopError("Interrupted", Exit.INTERRUPTED, "INTERRUPTED"))
        return Exit.INTERRUPTED
    return exit_code


@contextmanager
def _without_log_lines() -> Iterator[None]:
    """Failures are told in one line of the command's own; without any handler, Python would print the log's as well."""
    handler = logging.NullHandler()
    logging.getLogger().addHandler(handler)
    try:
        yield
    finally:
        logging.getLogger().removeHandler(handler)


def _open_what_is_closed() -> None:
    """A shell can start a command with its standard streams closed (`>&-`); Python has none then."""
    for name in ("stdin", "stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, "r" if name == "stdin" else "w"))  # noqa: SIM115  # to the process's end


def _forget_output() -> None:
    """Nobody reads any more: what Python flushes at its end must not fail again."""
    with open(os.devnull, "w") as nowhere:
        os.dup2(nowhere.fileno(), sys.stdout.fileno())
