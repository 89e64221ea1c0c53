"""The observer: it makes one event of each call that passes the gateway, and gives it to the repository's hook.

This module is imported only if there is a hook. To measure capacity, the observer adds one parameter to the requests;
it changes nothing else. An exception of the hook never reaches the caller.
"""

from __future__ import annotations

import time
from contextlib import suppress
from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any, TypedDict, TypeVar

from careervp_jobs_dal.aws.failure import SendError
from careervp_jobs_dal.aws.log import frames_of, write_line
from careervp_jobs_dal.aws.stopwatch import Stopwatch
from careervp_jobs_dal.job.attribute import ATTEMPT, CANCELLED_AT, JOB_ID, STARTED_AT, STATUS
from careervp_jobs_dal.job.event import Capacity, JobEvent
from careervp_jobs_dal.job.record import Claim, Submission
from careervp_jobs_dal.job.status import parse_status
from careervp_jobs_dal.job.verb import Verb
from careervp_jobs_dal.plans.refusal import holds

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime, timedelta

    from careervp_jobs_dal.job.status import JobStatus
    from careervp_jobs_dal.plans.plan import Reply, Request
    from careervp_jobs_dal.result import Answer, Result

T = TypeVar("T")

_ENDINGS = (Verb.COMPLETE, Verb.FAIL)
# A move counts the attempt up or down, and sets its start only where it has none.
_BY_THE_RECORD = (ATTEMPT, STARTED_AT)
# Only these operations take the parameter ReturnConsumedCapacity; DescribeTable and the like do not.
_READS = frozenset({"get_item", "query", "scan", "batch_get_item", "transact_get_items"})
_WRITES = frozenset({"put_item", "update_item", "delete_item", "batch_write_item", "transact_write_items"})


class Observer:
    """Reporter of one repository's calls to its hook."""

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

    def watch(self, verb: Verb, follow: Callable[[ObservedCall], Answer[T]]) -> Answer[T]:
        """Follow a call to its result, and give its event to the hook."""
        call = ObservedCall(verb, measure_capacity=self._measure_capacity)
        try:
            result = follow(call)
        except SendError as failed:
            self._tell(call, failed.failure.result())
            raise
        self._tell(call, result)
        return result

    def _tell(self, call: ObservedCall, result: Result[Any]) -> None:
        """Call the hook; an exception of the hook is logged and not raised."""
        try:
            self._hook(self._event(call, result))
        except Exception as error:
            name, frames = type(error).__name__, frames_of(error)
            if name in self._complaints:
                return
            self._complaints.add(name)
            facts = {"verb": call.verb, "job_id": call.job_id, "exception": name, "frames": frames}
            message = f"on_event raised {name} (said once), {call.verb} of job {call.job_id}, at {frames}"
            write_line("error", message, facts)

    def _event(self, call: ObservedCall, result: Result[Any]) -> JobEvent:
        record = _record(result)
        attempt, status = _attempt(record), _status(record)
        times = self._times(call, result, record, attempt)
        return JobEvent(
            verb=call.verb,
            code=result.code,
            table_name=self._table_name,
            job_id=call.job_id or record.get(JOB_ID),
            status=status,
            attempt=attempt,
            created=_created(call.verb, result),
            moved_to=call.moved_to,
            cancelled=CANCELLED_AT in record,
            **times,
            seconds=time.perf_counter() - call.began,
            requests=call.requests,
            capacity=call.capacity,
        )

    def _times(self, call: ObservedCall, result: Result[Any], record: Mapping[str, Any], attempt: int | None) -> _Times:
        times: _Times = {"queue_wait": None, "run_time": None}
        if result and call.verb is Verb.CLAIM:
            times["queue_wait"] = self._stopwatch.start(record, attempt)
        # A repeated call ends no attempt, and may find the job claimed again.
        elif result and call.verb in _ENDINGS and call.moved_to is not None:
            times["run_time"] = self._stopwatch.stop(record, attempt)
        return times


class _Times(TypedDict):
    queue_wait: timedelta | None
    run_time: timedelta | None


class ObservedCall:
    """Facts of one call so far: requests, job, the job's move, consumed capacity."""

    def __init__(self, verb: Verb, *, measure_capacity: bool) -> None:
        self.verb: Verb = verb
        self.job_id: str | None = None
        self.requests: int = 0
        self.moved_to: JobStatus | None = None
        self._in_doubt: list[Request] = []
        self.capacity: Capacity | None = Capacity() if measure_capacity else None
        self.began: float = time.perf_counter()

    def begin(self, request: Request) -> Mapping[str, Any]:
        """Count a request, and return its parameters.

        Where capacity is measured, they ask DynamoDB to report it.
        """
        if not self.requests:
            self.job_id = request.job_id
        self.requests += 1
        if self.capacity is None or request.operation not in _READS | _WRITES:
            return request.parameters
        return {**request.parameters, "ReturnConsumedCapacity": "INDEXES"}

    def end(self, request: Request, reply: Reply) -> None:
        """Note the job's move, and add the capacity that DynamoDB reports in its answer."""
        self._note_move(request, reply)
        if self.capacity is not None:
            # An event says less where the figure is none; the call's own answer is good.
            with suppress(AttributeError, TypeError, ValueError):
                self.capacity = _added(self.capacity, request.operation, reply.response.get("ConsumedCapacity"))

    def _note_move(self, request: Request, reply: Reply) -> None:
        """Note the status that a write gave the job.

        A write that was sent twice can be refused by its own first copy. It was so if the record, in the refusal or in
        the read that follows, has what the write sets.
        """
        target = _target(request)
        if target is not None and not reply.refused:
            self.moved_to = target
            return
        if target is not None and reply.resent:
            self._in_doubt.append(request)
        for write in self._in_doubt:
            if reply.item is not None and holds(reply.item, _written(write)):
                self.moved_to = _target(write)


def _target(request: Request) -> JobStatus | None:
    """Return the status that an update sets, if it sets one."""
    if request.operation != "update_item":
        return None
    return parse_status(request.parameters.get("ExpressionAttributeValues", {}).get(f":{STATUS}"))


def _written(request: Request) -> dict[str, Any]:
    """Return the attributes that an update sets, but for counts and first instants."""
    names, values = (request.parameters[f"ExpressionAttribute{part}"] for part in ("Names", "Values"))
    labels = {name: f":{name}" for name in names.values() if name not in _BY_THE_RECORD}
    return {name: values[label] for name, label in labels.items() if label in values}


def _added(sum_: Capacity, operation: str, stated: Any) -> Capacity:
    """Add the units of one table, or of the list that a batch reports."""
    # `CapacityUnits` is the total of the table and its indexes.
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
    """Return the record that a result carries, whole or in part."""
    data = result.data if result else result.record
    if isinstance(data, Claim | Submission):
        return data.job
    return data if isinstance(data, dict) else {}


def _created(verb: Verb, result: Result[Any]) -> bool | None:
    if isinstance(result.data, Submission):
        return result.data.created
    return True if result and verb is Verb.CREATE else None


def _attempt(record: Mapping[str, Any]) -> int | None:
    """Return the attempt; None where no claim has written one."""
    attempt = record.get(ATTEMPT)
    return int(attempt) if isinstance(attempt, int | Decimal) else None


def _status(record: Mapping[str, Any]) -> JobStatus | None:
    return parse_status(record.get(STATUS))
