"""A worker for Lambda and SQS: it claims a job, runs it, completes or fails it, and acknowledges the message.

A message is acknowledged only when nothing is left to do for its job. In every other case it stays in the queue, so
that no job is lost: another worker holds the lease, the job was put back for another attempt, AWS does not answer, or
the configuration is wrong. SQS delivers it again when its visibility timeout ends, until the queue's limit of receives
makes it a dead letter.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import nullcontext
from datetime import timedelta
from time import monotonic
from typing import TYPE_CHECKING, Any, TypeAlias, TypedDict

from careervp_jobs_dal.job.invalid_input import InvalidInputError, OtherKindError
from careervp_jobs_dal.job.record import DEFAULT_MAX_ATTEMPTS, Claim, JobRecord
from careervp_jobs_dal.result import Answer, ResultCode
from careervp_jobs_dal.worker.acknowledgement import NotAcknowledgedError, settle
from careervp_jobs_dal.worker.failed_attempt import FailedAttempts, Hook, tell
from careervp_jobs_dal.worker.message_handler import Delivery, LambdaContext, MessageHandler
from careervp_jobs_dal.worker.retry_delay import Delay, backoff
from careervp_jobs_dal.worker.setting import (
    check_claiming,
    check_options,
    check_repository,
    check_store,
    check_work,
)
from careervp_jobs_dal.worker.termination import sigterm_exits
from careervp_jobs_dal.worker.visibility import NO_RECEIPT, Receipt
from careervp_jobs_dal.worker.work_result import InvalidResultError, parts_of

if TYPE_CHECKING:
    from contextlib import AbstractContextManager
    from uuid import UUID

    from careervp_jobs_dal.repository import JobsRepository
    from careervp_jobs_dal.worker.result_store import ResultStore

Work: TypeAlias = Callable[[Claim], Mapping[str, Any] | tuple[Mapping[str, Any], Mapping[str, Any]] | None]
"""Function that does a job, and returns its result.

The result is the fields that `complete_job` is to set. With a store of results it is the document to store, or a tuple
of that document and the fields.
"""

SHORTEST_LEASE = timedelta(seconds=1)

_BAD_RESULT = frozenset({ResultCode.ITEM_TOO_LARGE, ResultCode.VALIDATION_ERROR})
_AT_ONCE = timedelta(0)


class _ClaimOptions(TypedDict):
    max_attempts: int
    adopt_unleased: bool
    worker_id: str | UUID | None


class JobWorker(MessageHandler):
    """Worker that runs one function on the jobs that SQS delivers.

    The worker is a Lambda handler. It answers with the messages that failed, for an event source mapping that has
    ReportBatchItemFailures. With powertools' BatchProcessor, `handle_record` is the record handler.

    The function's result is written by `complete_job`. An exception puts the job back for another attempt while it has
    one left. An exception that is one of `permanent` fails the job for good, and so does a payload that is none of the
    job's kind (`InvalidPayloadError`), or a result that is no dict or cannot be stored. A job of another kind is left
    alone. The function can look at `claim.stop_requested`, which a heartbeat sets; it should then stop and raise any
    exception. SystemExit, also by SIGTERM, gives the job and the rest of the batch back; no attempt is counted.

    Args:
        repository: the repository of the jobs.
        work: the function; it gets the `Claim`. `JobKind.work` makes one of a function that also takes the payload.
        permanent: exceptions that another attempt would only repeat.
        lease: the lease of a claim; without it, the invocation's remaining time.
        heartbeat: the time between two renewals of the claim and of the message's visibility, while the function
            runs; at most half of `lease`. Without it, nothing is renewed.
        min_remaining: a job is not begun with less of the invocation left; its message goes back to the queue.
        retry_delay: the pause after a failed attempt, or a function from the attempt's number to it. The default is
            30 s, doubled with each attempt, at most 15 min, less a random part of up to a half.
        results: a store for results, such as `S3Results`: it takes the dict that the function returns, and the record
            gets the name as `result_key`. Without it, the dict becomes fields of the record.
        on_error: hears of each exception that ended an attempt, with the claim, after the record says so.
        span: makes a context for the work on a claim, such as `linked_span`, which traces it.
        max_attempts: the limit for a record that has none of its own.
        adopt_unleased: also take jobs that are PROCESSING without a lease, once no older worker is left.
        worker_id: stored as `claimed_by`.
        job_id_of: finds the job's id in the message's body; without it, `job_id_from_json`.
        queue_url: the queue; without it, the one in the message's `eventSourceARN`.
        sqs: a boto3 client of SQS, to change a message's visibility timeout; without it, one is made when needed.

    Raises:
        ValueError: an argument has no valid value; the message names it.

    >>> worker = JobWorker(repository, lambda claim: {"key": f"{claim.claim_id}.json"})
    >>> event = {"Records": [{"messageId": "m-1", "body": '{"job_id": "vpr-1"}'}]}
    >>> worker(event, lambda_context)
    {'batchItemFailures': []}
    >>> repository.get_job("vpr-1")["status"]
    'COMPLETED'
    """

    def __init__(
        self,
        repository: JobsRepository,
        work: Work,
        *,
        permanent: tuple[type[Exception], ...] = (),
        lease: timedelta | None = None,
        heartbeat: timedelta | None = None,
        min_remaining: timedelta = timedelta(seconds=1),
        retry_delay: timedelta | Delay = backoff,
        results: ResultStore | None = None,
        on_error: Hook | None = None,
        span: Callable[[Claim], AbstractContextManager[object]] | None = None,
        max_attempts: int = DEFAULT_MAX_ATTEMPTS,
        adopt_unleased: bool = False,
        worker_id: str | UUID | None = None,
        job_id_of: Callable[[str], str] | None = None,
        queue_url: str | None = None,
        sqs: Any = None,
    ) -> None:
        check_repository(repository)
        check_work(work, span)
        check_claiming(lease, heartbeat, min_remaining)
        check_options(max_attempts, worker_id, adopt_unleased)
        check_store(results)
        super().__init__(getattr(work, "__name__", type(work).__name__), job_id_of, queue_url, sqs)
        self._repository, self._work, self._span, self._results = repository, work, span or nullcontext, results
        self._lease, self._heartbeat, self._min_remaining = lease, heartbeat, min_remaining
        self._failed = FailedAttempts(repository, permanent, retry_delay, on_error)
        self._options = _ClaimOptions(max_attempts=max_attempts, adopt_unleased=adopt_unleased, worker_id=worker_id)

    def handle_record(self, record: Mapping[str, Any], lambda_context: LambdaContext) -> ResultCode:
        """Handle one message.

        Returns:
            The reason to acknowledge it: SUCCESS, ALREADY_FINISHED, ATTEMPTS_EXHAUSTED, NOT_FOUND (with a warning in
            the log), or LEASE_LOST (another worker has finished the job).

        Raises:
            NotAcknowledgedError: the message must stay in the queue.
            InvalidMessageError: its body names no job; it must stay as well.
            Exception: from `job_id_of`; the message must stay.
            BaseException: from the work, such as SystemExit; the job is released.

        >>> worker = JobWorker(repository, lambda claim: None)
        >>> record = {"messageId": "m-1", "body": '{"job_id": "vpr-1"}'}
        >>> worker.handle_record(record, lambda_context)
        <ResultCode.SUCCESS: 'SUCCESS'>
        """
        return super().handle_record(record, lambda_context)

    def process(self, job_id: str | UUID, lease: timedelta) -> ResultCode:
        """Claim a job, run it, and write its end; answer as `handle_record` does.

        >>> worker = JobWorker(repository, lambda claim: None)
        >>> worker.process("no such job", timedelta(minutes=5))
        <ResultCode.NOT_FOUND: 'NOT_FOUND'>
        """
        return self._process(job_id, lease, NO_RECEIPT)

    def _handle(self, job_id: str, delivery: Delivery) -> ResultCode:
        left = _remaining(delivery.lambda_context)
        if left is not None and left < self._min_remaining:
            raise NotAcknowledgedError(job_id, None, "too little of the invocation is left", _AT_ONCE)
        return self._process(job_id, self._lease or lease_from(delivery.lambda_context), delivery.receipt)

    def _process(self, job_id: str | UUID, lease: timedelta, receipt: Receipt) -> ResultCode:
        claimed = self._repository.claim_job(job_id, lease=lease, **self._options)
        if not claimed:
            return settle(self._repository, str(job_id), claimed)
        claim = claimed.data
        try:
            return settle(self._repository, claim.job_id, self._run(claim, lease, receipt))
        except OtherKindError as other:
            self._release(claim, "is of another kind, and left to its own workers", other)
            raise NotAcknowledgedError(claim.job_id, None, "it is of another kind") from None
        except BaseException as ending:
            if not isinstance(ending, Exception):
                self._release(claim, "is interrupted, and given back", ending)
                receipt.hide(_AT_ONCE)
            raise

    def _run(self, claim: Claim, lease: timedelta, receipt: Receipt) -> Answer[JobRecord]:
        """Run the work, and write how it ended."""
        try:
            with sigterm_exits(), self._beating(claim, lease, receipt), self._span(claim):
                fields = self._stored(claim, self._work(claim))
        except OtherKindError:
            raise
        except Exception as error:
            return self._failed.end(claim, error)
        completed = self._repository.complete_job(claim, fields=fields)
        if completed.code in _BAD_RESULT:
            return self._failed.end(claim, InvalidResultError(f"The result cannot be stored: {completed.error}"))
        return completed

    def _stored(self, claim: Claim, returned: object) -> dict[str, Any]:
        """Store a result, where a store is set; return the record's fields."""
        document, fields = parts_of(returned, has_store=self._results is not None)
        if self._results is None or document is None:
            return fields
        try:
            return {**fields, "result_key": self._results.put(claim, document)}
        except InvalidInputError as refused:
            raise InvalidResultError(f"The result cannot be stored: {refused}") from None

    def _release(self, claim: Claim, told: str, error: BaseException) -> None:
        self._repository.release_claim(claim)
        tell(claim, told, error)

    def _beating(self, claim: Claim, lease: timedelta, receipt: Receipt) -> AbstractContextManager[None]:
        if self._heartbeat is None:
            return nullcontext()
        from careervp_jobs_dal.worker.heartbeat import Heartbeat

        begun = monotonic()

        def renewed() -> timedelta:
            # A lease that is the invocation's remaining time ends with it, however often it is renewed.
            passed = timedelta(seconds=monotonic() - begun)
            return self._lease or max(lease - passed, SHORTEST_LEASE)

        return Heartbeat(self._repository, claim, self._heartbeat, renewed, receipt)


def lease_from(context: LambdaContext) -> timedelta:
    """Return the invocation's remaining time as a lease, at least one second."""
    # After that time Lambda has ended the invocation, so the worker cannot be running any more.
    return max(timedelta(milliseconds=context.get_remaining_time_in_millis()), SHORTEST_LEASE)


def _remaining(context: object) -> timedelta | None:
    """Return the invocation's remaining time; None without an invocation."""
    ask: Any = getattr(context, "get_remaining_time_in_millis", None)
    return None if ask is None else timedelta(milliseconds=ask())
