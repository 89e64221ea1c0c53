"""A context that overlapping blocks share, in whatever order they end."""

from __future__ import annotations

from contextlib import AbstractContextManager, ExitStack, contextmanager
from typing import TYPE_CHECKING

from careervp_jobs_dal.aws.fork import ForkSafeLock

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


class Shared:
    """Context that the first block enters, and the last one leaves.

    Two patches of one name that end in another order than they began would leave the first one's for good.

    Args:
        make: makes the context.

    >>> from contextlib import nullcontext
    >>> shared = Shared(nullcontext)
    >>> with shared.block(), shared.block():
    ...     shared.blocks
    2
    """

    def __init__(self, make: Callable[[], AbstractContextManager[object]]) -> None:
        self.blocks: int = 0
        self._make = make
        self._entered = ExitStack()
        self._lock = ForkSafeLock()

    @contextmanager
    def block(self) -> Iterator[None]:
        """Run one block within the context."""
        with self._lock:
            if self.blocks == 0:
                self._entered.enter_context(self._make())
            self.blocks += 1
        try:
            yield
        finally:
            with self._lock:
                self.blocks -= 1
                if self.blocks == 0:
                    self._entered.close()
