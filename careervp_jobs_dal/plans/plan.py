"""A plan: a generator that yields a request, is sent the reply, and returns the `Result`.

    driver            plan
      | --- start ---> |  checks the arguments, writes the request
      | <-- Request -- |
      | --- Reply ---> |  reads the answer; may yield another request
      | <-- Result --- |

A plan neither sends nor looks at a clock, so that one driver sends its requests to DynamoDB, another one can do so
asynchronously, and a third is the model checker of the tests. Arguments that are wrong leave a plan as
`InvalidInputError`, and a record that cannot be judged as `CorruptRecordError`; the driver makes codes of both.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias, TypeVar

from careervp_jobs_dal.job.attribute import JOB_ID
from careervp_jobs_dal.job.invalid_input import InvalidInputError
from careervp_jobs_dal.result import Result

if TYPE_CHECKING:
    from careervp_jobs_dal.job.record import Item

T = TypeVar("T")

# DynamoDB's limit for the text of one expression.
MAX_EXPRESSION_BYTES = 4096


class Request(NamedTuple):
    """One request to DynamoDB.

    Attributes:
        operation: the method of boto3's `Table`, or of its client, that sends it.
        parameters: that method's keyword arguments.
        job_id: the job it is about, for log lines, where there is one.
        pause: the longest backoff in seconds before it is sent; the driver waits for a part of it.
    """

    operation: str
    parameters: Mapping[str, Any]
    job_id: str | None = None
    pause: float = 0.0

    def __repr__(self) -> str:
        return f"Request({self.operation}, job_id={self.job_id!r})"


class Reply(NamedTuple):
    """Answer to one request.

    Attributes:
        response: the response; for a write whose condition did not hold, no more than the `Item` that refused it,
            which is missing where there is no record, and from engines that never send it.
        refused: whether the condition of a write did not hold.
        resent: whether the request was sent more than once, so that its own first copy may be what refused it.
    """

    response: Mapping[str, Any]
    refused: bool = False
    resent: bool = False

    @property
    def item(self) -> Item | None:
        """Return the record that came with the answer."""
        item: Item | None = self.response.get("Item", self.response.get("Attributes"))
        return item


Plan: TypeAlias = Generator[Request, Reply, Result[T]]
"""The requests of one call, which together have one deadline."""

Sweep: TypeAlias = Generator[Plan[Any], Result[Any], Result[T]]
"""The plans of a call that goes through many jobs: each has a deadline and an event of its own."""


class DeadlineError(Exception):
    """Thrown into a plan whose next request comes too late; one that can answer without it catches this."""


def read(job_id: str) -> Request:
    """Make a strongly consistent read: an eventually consistent one can miss a job that was just created."""
    return Request("get_item", {"Key": {JOB_ID: job_id}, "ConsistentRead": True}, job_id)


def put(item: Item, conditions: Mapping[str, Any]) -> Request:
    """Make a conditional PutItem, whose refusal brings the record that is there."""
    parameters = {"Item": item, **conditions, "ReturnValuesOnConditionCheckFailure": "ALL_OLD"}
    return Request("put_item", parameters, item[JOB_ID])


def write(job_id: str, update: Mapping[str, Any]) -> Request:
    """Make a conditional UpdateItem, which brings the whole new record, or the one that refused it.

    Raises:
        InvalidInputError: its expression is longer than DynamoDB takes.
    """
    if len(update["UpdateExpression"].encode()) > MAX_EXPRESSION_BYTES:
        raise InvalidInputError("Too many fields for one update: its expression exceeds 4,096 bytes")
    parameters = {
        "Key": {JOB_ID: job_id},
        **update,
        "ReturnValues": "ALL_NEW",
        # The refusal carries the record, which saves a read and shows the very state that refused.
        "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
    }
    return Request("update_item", parameters, job_id)


def refusing_record(reply: Reply, job_id: str) -> Generator[Request, Reply, Item | None]:
    """Return the record that refused a write; where the refusal came without it, read it."""
    if reply.item is not None:
        return reply.item
    looked = yield read(job_id)
    return looked.item
