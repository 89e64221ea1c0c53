"""Threads in which the plans of one sweep run side by side.

boto3's clients and the direct way's sockets may be shared by threads; each thread gets a Table of its own.
"""

from __future__ import annotations

from contextvars import copy_context
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from concurrent.futures import ThreadPoolExecutor
    from types import TracebackType

A = TypeVar("A")
T = TypeVar("T")


class Crew:
    """Crew of threads, which start with the first calls and end with the block.

    Args:
        most: the most threads.

    >>> with Crew(8) as crew:
    ...     crew.each(str.upper, ["a", "b"])
    ['A', 'B']
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._pool: ThreadPoolExecutor | None = None

    def __enter__(self) -> Crew:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)

    def each(self, call: Callable[[A], T], arguments: Sequence[A]) -> list[T]:
        """Call a function with each argument, side by side; return its values in order.

        Each call sees the caller's context variables. An exception of a call is raised here.
        """
        if len(arguments) < 2:  # one call needs no thread
            return [call(argument) for argument in arguments]
        pool = self._threads()
        futures: list[Any] = [pool.submit(copy_context().run, call, argument) for argument in arguments]
        return [future.result() for future in futures]

    def _threads(self) -> ThreadPoolExecutor:
        if self._pool is None:
            from concurrent.futures import ThreadPoolExecutor

            self._pool = ThreadPoolExecutor(self._most, thread_name_prefix="careervp-jobs-sweep")
        return self._pool
