"""A worker for Lambda and SQS: it claims a job, runs it, completes or fails it, and acknowledges the message.

A message is acknowledged only when nothing is left to do for its job. In every other case it stays in the queue, so
that no job is lost: another worker holds the lease, the job was put back for another attempt, AWS does not answer, or
the configuration is wrong. SQS delivers it again after the visibility timeout, until the queue's limit of receives
makes it a dead letter.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias, TypedDict

from careervp_jobs_dal.aws.log import frames_of, write_line
from careervp_jobs_dal.job.attribute import JOB_ID, STATUS
from careervp_jobs_dal.job.invalid_input import InvalidPayloadError
from careervp_jobs_dal.job.line import printable
from careervp_jobs_dal.job.record import DEFAULT_MAX_ATTEMPTS, Claim, JobRecord
from careervp_jobs_dal.job.status import JobStatus
from careervp_jobs_dal.result import Answer, Result, ResultCode

if TYPE_CHECKING:
    from uuid import UUID

    from careervp_jobs_dal.repository import JobsRepository

Work: TypeAlias = Callable[[Claim], Mapping[str, Any] | None]
"""Function that does a job, and returns the fields that `complete_job` is to set."""

SHORTEST_LEASE = timedelta(seconds=1)

_NOTHING_LEFT = frozenset(
    {
        ResultCode.ALREADY_FINISHED,
        ResultCode.ATTEMPTS_EXHAUSTED,
        ResultCode.LEASE_LOST,
        ResultCode.NOT_FOUND,
    }
)
_BAD_RESULT = frozenset({ResultCode.ITEM_TOO_LARGE, ResultCode.VALIDATION_ERROR})


class _ClaimOptions(TypedDict):
    max_attempts: int
    adopt_unleased: bool
    worker_id: str | None


class LambdaContext(Protocol):
    """Part of Lambda's context object that the worker needs."""

    def get_remaining_time_in_millis(self) -> int:
        """Return the milliseconds until Lambda ends the invocation."""
        ...


class NotAcknowledgedError(Exception):
    """Signal that a message must stay in the queue.

    `code` is the reason; None means that the job was put back for another attempt.
    """

    def __init__(self, job_id: str, code: ResultCode | None) -> None:
        super().__init__(f"Job {printable(job_id)} is not done: {code or 'put back for another attempt'}")
        self.job_id = job_id
        self.code = code

    def __reduce__(self) -> tuple[Any, ...]:
        return NotAcknowledgedError, (self.job_id, self.code)


class JobWorker:
    """Worker that runs one function on the jobs that SQS delivers.

    The worker is a Lambda handler. It answers with the messages that failed, for an event source mapping that has
    ReportBatchItemFailures. With powertools' BatchProcessor, `handle_record` is the record handler.

    The function's result is written by `complete_job`. An exception puts the job back for another attempt while it has
    one left. An exception that is one of `permanent` fails the job for good, and so does a payload that is none of the
    job's kind (`InvalidPayloadError`), or a result that cannot be stored. The function can call `renew_claim` on its
    claim. When `cancel_requested` is True, it should stop and raise any exception.

    Args:
        repository: the repository of the jobs.
        work: the function; it gets the `Claim`. `JobKind.work` makes one of a function that also takes the payload.
        permanent: exceptions that another attempt would only repeat.
        lease: the lease of a claim; without it, the invocation's remaining time.
        max_attempts: the limit for a record that has none of its own.
        adopt_unleased: also take jobs that are PROCESSING without a lease, once no older worker is left.
        worker_id: stored as `claimed_by`.
        job_id_of: finds the job's id in the message's body; without it, the body is JSON with a `job_id`.

    >>> worker = JobWorker(repository, lambda claim: {"result_key": f"{claim.job_id}/{claim.claim_id}.json"})
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
        max_attempts: int = DEFAULT_MAX_ATTEMPTS,
        adopt_unleased: bool = False,
        worker_id: str | None = None,
        job_id_of: Callable[[str], str] | None = None,
    ) -> None:
        self._repository = repository
        self._work = work
        self._permanent = permanent
        self._lease = lease
        self._options: _ClaimOptions = {
            "max_attempts": max_attempts,
            "adopt_unleased": adopt_unleased,
            "worker_id": worker_id,
        }
        self._job_id_of = job_id_of or _job_id_of_json

    def __call__(self, event: Mapping[str, Any], context: LambdaContext) -> dict[str, list[dict[str, str]]]:
        """Handle a batch, and answer with the messages that must stay in the queue."""
        # Lambda takes one exception for a failure of the whole batch; SQS would deliver all of its messages again.
        failures = []
        for record in event["Records"]:
            try:
                self.handle_record(record, context)
            except Exception as error:
                facts = _facts(record, error)
                told = ", ".join(f"{name} {value}" for name, value in facts.items())
                write_line("warning", f"A message stays in the queue: {told}", facts)
                failures.append({"itemIdentifier": str(record["messageId"])})
        return {"batchItemFailures": failures}

    def handle_record(self, record: Mapping[str, Any], lambda_context: LambdaContext) -> ResultCode:
        """Handle one message.

        Returns:
            The reason to acknowledge it: SUCCESS, ALREADY_FINISHED, ATTEMPTS_EXHAUSTED, LEASE_LOST or NOT_FOUND.

        Raises:
            NotAcknowledgedError: the message must stay in the queue.
            Exception: from `job_id_of`, for a body that names no job.

        >>> worker = JobWorker(repository, lambda claim: None)
        >>> worker.handle_record({"messageId": "m-1", "body": '{"job_id": "vpr-1"}'}, lambda_context)
        <ResultCode.SUCCESS: 'SUCCESS'>
        """
        return self.process(self._job_id_of(record["body"]), self._lease or lease_from(lambda_context))

    def process(self, job_id: str | UUID, lease: timedelta) -> ResultCode:
        """Claim a job, run it, and write its end; answer as `handle_record` does.

        >>> JobWorker(repository, lambda claim: None).process("no such job", timedelta(minutes=5))
        <ResultCode.NOT_FOUND: 'NOT_FOUND'>
        """
        claimed = self._repository.claim_job(job_id, lease=lease, **self._options)
        ended: Result[Any] = self._run(claimed.unwrap()) if claimed else claimed
        if ended.code in _NOTHING_LEFT:
            return ended.code
        if not ended:
            raise NotAcknowledgedError(str(job_id), ended.code)
        if not JobStatus(ended.unwrap()[STATUS]).finished:
            raise NotAcknowledgedError(str(job_id), None)
        return ended.code

    def _run(self, claim: Claim) -> Answer[JobRecord]:
        try:
            fields = _named(self._work(claim) or {})
        except Exception as error:
            kind, frames = type(error).__name__, frames_of(error)
            extra = {"job_id": claim.job_id, "attempt": claim.attempt, "exception": kind, "frames": frames}
            write_line("warning", f"Job {claim.job_id} raised {kind} in attempt {claim.attempt}, at {frames}", extra)
            retryable = not isinstance(error, (*self._permanent, InvalidPayloadError))
            return self._repository.fail_job(claim, f"{kind}: {error}", retryable=retryable)
        completed = self._repository.complete_job(claim, fields=fields)
        if completed.code in _BAD_RESULT:
            return self._repository.fail_job(claim, f"The result cannot be stored: {completed.error}")
        return completed


def _named(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Return the work's result as keyword arguments.

    Raises:
        TypeError: the work has returned no dict of fields.
    """
    if not isinstance(fields, Mapping) or not all(isinstance(name, str) for name in fields):
        raise TypeError("a result must be a dict of fields, or None")
    return dict(fields)


def lease_from(context: LambdaContext) -> timedelta:
    """Return the invocation's remaining time as a lease, at least one second."""
    # After that time Lambda has ended the invocation, so the worker cannot be running any more.
    return max(timedelta(milliseconds=context.get_remaining_time_in_millis()), SHORTEST_LEASE)


def _job_id_of_json(body: str) -> str:
    job_id = json.loads(body)[JOB_ID]
    if not isinstance(job_id, str):
        raise TypeError(f"{JOB_ID} must be text")
    return job_id


def _facts(record: Mapping[str, Any], error: Exception) -> dict[str, Any]:
    """Return the facts for a message's log line: ids and codes, no texts."""
    return {
        "message_id": record.get("messageId"),
        "job_id": getattr(error, "job_id", None),
        "code": getattr(error, "code", None),
        "exception": type(error).__name__,
        "frames": frames_of(error),
    }
