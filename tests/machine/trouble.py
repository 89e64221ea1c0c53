"""What can go wrong with one call: a fault at one of its requests, or another call that comes in between."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, TypeAlias

from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.exceptions import EndpointConnectionError

from tests.faults import Faults
from tests.machine.calls import Call, Find, Update

ATTEMPTS = 3


class Kind(StrEnum):
    NONE = "none"
    REPLY_LOST = "reply lost"
    REPLY_ALWAYS_LOST = "reply lost each time"
    THROTTLED = "throttled"
    BROKEN = "error 500"
    UNREACHED = "not reached"
    NEVER_REACHED = "not reached each time"
    CLASH = "clash with a transaction"
    ITEM_DROPPED = "refusal without its item"
    CUT = "answer cut short"
    REPLACED = "another's answer"


WRITES = frozenset({"PutItem", "UpdateItem", "DeleteItem"})
Copy: TypeAlias = tuple[str, Any]
"""A request that was sent, and its event's name."""
FOR_GOOD = frozenset({Kind.REPLY_ALWAYS_LOST, Kind.NEVER_REACHED, Kind.CUT, Kind.REPLACED})
"""The caller is told UNAVAILABLE, whether or not the write was done."""
PASSING = (Kind.REPLY_LOST, Kind.NONE, Kind.ITEM_DROPPED)
"""Another request follows, before which another call can come in."""


@dataclass(frozen=True)
class Trouble:
    """A fault at one request of a call, and the call that comes in just before the next.

    Attributes:
        kind: the fault.
        after: how many requests go well before it.
        meanwhile: another caller's call.
    """

    kind: Kind = Kind.NONE
    after: int = 0
    meanwhile: Call | None = None


CALM = Trouble()


class Troubles(Faults):
    """Faults that are there for one call, whether it comes upon them or not.

    Attributes:
        written: the writes that were sent, as they were signed.
    """

    def __init__(self, client: Any) -> None:
        super().__init__(client)
        self.written: list[Copy] = []

    def __call__(self, event_name: str, request: AWSPreparedRequest, **more: object) -> AWSResponse | None:
        if event_name.rpartition(".")[2] in WRITES:
            self.written.append((event_name, request))
        return super().__call__(event_name, request, **more)

    def deliver(self, copy: Copy) -> None:
        """A copy of a write arrives, and nobody waits for the answer."""
        self._wire.deliver(*copy)

    @contextmanager
    def around(self, call: Call, trouble: Trouble, overtake: Callable[[Call], object]) -> Iterator[None]:
        """While this call is made: the trouble, and what overtakes the call."""
        meanwhile = trouble.meanwhile
        if trouble.kind is Kind.ITEM_DROPPED and isinstance(call, Find | Update):
            trouble = CALM  # they can begin with a read, whose item is no refusal's
        if trouble.after:
            self.pass_through(times=trouble.after)
        self._arm(trouble.kind)
        if meanwhile is not None:
            self.run(lambda: overtake(meanwhile))
        try:
            yield
        finally:
            self.clear()

    def _arm(self, kind: Kind) -> None:
        match kind:
            case Kind.REPLY_LOST:
                self.lose_reply()
            case Kind.REPLY_ALWAYS_LOST:
                self.lose_reply(times=ATTEMPTS)
            case Kind.THROTTLED:
                self.answer("ThrottlingException", times=1)
            case Kind.BROKEN:
                self.answer("InternalServerError", status=500, times=1)
            case Kind.UNREACHED:
                self.fail(_unreached, times=1)
            case Kind.NEVER_REACHED:
                self.fail(_unreached, times=ATTEMPTS)
            case Kind.CLASH:
                self.answer("TransactionConflictException", times=1)
            case Kind.ITEM_DROPPED:
                self.drop_item()
            case Kind.CUT:
                self.garble(lambda _, answer: (200, answer[: len(answer) // 2]), times=ATTEMPTS)
            case Kind.REPLACED:
                self.garble(lambda *_: (204, b""), times=ATTEMPTS)


def _unreached() -> EndpointConnectionError:
    return EndpointConnectionError(endpoint_url="https://dynamodb.invalid")
