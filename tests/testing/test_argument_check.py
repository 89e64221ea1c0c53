"""A fault or a queue that could never do what its test asks for is refused, with the argument's name."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from careervp_jobs_dal.testing import EmbeddedJobs, EmbeddedQueue, Faults, LambdaContext, embedded_queue, sqs_event
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


@pytest.mark.parametrize("operation", ["", "SendMessage!", 7])
def test_an_operation_that_resembles_none_is_refused(jobs_faults: Faults, operation: Any) -> None:
    with pytest.raises(ValueError, match=r"^operation: DynamoDB has no [^;]+$"):
        jobs_faults.throttle(operation=operation)


def test_every_operation_of_dynamodb_can_have_a_fault(jobs_faults: Faults) -> None:
    for operation in sorted(operations()):
        jobs_faults.throttle(operation=operation)

    assert len(jobs_faults.unused) == len(operations()) > 50


FAULTS: dict[str, tuple[str, Callable[[Faults], None]]] = {
    "answer, status": ("status", lambda faults: faults.answer("AccessDeniedException", status=200)),
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
    jobs_faults: Faults, argument: str, plan: Callable[[Faults], None]
) -> None:
    with pytest.raises(ValueError, match=rf"^{argument} must be "):
        plan(jobs_faults)
    assert jobs_faults.unused == []


def opened(**arguments: Any) -> None:
    with embedded_queue(**arguments):
        pytest.fail("opened")


QUEUES: dict[str, tuple[str, Callable[[EmbeddedQueue], object]]] = {
    "delay": ("by", lambda queue: queue.delay(-timedelta(seconds=1))),
    "delay, a number": ("by", lambda queue: queue.delay(60)),  # type: ignore[arg-type]
    "send": ("delay", lambda queue: queue.send("vpr-1", delay=60)),  # type: ignore[arg-type]
    "deliver": ("batch_size", lambda queue: queue.deliver(print, batch_size=0)),
    "deliver, many": ("batch_size", lambda queue: queue.deliver(print, batch_size=10_001)),
    "drain": ("batch_size", lambda queue: queue.drain(print, batch_size=True)),
    "visibility": ("visibility_timeout", lambda _: opened(visibility_timeout=30)),
    "receives": ("max_receive_count", lambda _: opened(max_receive_count=0)),
    "name": ("name", lambda _: opened(name="jobs.fifo")),
    "context": ("remaining", lambda _: LambdaContext(-timedelta(seconds=1))),
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
