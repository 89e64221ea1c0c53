"""Watches calls on their way through the gateway, and tells a hook what each came to.

It is made only where there is a hook, and imported only then. It changes nothing but one argument of the requests,
where capacity is to be measured; what the hook does cannot reach the answer.
"""

from __future__ import annotations

import time
from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any, TypedDict, TypeVar

from careervp_jobs_dal.event import Capacity, JobEvent
from careervp_jobs_dal.failure import SendError
from careervp_jobs_dal.job import Claim, Submission
from careervp_jobs_dal.log import logger
from careervp_jobs_dal.plan import Plan, Reply, Step
from careervp_jobs_dal.result import Result
from careervp_jobs_dal.status import JobStatus
from careervp_jobs_dal.stopwatch import Stopwatch
from careervp_jobs_dal.table import ATTEMPT, CANCELLED_AT, JOB_ID, STATUS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime, timedelta

T = TypeVar("T")

_ENDINGS = ("complete", "fail")
_READS = frozenset({"get_item", "query", "scan", "batch_get_item", "transact_get_items"})
_WRITES = frozenset({"put_item", "update_item", "delete_item", "batch_write_item", "transact_write_items"})


class Observer:
    """Tells one repository's hook of its calls."""

    def __init__(
        self,
        hook: Callable[[JobEvent], object],
        table_name: str,
        clock: Callable[[], datetime],
        *,
        measure_capacity: bool,
    ) -> None:
        self._hook = hook
        self._table_name = table_name
        self._stopwatch = Stopwatch(clock)
        self._measure_capacity = measure_capacity
        self._complaints: set[str] = set()

    def watch(self, step: Step[T], verb: str, follow: Callable[[Step[T]], Result[T]]) -> Result[T]:
        """Follow a step to its result, and tell of it; `verb` names a call that came to no request."""
        call = _Call(verb, measure_capacity=self._measure_capacity)
        try:
            result = follow(call.watched(step))
        except SendError as failed:
            self._tell(call, Result.failure(failed.failure.text, failed.failure.code))
            raise
        self._tell(call, result)
        return result

    def _tell(self, call: _Call, result: Result[Any]) -> None:
        """No mistake of a hook may become one of the call's."""
        try:
            self._hook(self._event(call, result))
        except Exception as error:
            name = type(error).__name__
            if name not in self._complaints:
                self._complaints.add(name)
                extra = {"verb": call.verb, "exception": name}
                logger().error(f"on_event raised {name}; this is said once", extra=extra)

    def _event(self, call: _Call, result: Result[Any]) -> JobEvent:
        record = _record(result)
        attempt, status = _attempt(record), _status(record)
        times = self._times(call.verb, result, record, attempt, status)
        return JobEvent(
            verb=call.verb,
            code=result.code,
            table_name=self._table_name,
            job_id=call.job_id or record.get(JOB_ID),
            status=status,
            attempt=attempt,
            created=_created(call.verb, result),
            cancelled=CANCELLED_AT in record,
            **times,
            seconds=time.perf_counter() - call.began,
            requests=call.requests,
            capacity=call.capacity,
        )

    def _times(
        self,
        verb: str,
        result: Result[Any],
        record: Mapping[str, Any],
        attempt: int | None,
        status: JobStatus | None,
    ) -> _Times:
        times: _Times = {"queue_wait": None, "run_time": None}
        if result and verb == "claim":
            times["queue_wait"] = self._stopwatch.start(record, attempt)
        # A repeated fail can find the job claimed again; that attempt runs on.
        elif result and verb in _ENDINGS and status is not JobStatus.PROCESSING:
            times["run_time"] = self._stopwatch.stop(record, attempt)
        return times


class _Times(TypedDict):
    queue_wait: timedelta | None
    run_time: timedelta | None


class _Call:
    """What one call has come to so far."""

    def __init__(self, verb: str, *, measure_capacity: bool) -> None:
        self.verb = verb
        self.job_id: str | None = None
        self.requests = 0
        self.capacity = Capacity() if measure_capacity else None
        self.began = time.perf_counter()

    def watched(self, step: Step[T]) -> Step[T]:
        """The same step, counted, and so all that follow from it."""
        if not isinstance(step, Plan):
            return step
        if not self.requests:
            self.verb, self.job_id = step.verb, step.job_id
        self.requests += 1

        def read(reply: Reply) -> Step[T]:
            if self.capacity is not None:
                self.capacity = _added(self.capacity, step.operation, reply.response.get("ConsumedCapacity"))
            return self.watched(step.read(reply))

        return replace(step, parameters=self._parameters(step), read=read)

    def _parameters(self, plan: Plan[Any]) -> Mapping[str, Any]:
        if self.capacity is None or plan.operation not in _READS | _WRITES:
            return plan.parameters
        return {**plan.parameters, "ReturnConsumedCapacity": "INDEXES"}


def _added(sum_: Capacity, operation: str, stated: Any) -> Capacity:
    """DynamoDB states one table's units, or a list of them for a batch; what it leaves out counts as nothing."""
    parts = stated if isinstance(stated, list) else [stated or {}]
    index = sum(_index_units(part) for part in parts)
    table = sum(float(part.get("CapacityUnits", 0)) for part in parts) - index
    if operation in _READS:
        return replace(sum_, table_read=sum_.table_read + table, index_read=sum_.index_read + index)
    return replace(sum_, table_write=sum_.table_write + table, index_write=sum_.index_write + index)


def _index_units(part: Mapping[str, Any]) -> float:
    indexes = part.get("GlobalSecondaryIndexes", {})
    return sum(float(index.get("CapacityUnits", 0)) for index in indexes.values())


def _record(result: Result[Any]) -> Mapping[str, Any]:
    """The record that an answer brought, whole or in part."""
    data = result.data if result else result.record
    if isinstance(data, Claim | Submission):
        return data.job
    return data if isinstance(data, dict) else {}


def _created(verb: str, result: Result[Any]) -> bool | None:
    if isinstance(result.data, Submission):
        return result.data.created
    return True if result and verb == "create" else None


def _attempt(record: Mapping[str, Any]) -> int | None:
    """None before the first claim, and for what no claim has written."""
    attempt = record.get(ATTEMPT)
    return int(attempt) if isinstance(attempt, int | Decimal) else None


def _status(record: Mapping[str, Any]) -> JobStatus | None:
    status = record.get(STATUS)
    return JobStatus(status) if isinstance(status, str) and status in frozenset(JobStatus) else None
