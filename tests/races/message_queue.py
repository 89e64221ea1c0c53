"""A queue that delivers at least once, as SQS does: what is not deleted in time comes back."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import NamedTuple


class Delivery(NamedTuple):
    """One receipt of a message; only the newest of a message can delete it."""

    message: int
    receipt: int
    job_id: str


@dataclass
class _Message:
    job_id: str
    visible_at: float = 0.0
    receipt: int = -1


class MessageQueue:
    """Hands messages out in any order, each invisible for a while afterwards; `deliveries` counts them."""

    def __init__(
        self, random: Random, invisible: tuple[float, float], clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.deliveries = 0
        self._random = random
        self._invisible = invisible
        self._clock = clock
        self._messages: dict[int, _Message] = {}
        self._sent = 0

    def __len__(self) -> int:
        return len(self._messages)

    def send(self, job_id: str) -> None:
        """Put one message for a job, be it the first or not."""
        self._messages[self._sent] = _Message(job_id)
        self._sent += 1

    def receive(self) -> Delivery | None:
        """Give a visible message, and hide it."""
        now = self._clock()
        visible = [number for number, message in self._messages.items() if message.visible_at <= now]
        if not visible:
            return None
        number = self._random.choice(visible)
        message = self._messages[number]
        message.visible_at = now + self._random.uniform(*self._invisible)
        message.receipt = self.deliveries
        self.deliveries += 1
        return Delivery(number, message.receipt, message.job_id)

    def delete(self, delivery: Delivery) -> None:
        """Take a message out of the queue, unless it has been delivered again since."""
        message = self._messages.get(delivery.message)
        if message and message.receipt == delivery.receipt:
            del self._messages[delivery.message]
