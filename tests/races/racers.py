"""Sixteen threads in four processes, and the calls they make at the same instant."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from multiprocessing.connection import Connection
from typing import Any, NamedTuple, TypeVar

from careervp_jobs_dal import JobsOperator, Result
from tests.races.processes import Settings, repository, start, stop

PROCESSES = 4
THREADS = 4  # in each process

_HEAD_START_SECONDS = 0.01  # until every thread waits for the same instant
_PATIENCE_SECONDS = 60

T = TypeVar("T")


class Call(NamedTuple):
    """One call of a method of the repository, or else of its operator."""

    method: str
    arguments: tuple[Any, ...]
    keywords: dict[str, Any]


def call(method: str, *arguments: Any, **keywords: Any) -> Call:
    """Write a call down, to be made elsewhere."""
    return Call(method, arguments, keywords)


class Racers:
    """The processes; they are started once, because an interpreter with boto3 takes its time to come up."""

    def __init__(self, settings: Settings) -> None:
        self._children = [start(_serve, settings) for _ in range(PROCESSES)]

    def run(self, tasks: Sequence[Callable[[], T]]) -> list[T]:
        """Run every task in a thread of its own, dealt out to the processes in turn; answers in the tasks' order."""
        answers: list[T] = [None] * len(tasks)  # type: ignore[list-item]  # each is filled below
        for number, child in enumerate(self._children):
            child.connection.send(tasks[number::PROCESSES])
        for number, child in enumerate(self._children):
            if not child.connection.poll(_PATIENCE_SECONDS):
                raise TimeoutError(f"Process {number} has not answered")
            answers[number::PROCESSES] = child.connection.recv()
        return answers

    def race(self, table_name: str, calls: Sequence[Call], apart: float = 0.0) -> list[Result[Any]]:
        """Make all calls at one instant, or each these seconds after the one before."""
        start_at = time.monotonic() + _HEAD_START_SECONDS
        return self.run([partial(_make, call, table_name, start_at + n * apart) for n, call in enumerate(calls)])

    def all_call(self, table_name: str, method: str, *arguments: Any, **keywords: Any) -> list[Result[Any]]:
        """Make the same call in every thread, at one instant."""
        return self.race(table_name, [call(method, *arguments, **keywords)] * (PROCESSES * THREADS))

    def stop(self) -> None:
        """End the processes."""
        for child in self._children:
            stop(child)


def _serve(connection: Connection) -> None:
    with ThreadPoolExecutor(THREADS) as threads:
        while True:
            futures = [threads.submit(task) for task in connection.recv()]
            connection.send([future.result() for future in futures])


def _make(call: Call, table_name: str, start_at: float) -> Result[Any]:
    ours = repository(table_name)
    method = getattr(ours if hasattr(ours, call.method) else JobsOperator(ours), call.method)
    time.sleep(max(0.0, start_at - time.monotonic()))
    result: Result[Any] = method(*call.arguments, **call.keywords)
    return result
