"""A plan: a generator that yields requests, receives their replies, and returns the `Result`.

    driver            plan
      | --- start ---> |  checks the arguments, writes the request
      | <-- Request -- |
      | --- Reply ---> |  reads the answer; may yield another request
      | <-- Result --- |

A plan sends nothing and reads no clock. So one driver can send its requests to DynamoDB, another could do so
asynchronously, and a third is the model checker of the tests. A plan raises `InvalidInputError` for wrong arguments and
`CorruptRecordError` for an invalid record; the driver turns both into codes.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias, TypeVar

from careervp_jobs_dal.job.attribute import JOB_ID
from careervp_jobs_dal.job.invalid_input import InvalidInputError
from careervp_jobs_dal.result import Answer

if TYPE_CHECKING:
    from careervp_jobs_dal.job.record import Item

T = TypeVar("T")

# DynamoDB's limit for the text of one expression, in bytes.
MAX_EXPRESSION_BYTES = 4096
MAX_FIELDS = MAX_EXPRESSION_BYTES // len("#a = :a, ")
_TOO_MANY_FIELDS = "Too many fields for one update: its expression exceeds 4,096 bytes"

EXACT_TRIES = 2
"""Tries of a write that knows the record it changes: another writer can come first each time."""


class Request(NamedTuple):
    """Request to DynamoDB.

    Attributes:
        operation: the method of boto3's `Table`, or of its client, that sends the request.
        parameters: that method's keyword arguments.
        job_id: the job's id for log lines; None where the request concerns no single job.
        pause: the longest backoff before the request, in seconds; the driver waits for a random part of it.
        optional: whether the plan can answer without it, should the deadline pass before it is sent.
        shrinkable: whether the plan has a smaller write to send, should this one not fit into the record.
    """

    operation: str
    parameters: Mapping[str, Any]
    job_id: str | None = None
    pause: float = 0.0
    optional: bool = False
    shrinkable: bool = False

    def __repr__(self) -> str:
        return f"Request({self.operation}, job_id={self.job_id!r})"


class Reply(NamedTuple):
    """Reply to one request.

    Attributes:
        response: DynamoDB's response. For a refused write, only the `Item` that refused it; `Item` is missing where no
            record exists, and from engines that never send it.
        refused: whether the condition of a write did not hold.
        resent: whether the request was sent more than once; the record in a refusal may then be its own first copy's.
        late: whether the deadline passed, so that an optional request was not sent.
        too_large: whether a shrinkable write was not done, because the record would be too large.
    """

    response: Mapping[str, Any]
    refused: bool = False
    resent: bool = False
    late: bool = False
    too_large: bool = False

    @property
    def item(self) -> Item | None:
        """Return the record that came with the reply, if any."""
        # GetItem and refusals name it `Item`, UpdateItem names it `Attributes`.
        item: Item | None = self.response.get("Item", self.response.get("Attributes"))
        return item


Plan: TypeAlias = Generator[Request, Reply, Answer[T]]
"""The requests of one call, which share one deadline."""

Sweep: TypeAlias = Generator[Plan[Any] | list[Plan[Any]], Any, Answer[T]]
"""The plans of a call that goes through many jobs; each plan has its own deadline and its own event.

The plans of a list run side by side, and their answers come as a list in the same order.
"""

MOST_AT_ONCE = 8
"""The most plans that a sweep has under way: a wave of requests, none of which waits for another one's answer."""


def read(job_id: str) -> Request:
    """Make a strongly consistent read.

    An eventually consistent one can miss a job that was just created.
    """
    return Request("get_item", {"Key": {JOB_ID: job_id}, "ConsistentRead": True}, job_id)


def put(item: Item, conditions: Mapping[str, Any]) -> Request:
    """Make a conditional PutItem, whose refusal carries the existing record."""
    parameters = {"Item": item, **conditions, "ReturnValuesOnConditionCheckFailure": "ALL_OLD"}
    return Request("put_item", parameters, item[JOB_ID])


def write(job_id: str, update: Mapping[str, Any], *, shrinkable: bool = False) -> Request:
    """Make a conditional UpdateItem.

    Its reply carries the whole new record, or in a refusal the record that refused it.

    Raises:
        InvalidInputError: the update expression is longer than DynamoDB takes.
    """
    if len(update["UpdateExpression"].encode()) > MAX_EXPRESSION_BYTES:
        raise InvalidInputError(_TOO_MANY_FIELDS)
    parameters = {
        "Key": {JOB_ID: job_id},
        **update,
        "ReturnValues": "ALL_NEW",
        # The refusal carries the record: that saves a read, and the record is the very state that refused. DynamoDB
        # bills no read units for it.
        "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
    }
    return Request("update_item", parameters, job_id, shrinkable=shrinkable)


def check_number_of_fields(fields: Mapping[str, Any]) -> None:
    """Refuse more fields than any update has room for.

    Raises:
        InvalidInputError: there are so many.
    """
    if len(fields) > MAX_FIELDS:
        raise InvalidInputError(_TOO_MANY_FIELDS)


def refusing_record(reply: Reply, job_id: str) -> Generator[Request, Reply, Item | None]:
    """Return the record that refused a write.

    A refusal comes without it where no record exists, and from some engines; the record is then read.
    """
    if reply.item is not None:
        return reply.item
    looked = yield read(job_id)
    return looked.item
