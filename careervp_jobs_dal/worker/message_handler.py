"""A Lambda handler for the messages of an SQS queue: one after the other, each acknowledged or left in the queue."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from careervp_jobs_dal.aws.log import frames_of, write_line
from careervp_jobs_dal.worker.acknowledgement import NotAcknowledgedError
from careervp_jobs_dal.worker.function_like import FunctionLike
from careervp_jobs_dal.worker.message import InvalidMessageError, job_id_from_json
from careervp_jobs_dal.worker.setting import check_queue
from careervp_jobs_dal.worker.visibility import Visibility

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from careervp_jobs_dal.result import ResultCode
    from careervp_jobs_dal.worker.visibility import Receipt


class LambdaContext(Protocol):
    """Part of Lambda's context object that a worker needs."""

    def get_remaining_time_in_millis(self) -> int:
        """Return the milliseconds until Lambda ends the invocation."""
        ...


class Delivery(NamedTuple):
    """Delivery of one message.

    Attributes:
        record: the message, as Lambda gives it.
        lambda_context: the invocation.
        receipt: the way to its visibility timeout.
    """

    record: Mapping[str, Any]
    lambda_context: LambdaContext
    receipt: Receipt


class MessageHandler(FunctionLike, ABC):
    """Handler of batches; its subclass handles each job."""

    def __init__(self, name: str, job_id_of: Callable[[str], str] | None, queue_url: str | None, sqs: Any) -> None:
        super().__init__(name)
        self._job_id_of = job_id_of or job_id_from_json
        check_queue(self._job_id_of, queue_url, sqs)
        self._visibility = Visibility(queue_url, sqs)

    def __call__(self, event: Mapping[str, Any], context: LambdaContext) -> dict[str, list[dict[str, str]]]:
        """Handle a batch, and answer with the messages that must stay in the queue."""
        # Lambda takes one exception for a failure of the whole batch; SQS would deliver all of its messages again.
        failures = []
        ending: SystemExit | None = None
        for record in _records(event):
            try:
                if ending is None:
                    self.handle_record(record, context)
                    continue
                _tell(record, ending)
            except SystemExit as error:
                ending = error
                _tell(record, error)
            except Exception as error:
                _tell(record, error)
            failures.append({"itemIdentifier": str(record["messageId"])})
        return {"batchItemFailures": failures}

    def handle_record(self, record: Mapping[str, Any], lambda_context: LambdaContext) -> ResultCode:
        """Handle one message, and return the reason to acknowledge it.

        Raises:
            NotAcknowledgedError: the message must stay in the queue; its visibility timeout is set by then.
            InvalidMessageError: its body names no job.
            Exception: of `job_id_of`.
        """
        receipt = self._visibility.of(record)
        try:
            return self._handle(self._job_id_of(record["body"]), Delivery(record, lambda_context, receipt))
        except NotAcknowledgedError as left:
            if left.retry_after is not None:
                receipt.hide(left.retry_after)
            raise

    @abstractmethod
    def _handle(self, job_id: str, delivery: Delivery) -> ResultCode:
        """Handle the job of a message; raise `NotAcknowledgedError` if the message must stay."""


def _records(event: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return the messages of an event.

    Raises:
        ValueError: it is an event of another kind, such as the example in Lambda's console.
    """
    try:
        records: list[Mapping[str, Any]] = event["Records"]
    except (KeyError, TypeError):
        raise ValueError("The event has no Records: this handler takes events of a queue of SQS") from None
    return records


def _tell(record: Mapping[str, Any], error: BaseException) -> None:
    """Write a message that stays into the log, with the library's own reasons only."""
    # Any other exception can hold a value of the job; SystemExit has what `sys.exit` was given as its `code`.
    left = error if isinstance(error, NotAcknowledgedError) else None
    facts = {
        "message_id": record.get("messageId"),
        "job_id": left and left.job_id,
        "code": left and left.code,
        "reason": str(error) if isinstance(error, InvalidMessageError) else left and left.reason,
        "exception": type(error).__name__,
        "frames": frames_of(error),
    }
    told = ", ".join(f"{name} {value}" for name, value in facts.items())
    write_line("warning", f"A message stays in the queue: {told}", facts)
