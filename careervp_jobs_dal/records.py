"""The contract: making a repository, and the five methods that callers have relied on from the start.

Each method makes a plan and hands it to the gateway.
"""

from __future__ import annotations

import os
from functools import partial
from typing import TYPE_CHECKING, Any, Literal

from careervp_jobs_dal import contract
from careervp_jobs_dal.connection import Connection
from careervp_jobs_dal.expressions import build_update_expression
from careervp_jobs_dal.gateway import Gateway
from careervp_jobs_dal.job import REQUIRED_FIELDS, JobRecord, check_fields, require
from careervp_jobs_dal.packing import decode_record
from careervp_jobs_dal.table import STATUS
from careervp_jobs_dal.values import encode_item

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from types_boto3_dynamodb.service_resource import DynamoDBServiceResource, Table

    from careervp_jobs_dal.event import JobEvent
    from careervp_jobs_dal.observer import Observer
    from careervp_jobs_dal.plan import Step
    from careervp_jobs_dal.result import Result

TABLE_NAME_VARIABLES = ("JOBS_TABLE_NAME", "VPR_JOBS_TABLE_NAME")


class JobRecords:
    """The records of one table: created, read and updated, without leases; `JobsRepository` explains the arguments."""

    def __init__(
        self,
        table_name: str | None,
        idempotency_index_name: str,
        *,
        dynamodb: DynamoDBServiceResource | None,
        deadline: float,
        on_read_error: Literal["none", "raise"],
        exact_numbers: bool,
        clock: Callable[[], datetime],
        on_event: Callable[[JobEvent], object] | None,
        measure_capacity: bool,
    ) -> None:
        if not isinstance(deadline, int | float) or not deadline > 0:
            raise ValueError("deadline must be above 0 seconds")
        if on_read_error not in ("none", "raise"):
            raise ValueError('on_read_error must be "none" or "raise"')
        if measure_capacity and on_event is None:
            raise ValueError("measure_capacity is of use with on_event only")
        self.table_name: str = table_name or table_name_from_environment()
        self.idempotency_index = idempotency_index_name
        self.clock = clock
        self._none_on_aws_error = on_read_error == "none"
        self._decode = partial(decode_record, exact_numbers=exact_numbers)
        self._connection = Connection(self.table_name, dynamodb, deadline)
        observer = None if on_event is None else self._observer(on_event, measure_capacity)
        self._gateway = Gateway(self._connection, self.table_name, deadline, observer)

    @property
    def dynamodb(self) -> DynamoDBServiceResource:
        """The boto3 resource, made on first use."""
        return self._connection.dynamodb

    @property
    def table(self) -> Table:
        """This thread's boto3 Table, through which every call goes; one assigned here serves all threads."""
        return self._connection.table

    @table.setter
    def table(self, table: Table) -> None:
        self._connection.table = table

    def connect(self) -> Result[None]:
        """Make the client now: at module scope, where Lambda's start-up is cheap.

        Returns:
            A success, CONFIG_ERROR or ACCESS_DENIED. Nothing is sent, so what only DynamoDB can know, such as wrong
            credentials or a missing table, shows with the first call.

        >>> repository.connect().success
        True
        """
        return self._gateway.connect()

    def create_job(self, job_data: Mapping[str, Any]) -> Result[JobRecord]:
        """Write a job's record, if its `job_id` is not there yet.

        Args:
            job_data: the record, at most 409,600 bytes by DynamoDB's rule. Required are `job_id`, `status`,
                `created_at` (ISO 8601; UTC where it has no offset) and `idempotency_key`; a `ttl` is in epoch
                seconds. Nothing is added to it.

        Returns:
            The record, or VALIDATION_ERROR or ITEM_TOO_LARGE (nothing was sent), ALREADY_EXISTS (the stored record is
            in `.record`), CONFLICT, or the code of a failure of AWS: THROTTLED, UNAVAILABLE, ACCESS_DENIED,
            CONFIG_ERROR, DYNAMODB_ERROR, CORRUPT_RECORD (a stored number has more digits than boto3 reads).

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
        return self._gateway.run(contract.create(job_data, self._decode), "create")

    def get_job(self, job_id: str | None) -> JobRecord | None:
        """Read one job, strongly consistent.

        Args:
            job_id: the job's id; None and "" give None, and nothing is sent.

        Returns:
            The record; None where there is none, or where AWS answered with an error, which is logged (see
            `on_read_error`). So None is no reason to acknowledge a message.

        Raises:
            Exception: what botocore raises where DynamoDB could not be reached or there are no credentials;
                `decimal`'s for a stored number that boto3 cannot read; a ClientError with `on_read_error="raise"`.

        >>> repository.get_job("vpr-1")["status"]
        'PENDING'
        >>> repository.get_job("no such job") is None
        True
        """
        return self._read(contract.get(job_id, self._decode), "get")

    def get_job_by_idempotency_key(self, idempotency_key: str | None) -> JobRecord | None:
        """Find the oldest job with this key through the index, which can lag behind the table by some time.

        Args:
            idempotency_key: the key; None and "" give None, and nothing is sent.

        Returns:
            The whole record, also from an index that projects keys only; None as in `get_job`.

        Raises:
            Exception: as `get_job`.

        >>> repository.get_job_by_idempotency_key("user-1/application-7")["job_id"]
        'vpr-1'
        """
        step = contract.get_by_idempotency_key(idempotency_key, self.idempotency_index, self._decode)
        return self._read(step, "get_by_idempotency_key")

    def update_job_status(self, /, job_id: str, status: str, **fields: Any) -> Result[JobRecord]:
        """Move a job's status forward and set fields, in one write.

        Args:
            job_id: the job's id.
            status: PROCESSING, which may repeat, COMPLETED or FAILED; steps may be skipped.
            **fields: further attributes to set.

        Returns:
            The whole new record, or NOT_FOUND, or INVALID_TRANSITION (the present record is in `.record`), or a code
            of `create_job` other than ALREADY_EXISTS.

        >>> repository.update_job_status("vpr-1", "COMPLETED", result_key="vpr-1.json").data["status"]
        'COMPLETED'
        >>> repository.update_job_status("vpr-1", "PROCESSING").code
        <ResultCode.INVALID_TRANSITION: 'INVALID_TRANSITION'>
        """
        return self._gateway.run(contract.update(job_id, {STATUS: status, **fields}, self._decode), "update")

    def update_job(self, job_id: str, updates: Mapping[str, Any]) -> Result[JobRecord]:
        """Set any attributes but `job_id`; a `status` among them only moves forward.

        Args:
            job_id: the job's id.
            updates: attribute names, literal whatever characters they have, and their values. With none, nothing is
                written and the present record is the answer. What the lifecycle owns is refused: `attempt`,
                `max_attempts`, `claim_id`, `claimed_by`, `lease_expires_at`, `cancel_requested_at`, `cancelled_at`,
                `submission_id`, `fingerprint` and `active_shard`.

        Returns:
            As `update_job_status`.

        >>> repository.update_job("vpr-1", {"cost_usd": 0.0123, "a.b": [1, 2]}).data["a.b"]
        [1, 2]
        >>> repository.update_job("no such job", {"cost_usd": 0.0123}).code
        <ResultCode.NOT_FOUND: 'NOT_FOUND'>
        """
        return self._gateway.run(contract.update(job_id, updates, self._decode), "update")

    def _read(self, step: Step[JobRecord | None], verb: str) -> JobRecord | None:
        return self._gateway.read(step, verb, none_on_aws_error=self._none_on_aws_error)

    def _observer(self, on_event: Callable[[JobEvent], object], measure_capacity: bool) -> Observer:
        """Imported here, so that who wants no events does not pay for it."""
        from careervp_jobs_dal.observer import Observer

        return Observer(on_event, self.table_name, lambda: self.clock(), measure_capacity=measure_capacity)

    @staticmethod
    def _build_update_expression(
        updates: Mapping[str, Any],
    ) -> tuple[str, dict[str, str], dict[str, Any]]:
        """For callers of old; `build_update_expression` is the public name."""
        return build_update_expression(updates)

    @staticmethod
    def _validate_job_data(job_data: Mapping[str, Any]) -> bool:
        """For callers of old: True, or ValueError for data that no record can be made of."""
        require(job_data, REQUIRED_FIELDS)
        check_fields(encode_item(job_data).fitting())
        return True


def table_name_from_environment() -> str:
    """The table that the environment names, for those who are given none."""
    names = (os.environ.get(variable) for variable in TABLE_NAME_VARIABLES)
    name = next(filter(None, names), None)
    if name is None:
        raise ValueError(f"Pass table_name, or set {' or '.join(TABLE_NAME_VARIABLES)}")
    return name
