"""Processes of their own, each with its own client of the engine, joined to the test by a pipe."""

from __future__ import annotations

import logging
import multiprocessing
import os
from collections.abc import Callable, Mapping
from functools import cache
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess
from typing import Any, NamedTuple

from careervp_jobs_dal import JobsRepository

Settings = Mapping[str, str]
"""The AWS variables that a process is to have; it has no others."""


class Child(NamedTuple):
    """A process, and this end of the pipe to it."""

    process: SpawnProcess
    connection: Connection


def start(main: Callable[..., None], settings: Settings, *arguments: Any) -> Child:
    """Run `main(connection, *arguments)` in a fresh interpreter."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_run, args=(main, theirs, settings, arguments), daemon=True)
    process.start()
    # With this end closed here as well, the death of the process shows as the end of what it sent.
    theirs.close()
    return Child(process, ours)


def stop(child: Child) -> None:
    """End the process, whatever it is doing."""
    child.connection.close()
    child.process.kill()
    child.process.join()
    child.process.close()


@cache
def repository(table_name: str) -> JobsRepository:
    """This process's repository of a table."""
    return JobsRepository(table_name)


def _run(main: Callable[..., None], connection: Connection, settings: Settings, arguments: tuple[Any, ...]) -> None:
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        del os.environ[name]
    os.environ.update(settings)
    logging.disable()
    try:
        main(connection, *arguments)
    except (EOFError, BrokenPipeError, ConnectionResetError, KeyboardInterrupt):
        return
