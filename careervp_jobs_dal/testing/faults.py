"""Faults on demand, between botocore and the network. They need no proxy, and work with every engine."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from botocore.client import BaseClient
from botocore.exceptions import EndpointConnectionError, ReadTimeoutError

from careervp_jobs_dal.testing.answer import batch_in_part, raw_response, response, said
from careervp_jobs_dal.testing.argument_check import (
    check_function,
    check_instance,
    check_operation,
    check_text,
    check_whole,
)
from careervp_jobs_dal.testing.fault_plan import FaultPlan
from careervp_jobs_dal.testing.wire import Wire, is_about, is_calm

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from botocore.awsrequest import AWSPreparedRequest, AWSResponse

    from careervp_jobs_dal.testing.fault_plan import Behaviour

_CONDITIONAL = frozenset({"PutItem", "UpdateItem", "DeleteItem", "TransactWriteItems"})


class Faults:
    """Faults for the next requests to DynamoDB, one plan after the other.

    A request that no plan applies to is carried out. With `operation`, a plan applies only to requests of that name,
    such as "UpdateItem". `times` is the number of requests that it applies to; None means all that follow. A retry is a
    request of its own, and a repository sends each request up to three times.

    Several can be there at once, for one table or for several. A request meets those of the newest one first.

    Args:
        client: the boto3 client whose requests can have faults, with any endpoint; without it, every client that the
            embedded AWS answers.
        table_name: where given, only requests that name this table can have faults.

    Attributes:
        sent: the operation of every attempt to send a request.

    >>> with embedded_jobs() as jobs:
    ...     jobs.faults.lose_reply()
    ...     submitted = jobs.repository.submit_job("application-7", {})
    ...     submitted.unwrap().created, jobs.faults.sent
    (True, ['PutItem', 'PutItem'])

    Every method raises a `ValueError` for a fault that could never strike, such as `times=0` or an operation that
    DynamoDB does not have.
    """

    def __init__(self, client: Any = None, *, table_name: str | None = None) -> None:
        if client is not None:
            check_instance("client", client, BaseClient, "a boto3 client, such as the meta.client of a resource")
        check_text("table_name", table_name, or_none=True)
        self.sent: list[str] = []
        self._table_name = table_name
        self._faults = FaultPlan()
        self._wire = Wire(self, client)  # from now on it is asked

    @property
    def unused(self) -> list[str]:
        """Return the methods whose planned faults no request has met.

        >>> with embedded_jobs() as jobs:
        ...     jobs.faults.lose_reply(operation="DeleteItem")
        ...     jobs.repository.submit_job("application-7", {}).unwrap().created
        ...     jobs.faults.unused
        True
        ['lose_reply']
        """
        return self._faults.unused()

    def answer(
        self,
        code: str,
        *,
        status: int = 400,
        message: str = "",
        times: int | None = None,
        operation: str | None = None,
        before: Callable[[], object] | None = None,
    ) -> None:
        """Answer the next requests with an error of AWS; they change nothing.

        Args:
            code: AWS's error code, such as "AccessDeniedException".
            status: the HTTP status.
            message: AWS's message.
            times: the number of requests; None for all that follow.
            operation: only requests of this name.
            before: called before the answer is given.

        >>> with embedded_jobs() as jobs:
        ...     jobs.faults.answer("AccessDeniedException")
        ...     jobs.repository.find_job("vpr-1").code
        <ResultCode.ACCESS_DENIED: 'ACCESS_DENIED'>
        """
        check_text("code", code)
        check_whole("status", status, 300, 599)
        check_instance("message", message, str, "text")
        self._refuse("answer", _error(code, message), status, times, operation, before)

    def throttle(self, *, times: int | None = None, operation: str | None = None) -> None:
        """Throttle the next requests, as AWS does when there are too many.

        >>> with embedded_jobs() as jobs:
        ...     jobs.faults.throttle()
        ...     jobs.repository.submit_job("application-7", {}).code
        <ResultCode.THROTTLED: 'THROTTLED'>
        """
        self._refuse("throttle", _error("ThrottlingException", ""), 400, times, operation, None)

    def fail(
        self,
        error: Callable[[], BaseException] | None = None,
        *,
        times: int | None = None,
        operation: str | None = None,
    ) -> None:
        """Fail the next requests before they reach AWS.

        Args:
            error: makes the exception to raise; without it, that of a connection that cannot be made.
            times: the number of requests; None for all that follow.
            operation: only requests of this name.

        >>> with embedded_jobs() as jobs:
        ...     jobs.faults.fail()
        ...     jobs.repository.submit_job("application-7", {}).code
        <ResultCode.UNAVAILABLE: 'UNAVAILABLE'>
        """
        check_function("error", error, or_none=True)

        def behave(_: str, request: AWSPreparedRequest) -> None:
            raise error() if error else EndpointConnectionError(endpoint_url=request.url)

        self._plan("fail", behave, times, operation)

    def lose_reply(
        self, *, times: int | None = 1, operation: str | None = None, before: Callable[[], object] | None = None
    ) -> None:
        """Lose the answers to the next requests, which are carried out.

        >>> with embedded_jobs() as jobs:
        ...     jobs.faults.lose_reply(times=3)
        ...     jobs.repository.submit_job("application-7", {}).code
        ...     jobs.repository.submit_job("application-7", {}).unwrap().created
        <ResultCode.UNAVAILABLE: 'UNAVAILABLE'>
        False
        """
        check_function("before", before, or_none=True)

        def behave(event_name: str, request: AWSPreparedRequest) -> None:
            if before is not None:
                before()
            self._wire.deliver(event_name, request)
            raise ReadTimeoutError(endpoint_url=request.url)

        self._plan("lose_reply", behave, times, operation)

    def garble(
        self,
        change: Callable[[bytes, bytes], tuple[int, bytes]],
        *,
        carried_out: bool = True,
        headers: Mapping[str, str] | None = None,
        times: int | None = None,
        operation: str | None = None,
    ) -> None:
        """Change the answers to the next requests, as a proxy does.

        Args:
            change: gets the bodies of the request and of the answer, and gives the status and the body that arrive.
            carried_out: whether the requests reach AWS; if not, the answer to change is `{}`.
            headers: headers of the answer that arrives.
            times: how many requests; None: all that follow.
            operation: only requests of this name.

        >>> with embedded_jobs() as jobs:
        ...     jobs.faults.garble(lambda request, answer: (200, answer[:9]), times=1)
        ...     jobs.repository.submit_job("application-7", {}).code
        ...     jobs.faults.garble(lambda request, answer: (407, b"<html>Who are you?</html>"))
        ...     jobs.repository.submit_job("application-7", {}).code
        <ResultCode.SUCCESS: 'SUCCESS'>
        <ResultCode.UNAVAILABLE: 'UNAVAILABLE'>
        """
        check_function("change", change)

        def behave(event_name: str, request: AWSPreparedRequest) -> AWSResponse:
            body: Any = request.body
            answer = self._wire.deliver(event_name, request).content if carried_out else b"{}"
            return raw_response(request, *change(body, answer), headers)

        self._plan("garble", behave, times, operation)

    def lag_index(self, *, times: int | None = None) -> None:
        """Let the next reads of an index find nothing, as if the index lagged.

        >>> with embedded_jobs() as jobs:
        ...     _ = jobs.builder.pending(idempotency_key="application-7")
        ...     jobs.faults.lag_index(times=1)
        ...     jobs.repository.get_job_by_idempotency_key("application-7") is None
        ...     jobs.repository.get_job_by_idempotency_key("application-7") is None
        True
        False
        """

        def behave(_: str, request: AWSPreparedRequest) -> AWSResponse:
            return response(request, 200, {"Items": [], "Count": 0, "ScannedCount": 0})

        self._faults.add("lag_index", behave, lambda _, asked: "IndexName" in asked, times)

    def leave_unprocessed(
        self, read: int = 1, *, times: int | None = 1, before: Callable[[], object] | None = None
    ) -> None:
        """Leave keys of the next BatchGetItem requests unprocessed, after the first `read`.

        >>> with embedded_jobs() as jobs:
        ...     keys = [{"job_id": jobs.builder.pending()["job_id"]} for _ in range(3)]
        ...     jobs.faults.leave_unprocessed()
        ...     asked = {jobs.repository.table_name: {"Keys": keys}}
        ...     answer = jobs.repository.dynamodb.batch_get_item(RequestItems=asked)
        ...     [len(jobs) for jobs in answer["Responses"].values()]
        [1]
        """
        check_whole("read", read, 0)
        check_function("before", before, or_none=True)

        def behave(event_name: str, request: AWSPreparedRequest) -> AWSResponse:
            if before is not None:
                before()
            return batch_in_part(request, self._wire.deliver(event_name, request), read)

        self._plan("leave_unprocessed", behave, times, "BatchGetItem")

    def drop_item(self, *, times: int | None = 1, before: Callable[[], object] | None = None) -> None:
        """Remove the item from the next refusals, as some engines do.

        >>> with embedded_jobs() as jobs:
        ...     _ = jobs.repository.submit_job("application-7", {})
        ...     jobs.faults.drop_item()
        ...     again = jobs.repository.submit_job("application-7", {}).unwrap()
        ...     again.created, jobs.faults.sent
        (False, ['PutItem', 'PutItem', 'GetItem'])
        """
        check_function("before", before, or_none=True)

        def behave(event_name: str, request: AWSPreparedRequest) -> AWSResponse:
            if before is not None:
                before()
            answer = self._wire.deliver(event_name, request)
            body = json.loads(answer.content)
            for refusal in (body, *body.get("CancellationReasons", ())):
                refusal.pop("Item", None)
            return response(request, answer.status_code, body)

        # A refusal comes from a write; a read that comes first is not its turn.
        self._faults.add("drop_item", behave, lambda name, _: name in _CONDITIONAL, times)

    def pass_through(self, *, times: int | None = 1) -> None:
        """Let the next requests pass without a fault.

        >>> with embedded_jobs() as jobs:
        ...     jobs.faults.pass_through()
        ...     jobs.faults.throttle()
        ...     for key in ("application-7", "application-8"):
        ...         print(jobs.repository.submit_job(key, {}).code)
        SUCCESS
        THROTTLED
        """
        self._plan("pass_through", self._wire.deliver, times)

    def run(self, action: Callable[[], object], *, operation: str | None = None) -> None:
        """Run an action just before the next request, which is then carried out.

        >>> with embedded_jobs() as jobs:
        ...     job_id = jobs.builder.pending()["job_id"]
        ...     jobs.faults.run(lambda: jobs.repository.cancel_job(job_id))
        ...     jobs.repository.claim_job(job_id, lease=timedelta(minutes=5)).code
        <ResultCode.ALREADY_FINISHED: 'ALREADY_FINISHED'>
        """
        check_function("action", action)

        def behave(event_name: str, request: AWSPreparedRequest) -> AWSResponse:
            action()
            return self._wire.deliver(event_name, request)

        self._plan("run", behave, 1, operation)

    def clear(self) -> None:
        """Forget all planned faults.

        >>> with embedded_jobs() as jobs:
        ...     jobs.faults.throttle()
        ...     jobs.faults.clear()
        ...     jobs.repository.submit_job("application-7", {}).code
        <ResultCode.SUCCESS: 'SUCCESS'>
        """
        self._faults.clear()

    def stop(self) -> None:
        """Let every further request pass, and record none.

        >>> with embedded_jobs() as jobs:
        ...     jobs.faults.throttle()
        ...     jobs.faults.stop()
        ...     jobs.repository.submit_job("application-7", {}).code
        <ResultCode.SUCCESS: 'SUCCESS'>
        """
        self._wire.untap()

    def __call__(self, event_name: str, request: AWSPreparedRequest, **_: object) -> AWSResponse | None:
        """Answer a request, or let it pass; botocore or moto's stand-in calls this."""
        asked = said(request)
        if is_calm() or not (self._table_name is None or is_about(self._table_name, asked)):
            return self._wire.deliver(event_name, request)
        operation = event_name.rpartition(".")[2]
        self.sent.append(operation)
        return (self._faults.next(operation, asked) or self._wire.deliver)(event_name, request)

    def _refuse(
        self,
        name: str,
        body: Mapping[str, Any],
        status: int,
        times: int | None,
        operation: str | None,
        before: Callable[[], object] | None,
    ) -> None:
        check_function("before", before, or_none=True)

        def behave(_: str, request: AWSPreparedRequest) -> AWSResponse:
            if before is not None:
                before()
            return response(request, status, body)

        self._plan(name, behave, times, operation)

    def _plan(self, name: str, behave: Behaviour, times: int | None, operation: str | None = None) -> None:
        check_operation(operation)
        self._faults.add(name, behave, lambda sent, _: operation in (None, sent), times)


def _error(code: str, message: str) -> dict[str, str]:
    return {"__type": f"com.amazonaws.dynamodb#{code}", "message": message}
