"""The only module that sends: plans go out here, and whatever the world does comes back as a `Result`.

Log lines carry ids, codes and request ids, never a value of a record.
"""

from __future__ import annotations

import random
import time
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from careervp_jobs_dal.exchange import Exchange
from careervp_jobs_dal.failure import (
    CLASHES,
    CONDITION_FAILED,
    Failure,
    SendError,
    aws_error_code,
    aws_response,
    diagnose,
    misconfigured,
    sent_again,
)
from careervp_jobs_dal.log import logger
from careervp_jobs_dal.plan import Plan, Reply, Step
from careervp_jobs_dal.result import Result, ResultCode

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from careervp_jobs_dal.connection import Connection
    from careervp_jobs_dal.observer import Observer

T = TypeVar("T")

_OVERDUE = Failure(ResultCode.UNAVAILABLE, "The deadline passed between two requests", "TimeoutError")
_FIRST_PAUSE_SECONDS = 0.05
_LONGEST_PAUSE_SECONDS = 1.0
_TABLE_OPERATIONS = frozenset(
    {"delete_item", "get_item", "put_item", "query", "scan", "update_item", "wait_until_exists"}
)


class Gateway:
    """Sends plans to one table, each with all its retries within `deadline` seconds."""

    def __init__(
        self, connection: Connection, table_name: str, deadline: float, observer: Observer | None = None
    ) -> None:
        self._connection = connection
        self._table_name = table_name
        self._deadline = deadline
        self._observer = observer

    def run(self, step: Step[T], verb: str = "") -> Result[T]:
        """Send a plan and those that follow from its answers; a failure of the world becomes a code.

        `verb` is for the observer, which cannot see it where the step is a result already.
        """
        try:
            return self._answer(step, verb)
        except SendError as failed:
            return Result.failure(failed.failure.text, failed.failure.code)

    def read(self, step: Step[T | None], verb: str = "", *, none_on_aws_error: bool) -> T | None:
        """The same for a read that answers with data alone: a failure is raised as boto3 raised it, or gives None."""
        try:
            return self._answer(step, verb).unwrap()
        except SendError as failed:
            if none_on_aws_error and aws_response(failed.error) is not None:
                return None
            raise failed.error from None

    def connect(self) -> Result[None]:
        """Make the client and the Table now."""
        try:
            self._connection.table  # noqa: B018  # making it is the point
        except Exception as error:
            failure = misconfigured(error)
            self._log("connect", None, failure)
            return Result.failure(failure.text, failure.code)
        return Result.success(None)

    def _answer(self, step: Step[T], verb: str) -> Result[T]:
        if self._observer is None:
            return self._follow(step)
        return self._observer.watch(step, verb, self._follow)

    def _follow(self, step: Step[T]) -> Result[T]:
        give_up_at = time.monotonic() + self._deadline
        first = step
        while isinstance(step, Plan):
            if step is not first and time.monotonic() + step.pause > give_up_at:
                if step.instead is None:
                    raise self._failed(step, TimeoutError(), _OVERDUE)
                step = step.instead()
                continue
            if step.pause:
                time.sleep(random.uniform(0, step.pause))  # noqa: S311  # no secret depends on it
            step = step.read(self._send(step, give_up_at))
        return step

    def _send(self, plan: Plan[T], give_up_at: float) -> Reply:
        explain = misconfigured
        try:
            call = self._method(plan.operation)
            explain = partial(diagnose, table_name=self._table_name)
            return _call_patiently(call, plan.parameters, give_up_at)
        except Exception as error:
            raise self._failed(plan, error, explain(error)) from error

    def _method(self, operation: str) -> Callable[..., Mapping[str, Any] | None]:
        table = self._connection.table
        owner: object = table if operation in _TABLE_OPERATIONS else table.meta.client
        method: Callable[..., Mapping[str, Any] | None] = getattr(owner, operation)
        return method

    def _failed(self, plan: Plan[Any], error: Exception, failure: Failure) -> SendError:
        self._log(plan.verb, plan.job_id, failure)
        return SendError(error, failure)

    def _log(self, verb: str, job_id: str | None, failure: Failure) -> None:
        ids = {"table": self._table_name, "job_id": job_id, "request_id": failure.request_id}
        codes = {"code": failure.code, "error_code": failure.error_code}
        # The ids stand in the message as well: a logger whose handlers know no extra fields drops those.
        message = f"{verb} failed: {failure.code} ({failure.error_code}), job {job_id}, request {failure.request_id}"
        logger().error(message, extra={"verb": verb, **codes, **ids})


def _call_patiently(
    call: Callable[..., Mapping[str, Any] | None], parameters: Mapping[str, Any], give_up_at: float
) -> Reply:
    """Call, and call again after a clash with another writer, while there is time."""
    resent = False
    pauses = _pauses()
    while True:
        try:
            with Exchange(give_up_at) as exchange:
                response = call(**parameters)
            return Reply(exchange.outcome(response))
        except Exception as error:
            response = aws_response(error)
            if response is None:
                raise
            resent = resent or sent_again(response)
            error_code = aws_error_code(response)
            if error_code == CONDITION_FAILED:
                return Reply(_refusing_item(response), refused=True, resent=resent)
            pause = next(pauses)
            if error_code not in CLASHES or time.monotonic() + pause > give_up_at:
                raise
        time.sleep(pause)
        resent = True


def _pauses() -> Iterator[float]:
    """Growing pauses with full jitter, so that writers who clashed once don't meet again."""
    longest = _FIRST_PAUSE_SECONDS
    while True:
        yield random.uniform(0, longest)  # noqa: S311  # no secret depends on it
        longest = min(2 * longest, _LONGEST_PAUSE_SECONDS)


def _refusing_item(response: Mapping[str, Any]) -> dict[str, Any]:
    """The record in a refusal, which boto3 leaves as the service sent it."""
    item = response.get("Item")
    if not item:
        return {}
    from boto3.dynamodb.types import TypeDeserializer

    deserialize = TypeDeserializer().deserialize
    return {"Item": {name: deserialize(value) for name, value in item.items()}}
