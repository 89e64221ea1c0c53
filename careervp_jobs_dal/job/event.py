"""The event that a hook gets after each call: facts without any value of a record."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import timedelta

    from careervp_jobs_dal.job.status import JobStatus
    from careervp_jobs_dal.result import ResultCode


@dataclass(frozen=True, slots=True)
class Capacity:
    """Capacity units that a call consumed, as DynamoDB reports them.

    DynamoDB reports none for a write that its condition refused, although it bills that write as well.

    Attributes:
        table_read: read units of the table.
        table_write: write units of the table.
        index_read: read units of the indexes.
        index_write: write units of the indexes.
    """

    table_read: float = 0.0
    table_write: float = 0.0
    index_read: float = 0.0
    index_write: float = 0.0


@dataclass(frozen=True, slots=True)
class JobEvent:
    """Facts of one answered call, safe to log: without any value of a record.

    Attributes:
        verb: the call, as log lines name it: `submit`, `claim`, `complete` and so on.
        code: the code of the answer; the two reads that return data alone have one here as well.
        table_name: the table.
        job_id: the job's id, where the call got as far as a job.
        status: the job's status, where the answer carries a record.
        attempt: the attempt in that record; None before the first claim.
        created: for `submit` and `create`, whether this call created the job; None where the call failed.
        moved_to: the status to which this very call moved an existing job; None where it moved none, as a repeated
            `complete` that finds its job COMPLETED. So each end of a job has one event, whatever the verb and the code.
        cancelled: whether that record is a cancelled job's.
        queue_wait: for a claim, the time that the job was ready: since it was created, retried or put back, or since
            the end of the pause that it had. None where the previous worker let its lease lapse.
        run_time: for a `complete` or `fail` that ended the attempt, its duration, counted from its claim.
        seconds: the duration of the call, with its retries and backoff.
        requests: the number of requests; the repeats of a request do not count. 0 where nothing was sent.
        capacity: the capacity units consumed, with `measure_capacity` only.
    """

    verb: str
    code: ResultCode
    table_name: str
    job_id: str | None
    status: JobStatus | None
    attempt: int | None
    created: bool | None
    moved_to: JobStatus | None
    cancelled: bool
    queue_wait: timedelta | None
    run_time: timedelta | None
    seconds: float
    requests: int
    capacity: Capacity | None
