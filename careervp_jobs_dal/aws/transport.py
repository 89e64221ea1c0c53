"""The port to DynamoDB: a transport carries one request there and back, and tells how that went.

    gateway              transport                    DynamoDB
      | -- Request -------> | -- copy 1 ----------------> |
      |                     |        (no answer in time)  |
      |                     | -- copy 2 ----------------> |
      |                     | <-- "condition failed" ---- |
      | <-- Delivery ------ |
      |  resent, doubtful: copy 1 may have been carried out

There are two transports: boto3, and the direct one. Deadline, clashes with other writers, failure codes, log lines and
events are above the port, so both ways answer alike.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping

    from careervp_jobs_dal.plans.plan import Request


class Delivery(NamedTuple):
    """Outcome of one request, with all its copies.

    Attributes:
        answer: the members of the answer, with records as boto3's `Table` gives them; None if there is an error.
        error: the exception that ended the request.
        examined: whether the records of the answer were read by the strict reader of `codec.attribute_value`.
        resent: whether more than one copy was sent.
        doubtful: whether a copy of a write may have been carried out, although no answer says so.
        unsent: whether the request failed before there was a client that could send it.
    """

    answer: Mapping[str, Any] | None = None
    error: Exception | None = None
    examined: bool = False
    resent: bool = False
    doubtful: bool = False
    unsent: bool = False

    def __repr__(self) -> str:
        return f"Delivery(error={type(self.error).__name__}, resent={self.resent}, doubtful={self.doubtful})"


class Transport(Protocol):
    """Port to DynamoDB."""

    def send(self, request: Request, parameters: Mapping[str, Any], give_up_at: float) -> Delivery:
        """Send a request, and send it again after a failure that may pass.

        No exception leaves this method.

        Args:
            request: the request.
            parameters: its parameters, with what an observer has added.
            give_up_at: the deadline in monotonic time; by then the call has ended.
        """
        ...
