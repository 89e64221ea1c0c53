"""The end of the process while a work runs: SIGTERM becomes a SystemExit, so that the job is released."""

from __future__ import annotations

import signal
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Never

if TYPE_CHECKING:
    from collections.abc import Iterator

_BY_SIGTERM = 128 + signal.SIGTERM


@contextmanager
def sigterm_exits() -> Iterator[None]:
    """Have SIGTERM raise SystemExit in the block.

    A handler of the application stays as it is. Only the main thread can have one.

    >>> with sigterm_exits():
    ...     signal.getsignal(signal.SIGTERM) is signal.SIG_DFL
    False
    """
    is_main = threading.current_thread() is threading.main_thread()
    if not is_main or signal.getsignal(signal.SIGTERM) is not signal.SIG_DFL:
        yield
        return
    signal.signal(signal.SIGTERM, _exit)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)


def _exit(*_: object) -> Never:
    raise SystemExit(_BY_SIGTERM)
