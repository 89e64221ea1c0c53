"""`JobsRepository`: the contract, the reads, and the writes of the lifecycle that make it safe.

Each method makes a plan and hands it to the gateway.
"""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Literal
from uuid import uuid4

from careervp_jobs_dal import ending, submission
from careervp_jobs_dal.job import is_key
from careervp_jobs_dal.lease import Wanted, claim, renew
from careervp_jobs_dal.lookups import JobLookups
from careervp_jobs_dal.table import IDEMPOTENCY_INDEX

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from types_boto3_dynamodb.service_resource import DynamoDBServiceResource

    from careervp_jobs_dal.event import JobEvent
    from careervp_jobs_dal.job import Claim, JobRecord, Submission
    from careervp_jobs_dal.result import Result

SECRET_VARIABLE = "JOBS_ID_SECRET"  # noqa: S105  # the name, not the secret
DEFAULT_MAX_ATTEMPTS = 3
LONGEST_RETENTION = timedelta(days=36_525)


def _utc_now() -> datetime:
    return datetime.now(UTC)


def _is_retention(value: object) -> bool:
    return isinstance(value, timedelta) and timedelta(0) < value <= LONGEST_RETENTION


class JobsRepository(JobLookups):
    """The job records of one table.

    Nothing is connected before the first call. Threads may share a repository.

    Args:
        table_name: the table; without it JOBS_TABLE_NAME, then VPR_JOBS_TABLE_NAME is read from the environment.
        idempotency_index_name: the table's index on `idempotency_key`.
        dynamodb: a ready boto3 resource, which brings its own time-outs and retries; without it the process's shared
            one is used, with a connect time-out of 1 s, a read time-out of 3 s and 3 attempts.
        clock: gives the present as an aware UTC datetime; read once a call by the methods of the lifecycle.
        deadline: seconds for one call with all its retries, above 0. Below 5 s botocore has no time for a retry; an
            injected resource's own retries can exceed it.
        on_read_error: what `get_job` and `get_job_by_idempotency_key` do when AWS answers with an error: "none" logs
            it and returns None, "raise" logs it and raises botocore's ClientError.
        exact_numbers: return every number as the stored Decimal, not as int or float.
        retention: how long a submitted job is kept, by its `ttl`, at most 100 years; None for ever.
        pack_above: `submit_job` stores an `input_data` of more bytes of JSON than this compressed; None turns it off.
        id_secret: makes the ids of submitted jobs unguessable; without it JOBS_ID_SECRET is read from the environment.
            Changing it starts new jobs for keys that have one.
        on_event: called with a `JobEvent` after each call is answered; what it raises is logged and goes no further.
        measure_capacity: ask DynamoDB for the capacity that each request consumes, for the events.

    Raises:
        ValueError: no table name is given or set, or another argument is not as said here.

    Attributes:
        table_name: the table's name.
        idempotency_index: the index's name.
        clock: the clock.
    """

    def __init__(
        self,
        table_name: str | None = None,
        idempotency_index_name: str = IDEMPOTENCY_INDEX,
        *,
        dynamodb: DynamoDBServiceResource | None = None,
        clock: Callable[[], datetime] = _utc_now,
        deadline: float = 10.0,
        on_read_error: Literal["none", "raise"] = "none",
        exact_numbers: bool = False,
        retention: timedelta | None = timedelta(hours=24),
        pack_above: int | None = 4096,
        id_secret: str | None = None,
        on_event: Callable[[JobEvent], object] | None = None,
        measure_capacity: bool = False,
    ) -> None:
        super().__init__(
            table_name,
            idempotency_index_name,
            dynamodb=dynamodb,
            deadline=deadline,
            on_read_error=on_read_error,
            exact_numbers=exact_numbers,
            clock=clock,
            on_event=on_event,
            measure_capacity=measure_capacity,
        )
        if retention is not None and not _is_retention(retention):
            raise ValueError("retention must be a timedelta above 0 and of at most 100 years, or None")
        if not isinstance(pack_above, int | None):
            raise ValueError("pack_above must be a whole number of bytes, or None")  # noqa: TRY004
        if id_secret is not None and not is_key(id_secret or "empty"):
            raise ValueError("id_secret must be text of at most 2,048 bytes")
        secret = id_secret or os.environ.get(SECRET_VARIABLE) or None
        self._policy = submission.Policy(retention, pack_above, secret)

    def submit_job(
        self,
        idempotency_key: str,
        input_data: Mapping[str, Any],
        *,
        user_id: str | None = None,
        application_id: str | None = None,
        max_attempts: int = DEFAULT_MAX_ATTEMPTS,
        replace_failed: bool = False,
        allow_different_payload: bool = False,
        **fields: Any,
    ) -> Result[Submission]:
        """Create a job, or find the one that this user and key have already; one round trip either way.

        Args:
            idempotency_key: what makes two submissions of a user the same.
            input_data: what the job is to be done with.
            user_id: whose job it is; another user with the same key has a job of his own.
            application_id: stored with the job.
            max_attempts: how many claims there can be, at least 1.
            replace_failed: begin anew, with no attempt used, where the earlier job is FAILED.
            allow_different_payload: accept the earlier job though its payload was another one.
            **fields: further attributes, a `ttl` in epoch seconds among them.

        Returns:
            The `Submission`; or IDEMPOTENCY_MISMATCH (the earlier job had another payload; it is in `.record`),
            VALIDATION_ERROR or ITEM_TOO_LARGE (nothing was sent), CORRUPT_RECORD, CONFLICT, THROTTLED, UNAVAILABLE,
            ACCESS_DENIED, CONFIG_ERROR, DYNAMODB_ERROR. After a retryable code the same call is safe to repeat.

        >>> submission = repository.submit_job("application-9", {"text": "..."}, user_id="user-1").unwrap()
        >>> submission.created, submission.should_enqueue, submission.job["status"]
        (True, True, 'PENDING')
        >>> repository.submit_job("application-9", {"text": "..."}, user_id="user-1").unwrap().created
        False
        >>> repository.submit_job("application-9", {"text": "other"}, user_id="user-1").code
        <ResultCode.IDEMPOTENCY_MISMATCH: 'IDEMPOTENCY_MISMATCH'>
        """
        options = (max_attempts, replace_failed, allow_different_payload, fields)
        request = submission.Request(idempotency_key, input_data, user_id, application_id, *options)
        step = submission.submit(request, self._policy, uuid4().hex, self.clock(), self._decode)
        return self._gateway.run(step, "submit")

    def claim_job(
        self,
        job_id: str,
        *,
        lease: timedelta,
        worker_id: str | None = None,
        max_attempts: int = DEFAULT_MAX_ATTEMPTS,
        adopt_unleased: bool = False,
    ) -> Result[Claim]:
        """Take a job that waits, or whose worker has let its lease lapse.

        Args:
            job_id: the job's id.
            lease: how long no other worker can claim it, above 0 and at most 7 days.
            worker_id: stored as `claimed_by`.
            max_attempts: the limit for a record that has none of its own.
            adopt_unleased: also take a job that is PROCESSING without a lease, from a worker that still uses
                `update_job_status`; nothing shows whether that worker is still alive.

        Returns:
            The `Claim`; or LEASE_HELD (`.retry_after` says when the lease lapses: leave the message in the queue),
            ALREADY_FINISHED, ATTEMPTS_EXHAUSTED (the job is FAILED now; both have the record in `.record`),
            NOT_FOUND, VALIDATION_ERROR, ITEM_TOO_LARGE (the record is full), CORRUPT_RECORD, CONFLICT, THROTTLED,
            UNAVAILABLE, ACCESS_DENIED, CONFIG_ERROR, DYNAMODB_ERROR.

        >>> claim = repository.claim_job("vpr-1", lease=timedelta(minutes=5)).unwrap()
        >>> claim.attempt, claim.job["status"]
        (1, 'PROCESSING')
        >>> repository.claim_job("vpr-1", lease=timedelta(minutes=5)).code
        <ResultCode.LEASE_HELD: 'LEASE_HELD'>
        """
        wanted = Wanted(lease, worker_id, max_attempts, adopt_unleased, uuid4().hex)
        return self._gateway.run(claim(job_id, wanted, self.clock(), self._decode), "claim")

    def renew_claim(self, claim: Claim, *, lease: timedelta, progress: Any = None) -> Result[Claim]:
        """Begin the lease anew, and note how far the work is.

        Args:
            claim: the claim.
            lease: how long from now no other worker can claim the job.
            progress: stored as `progress`; None leaves it as it is.

        Returns:
            The renewed `Claim`, whose `cancel_requested` tells the worker to stop; or LEASE_LOST (another claim has
            followed this one: stop, write nothing), ALREADY_FINISHED, NOT_FOUND, or a code of `claim_job`.

        >>> claim = repository.claim_job("vpr-1", lease=timedelta(minutes=5)).unwrap()
        >>> repository.renew_claim(claim, lease=timedelta(minutes=5), progress=0.4).unwrap().job["progress"]
        0.4
        """
        return self._gateway.run(renew(claim, lease, progress, self.clock(), self._decode), "renew")

    def complete_job(self, claim: Claim, /, **fields: Any) -> Result[JobRecord]:
        """Finish a job as COMPLETED, if this claim is still the present one, lapsed or not.

        Args:
            claim: the claim.
            **fields: attributes to set in the same write.

        Returns:
            The record, also where this very call was made before; or LEASE_LOST, ALREADY_FINISHED (with other
            fields, or by someone else), NOT_FOUND, ITEM_TOO_LARGE (still PROCESSING: `fail_job` it),
            VALIDATION_ERROR, CORRUPT_RECORD, CONFLICT, THROTTLED, UNAVAILABLE, ACCESS_DENIED, CONFIG_ERROR,
            DYNAMODB_ERROR.

        >>> claim = repository.claim_job("vpr-1", lease=timedelta(minutes=5)).unwrap()
        >>> repository.complete_job(claim, result_key=f"vpr-1/{claim.claim_id}.json").unwrap()["status"]
        'COMPLETED'
        """
        return self._gateway.run(ending.complete(claim, fields, self.clock(), self._decode), "complete")

    def fail_job(self, claim: Claim, error: str, /, *, retryable: bool = False, **fields: Any) -> Result[JobRecord]:
        """Finish a job as FAILED, or put it back to PENDING for another attempt.

        Args:
            claim: the claim.
            error: what went wrong: the first 2,048 bytes of it are stored as `error`, and the first 512 in the
                history `errors`, which keeps the last 10 attempts.
            retryable: put the job back while it has attempts left. The message must then stay in the queue.
            **fields: attributes to set in the same write.

        Returns:
            The record, whose status says which it became; a job that was asked to be cancelled is FAILED with
            `cancelled_at`. Or a code of `complete_job`.

        >>> claim = repository.claim_job("vpr-1", lease=timedelta(minutes=5)).unwrap()
        >>> repository.fail_job(claim, "the model timed out", retryable=True).unwrap()["status"]
        'PENDING'
        """
        step = ending.fail(claim, error, fields, self.clock(), self._decode, retryable=retryable)
        return self._gateway.run(step, "fail")

    def cancel_job(self, job_id: str, *, user_id: str | None = None) -> Result[JobRecord]:
        """Cancel a job: at once where no worker holds it, else by asking its worker to stop.

        Args:
            job_id: the job's id.
            user_id: as in `find_job`.

        Returns:
            The record: FAILED with `cancelled_at`, or still PROCESSING with `cancel_requested_at`, which the worker
            sees at its next `renew_claim`. Or ALREADY_FINISHED, NOT_FOUND, VALIDATION_ERROR, ITEM_TOO_LARGE,
            CORRUPT_RECORD, CONFLICT, THROTTLED, UNAVAILABLE, ACCESS_DENIED, CONFIG_ERROR, DYNAMODB_ERROR.

        >>> cancelled = repository.cancel_job("vpr-1").unwrap()
        >>> cancelled["status"], "cancelled_at" in cancelled
        ('FAILED', True)
        """
        return self._gateway.run(ending.cancel(job_id, user_id, self.clock(), self._decode), "cancel")
