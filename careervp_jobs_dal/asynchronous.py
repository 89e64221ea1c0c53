"""`AsyncJobsRepository` and `AsyncJobsOperator`: the calls of the library for asyncio.

`python -m release.asynchronous` writes this file from `repository.py` and `operations/operator.py`: change those.

    event loop               thread              DynamoDB
      | -- await find_job ---> | ---- request -----> |
      | (other tasks run)      |                     |
      | <-- Result ----------- | <--- answer ------- |

A task that is cancelled while it awaits a call does not stop the call: its thread goes on, and its write may have
happened, as after a lost reply. The same call again finds out.
"""

from __future__ import annotations

import asyncio
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any, Literal, Self

from careervp_jobs_dal.aws.executor import Executor
from careervp_jobs_dal.aws.polling import poll, wait_in_loop
from careervp_jobs_dal.job.index import IDEMPOTENCY_INDEX
from careervp_jobs_dal.job.record import DEFAULT_MAX_ATTEMPTS
from careervp_jobs_dal.operations.operator import JobsOperator
from careervp_jobs_dal.repository import JobsRepository, _utc_now

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterable, Mapping
    from datetime import datetime
    from uuid import UUID

    from careervp_jobs_dal.aws.boto3_type import DynamoDBServiceResource
    from careervp_jobs_dal.infrastructure.finding import Finding
    from careervp_jobs_dal.job.event import JobEvent
    from careervp_jobs_dal.job.record import Claim, JobRecord, Submission
    from careervp_jobs_dal.job.request import JobRequest
    from careervp_jobs_dal.job.status import JobStatus
    from careervp_jobs_dal.operations.batch import JobBatch
    from careervp_jobs_dal.operations.counting import Stats
    from careervp_jobs_dal.operations.listing import JobPage
    from careervp_jobs_dal.result import Failure, Success


class AsyncJobsRepository:
    """Repository of the job records of one table, for asyncio.

    It has the methods of `JobsRepository`, and each is awaited. A call runs in a thread of the object's own, with the
    context variables of the task. Several event loops may share the object, and a forked child has threads of its own.

    A task can be cancelled while it awaits a call. The call may be carried out all the same; the same call again finds
    out. `submit_job` finds its job, and `complete_job` its end. A claim cannot be found again: `claim_job` answers
    LEASE_HELD, also to the same worker, until the lease lapses.

    `on_event` is called in a thread of the object. The `on_change` of `wait_for_job` is called in the event loop, and
    may return an awaitable.

    Args:
        table_name: the table, by its name or its ARN; without it JOBS_TABLE_NAME, then VPR_JOBS_TABLE_NAME is read
            from the environment.
        idempotency_index_name: the table's index on `idempotency_key`.
        dynamodb: a ready boto3 resource, which brings its own time-outs and retries; without it the process's shared
            one is used, with a connect time-out of 1 s, a read time-out of 3 s and 3 attempts.
        clock: returns the present as an aware datetime. The methods of the lifecycle read it once a call, and raise
            ValueError if it returns anything else.
        deadline: seconds for one call with all its retries, above 0. Below 5 s botocore has no time for a retry; an
            injected resource's own retries can exceed it.
        on_read_error: how `get_job` and `get_job_by_idempotency_key` treat an error that DynamoDB answers: "none" logs
            it and returns None, "raise" logs it and raises botocore's ClientError.
        exact_numbers: return every number as the stored Decimal, not as int or float.
        retention: the time that a submitted job is kept, by its `ttl`; at most 100 years. None keeps it for ever.
        pack_above: `submit_job` compresses an `input_data` of more bytes of JSON than this; None turns that off.
        id_secret: makes the ids and fingerprints of submitted jobs unguessable; without it JOBS_ID_SECRET is read from
            the environment. After a change of the secret, a key that has a job gets a second job.
        max_active_per_user: the most jobs of one user that can be PENDING or PROCESSING, from 1 to 100; a submission
            beyond them answers TOO_MANY_ACTIVE_JOBS. None sets no limit, and costs nothing.
        transport: the way to DynamoDB. "boto3" goes through `table`. "auto" is the setting for Lambda, and needs a
            fraction of the CPU: requests are sent without boto3 wherever keys, region and endpoint come from the
            environment, and through boto3 where anything asks for more. "direct" insists on the former. Without it
            JOBS_TRANSPORT is read from the environment; without that it is "boto3".
        on_event: called with a `JobEvent` after each call. Its exceptions are logged and never reach the caller.
        measure_capacity: ask DynamoDB for the capacity that each request consumes, for the events.
        max_workers: the most threads, and so the most calls at a time; a further call waits for its turn.

    Raises:
        ValueError: no table name is given or set, or another argument is invalid.

    Attributes:
        repository: the `JobsRepository` that makes the calls. Its own methods block the event loop.

    >>> async def submit():
    ...     async with AsyncJobsRepository(jobs.repository.table_name) as repository:
    ...         return await repository.submit_job("application-10", {}, user_id="user-1")
    >>> asyncio.run(submit()).unwrap().created
    True
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
        pack_above: int | None = 1024,
        id_secret: str | None = None,
        max_active_per_user: int | None = None,
        transport: Literal["boto3", "auto", "direct"] | None = None,
        on_event: Callable[[JobEvent], object] | None = None,
        measure_capacity: bool = False,
        max_workers: int = 32,
    ) -> None:
        repository = JobsRepository(
            table_name, idempotency_index_name, dynamodb=dynamodb, clock=clock, deadline=deadline,
            on_read_error=on_read_error, exact_numbers=exact_numbers, retention=retention, pack_above=pack_above,
            id_secret=id_secret, max_active_per_user=max_active_per_user, transport=transport, on_event=on_event,
            measure_capacity=measure_capacity,
        )  # fmt: skip
        self._use(repository, max_workers)

    @classmethod
    def of(cls, repository: JobsRepository, *, max_workers: int = 32) -> Self:
        """Make the asynchronous form of a ready repository, which can still be used itself.

        Args:
            repository: the repository that makes the calls.
            max_workers: as for the class.

        Raises:
            ValueError: `max_workers` is not a whole number above 0.

        >>> jobs = AsyncJobsRepository.of(repository, max_workers=4)
        >>> asyncio.run(jobs.find_job("vpr-1")).unwrap()["status"]
        'PENDING'
        """
        made = cls.__new__(cls)
        made._use(repository, max_workers)
        return made

    def _use(self, repository: JobsRepository, max_workers: int) -> None:
        self.repository = repository
        self._executor = Executor(max_workers)

    async def aclose(self) -> None:
        """Wait for the calls under way, and end the threads.

        `async with` does it at the end of its block. Any further call is a RuntimeError.

        >>> asyncio.run(AsyncJobsRepository.of(repository).aclose())
        """
        await self._executor.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()

    async def connect(self) -> Success[None] | Failure:
        """Make the client now: at module scope, where Lambda's start-up is cheap.

        Returns:
            A success, CONFIG_ERROR or ACCESS_DENIED. Nothing is sent, so wrong credentials or a missing table show only
            with the first call.

        >>> asyncio.run(jobs.connect()).success
        True
        """
        return await self._executor.run(self.repository.connect)

    async def create_job(self, job_data: Mapping[str, Any]) -> Success[JobRecord] | Failure:
        """Write a job's record, unless its `job_id` exists already.

        Args:
            job_data: the record, at most 409,600 bytes by DynamoDB's rule. Required are `job_id`, `status`,
                `created_at` (ISO 8601; UTC where it has no offset) and `idempotency_key`; a `ttl` is in epoch
                seconds. Nothing is added to it.

        Returns:
            The record, or VALIDATION_ERROR or ITEM_TOO_LARGE (nothing was sent), ALREADY_EXISTS (the stored record is
            in `.record`), CONFLICT, or the code of a failure of AWS: THROTTLED, UNAVAILABLE, ACCESS_DENIED,
            CONFIG_ERROR, DYNAMODB_ERROR, CORRUPT_RECORD (the stored record has a value that cannot be read).

        >>> job = {
        ...     "job_id": "vpr-2",
        ...     "status": "PENDING",
        ...     "created_at": "2026-02-03T13:05:32Z",
        ...     "idempotency_key": "user-1/application-8",
        ... }
        >>> asyncio.run(jobs.create_job(job)).data == job
        True
        >>> asyncio.run(jobs.create_job(job)).code
        <ResultCode.ALREADY_EXISTS: 'ALREADY_EXISTS'>
        """
        return await self._executor.run(self.repository.create_job, job_data)

    async def get_job(self, job_id: str | UUID | None) -> dict[str, Any] | None:
        """Read one job, strongly consistent.

        Args:
            job_id: the job's id, text or a UUID. None and "" give None, and so does anything that is no id, with a
                log line; nothing is sent.

        Returns:
            The record; None where no record exists, and also where DynamoDB answered with an error, which is logged
            (see `on_read_error`). So None is no reason to acknowledge a message.

        Raises:
            Exception: botocore's, if DynamoDB could not be reached or there are no credentials; an HTTPClientError
                for an answer or a record that cannot be read; a ClientError with `on_read_error="raise"`.

        >>> asyncio.run(jobs.get_job("vpr-1"))["status"]
        'PENDING'
        >>> asyncio.run(jobs.get_job("no such job")) is None
        True
        """
        return await self._executor.run(self.repository.get_job, job_id)

    async def get_job_by_idempotency_key(
        self, idempotency_key: str | UUID | None, *, user_id: str | UUID | None = None
    ) -> dict[str, Any] | None:
        """Find the oldest job with this key through the index.

        An index lags behind its table, so a job that was just created can be missed. Users can have the same key:
        without `user_id` the answer may be another user's job.

        Args:
            idempotency_key: the key, as `job_id` of `get_job`.
            user_id: only this user's job.

        Returns:
            The whole record, also from an index that projects keys only; None as in `get_job`.

        Raises:
            Exception: as `get_job`.

        >>> asyncio.run(jobs.get_job_by_idempotency_key("user-1/application-7"))["job_id"]
        'vpr-1'
        """
        return await self._executor.run(self.repository.get_job_by_idempotency_key, idempotency_key, user_id=user_id)

    async def update_job_status(
        self,
        /,
        job_id: str | UUID,
        status: str,
        *,
        expected_status: str | Iterable[str] | None = None,
        fields: Mapping[str, Any] | None = None,
        **further: Any,
    ) -> Success[JobRecord] | Failure:
        """Move a job's status forward and set fields, in one write.

        Args:
            job_id: the job's id.
            status: PROCESSING, which may repeat, COMPLETED or FAILED; steps may be skipped.
            expected_status: the status, or several, that the job must have now; None for every status that can
                move to the new status.
            fields: further attributes to set, of any name.
            **further: the same as keywords. A name that is nearly an option's, or that of an attribute that the
                library knows, is refused as a slip.

        Returns:
            The whole new record, or NOT_FOUND, or INVALID_TRANSITION (the present status cannot move to the new one,
            or is not expected; the present record is in `.record`), or a code of `create_job` other than
            ALREADY_EXISTS.

        >>> asyncio.run(jobs.update_job_status("vpr-1", "FAILED", expected_status="PROCESSING")).code
        <ResultCode.INVALID_TRANSITION: 'INVALID_TRANSITION'>
        >>> asyncio.run(jobs.update_job_status("vpr-1", "COMPLETED", score=0.5)).data["status"]
        'COMPLETED'
        >>> asyncio.run(jobs.update_job_status("vpr-1", "PROCESSING")).code
        <ResultCode.INVALID_TRANSITION: 'INVALID_TRANSITION'>
        """
        return await self._executor.run(
            self.repository.update_job_status, job_id, status, expected_status=expected_status, fields=fields, **further
        )

    async def update_job(self, job_id: str | UUID, updates: Mapping[str, Any]) -> Success[JobRecord] | Failure:
        """Set any attributes but `job_id`; a `status` among them only moves forward.

        Args:
            job_id: the job's id.
            updates: attribute names, which are taken literally, and their values. Without any, nothing is written and
                the present record is the answer. Attributes of the lifecycle, such as `attempt` and `claim_id`, are
                refused; the page about the record marks each of them.

        Returns:
            As `update_job_status`.

        >>> asyncio.run(jobs.update_job("vpr-1", {"cost_usd": 0.0123, "a.b": [1, 2]})).data["a.b"]
        [1, 2]
        >>> asyncio.run(jobs.update_job("no such job", {"cost_usd": 0.0123})).code
        <ResultCode.NOT_FOUND: 'NOT_FOUND'>
        """
        return await self._executor.run(self.repository.update_job, job_id, updates)

    async def find_job(self, job_id: str | UUID, *, user_id: str | UUID | None = None) -> Success[JobRecord] | Failure:
        """Read one job, strongly consistent, as its user may see it.

        Args:
            job_id: the job's id.
            user_id: where given, another user's job is not found. An id alone is no permission.

        Returns:
            The record; or NOT_FOUND, the same for a job that is absent, expired or another user's; or
            CORRUPT_RECORD, THROTTLED, UNAVAILABLE, ACCESS_DENIED, CONFIG_ERROR, DYNAMODB_ERROR.

        >>> asyncio.run(jobs.find_job("vpr-1")).unwrap()["status"]
        'PENDING'
        >>> asyncio.run(jobs.find_job("vpr-1", user_id="user-2")).code
        <ResultCode.NOT_FOUND: 'NOT_FOUND'>
        """
        return await self._executor.run(self.repository.find_job, job_id, user_id=user_id)

    async def find_status(
        self,
        job_id: str | UUID,
        *,
        user_id: str | UUID | None = None,
        fields: Iterable[str] = (),
        consistent: bool = False,
    ) -> Success[JobRecord] | Failure:
        """Read the part of a job that changes while the job runs.

        This is for polls: it costs half as much as `find_job`.

        Args:
            job_id: the job's id.
            user_id: as in `find_job`.
            fields: further attributes to read, such as `result_key`; at most 100.
            consistent: make a strongly consistent read, at twice the price. Otherwise a change of the last second can
                be missed; only a job that is not found is read again, strongly consistent.

        Returns:
            The record, reduced to `job_id`, `status`, `created_at`, `attempt`, `progress`, `public_error`,
            `completed_at`, `cancelled_at` and `fields`, as far as it has them. The result's `retry_after` is the time
            until the next poll: a quarter of the job's age, in whole seconds from 1 to 30; None for a finished job. Or
            VALIDATION_ERROR (of `fields`), or a code of `find_job`.

        >>> found = asyncio.run(jobs.find_status("vpr-1", fields=["result_key"]))
        >>> found.unwrap()["status"], found.retry_after
        ('PENDING', datetime.timedelta(seconds=30))
        """
        return await self._executor.run(
            self.repository.find_status, job_id, user_id=user_id, fields=fields, consistent=consistent
        )

    async def wait_for_job(
        self,
        job_id: str | UUID,
        timeout: timedelta,
        *,
        user_id: str | UUID | None = None,
        on_change: Callable[[JobRecord], object] | None = None,
    ) -> Success[JobRecord] | Failure:
        """Poll a job until its end: for scripts and tests, not for Lambda.

        Args:
            job_id: the job's id.
            timeout: the longest time to wait.
            user_id: as in `find_job`.
            on_change: called with the record of `find_status`, once at first and then after each change.

        Returns:
            The finished record, COMPLETED or FAILED; or UNAVAILABLE after `timeout` (the last record of `find_status`
            is in `.record`); or a code of `find_job` that is not retryable.

        >>> asyncio.run(jobs.wait_for_job("no such job", timedelta(seconds=1))).code
        <ResultCode.NOT_FOUND: 'NOT_FOUND'>
        """
        if not isinstance(timeout, timedelta):
            refuse = self.repository.wait_for_job
            return await self._executor.run(refuse, job_id, timeout, user_id=user_id, on_change=on_change)
        look = partial(self.find_status, job_id, user_id=user_id)
        fetch = partial(self.find_job, job_id, user_id=user_id)
        return await wait_in_loop(poll(look, fetch, asyncio.sleep, timeout, on_change))

    async def submit_job(
        self,
        /,
        idempotency_key: str | UUID,
        input_data: Mapping[str, Any],
        *,
        user_id: str | UUID | None = None,
        application_id: str | UUID | None = None,
        max_attempts: int = DEFAULT_MAX_ATTEMPTS,
        run_at: datetime | None = None,
        replace_failed: bool = False,
        allow_different_payload: bool = False,
        fields: Mapping[str, Any] | None = None,
        **further: Any,
    ) -> Success[Submission] | Failure:
        """Create a job, or find the existing job of this user and key.

        Both take one round trip.

        Args:
            idempotency_key: two submissions of a user with the same key are one job.
            input_data: the payload of the job, at most 1,048,576 bytes of JSON.
            user_id: the user of the job; another user with the same key has a separate job.
            application_id: stored with the job.
            max_attempts: the number of claims that the job can have, at least 1.
            run_at: the earliest start of the job, an aware datetime; the `retention` counts from then. Send the message
                with the submission's `delay`. SQS delays a message for at most 15 minutes; for a later start
                `should_enqueue` is False, and the sweep (`recover_jobs`) sends the message when the job is due.
            replace_failed: replace an earlier job that is FAILED, with no attempt used.
            allow_different_payload: accept the earlier job though its payload differs.
            fields: further attributes, of any name, such as a `ttl` in epoch seconds.
            **further: the same as keywords; a slip is refused, as by `update_job_status`.

        Returns:
            The `Submission`; or IDEMPOTENCY_MISMATCH (the earlier job had another payload; it is in `.record`),
            VALIDATION_ERROR or ITEM_TOO_LARGE (nothing was sent), TOO_MANY_ACTIVE_JOBS (see `max_active_per_user`;
            `.retry_after` says when to try again), CORRUPT_RECORD, CONFLICT, THROTTLED, UNAVAILABLE, ACCESS_DENIED,
            CONFIG_ERROR, DYNAMODB_ERROR. After a retryable code the same call is safe to repeat.

        >>> submission = asyncio.run(jobs.submit_job("application-9", {"role": "CTO"})).unwrap()
        >>> submission.created, submission.should_enqueue, submission.job["status"]
        (True, True, 'PENDING')
        >>> asyncio.run(jobs.submit_job("application-9", {"role": "CTO"})).unwrap().created
        False
        >>> asyncio.run(jobs.submit_job("application-9", {"role": "CFO"})).code
        <ResultCode.IDEMPOTENCY_MISMATCH: 'IDEMPOTENCY_MISMATCH'>
        """
        return await self._executor.run(
            self.repository.submit_job,
            idempotency_key,
            input_data,
            user_id=user_id,
            application_id=application_id,
            max_attempts=max_attempts,
            run_at=run_at,
            replace_failed=replace_failed,
            allow_different_payload=allow_different_payload,
            fields=fields,
            **further,
        )

    async def submit_jobs(self, requests: Iterable[JobRequest]) -> list[Success[Submission] | Failure]:
        """Submit many jobs, eight at a time, each with its own result.

        Each job is submitted as by `submit_job`, with its own deadline and its own event. A job that is refused does
        not stop the others. Where eight jobs in turn get THROTTLED, UNAVAILABLE, ACCESS_DENIED or CONFIG_ERROR, the
        rest gets the same code without a request.

        Args:
            requests: the jobs, in a list or from a generator. Two with the same user and key are one job, created once.

        Returns:
            The results in the order of the requests, each as of `submit_job`.

        >>> requests = [JobRequest(f"letter-{n}", {}, user_id="user-1") for n in range(3)]
        >>> results = asyncio.run(jobs.submit_jobs(requests))
        >>> [result.unwrap().created for result in results]
        [True, True, True]
        >>> [result.code for result in asyncio.run(jobs.submit_jobs([JobRequest("", {})]))]
        [<ResultCode.VALIDATION_ERROR: 'VALIDATION_ERROR'>]
        """
        return await self._executor.run(self.repository.submit_jobs, requests)

    async def claim_job(
        self,
        job_id: str | UUID,
        *,
        lease: timedelta,
        worker_id: str | UUID | None = None,
        max_attempts: int = DEFAULT_MAX_ATTEMPTS,
        adopt_unleased: bool = False,
    ) -> Success[Claim] | Failure:
        """Take a job that waits, or whose worker has let its lease lapse.

        Args:
            job_id: the job's id.
            lease: the time for which no other worker can claim the job, above 0 and at most 7 days.
            worker_id: stored as `claimed_by`.
            max_attempts: the limit for a record that has none of its own.
            adopt_unleased: also take a job that is PROCESSING without a lease, from a worker that still uses
                `update_job_status`; nothing shows whether that worker is still alive.

        Returns:
            The `Claim`; or LEASE_HELD (`.retry_after` says when the lease lapses: leave the message in the queue),
            NOT_DUE (`.retry_after` says when the job's pause is over), ALREADY_FINISHED, ATTEMPTS_EXHAUSTED (the job
            is FAILED now), ITEM_TOO_LARGE (the record has no room for an attempt, and the job is FAILED now; these
            three have the record in `.record`), NOT_FOUND, VALIDATION_ERROR, CORRUPT_RECORD, CONFLICT, THROTTLED,
            UNAVAILABLE, ACCESS_DENIED, CONFIG_ERROR, DYNAMODB_ERROR.

        >>> claim = asyncio.run(jobs.claim_job("vpr-1", lease=timedelta(minutes=5))).unwrap()
        >>> claim.attempt, claim.job["status"]
        (1, 'PROCESSING')
        >>> asyncio.run(jobs.claim_job("vpr-1", lease=timedelta(minutes=5))).code
        <ResultCode.LEASE_HELD: 'LEASE_HELD'>
        """
        return await self._executor.run(
            self.repository.claim_job,
            job_id,
            lease=lease,
            worker_id=worker_id,
            max_attempts=max_attempts,
            adopt_unleased=adopt_unleased,
        )

    async def renew_claim(self, claim: Claim, *, lease: timedelta, progress: Any = None) -> Success[Claim] | Failure:
        """Renew the lease, as a heartbeat, and store the progress of the work.

        Args:
            claim: the claim.
            lease: the time from now on for which no other worker can claim the job.
            progress: stored as `progress`; None leaves the stored one unchanged.

        Returns:
            The renewed `Claim`, whose `cancel_requested` tells the worker to stop; or LEASE_LOST (another claim has
            replaced this one: stop, write nothing), ALREADY_FINISHED, NOT_FOUND, or a code of `claim_job`.

        >>> claim = asyncio.run(jobs.claim_job("vpr-1", lease=timedelta(minutes=5))).unwrap()
        >>> lease = timedelta(minutes=5)
        >>> asyncio.run(jobs.renew_claim(claim, lease=lease, progress=0.4)).unwrap().job["progress"]
        0.4
        """
        return await self._executor.run(self.repository.renew_claim, claim, lease=lease, progress=progress)

    async def complete_job(
        self, claim: Claim, /, *, fields: Mapping[str, Any] | None = None, **further: Any
    ) -> Success[JobRecord] | Failure:
        """Finish a job as COMPLETED, if this claim is still the present one.

        The lease may have lapsed, as long as no other worker has claimed the job.

        Args:
            claim: the claim.
            fields: attributes to set in the same write, of any name but those of the submission (`user_id`,
                `input_data`, `created_at`, `idempotency_key`, `application_id`, `kind`).
            **further: the same as keywords; a slip is refused, as by `update_job_status`.

        Returns:
            The record, also if the same call was made before; or LEASE_LOST, ALREADY_FINISHED (with other fields, or
            by another call), NOT_FOUND, ITEM_TOO_LARGE (the job is still PROCESSING: call `fail_job`),
            VALIDATION_ERROR, CORRUPT_RECORD, CONFLICT, THROTTLED, UNAVAILABLE, ACCESS_DENIED, CONFIG_ERROR,
            DYNAMODB_ERROR.

        >>> claim = asyncio.run(jobs.claim_job("vpr-1", lease=timedelta(minutes=5))).unwrap()
        >>> asyncio.run(jobs.complete_job(claim, result_key="vpr-1.json")).unwrap()["status"]
        'COMPLETED'
        """
        return await self._executor.run(self.repository.complete_job, claim, fields=fields, **further)

    async def fail_job(
        self,
        claim: Claim,
        error: str,
        /,
        *,
        retryable: bool = False,
        retry_after: timedelta | None = None,
        public_error: str | None = None,
        fields: Mapping[str, Any] | None = None,
        **further: Any,
    ) -> Success[JobRecord] | Failure:
        """Finish a job as FAILED, or put it back to PENDING for another attempt.

        The write always fits: in a record that is nearly full, the history and most of the error are left out.

        Args:
            claim: the claim.
            error: the reason in words, for operators. Its first 2,048 bytes are stored as `error`, its first 512 in the
                history `errors`, which keeps the last 10 attempts.
            retryable: put the job back while it has attempts left. The message must then stay in the queue.
            retry_after: the pause before the next attempt, at most 366 days; claims before its end answer NOT_DUE.
            public_error: the reason for the job's user, at most 2,048 bytes of it; `find_status` shows only this text.
            fields: as in `complete_job`.
            **further: the same as keywords; a slip is refused, as by `update_job_status`.

        Returns:
            The record, with the status FAILED or PENDING; a job that was to be cancelled is FAILED with
            `cancelled_at`. Or a code of `complete_job`.

        >>> claim = asyncio.run(jobs.claim_job("vpr-1", lease=timedelta(minutes=5))).unwrap()
        >>> asyncio.run(jobs.fail_job(claim, "the model timed out", retryable=True)).unwrap()["status"]
        'PENDING'
        """
        return await self._executor.run(
            self.repository.fail_job,
            claim,
            error,
            retryable=retryable,
            retry_after=retry_after,
            public_error=public_error,
            fields=fields,
            **further,
        )

    async def release_claim(
        self, claim: Claim, *, retry_after: timedelta | None = None
    ) -> Success[JobRecord] | Failure:
        """Give a job back; the attempt does not count.

        This is for a worker that cannot begin, or must stop. The message must stay in the queue.

        Args:
            claim: the claim.
            retry_after: as in `fail_job`.

        Returns:
            The record, with the status PENDING; a job that was to be cancelled is FAILED with `cancelled_at`. Or a code
            of `complete_job`.

        >>> claim = asyncio.run(jobs.claim_job("vpr-1", lease=timedelta(minutes=5))).unwrap()
        >>> asyncio.run(jobs.release_claim(claim)).unwrap()["status"]
        'PENDING'
        >>> asyncio.run(jobs.claim_job("vpr-1", lease=timedelta(minutes=5))).unwrap().attempt
        1
        """
        return await self._executor.run(self.repository.release_claim, claim, retry_after=retry_after)

    async def cancel_job(
        self, job_id: str | UUID, *, user_id: str | UUID | None = None
    ) -> Success[JobRecord] | Failure:
        """Cancel a job at once, or ask the worker that holds it to stop.

        Args:
            job_id: the job's id.
            user_id: as in `find_job`.

        Returns:
            The record: FAILED with `cancelled_at`, or still PROCESSING with `cancel_requested_at`, which the worker
            sees at its next `renew_claim`. Or ALREADY_FINISHED, NOT_FOUND, VALIDATION_ERROR, ITEM_TOO_LARGE,
            CORRUPT_RECORD, CONFLICT, THROTTLED, UNAVAILABLE, ACCESS_DENIED, CONFIG_ERROR, DYNAMODB_ERROR.

        >>> cancelled = asyncio.run(jobs.cancel_job("vpr-1")).unwrap()
        >>> cancelled["status"], "cancelled_at" in cancelled
        ('FAILED', True)
        """
        return await self._executor.run(self.repository.cancel_job, job_id, user_id=user_id)


class AsyncJobsOperator:
    """Reads of a `JobsOperator`, for asyncio.

    It has those methods of `JobsOperator` that only read. They run in the threads of the repository, and end with it.

    Args:
        repository: the repository of the jobs.
    """

    def __init__(self, repository: AsyncJobsRepository) -> None:
        self._operator = JobsOperator(repository.repository)
        self._executor = repository._executor

    async def list_jobs(
        self,
        *,
        user_id: str | UUID,
        status: JobStatus | str | None = None,
        limit: int = 50,
        cursor: str | None = None,
        fields: Iterable[str] = (),
        kind: str | None = None,
    ) -> Success[JobPage] | Failure:
        """List a user's jobs, newest first; expired ones are hidden.

        Args:
            user_id: the user whose jobs are listed.
            status: list only jobs with this status. The filter follows the read, so a rare status costs more.
            limit: the most jobs of a page, from 1 to 1,000.
            cursor: the cursor of the previous page, with the same user, status and kind.
            fields: further attributes to read, such as `result_key`; at most 100. Without them the jobs have the
                library's attributes but `input_data`, which a list does not read.
            kind: list only jobs of this kind, by the name that their record has in `kind`; filtered like `status`.

        Returns:
            The `JobPage`, whose `unread` names the jobs whose records cannot be read; or VALIDATION_ERROR (a cursor
            that was changed, or is of another query, among others), CONFIG_ERROR (the index is missing, and the text
            says how to add it), THROTTLED, UNAVAILABLE, ACCESS_DENIED, DYNAMODB_ERROR.

        >>> submitted = asyncio.run(jobs.submit_job("application-9", {}, user_id="user-3")).unwrap()
        >>> page = asyncio.run(AsyncJobsOperator(jobs).list_jobs(user_id="user-3")).unwrap()
        >>> [job["job_id"] == submitted.job_id for job in page.jobs], page.cursor
        ([True], None)
        """
        return await self._executor.run(
            self._operator.list_jobs,
            user_id=user_id,
            status=status,
            limit=limit,
            cursor=cursor,
            fields=fields,
            kind=kind,
        )

    def iter_jobs(
        self,
        *,
        user_id: str | UUID,
        status: JobStatus | str | None = None,
        page_size: int = 50,
        fields: Iterable[str] = (),
        kind: str | None = None,
    ) -> AsyncIterator[Success[JobPage] | Failure]:
        """Iterate over all pages of `list_jobs`; the last one can be a failure.

        Args:
            user_id: as in `list_jobs`.
            status: as in `list_jobs`.
            page_size: the `limit` of each page.
            fields: as in `list_jobs`.
            kind: as in `list_jobs`.

        Returns:
            An iterator over the results of `list_jobs`, which ends with the last page or the first failure.

        >>> asyncio.run(jobs.submit_job("application-9", {}, user_id="user-4")).success
        True
        >>> async def statuses():
        ...     pages = AsyncJobsOperator(jobs).iter_jobs(user_id="user-4")
        ...     return [job["status"] async for page in pages for job in page.unwrap().jobs]
        >>> asyncio.run(statuses())
        ['PENDING']
        """
        values = self._operator.iter_jobs(user_id=user_id, status=status, page_size=page_size, fields=fields, kind=kind)
        return self._executor.iterate(values)

    async def get_jobs(self, job_ids: Iterable[str | UUID]) -> Success[JobBatch] | Failure:
        """Read many jobs by their ids, strongly consistent.

        One request reads up to 100 jobs. Expired ones count as missing.

        Args:
            job_ids: the ids; an id that is given twice is read once.

        Returns:
            The `JobBatch`, whose `unread` names the ids that DynamoDB left unprocessed until the deadline, and those of
            records that cannot be read; or VALIDATION_ERROR, THROTTLED, UNAVAILABLE, ACCESS_DENIED, CONFIG_ERROR,
            DYNAMODB_ERROR.

        >>> batch = asyncio.run(AsyncJobsOperator(jobs).get_jobs(["vpr-1", "no such job"])).unwrap()
        >>> list(batch.jobs), batch.missing, batch.unread
        (['vpr-1'], ('no such job',), ())
        """
        return await self._executor.run(self._operator.get_jobs, job_ids)

    async def list_overdue(
        self,
        *,
        older_than: timedelta,
        limit: int = 100,
        fields: Iterable[str] = (),
        kind: str | None = None,
        user_id: str | UUID | None = None,
    ) -> Success[list[JobRecord]] | Failure:
        """List the overdue jobs, the longest overdue first.

        A job is overdue:

        - when a worker's lease has lapsed, for any `older_than`;
        - when a PENDING job could have been claimed for `older_than`: since it was created, put back or retried, since
          the end of its pause, or since a recovery last sent it;
        - when a job's `run_at` has come, and it was too far away for a message.

        The call looks at 10,000 jobs at most.

        Args:
            older_than: the time in which a worker takes a job from the queue; more than a message usually waits.
            limit: the most jobs to list, from 1 to 1,000.
            fields: as in `list_jobs`.
            kind: as in `list_jobs`; jobs of other kinds count among the 10,000.
            user_id: list only this user's jobs; those of other users count among the 10,000.

        Returns:
            The records as `list_jobs` has them, without those that cannot be read; or a code of `list_jobs`.

        >>> asyncio.run(AsyncJobsOperator(jobs).list_overdue(older_than=timedelta(hours=1))).unwrap()
        []
        """
        return await self._executor.run(
            self._operator.list_overdue, older_than=older_than, limit=limit, fields=fields, kind=kind, user_id=user_id
        )

    async def list_failed(
        self,
        *,
        since: datetime,
        until: datetime | None = None,
        kind: str | None = None,
        cancelled: bool = True,
        limit: int = 100,
        cursor: str | None = None,
        fields: Iterable[str] = (),
        user_id: str | UUID | None = None,
    ) -> Success[JobPage] | Failure:
        """List the FAILED jobs of all users, the latest failure first, without expired ones.

        No scan is needed: the index keeps the failed jobs in partitions of their own. It has the jobs that failed with
        this version or a later one.

        Args:
            since: the earliest time of the failure, an aware datetime.
            until: the latest one; None for now. Give the pages of one list the same.
            kind: as in `list_jobs`.
            cancelled: whether to list cancelled jobs, which are FAILED and have `cancelled_at`.
            limit: the most jobs of a page, from 1 to 1,000.
            cursor: the cursor of the previous page, with the same `kind`, `cancelled` and `user_id`.
            fields: as in `list_jobs`.
            user_id: list only this user's jobs; those of other users are read as well.

        Returns:
            The `JobPage`, with the jobs' `error` and `errors`; or a code of `list_jobs`.

        >>> cancelled = asyncio.run(jobs.cancel_job("vpr-1")).unwrap()
        >>> from datetime import UTC, datetime
        >>> an_hour_ago = datetime.now(UTC) - timedelta(hours=1)
        >>> page = asyncio.run(AsyncJobsOperator(jobs).list_failed(since=an_hour_ago)).unwrap()
        >>> [(job["job_id"], "cancelled_at" in job) for job in page.jobs], page.cursor
        ([('vpr-1', True)], None)
        """
        return await self._executor.run(
            self._operator.list_failed,
            since=since,
            until=until,
            kind=kind,
            cancelled=cancelled,
            limit=limit,
            cursor=cursor,
            fields=fields,
            user_id=user_id,
        )

    async def stats(self, *, whole_table: bool = False, kind: str | None = None) -> Success[Stats] | Failure:
        """Count the unfinished jobs by status, or all jobs; expired ones do not count.

        Args:
            whole_table: scan the whole table, which is billed for every record in it. Without it only the
                unfinished jobs are counted: their keys are read from the index, and their records from the table.
            kind: count only jobs of this kind, by the name that their record has in `kind`.

        Returns:
            The `Stats`; or a code of `list_jobs`.

        >>> asyncio.run(AsyncJobsOperator(jobs).stats(whole_table=True)).unwrap().counts["PENDING"] > 0
        True
        """
        return await self._executor.run(self._operator.stats, whole_table=whole_table, kind=kind)

    async def verify_table(
        self, *, optional_indexes: bool | Iterable[str] = True, one_region_writes: bool = False
    ) -> Success[list[Finding]] | Failure:
        """Compare the live table with its description.

        The function `verify_table` does the same without a repository.

        Args:
            optional_indexes: the optional indexes that must exist; an operator needs both.
            one_region_writes: as for the function.

        Returns:
            As the function.

        >>> [finding.severity for finding in asyncio.run(AsyncJobsOperator(jobs).verify_table()).unwrap()]
        ['advice', 'advice']
        """
        return await self._executor.run(
            self._operator.verify_table, optional_indexes=optional_indexes, one_region_writes=one_region_writes
        )
