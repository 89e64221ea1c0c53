"""An asynchronous repository, and a call that is held up on its way."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator

import pytest

from careervp_jobs_dal import AsyncJobsRepository, JobsRepository
from tests.faults import Faults

SECONDS = 20.0


class Gate:
    """Holds the next request up, in its thread, until it is opened.

    Attributes:
        reached: set in the event loop when the request is there.
        held: whether the request has not passed yet.
    """

    def __init__(self, faults: Faults) -> None:
        self.reached = asyncio.Event()
        self.held = True
        self._open = threading.Event()
        loop = asyncio.get_running_loop()

        def hold() -> None:
            loop.call_soon_threadsafe(self.reached.set)
            self._open.wait(SECONDS)
            self.held = False

        faults.run(hold)

    def open(self) -> None:
        """Let the request pass."""
        self._open.set()


@pytest.fixture
def jobs(repository: JobsRepository) -> Iterator[AsyncJobsRepository]:
    jobs = AsyncJobsRepository.of(repository)
    yield jobs
    asyncio.run(jobs.aclose())


@pytest.fixture
def gate(faults: Faults) -> Callable[[], Gate]:
    """Puts a gate before the next request."""
    return lambda: Gate(faults)


def pool_threads() -> list[threading.Thread]:
    """The threads in which calls run."""
    return [thread for thread in threading.enumerate() if thread.name.startswith("careervp-jobs")]
