"""A fault or a queue that could never do what its test asks for is refused, with the argument's name."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import boto3
import pytest
from aws_lambda_powertools.utilities import typing

from careervp_jobs_dal.testing import (
    EmbeddedJobs,
    EmbeddedQueue,
    Faults,
    JobBuilder,
    LambdaContext,
    embedded_queue,
    sqs_event,
)
from careervp_jobs_dal.testing.argument_check import operations

TIMES: dict[str, Callable[[Faults, Any], None]] = {
    "answer": lambda faults, times: faults.answer("AccessDeniedException", times=times),
    "throttle": lambda faults, times: faults.throttle(times=times),
    "fail": lambda faults, times: faults.fail(times=times),
    "lose_reply": lambda faults, times: faults.lose_reply(times=times),
    "garble": lambda faults, times: faults.garble(lambda *_: (204, b""), times=times),
    "lag_index": lambda faults, times: faults.lag_index(times=times),
    "leave_unprocessed": lambda faults, times: faults.leave_unprocessed(times=times),
    "drop_item": lambda faults, times: faults.drop_item(times=times),
    "pass_through": lambda faults, times: faults.pass_through(times=times),
}


def test_every_fault_that_takes_times_is_here() -> None:
    taking = {name for name, method in vars(Faults).items() if "times" in getattr(method, "__annotations__", {})}

    assert {name for name in taking if not name.startswith("_")} == set(TIMES)


@pytest.mark.parametrize("times", [0, -1, True, 1.0, 0.5, "2", float("inf")], ids=repr)
@pytest.mark.parametrize("plan", TIMES.values(), ids=TIMES)
def test_a_number_of_requests_that_is_none_is_refused(
    jobs_faults: Faults, plan: Callable[[Faults, Any], None], times: object
) -> None:
    with pytest.raises(ValueError, match=r"^times must be a whole number, at least 1, or None .*; not "):
        plan(jobs_faults, times)
    assert jobs_faults.unused == []


@pytest.mark.parametrize("plan", TIMES.values(), ids=TIMES)
def test_a_fault_without_an_end_can_be_planned(jobs_faults: Faults, plan: Callable[[Faults, Any], None]) -> None:
    plan(jobs_faults, None)

    assert len(jobs_faults.unused) == 1


OPERATIONS: dict[str, Callable[[Faults, Any], None]] = {
    "answer": lambda faults, name: faults.answer("AccessDeniedException", operation=name),
    "throttle": lambda faults, name: faults.throttle(operation=name),
    "fail": lambda faults, name: faults.fail(operation=name),
    "lose_reply": lambda faults, name: faults.lose_reply(operation=name),
    "garble": lambda faults, name: faults.garble(lambda *_: (204, b""), operation=name),
    "run": lambda faults, name: faults.run(lambda: None, operation=name),
}


@pytest.mark.parametrize(
    ("misspelt", "meant"),
    [("Updateitem", "UpdateItem"), ("update_item", "UpdateItem"), ("PutItems", "PutItem"), ("Querry", "Query")],
)
@pytest.mark.parametrize("plan", OPERATIONS.values(), ids=OPERATIONS)
def test_a_misspelt_operation_is_refused_with_the_nearest_one(
    jobs_faults: Faults, plan: Callable[[Faults, Any], None], misspelt: str, meant: str
) -> None:
    with pytest.raises(ValueError, match=rf"^operation: DynamoDB has no '{misspelt}'; did you mean '{meant}'\?$"):
        plan(jobs_faults, misspelt)
    assert jobs_faults.unused == []


@pytest.mark.parametrize("operation", ["", "SendMessage!", 7, ["PutItem"]])
def test_an_operation_that_resembles_none_is_refused(jobs_faults: Faults, operation: Any) -> None:
    with pytest.raises(ValueError, match=r"^operation: DynamoDB has no [^;]+$"):
        jobs_faults.throttle(operation=operation)


def test_every_operation_of_dynamodb_can_have_a_fault(jobs_faults: Faults) -> None:
    for operation in sorted(operations()):
        jobs_faults.throttle(operation=operation)

    assert len(jobs_faults.unused) == len(operations()) > 50


FAULTS: dict[str, tuple[str, Callable[[Faults], object]]] = {
    "answer, status": ("status", lambda faults: faults.answer("AccessDeniedException", status=200)),
    "answer, code": ("code", lambda faults: faults.answer("")),
    "answer, message": ("message", lambda faults: faults.answer("AccessDeniedException", message=7)),  # type: ignore[arg-type]
    "client": ("client", lambda _: Faults(boto3.resource("dynamodb"))),
    "table_name": ("table_name", lambda _: Faults(table_name="")),
    "answer, before": ("before", lambda faults: faults.answer("AccessDeniedException", before=7)),  # type: ignore[arg-type]
    "fail, error": ("error", lambda faults: faults.fail(TimeoutError())),  # type: ignore[arg-type]
    "lose_reply, before": ("before", lambda faults: faults.lose_reply(before="")),  # type: ignore[arg-type]
    "garble, change": ("change", lambda faults: faults.garble(b"")),  # type: ignore[arg-type]
    "leave_unprocessed, read": ("read", lambda faults: faults.leave_unprocessed(-1)),
    "leave_unprocessed, half": ("read", lambda faults: faults.leave_unprocessed(0.5)),  # type: ignore[arg-type]
    "leave_unprocessed, before": ("before", lambda faults: faults.leave_unprocessed(before=7)),  # type: ignore[arg-type]
    "drop_item, before": ("before", lambda faults: faults.drop_item(before=7)),  # type: ignore[arg-type]
    "run, action": ("action", lambda faults: faults.run(None)),  # type: ignore[arg-type]
}


@pytest.mark.parametrize(("argument", "plan"), FAULTS.values(), ids=FAULTS)
def test_an_argument_that_no_fault_has_is_refused_by_its_name(
    jobs_faults: Faults, argument: str, plan: Callable[[Faults], object]
) -> None:
    with pytest.raises(ValueError, match=rf"^{argument} must be "):
        plan(jobs_faults)
    assert jobs_faults.unused == []


def opened(**arguments: Any) -> None:
    with embedded_queue(**arguments):
        pytest.fail("opened")


QUEUES: dict[str, tuple[str, Callable[[EmbeddedQueue], object]]] = {
    "delay": ("by", lambda queue: queue.delay(-timedelta(seconds=1))),
    "delay, for ever": ("by", lambda queue: queue.delay(timedelta.max)),
    "delay, a number": ("by", lambda queue: queue.delay(60)),  # type: ignore[arg-type]
    "send": ("delay", lambda queue: queue.send("vpr-1", delay=60)),  # type: ignore[arg-type]
    "send, a dict": ("job_id", lambda queue: queue.send({"job_id": "vpr-1"})),  # type: ignore[arg-type]
    "send, a list": ("job_id", lambda queue: queue.send(["vpr-1"])),  # type: ignore[arg-type]
    "send, nothing": ("job_id", lambda queue: queue.send("")),
    "send, body": ("body", lambda queue: queue.send("vpr-1", body="vpr-1")),  # type: ignore[arg-type]
    "send, no text": ("the body", lambda queue: queue.send("vpr-1", body=lambda job_id: {"id": job_id})),  # type: ignore[arg-type, return-value]
    "reorder": ("random", lambda queue: queue.reorder(7)),  # type: ignore[arg-type]
    "deliver, handler": ("handler", lambda queue: queue.deliver(None)),  # type: ignore[arg-type]
    "drain, handler": ("handler", lambda queue: queue.drain("worker")),  # type: ignore[arg-type]
    "deliver": ("batch_size", lambda queue: queue.deliver(print, batch_size=0)),
    "deliver, many": ("batch_size", lambda queue: queue.deliver(print, batch_size=10_001)),
    "drain": ("batch_size", lambda queue: queue.drain(print, batch_size=True)),
    "visibility": ("visibility_timeout", lambda _: opened(visibility_timeout=30)),
    "visibility, long": ("visibility_timeout", lambda _: opened(visibility_timeout=timedelta(hours=13))),
    "receives, many": ("max_receive_count", lambda _: opened(max_receive_count=1001)),
    "clock": ("clock", lambda _: opened(clock=timedelta)),
    "name, a number": ("name", lambda _: opened(name=7)),
    "receives": ("max_receive_count", lambda _: opened(max_receive_count=0)),
    "name": ("name", lambda _: opened(name="jobs.fifo")),
    "context": ("remaining", lambda _: LambdaContext(-timedelta(seconds=1))),
    "context, clock": ("clock", lambda _: LambdaContext(clock=7)),  # type: ignore[arg-type]
    "step": ("step", lambda queue: queue.clock.advance(60)),  # type: ignore[arg-type]
    "step, for ever": ("step", lambda queue: queue.clock.advance(timedelta.min)),
    "event, empty": ("job_ids", lambda _: sqs_event()),
    "event, an id": ("job_id", lambda _: sqs_event({"job_id": "vpr-1"})),  # type: ignore[arg-type]
    "event, ARN": ("queue_arn", lambda _: sqs_event("vpr-1", queue_arn="jobs")),
    "event": ("receive_count", lambda _: sqs_event("vpr-1", receive_count=0)),
}


@pytest.mark.parametrize(("argument", "call"), QUEUES.values(), ids=QUEUES)
def test_an_argument_that_no_queue_has_is_refused_by_its_name(
    jobs_queue: EmbeddedQueue, argument: str, call: Callable[[EmbeddedQueue], object]
) -> None:
    with pytest.raises(ValueError, match=rf"^{argument} must be "):
        call(jobs_queue)
    assert len(jobs_queue) == 0


def test_faults_that_no_request_has_met_can_be_asked_for(jobs_embedded: EmbeddedJobs) -> None:
    faults = jobs_embedded.faults
    faults.lose_reply()
    faults.throttle(operation="DeleteItem")
    faults.run(lambda: None, operation="Scan")

    assert jobs_embedded.repository.submit_job("key", {}).success
    assert faults.unused == ["throttle", "run"]
    faults.clear()
    assert faults.unused == []


JOBS: dict[str, tuple[str, Callable[[JobBuilder], object]]] = {
    "age, a number": ("age", lambda builder: builder.pending(age=60)),  # type: ignore[arg-type]
    "age, of the future": ("age", lambda builder: builder.written_by_hand(age=-timedelta(seconds=1))),
    "exhausted": ("max_attempts", lambda builder: builder.exhausted(max_attempts=5)),
    "put back": ("max_attempts", lambda builder: builder.put_back(max_attempts=1)),
}


@pytest.mark.parametrize(("argument", "build"), JOBS.values(), ids=JOBS)
def test_a_job_that_cannot_be_built_is_refused_by_its_option(
    jobs_builder: JobBuilder, argument: str, build: Callable[[JobBuilder], object]
) -> None:
    with pytest.raises(ValueError, match=rf"^{argument} must be "):
        build(jobs_builder)


STATES = [name for name in vars(JobBuilder) if not name.startswith("_")]


@pytest.mark.parametrize("state", STATES)
def test_a_misspelt_option_of_a_job_is_refused_with_the_nearest_one(jobs_embedded: EmbeddedJobs, state: str) -> None:
    with pytest.raises(TypeError, match=r"^a job has no option 'userid'; did you mean 'user_id'\?$"):
        getattr(jobs_embedded.builder, state)(userid="user-1")
    assert jobs_embedded.repository.table.scan()["Items"] == []


async def handle(event: object, context: object) -> None: ...


@pytest.mark.parametrize(
    ("handler", "said"),
    [
        (handle, "Lambda awaits no handler"),
        (lambda *_: {1, 2}, "Lambda cannot return the handler's answer: Object of type set is not JSON"),
        (lambda *_: object, "Lambda cannot return the handler's answer: Object of type type is not JSON"),
    ],
)
def test_an_answer_that_lambda_cannot_return_acknowledges_nothing(
    jobs_embedded: EmbeddedJobs, jobs_queue: EmbeddedQueue, handler: Any, said: str
) -> None:
    jobs_queue.send("vpr-1")

    with pytest.raises(TypeError, match=f"^{said}"):
        jobs_queue.deliver(handler)
    assert len(jobs_queue) == 1
    with pytest.raises(TypeError, match=f"^{said}"):
        jobs_embedded.run_worker(handler, "vpr-1")


def test_an_answer_with_an_exact_number_is_one_that_lambda_returns(jobs_queue: EmbeddedQueue) -> None:
    jobs_queue.send("vpr-1")

    assert jobs_queue.deliver(lambda *_: {"cost": Decimal("0.01")}) == 1


def test_a_worker_that_is_no_function_is_refused(jobs_embedded: EmbeddedJobs) -> None:
    with pytest.raises(ValueError, match=r"^handler must be a function; not None$"):
        jobs_embedded.run_worker(None, "vpr-1")  # type: ignore[arg-type]


def test_every_attribute_of_a_context_can_be_read() -> None:
    """Those of powertools' class, whatever of them its version has."""
    context = LambdaContext()
    of_powertools = {name for name in dir(typing.LambdaContext) if not name.startswith("_")}

    assert {name: getattr(context, name) for name in of_powertools}.keys() >= {"client_context", "identity"}
    assert context.client_context is None
    assert (context.identity.cognito_identity_id, context.identity.cognito_identity_pool_id) == (None, None)
