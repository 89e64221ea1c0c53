"""The handler of a dead-letter queue: it ends the jobs that no worker will meet any more.

A message becomes a dead letter when the queue's limit of receives is reached. Its job would wait for ever: nothing else
leads a worker to it. So the handler fails it, with the reason, and its user learns of it.

    the job                                   the handler                       the message
      PENDING, or its lease has lapsed         FAILED, with the reason           is acknowledged
      finished, or gone                        nothing                           is acknowledged
      a worker holds it, or it pauses          nothing                           stays until then
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from careervp_jobs_dal.aws.log import write_line
from careervp_jobs_dal.job.record import DEFAULT_MAX_ATTEMPTS
from careervp_jobs_dal.worker.acknowledgement import settle
from careervp_jobs_dal.worker.message_handler import MessageHandler
from careervp_jobs_dal.worker.setting import check_options, check_public_error, check_repository

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from careervp_jobs_dal.repository import JobsRepository
    from careervp_jobs_dal.result import ResultCode
    from careervp_jobs_dal.worker.message_handler import Delivery, LambdaContext

_LEASE = timedelta(minutes=1)
_REDRIVE = "aws sqs start-message-move-task --source-arn"


class DeadLetterHandler(MessageHandler):
    """Lambda handler for the dead-letter queue of the workers' queue.

    It fails what no worker has finished. `JobsOperator.retry_job`, or `careervp-jobs retry`, begins such a job anew.
    Messages that are still in the dead-letter queue go back with `aws sqs start-message-move-task`; the log has the
    commands.

    Args:
        repository: the repository of the jobs.
        public_error: the text that the jobs' users see.
        max_attempts: the limit for a record that has none of its own.
        job_id_of: as in `JobWorker`.
        queue_url: the dead-letter queue; as in `JobWorker`.
        sqs: as in `JobWorker`.

    Raises:
        ValueError: an argument has no valid value; the message names it.

    >>> handler = DeadLetterHandler(repository, public_error="We could not make it.")
    >>> letter = {
    ...     "messageId": "m-1",
    ...     "body": '{"job_id": "vpr-1"}',
    ...     "attributes": {"ApproximateReceiveCount": "11"},
    ... }
    >>> handler({"Records": [letter]}, lambda_context)
    {'batchItemFailures': []}
    >>> repository.find_job("vpr-1").unwrap()["error"]
    'Its message became a dead letter after 11 receives'
    """

    def __init__(
        self,
        repository: JobsRepository,
        *,
        public_error: str | None = None,
        max_attempts: int = DEFAULT_MAX_ATTEMPTS,
        job_id_of: Callable[[str], str] | None = None,
        queue_url: str | None = None,
        sqs: Any = None,
    ) -> None:
        check_repository(repository)
        check_options(max_attempts)
        check_public_error(public_error)
        super().__init__("dead_letter_handler", job_id_of, queue_url, sqs)
        self._repository = repository
        self._public_error = public_error
        self._max_attempts = max_attempts

    def handle_record(self, record: Mapping[str, Any], lambda_context: LambdaContext) -> ResultCode:
        """Handle one dead letter.

        Returns:
            The reason to acknowledge it: SUCCESS (the job is FAILED now), ALREADY_FINISHED, ATTEMPTS_EXHAUSTED,
            NOT_FOUND (with a warning in the log), or LEASE_LOST.

        Raises:
            NotAcknowledgedError: the message must stay in the queue.
            InvalidMessageError: its body names no job; it must stay as well.
            Exception: from `job_id_of`; the message must stay.

        >>> letter = {"messageId": "m-1", "body": '{"job_id": "no such job"}'}
        >>> DeadLetterHandler(repository).handle_record(letter, lambda_context)
        <ResultCode.NOT_FOUND: 'NOT_FOUND'>
        """
        return super().handle_record(record, lambda_context)

    def _handle(self, job_id: str, delivery: Delivery) -> ResultCode:
        claimed = self._repository.claim_job(job_id, lease=_LEASE, max_attempts=self._max_attempts)
        if not claimed:
            return settle(self._repository, job_id, claimed)
        failed = self._repository.fail_job(claimed.data, _reason(delivery.record), public_error=self._public_error)
        code = settle(self._repository, job_id, failed)
        if failed:
            self._tell_redrive(job_id, delivery.record)
        return code

    def _tell_redrive(self, job_id: str, record: Mapping[str, Any]) -> None:
        again = f"careervp-jobs retry {job_id} begins it anew"
        rest = f"messages that are still there go back by {_REDRIVE} {record.get('eventSourceARN')}"
        facts = {"job_id": job_id, "message_id": record.get("messageId")}
        write_line("warning", f"Job {job_id} failed, because its message is a dead letter; {again}; {rest}", facts)


def _reason(record: Mapping[str, Any]) -> str:
    attributes = record.get("attributes")
    receives = attributes.get("ApproximateReceiveCount") if attributes is not None else None
    return "Its message became a dead letter" + (f" after {receives} receives" if receives else "")
