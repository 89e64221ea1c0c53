"""Jobs in any state, made by the repository's own methods, at times that the builder chooses."""

from __future__ import annotations

from copy import copy
from datetime import datetime, timedelta
from itertools import count
from typing import TYPE_CHECKING, Any, TypedDict, Unpack

from careervp_jobs_dal.job.attribute import (
    APPLICATION_ID,
    CREATED_AT,
    IDEMPOTENCY_KEY,
    INPUT_DATA,
    JOB_ID,
    STATUS,
    TTL,
    USER_ID,
)
from careervp_jobs_dal.job.instant import epoch_seconds, read_clock
from careervp_jobs_dal.job.record import DEFAULT_MAX_ATTEMPTS
from careervp_jobs_dal.job.snapshot import LEASE_MARGIN
from careervp_jobs_dal.job.status import JobStatus
from careervp_jobs_dal.testing.argument_check import check_options, check_time, check_whole
from careervp_jobs_dal.testing.wire import calm

if TYPE_CHECKING:
    from collections.abc import Mapping
    from uuid import UUID

    from careervp_jobs_dal.job.record import Claim, JobRecord
    from careervp_jobs_dal.repository import JobsRepository

A_LEASE = timedelta(minutes=5)
A_MOMENT = timedelta(minutes=1)
_STORED = (USER_ID, APPLICATION_ID, INPUT_DATA)


class JobOptions(TypedDict, total=False):
    """Options of a job to build; the builder chooses the missing ones.

    Attributes:
        idempotency_key: without it, a key that no other job has.
        input_data: without it, {}.
        user_id: the user of the job.
        application_id: stored with the job.
        max_attempts: the number of claims that the job can have.
        age: the time since the job was submitted; from the repository's `retention` on, the job has expired.
        fields: further attributes.
    """

    idempotency_key: str | UUID
    input_data: Mapping[str, Any]
    user_id: str | UUID
    application_id: str | UUID
    max_attempts: int
    age: timedelta
    fields: Mapping[str, Any]


class JobBuilder:
    """Builder of jobs in a repository's table.

    Every record is a real one: the repository's methods submit, claim and complete the job, with its settings and by
    its clock. Planned faults do not apply to these calls. Each method takes a job's `JobOptions`, and no other
    option.

    Args:
        repository: the repository.
    """

    def __init__(self, repository: JobsRepository) -> None:
        self._clock = repository.clock
        self._repository = copy(repository)  # the same table, client and settings, but a clock of its own
        self._numbers = count(1)

    def pending(self, **options: Unpack[JobOptions]) -> JobRecord:
        """Build a job that waits for its first worker.

        >>> with embedded_jobs() as jobs:
        ...     job = jobs.builder.pending(user_id="user-1", input_data={"text": "..."})
        ...     job["status"], job["user_id"]
        ('PENDING', 'user-1')
        """
        return self._submit(options, self._start(options))

    def packed(self, **options: Unpack[JobOptions]) -> JobRecord:
        """Build a waiting job with a large `input_data`, which is stored compressed.

        A repository with `pack_above=None` stores it uncompressed.

        >>> with embedded_jobs() as jobs:
        ...     job = jobs.builder.packed()
        ...     stored = jobs.repository.table.get_item(Key={"job_id": job["job_id"]})["Item"]
        ...     type(job["input_data"]).__name__, type(stored["input_data"]).__name__
        ('dict', 'Binary')
        """
        large: JobOptions = {"input_data": {"text": "a large text, " * 1000}}
        given: JobOptions = {**large, **options}
        return self.pending(**given)

    def processing(self, *, lease: timedelta = A_LEASE, **options: Unpack[JobOptions]) -> Claim:
        """Build a job that a worker has just claimed.

        >>> with embedded_jobs() as jobs:
        ...     claim = jobs.builder.processing()
        ...     jobs.repository.claim_job(claim.job_id, lease=timedelta(minutes=5)).code
        <ResultCode.LEASE_HELD: 'LEASE_HELD'>
        """
        job = self.pending(**options)
        return self._claim(job, self._now(), lease)

    def lapsed(self, **options: Unpack[JobOptions]) -> Claim:
        """Build a job whose worker has let its lease lapse, as one that died.

        >>> with embedded_jobs() as jobs:
        ...     lapsed, lease = jobs.builder.lapsed(), timedelta(minutes=5)
        ...     jobs.repository.claim_job(lapsed.job_id, lease=lease).unwrap().attempt
        2
        """
        claimed_at = self._now() - A_LEASE - LEASE_MARGIN - A_MOMENT
        job = self._submit(options, min(self._start(options), claimed_at))
        return self._claim(job, claimed_at, A_LEASE)

    def exhausted(self, **options: Unpack[JobOptions]) -> Claim:
        """Build a job whose worker has let the lease of the last attempt lapse.

        >>> with embedded_jobs() as jobs:
        ...     claim = jobs.builder.exhausted()
        ...     jobs.repository.claim_job(claim.job_id, lease=timedelta(minutes=5)).code
        <ResultCode.ATTEMPTS_EXHAUSTED: 'ATTEMPTS_EXHAUSTED'>
        """
        check_whole("max_attempts", options.get("max_attempts", 1), most=1)
        last: JobOptions = {**options, "max_attempts": 1}
        return self.lapsed(**last)

    def put_back(self, error: str = "the model timed out", **options: Unpack[JobOptions]) -> JobRecord:
        """Build a job that waits for its second attempt, after the first one failed.

        >>> with embedded_jobs() as jobs:
        ...     job = jobs.builder.put_back()
        ...     job["status"], job["attempt"]
        ('PENDING', 1)
        """
        check_whole("max_attempts", options.get("max_attempts", DEFAULT_MAX_ATTEMPTS), 2)
        return self._failed(error, options, retryable=True)

    def completed(self, result: Mapping[str, Any] | None = None, **options: Unpack[JobOptions]) -> JobRecord:
        """Build a job that was completed, with the fields that its worker set.

        >>> with embedded_jobs() as jobs:
        ...     job = jobs.builder.completed({"result_key": "vpr-1.json"})
        ...     job["status"], job["result_key"]
        ('COMPLETED', 'vpr-1.json')
        """
        claim = self.processing(**options)
        with calm():
            return self._repository.complete_job(claim, fields=result).unwrap()

    def failed(self, error: str = "the model timed out", **options: Unpack[JobOptions]) -> JobRecord:
        """Build a job that failed for good.

        >>> with embedded_jobs() as jobs:
        ...     job = jobs.builder.failed("no responsibilities")
        ...     job["status"], job["error"]
        ('FAILED', 'no responsibilities')
        """
        return self._failed(error, options, retryable=False)

    def cancelled(self, **options: Unpack[JobOptions]) -> JobRecord:
        """Build a job that was cancelled before a worker claimed it.

        >>> with embedded_jobs() as jobs:
        ...     job = jobs.builder.cancelled()
        ...     job["status"], "cancelled_at" in job
        ('FAILED', True)
        """
        job = self.pending(**options)
        with calm():
            return self._at(self._now()).cancel_job(job[JOB_ID]).unwrap()

    def asked_to_stop(self, *, lease: timedelta = A_LEASE, **options: Unpack[JobOptions]) -> Claim:
        """Build a job whose worker is asked to stop, and does not know yet.

        >>> with embedded_jobs() as jobs:
        ...     claim, lease = jobs.builder.asked_to_stop(), timedelta(minutes=5)
        ...     jobs.repository.renew_claim(claim, lease=lease).unwrap().cancel_requested
        True
        """
        claim = self.processing(lease=lease, **options)
        with calm():
            self._repository.cancel_job(claim.job_id).unwrap()
        return claim

    def expired(self, **options: Unpack[JobOptions]) -> JobRecord:
        """Build a job whose time to live is over, but whose record still exists.

        >>> with embedded_jobs() as jobs:
        ...     jobs.repository.find_job(jobs.builder.expired()["job_id"]).code
        <ResultCode.NOT_FOUND: 'NOT_FOUND'>
        """
        expired_at = self._now() - A_MOMENT
        fields = {**options.get("fields", {}), TTL: epoch_seconds(expired_at)}
        expiring: JobOptions = {**options, "fields": fields}
        return self._submit(expiring, min(self._start(options), expired_at - A_LEASE))

    def written_by_hand(self, status: JobStatus | str = JobStatus.PENDING, **options: Unpack[JobOptions]) -> JobRecord:
        """Build a job by `create_job` and `update_job_status` only: no lease, no `ttl`.

        The option `max_attempts` has no effect, because these methods count no attempts.

        >>> with embedded_jobs() as jobs:
        ...     job = jobs.builder.written_by_hand("PROCESSING")
        ...     jobs.repository.claim_job(job["job_id"], lease=timedelta(minutes=5)).code
        <ResultCode.LEASE_HELD: 'LEASE_HELD'>
        """
        start = self._start(options)
        number = next(self._numbers)
        given = {name: value for name, value in options.items() if name in _STORED}
        record = {
            JOB_ID: f"job-{number}",
            STATUS: JobStatus.PENDING,
            CREATED_AT: start,
            IDEMPOTENCY_KEY: options.get("idempotency_key", f"key-{number}"),
            **given,
            **options.get("fields", {}),
        }
        with calm():
            job = self._repository.create_job(record).unwrap()
            if status == JobStatus.PENDING:
                return job
            return self._repository.update_job_status(job[JOB_ID], status).unwrap()

    def _failed(self, error: str, options: JobOptions, *, retryable: bool) -> JobRecord:
        claim = self.processing(**options)
        with calm():
            return self._repository.fail_job(claim, error, retryable=retryable).unwrap()

    def _now(self) -> datetime:
        return read_clock(self._clock)

    def _start(self, options: JobOptions) -> datetime:
        """Check a job's options, and return the instant of its submission."""
        check_options(options, JobOptions.__annotations__)
        age = options.get("age", timedelta(0))
        check_time("age", age)
        return self._now() - age

    def _at(self, instant: datetime) -> JobsRepository:
        self._repository.clock = lambda: instant
        return self._repository

    def _submit(self, options: JobOptions, instant: datetime) -> JobRecord:
        """Submit a job.

        Raises:
            ValueError: the key has a job already, which is an error of the test.
        """
        with calm():
            submitted = self._at(instant).submit_job(
                options.get("idempotency_key", f"key-{next(self._numbers)}"),
                options.get("input_data", {}),
                user_id=options.get("user_id"),
                application_id=options.get("application_id"),
                max_attempts=options.get("max_attempts", DEFAULT_MAX_ATTEMPTS),
                fields=options.get("fields"),
            )
        submission = submitted.unwrap()
        if not submission.created:
            raise ValueError(f"Job {submission.job_id} is in the table already: choose another idempotency_key")
        return submission.job

    def _claim(self, job: JobRecord, instant: datetime, lease: timedelta) -> Claim:
        with calm():
            return self._at(instant).claim_job(job[JOB_ID], lease=lease, worker_id="builder").unwrap()
