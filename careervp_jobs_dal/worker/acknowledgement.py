"""The decision whether a message may leave the queue.

It may where the stored record says that nothing is left to do: the job is finished, or it is gone. In every other case
the message stays, because nothing else may lead to the job any more.

    answer of the repository          the record says        the message
      SUCCESS, LEASE_LOST              COMPLETED, FAILED      is acknowledged
      SUCCESS, LEASE_LOST              PENDING                stays until the job is due
      LEASE_LOST                       PROCESSING             stays until that lease has lapsed
      ALREADY_FINISHED                 COMPLETED, FAILED      is acknowledged
      ATTEMPTS_EXHAUSTED               FAILED                 is acknowledged
      NOT_FOUND                        (there is none)        is acknowledged, with a warning
      LEASE_HELD, NOT_DUE                                     stays for the answer's `retry_after`
      any other                                               stays for the queue's visibility timeout
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from careervp_jobs_dal.aws.log import write_line
from careervp_jobs_dal.job.attribute import AVAILABLE_AT, LEASE_EXPIRES_AT, STATUS
from careervp_jobs_dal.job.instant import parse_instant, read_clock
from careervp_jobs_dal.job.line import printable
from careervp_jobs_dal.job.snapshot import LEASE_MARGIN
from careervp_jobs_dal.job.status import JobStatus, parse_status
from careervp_jobs_dal.result import ResultCode

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime, timedelta

    from careervp_jobs_dal.repository import JobsRepository
    from careervp_jobs_dal.result import Result

_ENDED = frozenset({ResultCode.ALREADY_FINISHED, ResultCode.ATTEMPTS_EXHAUSTED})
_ASK_THE_RECORD = frozenset({ResultCode.SUCCESS, ResultCode.LEASE_LOST})


class NotAcknowledgedError(Exception):
    """Signal that a message must stay in the queue.

    Attributes:
        job_id: the job's id.
        code: the code of the call that decided it; None where the job waits for another attempt.
        reason: the reason in words.
        retry_after: the time after which the message is of use again, where that is known.
    """

    def __init__(
        self, job_id: str, code: ResultCode | None, reason: str = "", retry_after: timedelta | None = None
    ) -> None:
        self.reason: str = reason or code or "put back for another attempt"
        super().__init__(f"Job {printable(job_id)} is not done: {self.reason}")
        self.job_id = job_id
        self.code = code
        self.retry_after = retry_after

    def __reduce__(self) -> tuple[Any, ...]:
        return NotAcknowledgedError, (self.job_id, self.code, self.reason, self.retry_after)


def settle(repository: JobsRepository, job_id: str, answer: Result[Any]) -> ResultCode:
    """Return the code with which a message may leave the queue.

    Raises:
        NotAcknowledgedError: the message must stay.
    """
    code = answer.code
    if code in _ENDED:
        return code
    if code is ResultCode.NOT_FOUND:
        table = repository.table_name
        facts = {"job_id": job_id, "table": table, "code": code}
        write_line("warning", f"Job {job_id} is not in table {table}: its message is acknowledged", facts)
        return code
    if code not in _ASK_THE_RECORD:
        raise NotAcknowledgedError(job_id, code, retry_after=answer.retry_after)
    record = (answer.data if answer else answer.record) or {}
    status = parse_status(record.get(STATUS))
    if status is not None and status.finished:
        return code
    pause = _pause(record, status, read_clock(repository.clock))
    raise NotAcknowledgedError(job_id, None if answer else code, retry_after=pause)


def _pause(record: Mapping[str, Any], status: JobStatus | None, now: datetime) -> timedelta | None:
    """Return the time until a claim is possible; None where the record is silent."""
    if status is JobStatus.PENDING:
        due = parse_instant(record.get(AVAILABLE_AT))
        return (due or now) - now
    lapse = parse_instant(record.get(LEASE_EXPIRES_AT))
    return None if lapse is None else lapse + LEASE_MARGIN - now
