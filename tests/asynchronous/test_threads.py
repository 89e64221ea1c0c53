"""The threads end with the object, its block or the process, and a forked child has its own."""

from __future__ import annotations

import asyncio
import gc
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable

import pytest

from careervp_jobs_dal import AsyncJobsOperator, AsyncJobsRepository, JobsRepository, ResultCode
from tests.asynchronous.conftest import SECONDS, Gate, pool_threads


@pytest.fixture(autouse=True)
def no_thread_is_left() -> None:
    """What other tests left to the collector is gone."""
    gc.collect()
    for thread in pool_threads():
        thread.join(SECONDS)


def test_a_block_ends_its_threads(repository: JobsRepository) -> None:
    async def block() -> int:
        async with AsyncJobsRepository.of(repository) as jobs:
            await asyncio.gather(*(jobs.find_job("vpr-1") for _ in range(5)))
            return len(pool_threads())

    assert asyncio.run(block()) > 0
    assert pool_threads() == []


def test_closing_waits_for_the_call_under_way(
    repository: JobsRepository, jobs: AsyncJobsRepository, gate: Callable[[], Gate]
) -> None:
    async def close() -> tuple[bool, bool]:
        held = gate()
        submitting = asyncio.create_task(jobs.submit_job("key", {}))
        await held.reached.wait()
        closing = asyncio.create_task(jobs.aclose())
        await asyncio.sleep(0.01)
        early = closing.done()
        held.open()
        await closing
        return early, (await submitting).unwrap().created

    assert asyncio.run(close()) == (False, True)
    assert pool_threads() == []


def test_closing_that_is_cancelled_does_not_block_the_loop(jobs: AsyncJobsRepository, gate: Callable[[], Gate]) -> None:
    async def close() -> tuple[bool, ResultCode]:
        held = gate()
        finding = asyncio.create_task(jobs.find_job("vpr-1"))
        await held.reached.wait()
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(jobs.aclose(), 0.01)
        still_held = held.held
        held.open()
        return still_held, (await finding).code

    assert asyncio.run(close()) == (True, ResultCode.NOT_FOUND)


def test_a_closed_one_says_so_and_can_be_closed_again(jobs: AsyncJobsRepository) -> None:
    async def use() -> None:
        operator = AsyncJobsOperator(jobs)
        await jobs.find_job("vpr-1")
        await jobs.aclose()
        await jobs.aclose()
        for call in (jobs.find_job("vpr-1"), operator.get_jobs(["vpr-1"]), anext(operator.iter_jobs(user_id="u"))):
            with pytest.raises(RuntimeError, match="closed"):
                await call

    asyncio.run(use())
    asyncio.run(AsyncJobsRepository.of(jobs.repository).aclose())


def test_an_object_that_is_dropped_leaves_no_thread(repository: JobsRepository) -> None:
    async def use() -> list[threading.Thread]:
        jobs = AsyncJobsRepository.of(repository)
        await asyncio.gather(*(jobs.find_job("vpr-1") for _ in range(5)))
        return pool_threads()

    threads = asyncio.run(use())
    gc.collect()
    for thread in threads:
        thread.join(SECONDS)

    assert threads
    assert not any(thread.is_alive() for thread in threads)


PROCESS = """
import asyncio
from careervp_jobs_dal import AsyncJobsRepository, create_table
from careervp_jobs_dal.testing import embedded_aws

jobs = AsyncJobsRepository("jobs")
with embedded_aws():
    create_table("jobs").unwrap()
    print(asyncio.run(jobs.find_job("vpr-1")).code)
"""


def test_an_object_that_is_not_closed_does_not_keep_the_process() -> None:
    done = subprocess.run([sys.executable, "-c", PROCESS], capture_output=True, text=True, timeout=3 * SECONDS)

    assert (done.returncode, done.stdout, done.stderr) == (0, "NOT_FOUND\n", "")


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
# Python 3.12 and newer warn of the very thing that is tried here.
@pytest.mark.filterwarnings("ignore:.*multi-threaded.*:DeprecationWarning")
@pytest.mark.parametrize("closing", [False, True], ids=["left open", "closed"])
def test_a_forked_child_has_threads_of_its_own(jobs: AsyncJobsRepository, closing: bool) -> None:
    asyncio.run(jobs.connect()).unwrap()

    async def use() -> bool:
        connected = await jobs.connect()
        if closing:
            await jobs.aclose()
        return connected.success

    child = os.fork()
    if not child:
        signal.setitimer(signal.ITIMER_REAL, SECONDS)
        os._exit(0 if asyncio.run(use()) else 1)

    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert asyncio.run(jobs.connect()).success


def test_importing_the_library_does_not_import_asyncio() -> None:
    program = "from careervp_jobs_dal import JobsRepository; JobsRepository('jobs')"
    listing = f"import sys; {program}; print('asyncio' in sys.modules)"

    done = subprocess.run([sys.executable, "-c", listing], capture_output=True, text=True, check=True)

    assert done.stdout == "False\n"
