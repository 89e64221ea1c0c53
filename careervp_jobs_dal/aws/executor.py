"""Threads in which calls run for asyncio, so that an event loop never waits for the network."""

from __future__ import annotations

import asyncio
import os
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from typing import TYPE_CHECKING, ParamSpec, TypeVar

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator

P = ParamSpec("P")
T = TypeVar("T")

MAX_WORKERS = 32
"""Default number of threads, below the 50 connections of a client.

A call takes 1-2 ms of CPU time, for which Python runs one thread at a time, and mostly waits 5-20 ms for an answer. So
32 threads keep a CPU busy, and more add nothing.
"""


class Executor:
    """Executor of one repository's calls, for any number of event loops.

    Threads are started when they are needed. Idle ones end with the executor, or with the process.

    Args:
        max_workers: the most threads, and so the most calls at a time; any further call waits for its turn.

    Raises:
        ValueError: `max_workers` is not a whole number above 0.
    """

    def __init__(self, max_workers: int) -> None:
        if not isinstance(max_workers, int) or max_workers < 1:
            raise ValueError("max_workers must be a whole number above 0")
        self._max_workers = max_workers
        self._closed = False
        self._pools: dict[int, ThreadPoolExecutor] = {}

    async def run(self, call: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Run a call in a thread, which sees the context variables of the task.

        A task that is cancelled stops waiting. The call itself goes on, unless it still waits for its turn.

        Raises:
            RuntimeError: the executor is closed.
        """
        context = copy_context()
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._pool(), lambda: context.run(call, *args, **kwargs))

    async def iterate(self, iterator: Iterator[T]) -> AsyncIterator[T]:
        """Iterate over values that are each made in a thread."""
        end = object()
        while (value := await self.run(next, iterator, end)) is not end:
            yield value  # type: ignore[misc]  # all but the end is a T

    async def close(self) -> None:
        """Refuse further calls, and wait until those under way and the threads end."""
        self._closed = True
        pool = self._pools.pop(os.getpid(), None)
        if pool is None:
            return
        closer = ThreadPoolExecutor(1)
        try:
            await asyncio.get_running_loop().run_in_executor(closer, pool.shutdown)
        finally:
            closer.shutdown(wait=False)

    def _pool(self) -> ThreadPoolExecutor:
        """Return the threads of this process: a forked child has none of its parent's."""
        if self._closed:
            raise RuntimeError("The repository is closed")
        process = os.getpid()
        # `setdefault` is one step, so the event loops of several threads get the same pool, and no lock can be held in
        # the moment of a fork. A pool that was made in vain has no threads yet.
        return self._pools.get(process) or self._pools.setdefault(
            process, ThreadPoolExecutor(self._max_workers, thread_name_prefix="careervp-jobs")
        )
