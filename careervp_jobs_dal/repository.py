"""`JobsRepository`: the contract's five methods, the reads, and the lifecycle.

Each method makes a plan, and passes it to the gateway with its verb.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any, Literal

from careervp_jobs_dal.aws.backend import Backend
from careervp_jobs_dal.aws.connection import Connection
from careervp_jobs_dal.aws.environment import (
    id_secret_from_environment,
    table_name_from_environment,
    transport_from_environment,
)
from careervp_jobs_dal.aws.gateway import Gateway
from careervp_jobs_dal.aws.log import write_line
from careervp_jobs_dal.aws.polling import wait
from careervp_jobs_dal.aws.route import Route
from careervp_jobs_dal.codec.packing import decode_record
from careervp_jobs_dal.codec.values import encode_item
from careervp_jobs_dal.expressions import build_update_expression
from careervp_jobs_dal.job.attribute import STATUS
from careervp_jobs_dal.job.index import IDEMPOTENCY_INDEX
from careervp_jobs_dal.job.instant import CLOCK_RULE, read_clock
from careervp_jobs_dal.job.invalid_input import InvalidInputError
from careervp_jobs_dal.job.misspelling import FIELDS
from careervp_jobs_dal.job.nonce import new_nonce
from careervp_jobs_dal.job.record import DEFAULT_MAX_ATTEMPTS
from careervp_jobs_dal.job.request import JobRequest
from careervp_jobs_dal.job.validation import (
    REQUIRED_FIELDS,
    RESOURCE_NAME,
    check_fields,
    is_index_name,
    is_key,
    is_table_name,
    require,
)
from careervp_jobs_dal.job.verb import Verb
from careervp_jobs_dal.plans import cancellation, contract, ending, lookup, submission
from careervp_jobs_dal.plans.bulk import side_by_side
from careervp_jobs_dal.plans.field import Given, with_fields
from careervp_jobs_dal.plans.lease import Claiming, claim, renew
from careervp_jobs_dal.plans.quota import checked_quota
from careervp_jobs_dal.result import Result, ResultCode

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from uuid import UUID

    from careervp_jobs_dal.aws.boto3_type import DynamoDBServiceResource
    from careervp_jobs_dal.aws.observer import Observer
    from careervp_jobs_dal.job.event import JobEvent
    from careervp_jobs_dal.job.record import Claim, JobRecord, Submission
    from careervp_jobs_dal.plans.plan import Plan
    from careervp_jobs_dal.result import Failure, Success

LONGEST_RETENTION = timedelta(days=36_525)


def _utc_now() -> datetime:
    return datetime.now(UTC)


class JobsRepository:
    """Repository of the job records of one table.

    Nothing is connected before the first call. Threads may share a repository.

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
            the environment. After a change of the secret, a key that has a job gets a second one.
        max_active_per_user: the most jobs of one user that can be PENDING or PROCESSING, from 1 to 100; a submission
            beyond them answers TOO_MANY_ACTIVE_JOBS. None sets no limit, and costs nothing.
        transport: the way to DynamoDB. "boto3" goes through `table`. "auto" is the setting for Lambda, and needs a
            fraction of the CPU: requests are sent without boto3 wherever keys, region and endpoint come from the
            environment, and through boto3 where anything asks for more. "direct" insists on the former. Without it
            JOBS_TRANSPORT is read from the environment; without that it is "boto3".
        on_event: called with a `JobEvent` after each call. Its exceptions are logged and never reach the caller.
        measure_capacity: ask DynamoDB for the capacity that each request consumes, for the events.

    Raises:
        ValueError: no table name is given or set, no table can have it, another argument is invalid, or the "direct"
            way is not possible.

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
        pack_above: int | None = 1024,
        id_secret: str | None = None,
        max_active_per_user: int | None = None,
        transport: Literal["boto3", "auto", "direct"] | None = None,
        on_event: Callable[[JobEvent], object] | None = None,
        measure_capacity: bool = False,
    ) -> None:
        _check_settings(clock, deadline, on_read_error, retention, pack_above, id_secret)
        self.table_name: str = table_name or table_name_from_environment()
        self.idempotency_index = idempotency_index_name
        _check_names(self.table_name, idempotency_index_name)
        self.clock = clock
        secret = id_secret or id_secret_from_environment()
        quota = None if max_active_per_user is None else checked_quota(self.table_name, max_active_per_user)
        self._policy = submission.Policy(retention, pack_above, secret, quota)
        self._none_on_aws_error = on_read_error == "none"
        self._decode = partial(decode_record, exact_numbers=exact_numbers)
        self._connection = Connection(self.table_name, dynamodb)
        self._route = Route(transport or transport_from_environment(), self._connection, self.table_name)
        observer = self._observer(on_event, measure_capacity)
        self._gateway = Gateway(self._route, self.table_name, deadline, observer)

    @property
    def dynamodb(self) -> Any:
        """Return the boto3 resource, which is made on first use.

        With `transport="auto"`, all later calls go through it.
        """
        self._connection.in_hand = True
        return self._connection.dynamodb

    @property
    def table(self) -> Any:
        """Return this thread's boto3 Table, through which every call goes.

        boto3's Tables are not thread-safe, so each thread has its own. A Table that is assigned here serves all of
        them. With `transport="auto"`, all later calls go through boto3.
        """
        self._connection.in_hand = True
        return self._connection.table

    @table.setter
    def table(self, table: Any) -> None:
        self._route.require_boto3()
        self._connection.table = table

    @property
    def transport(self) -> str:
        """Return the way of the next request, and the reason for it.

        >>> JobsRepository("careervp-jobs-table-dev", transport="auto").transport
        'boto3: moto is in the process'
        """
        return self._route.words

    def connect(self) -> Success[None] | Failure:
        """Make the client now: at module scope, where Lambda's start-up is cheap.

        Returns:
            A success, CONFIG_ERROR or ACCESS_DENIED. Nothing is sent, so wrong credentials or a missing table show only
            with the first call.

        >>> repository.connect().success
        True
        """
        return self._gateway.connect()

    def create_job(self, job_data: Mapping[str, Any]) -> Success[JobRecord] | Failure:
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
        >>> repository.create_job(job).data == job
        True
        >>> repository.create_job(job).code
        <ResultCode.ALREADY_EXISTS: 'ALREADY_EXISTS'>
        """
        return self._gateway.run(Verb.CREATE, contract.create(job_data, self._decode))

    def get_job(self, job_id: str | UUID | None) -> dict[str, Any] | None:
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

        >>> repository.get_job("vpr-1")["status"]
        'PENDING'
        >>> repository.get_job("no such job") is None
        True
        """
        return self._read(Verb.GET, contract.get(job_id, self._decode))

    def get_job_by_idempotency_key(
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

        >>> repository.get_job_by_idempotency_key("user-1/application-7")["job_id"]
        'vpr-1'
        """
        plan = contract.get_by_idempotency_key(idempotency_key, user_id, self.idempotency_index, self._decode)
        return self._read(Verb.GET_BY_IDEMPOTENCY_KEY, plan)

    def update_job_status(
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
            expected_status: write only if the job has this status, or one of several; None for every status from
                which the job can move to the new one.
            fields: further attributes to set, of any name.
            **further: the same as keywords. A name that is nearly an option's, or that of an attribute that the
                library knows, is refused as a slip.

        Returns:
            The whole new record, or NOT_FOUND, or INVALID_TRANSITION (the job cannot get the new status from its
            present one, or that is not an expected one; the present record is in `.record`), or a code of
            `create_job` other than ALREADY_EXISTS.

        >>> repository.update_job_status("vpr-1", "FAILED", expected_status="PROCESSING").code
        <ResultCode.INVALID_TRANSITION: 'INVALID_TRANSITION'>
        >>> repository.update_job_status("vpr-1", "COMPLETED", score=0.5).data["status"]
        'COMPLETED'
        >>> repository.update_job_status("vpr-1", "PROCESSING").code
        <ResultCode.INVALID_TRANSITION: 'INVALID_TRANSITION'>
        """
        given = _given(JobsRepository.update_job_status, further, fields, STATUS)

        def begin(chosen: Mapping[str, Any]) -> Plan[JobRecord]:
            return contract.update(job_id, {STATUS: status, **chosen}, self._decode, expected_status)

        return self._gateway.run(Verb.UPDATE, with_fields(given, begin))

    def update_job(self, job_id: str | UUID, updates: Mapping[str, Any]) -> Success[JobRecord] | Failure:
        """Set any attributes but `job_id`; a `status` among them only moves forward.

        Args:
            job_id: the job's id.
            updates: attribute names, which are taken literally, and their values. Without any, nothing is written and
                the present record is the answer. Attributes of the lifecycle, such as `attempt` and `claim_id`, are
                refused; the page about the record marks each of them.

        Returns:
            As `update_job_status`.

        >>> repository.update_job("vpr-1", {"cost_usd": 0.0123, "a.b": [1, 2]}).data["a.b"]
        [1, 2]
        >>> repository.update_job("no such job", {"cost_usd": 0.0123}).code
        <ResultCode.NOT_FOUND: 'NOT_FOUND'>
        """
        return self._gateway.run(Verb.UPDATE, contract.update(job_id, updates, self._decode))

    def find_job(self, job_id: str | UUID, *, user_id: str | UUID | None = None) -> Success[JobRecord] | Failure:
        """Read one job, strongly consistent, as its user may see it.

        Args:
            job_id: the job's id.
            user_id: where given, another user's job is not found. An id alone is no permission.

        Returns:
            The record; or NOT_FOUND, the same for a job that is absent, expired or another user's; or
            CORRUPT_RECORD, THROTTLED, UNAVAILABLE, ACCESS_DENIED, CONFIG_ERROR, DYNAMODB_ERROR.

        >>> repository.find_job("vpr-1").unwrap()["status"]
        'PENDING'
        >>> repository.find_job("vpr-1", user_id="user-2").code
        <ResultCode.NOT_FOUND: 'NOT_FOUND'>
        """
        return self._gateway.run(Verb.FIND, lookup.find(job_id, user_id, self._now(), self._decode))

    def find_status(
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

        >>> found = repository.find_status("vpr-1", fields=["result_key"])
        >>> found.unwrap()["status"], found.retry_after
        ('PENDING', datetime.timedelta(seconds=30))
        """
        plan = lookup.find_status(job_id, user_id, fields, self._now(), self._decode, consistent=consistent)
        return self._gateway.run(Verb.FIND_STATUS, plan)

    def wait_for_job(
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

        >>> repository.wait_for_job("no such job", timedelta(seconds=1)).code
        <ResultCode.NOT_FOUND: 'NOT_FOUND'>
        """
        if not isinstance(timeout, timedelta):
            return self._gateway.refuse(Verb.WAIT, InvalidInputError("timeout must be a timedelta"))
        look = partial(self.find_status, job_id, user_id=user_id)
        return wait(look, partial(self.find_job, job_id, user_id=user_id), timeout, on_change)

    def submit_job(
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
        """Create a job, or find the one that this user and key have already.

        Either way takes one round trip.

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

        >>> submission = repository.submit_job("application-9", {"role": "CTO"}).unwrap()
        >>> submission.created, submission.should_enqueue, submission.job["status"]
        (True, True, 'PENDING')
        >>> repository.submit_job("application-9", {"role": "CTO"}).unwrap().created
        False
        >>> repository.submit_job("application-9", {"role": "CFO"}).code
        <ResultCode.IDEMPOTENCY_MISMATCH: 'IDEMPOTENCY_MISMATCH'>
        """
        given = _given(JobsRepository.submit_job, further, fields)
        options = (max_attempts, run_at, replace_failed, allow_different_payload)
        request = JobRequest(idempotency_key, input_data, user_id, application_id, *options)
        return self._gateway.run(Verb.SUBMIT, self._submission(request, given))

    def submit_jobs(self, requests: Iterable[JobRequest]) -> list[Success[Submission] | Failure]:
        """Submit many jobs, eight at a time, each with its own result.

        Each job is submitted as by `submit_job`, with its own deadline and its own event. A job that is refused does
        not stop the others. Where eight jobs in turn get THROTTLED, UNAVAILABLE, ACCESS_DENIED or CONFIG_ERROR, the
        rest gets the same code without a request.

        Args:
            requests: the jobs, in a list or from a generator. Two with the same user and key are one job, created once.

        Returns:
            The results in the order of the requests, each as of `submit_job`.

        >>> requests = [JobRequest(f"letter-{n}", {}, user_id="user-1") for n in range(3)]
        >>> results = repository.submit_jobs(requests)
        >>> [result.unwrap().created for result in results]
        [True, True, True]
        >>> [result.code for result in repository.submit_jobs([JobRequest("", {})])]
        [<ResultCode.VALIDATION_ERROR: 'VALIDATION_ERROR'>]
        """
        # A generator that raises does so before anything is sent.
        plans = map(self._submission, tuple(requests))
        return self._gateway.sweep(Verb.SUBMIT, side_by_side(plans)).unwrap()

    def _submission(self, request: JobRequest, given: Given | None = None) -> Plan[Submission]:
        """Begin the plan of a request, with its own fields or those of a call."""
        if not isinstance(request, JobRequest):
            raise InvalidInputError(f"each of requests must be a JobRequest, not {type(request).__name__}")
        now = self._now()

        def begin(chosen: Mapping[str, Any]) -> Plan[Submission]:
            asked = replace(request, fields=chosen)
            return submission.submit(asked, self._policy, new_nonce(), now, self._decode)

        return (yield from with_fields(given or Given({}, request.fields, ()), begin))

    def claim_job(
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

        >>> claim = repository.claim_job("vpr-1", lease=timedelta(minutes=5)).unwrap()
        >>> claim.attempt, claim.job["status"]
        (1, 'PROCESSING')
        >>> repository.claim_job("vpr-1", lease=timedelta(minutes=5)).code
        <ResultCode.LEASE_HELD: 'LEASE_HELD'>
        """
        wanted = Claiming(lease, worker_id, max_attempts, adopt_unleased, new_nonce())
        return self._gateway.run(Verb.CLAIM, claim(job_id, wanted, self._now(), self._decode))

    def renew_claim(self, claim: Claim, *, lease: timedelta, progress: Any = None) -> Success[Claim] | Failure:
        """Renew the lease, as a heartbeat, and store the progress of the work.

        Args:
            claim: the claim.
            lease: the time from now on for which no other worker can claim the job.
            progress: stored as `progress`; None leaves the stored one unchanged.

        Returns:
            The renewed `Claim`, whose `cancel_requested` tells the worker to stop; or LEASE_LOST (another claim has
            replaced this one: stop, write nothing), ALREADY_FINISHED, NOT_FOUND, or a code of `claim_job`.

        >>> claim = repository.claim_job("vpr-1", lease=timedelta(minutes=5)).unwrap()
        >>> lease = timedelta(minutes=5)
        >>> repository.renew_claim(claim, lease=lease, progress=0.4).unwrap().job["progress"]
        0.4
        """
        return self._gateway.run(Verb.RENEW, renew(claim, lease, progress, self._now(), self._decode))

    def complete_job(
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

        >>> claim = repository.claim_job("vpr-1", lease=timedelta(minutes=5)).unwrap()
        >>> repository.complete_job(claim, result_key="vpr-1.json").unwrap()["status"]
        'COMPLETED'
        """
        given = _given(JobsRepository.complete_job, further, fields)
        now = self._now()
        plan = with_fields(given, lambda chosen: ending.complete(claim, chosen, now, self._decode))
        return self._gateway.run(Verb.COMPLETE, plan)

    def fail_job(
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
            public_error: the reason for the job's user, at most 2,048 bytes of it; `find_status` shows this one only.
            fields: as in `complete_job`.
            **further: the same as keywords; a slip is refused, as by `update_job_status`.

        Returns:
            The record, with the status FAILED or PENDING; a job that was to be cancelled is FAILED with
            `cancelled_at`. Or a code of `complete_job`.

        >>> claim = repository.claim_job("vpr-1", lease=timedelta(minutes=5)).unwrap()
        >>> repository.fail_job(claim, "the model timed out", retryable=True).unwrap()["status"]
        'PENDING'
        """
        given = _given(JobsRepository.fail_job, further, fields)
        now = self._now()

        def begin(chosen: Mapping[str, Any]) -> Plan[JobRecord]:
            failing = ending.Failing(error, public_error, retryable, retry_after, chosen)
            return ending.fail(claim, failing, now, self._decode)

        return self._gateway.run(Verb.FAIL, with_fields(given, begin))

    def release_claim(self, claim: Claim, *, retry_after: timedelta | None = None) -> Success[JobRecord] | Failure:
        """Give a job back; the attempt does not count.

        This is for a worker that cannot begin, or must stop. The message must stay in the queue.

        Args:
            claim: the claim.
            retry_after: as in `fail_job`.

        Returns:
            The record, with the status PENDING; a job that was to be cancelled is FAILED with `cancelled_at`. Or a code
            of `complete_job`.

        >>> claim = repository.claim_job("vpr-1", lease=timedelta(minutes=5)).unwrap()
        >>> repository.release_claim(claim).unwrap()["status"]
        'PENDING'
        >>> repository.claim_job("vpr-1", lease=timedelta(minutes=5)).unwrap().attempt
        1
        """
        return self._gateway.run(Verb.RELEASE, ending.release(claim, retry_after, self._now(), self._decode))

    def cancel_job(self, job_id: str | UUID, *, user_id: str | UUID | None = None) -> Success[JobRecord] | Failure:
        """Cancel a job at once, or ask the worker that holds it to stop.

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
        return self._gateway.run(Verb.CANCEL, cancellation.cancel(job_id, user_id, self._now(), self._decode))

    def _now(self) -> datetime:
        return read_clock(self.clock)

    def _read(self, verb: Verb, plan: Plan[JobRecord | None]) -> dict[str, Any] | None:
        return self._gateway.read(verb, _none_if_invalid(verb, plan), none_on_aws_error=self._none_on_aws_error)

    def _observer(self, on_event: Callable[[JobEvent], object] | None, measure_capacity: bool) -> Observer | None:
        """Make the observer, which is imported only if events are wanted."""
        if on_event is None:
            if measure_capacity:
                raise ValueError("measure_capacity is of use with on_event only")
            return None
        from careervp_jobs_dal.aws.observer import Observer

        return Observer(on_event, self.table_name, self._now, measure_capacity=measure_capacity)

    @staticmethod
    def _build_update_expression(
        updates: Mapping[str, Any],
    ) -> tuple[str, dict[str, str], dict[str, Any]]:
        """Call `build_update_expression`, its public name, for older callers."""
        return build_update_expression(updates)

    @staticmethod
    def _validate_job_data(job_data: Mapping[str, Any]) -> bool:
        """Check the data of a record, for older callers.

        Raises:
            ValueError: no record can be made of it.
        """
        require(job_data, REQUIRED_FIELDS)
        check_fields(encode_item(job_data).fitting())
        return True


def _given(method: Any, further: Mapping[str, Any], fields: Mapping[str, Any] | None, *arguments: str) -> Given:
    """Collect the fields of a call; the method's keyword-only arguments are its options."""
    return Given(further, fields, tuple(name for name in method.__kwdefaults__ if name != FIELDS), arguments)


def _none_if_invalid(verb: Verb, plan: Plan[JobRecord | None]) -> Plan[JobRecord | None]:
    """Answer None to arguments that are refused, with a log line."""
    try:
        return (yield from plan)
    except InvalidInputError as refused:
        code = ResultCode.VALIDATION_ERROR
        write_line("error", f"{verb} failed: {code}, {refused}", {"verb": verb, "code": code})
        return Result.success(None)


def backend_of(repository: JobsRepository) -> Backend:
    """Return the object that a repository shares with a `JobsOperator`."""
    return Backend(repository.table_name, repository._gateway, repository._decode, repository._policy.id_secret)


def _check_settings(
    clock: object, deadline: object, on_read_error: object, retention: object, pack_above: object, id_secret: object
) -> None:
    """Check the settings of a repository.

    Raises:
        ValueError: a setting is invalid; the message names the first.
    """
    if not callable(clock):
        raise ValueError(CLOCK_RULE)  # noqa: TRY004  # one error for all that is no clock
    if not isinstance(deadline, int | float) or not deadline > 0:
        raise ValueError("deadline must be above 0 seconds")
    if on_read_error not in ("none", "raise"):
        raise ValueError('on_read_error must be "none" or "raise"')
    if retention is not None and not _is_retention(retention):
        raise ValueError("retention must be a timedelta above 0 and of at most 100 years, or None")
    if not isinstance(pack_above, int | None):
        raise ValueError("pack_above must be a whole number of bytes, or None")  # noqa: TRY004
    if id_secret is not None and not is_key(id_secret or "empty"):
        raise ValueError("id_secret must be text of at most 2,048 bytes")


def _check_names(table_name: object, index_name: object) -> None:
    """Check the names of the table and of its index.

    Raises:
        ValueError: DynamoDB has no table or index of such a name.
    """
    if not is_table_name(table_name):
        raise ValueError(f"table_name must be {RESOURCE_NAME}, or a table's ARN")
    if not is_index_name(index_name):
        raise ValueError(f"idempotency_index_name must be {RESOURCE_NAME}")


def _is_retention(value: object) -> bool:
    return isinstance(value, timedelta) and timedelta(0) < value <= LONGEST_RETENTION
