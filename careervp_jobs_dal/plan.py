"""What is to be sent to DynamoDB, as a value, and what can come back.

A plan is made without any I/O, sent by the gateway, and read by the function that stands beside its request. Reading
an answer gives the caller's `Result`, or one more plan where a second request is needed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, NamedTuple, TypeAlias, TypeVar

from careervp_jobs_dal.result import Result

T = TypeVar("T")

Item: TypeAlias = Mapping[str, Any]
"""A record as boto3's `Table` gives it, not decoded yet."""


class Reply(NamedTuple):
    """What came back for one request.

    Attributes:
        response: the response; for a write whose condition did not hold, no more than the `Item` that refused it,
            which is missing where there is no record, and from engines that never send it.
        refused: whether the condition of a write did not hold.
        resent: whether the request was sent more than once, so that its own first try may be what refused it.
    """

    response: Mapping[str, Any]
    refused: bool = False
    resent: bool = False

    @property
    def item(self) -> Item | None:
        """The record that came with the answer."""
        item: Item | None = self.response.get("Item", self.response.get("Attributes"))
        return item


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class Plan(Generic[T]):
    """One request, and how its answer is read.

    Attributes:
        verb: what the caller asked for, as log lines say it.
        operation: the method of boto3's `Table`, or of its client, that sends the request.
        parameters: that method's keyword arguments.
        read: turns the answer into the result, or into the plan of the next request.
        job_id: the job it is about, for log lines, where there is one.
        pause: the longest time in seconds to wait before it is sent; the gateway waits for a part of it.
        instead: makes the answer where the deadline passes before it is sent; without it that is a failure.
    """

    verb: str
    operation: str
    parameters: Mapping[str, Any]
    read: Callable[[Reply], Step[T]]
    job_id: str | None = None
    pause: float = 0.0
    instead: Callable[[], Step[T]] | None = None

    def __repr__(self) -> str:
        return f"Plan({self.verb}, {self.operation})"


Step: TypeAlias = Plan[T] | Result[T]
"""A request still to be sent, or the result."""
