"""What a forked child finds: a number of its own, and every lock of the library free."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import fields
from typing import Any

import pytest
from aws_lambda_powertools.metrics import EphemeralMetrics

from careervp_jobs_dal import JobEvent, JobMetrics, ResultCode, metrics
from careervp_jobs_dal.aws import fork
from careervp_jobs_dal.aws.fork import ForkSafeLock, fork_count
from careervp_jobs_dal.aws.stopwatch import Stopwatch
from careervp_jobs_dal.testing import embedded, embedded_jobs
from tests.conftest import Clock

pytestmark = [
    pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork"),
    # Python 3.12 and newer warn of the very thing that is tried here.
    pytest.mark.filterwarnings("ignore:.*multi-threaded.*:DeprecationWarning"),
]

SECONDS = 10


def in_a_child(work: Callable[[], object], seconds: float = SECONDS) -> int:
    """Run it in a forked child; the child's exit code, or minus the signal that ended a child that hangs."""
    child = os.fork()
    if not child:
        signal.setitimer(signal.ITIMER_REAL, seconds)
        try:
            work()
        except BaseException:
            os._exit(1)
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


@contextmanager
def another_thread_within(lock: object) -> Iterator[None]:
    """Run a block while another thread is within the lock."""
    entered, leave = threading.Event(), threading.Event()

    def hold() -> None:
        with lock:  # type: ignore[attr-defined]
            entered.set()
            leave.wait(SECONDS)

    thread = threading.Thread(target=hold)
    thread.start()
    entered.wait(SECONDS)
    try:
        yield
    finally:
        leave.set()
        thread.join()


def enter(lock: ForkSafeLock) -> None:
    with lock:
        pass


def test_a_child_counts_one_fork_more_and_its_parent_none() -> None:
    before = fork_count()

    def check() -> None:
        assert fork_count() == before + 1
        assert in_a_child(lambda: os._exit(fork_count() - before)) == 2

    assert in_a_child(check) == 0
    assert fork_count() == before


def test_a_child_finds_the_lock_free_that_another_thread_of_its_parent_held() -> None:
    lock = ForkSafeLock()

    with another_thread_within(lock):
        assert in_a_child(lambda: enter(lock)) == 0

    enter(lock)


def test_a_plain_lock_would_hang_the_child() -> None:
    lock = threading.Lock()

    with another_thread_within(lock):
        assert in_a_child(lambda: lock.acquire(), seconds=0.2) == -signal.SIGALRM


def test_who_forks_within_the_block_leaves_it_in_both_processes() -> None:
    lock = ForkSafeLock()

    def leave_and_enter() -> None:
        lock.__exit__(None, None, None)
        enter(lock)

    with lock:
        assert in_a_child(leave_and_enter) == 0
    enter(lock)


def test_one_thread_at_a_time_is_within_also_in_a_child() -> None:
    lock = ForkSafeLock()

    def contend() -> None:
        within: list[int] = []
        most: list[int] = []

        def visit(number: int) -> None:
            for _ in range(200):
                with lock:
                    within.append(number)
                    most.append(len(within))
                    within.remove(number)

        with ThreadPoolExecutor(8) as threads:
            list(threads.map(visit, range(8)))
        assert len(most) == 1600
        assert max(most) == 1

    contend()
    assert in_a_child(contend) == 0


def test_a_signals_handler_may_enter_where_its_own_thread_is_within() -> None:
    lock = ForkSafeLock()

    def interrupted() -> None:
        signal.signal(signal.SIGUSR1, lambda *_: enter(lock))
        with lock:
            signal.raise_signal(signal.SIGUSR1)

    assert in_a_child(interrupted) == 0


def test_the_hook_of_forks_counts_them_and_frees_the_locks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fork, "_forks", before := fork_count())
    lock = ForkSafeLock()

    with another_thread_within(lock):
        fork._count_fork()
        enter(lock)

    assert fork_count() == before + 1


def test_no_lock_of_the_library_hangs_a_child(clock: Clock) -> None:
    stopwatch = Stopwatch(clock)
    hook = JobMetrics(EphemeralMetrics(namespace="CareerVP", service="vpr"))
    nothing: dict[str, Any] = dict.fromkeys(field.name for field in fields(JobEvent))
    event = JobEvent(**nothing | {"verb": "submit", "code": ResultCode.SUCCESS, "table_name": "jobs", "created": True})
    with embedded_jobs() as jobs:
        uses: dict[ForkSafeLock, Callable[[], object]] = {
            stopwatch._lock: lambda: stopwatch.start({}, 1),
            metrics._lock: lambda: hook(event),
            jobs.faults._faults._lock: lambda: jobs.repository.find_job("vpr-1"),
            embedded._lock: lambda: jobs.repository.find_job("vpr-1"),
        }
        for lock, use in uses.items():
            with another_thread_within(lock):
                assert in_a_child(use) == 0


def test_an_exception_leaves_the_block() -> None:
    lock = ForkSafeLock()

    with pytest.raises(LookupError), lock:
        raise LookupError

    enter(lock)
