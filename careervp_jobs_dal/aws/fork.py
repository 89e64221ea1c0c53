"""Forks of the process: their number, and a lock that a forked child finds free.

A child has only the thread that forked. A lock that another thread held at that moment would stay locked in the child
for ever. One hook per process counts the forks; whatever belongs to a process compares the number with its own.
"""

from __future__ import annotations

import os
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import TracebackType

_forks = 0


def fork_count() -> int:
    """Return the number of forks that lie behind this process.

    The number is one higher in a child than in its parent.

    >>> fork_count()
    0
    """
    return _forks


def _count_fork() -> None:
    global _forks
    _forks += 1


# Systems without fork have no hook for it.
getattr(os, "register_at_fork", lambda **_: None)(after_in_child=_count_fork)


class ForkSafeLock:
    """Lock that a forked child finds free, even if another thread held it.

    A thread may enter it twice, because a signal's handler runs in the main thread, even within the block. The state
    that it guards must be whole after each step, for such a handler and because a child is born between any two.

    >>> lock, seen = ForkSafeLock(), []
    >>> with lock:
    ...     seen.append(fork_count())
    """

    def __init__(self) -> None:
        # A lock for each generation of processes.
        self._locks: dict[int, threading.RLock] = {}
        self._entered = _Entered()

    def __enter__(self) -> None:
        # `setdefault` is one step, so two threads get the same lock.
        lock = self._locks.get(_forks) or self._locks.setdefault(_forks, threading.RLock())
        lock.acquire()
        self._entered.locks.append(lock)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        # A thread that forks within the block leaves it in the child by the lock that it has entered.
        self._entered.locks.pop().release()


class _Entered(threading.local):
    """Locks that the present thread has entered."""

    def __init__(self) -> None:
        self.locks: list[threading.RLock] = []
