"""What a hook is told of one call: facts without any value of a record."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import timedelta

    from careervp_jobs_dal.job.status import JobStatus
    from careervp_jobs_dal.result import ResultCode


@dataclass(frozen=True, slots=True)
class Capacity:
    """The capacity units that a call consumed, as DynamoDB states them.

    DynamoDB states nothing for a write that its condition refused, although it bills that write as well.

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
    """One call, once it is answered: safe to log, for it holds no value of a record.

    Attributes:
        verb: the call, as log lines name it: `submit`, `claim`, `complete` and so on.
        code: what it answered; for the two reads that answer with data alone, what they met.
        table_name: the table.
        job_id: the job, where the call came to one.
        status: the job's status, where the answer brought a record.
        attempt: that record's attempt; None before the first claim.
        created: for `submit` and `create`, whether this call made the job, where it succeeded.
        cancelled: whether that record is a cancelled job's.
        queue_wait: for a claim, how long the job had waited: since it was created, or since it was put back. None
            where the worker before let its lease lapse.
        run_time: for a complete or a fail, how long the attempt took: since the claim.
        seconds: how long the call took, retries and pauses included.
        requests: how many requests it came to, repeats of one not counted; 0 where nothing was sent.
        capacity: the capacity units consumed, with `measure_capacity` only.
    """

    verb: str
    code: ResultCode
    table_name: str
    job_id: str | None
    status: JobStatus | None
    attempt: int | None
    created: bool | None
    cancelled: bool
    queue_wait: timedelta | None
    run_time: timedelta | None
    seconds: float
    requests: int
    capacity: Capacity | None
