"""Log lines: one line each, whatever an id holds, and nothing that steers a terminal."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from careervp_jobs_dal import JobEvent, JobsRepository, JobWorker, NotAcknowledgedError, Result, ResultCode
from careervp_jobs_dal.aws.log import write_line
from careervp_jobs_dal.codec.packing import decode_record
from careervp_jobs_dal.job.line import printable
from careervp_jobs_dal.operations.outbox import Outbox
from tests.conftest import Clock
from tests.faults import Faults

LEASE = timedelta(minutes=5)
FORGED = "vpr-1\nERROR  forged"
ids = st.text(min_size=1, max_size=40).filter(lambda text: text.isascii() or len(text.encode(errors="replace")) < 200)
any_id = given(ids)
examples = [
    FORGED,
    "vpr-1\r\n",
    "\x1b[31mred",
    "vpr\u2028two",
    "vpr\u2029",
    "\x85",
    "\x00",
    "\u202eabc",
    "\ud800",
    "\x9b2J",
]
storable = [text for text in examples if text != "\ud800"]


def each_example(test: Any) -> Any:
    for text in examples:
        test = example(text)(test)
    return settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40)(test)


@contextmanager
def lines() -> Iterator[list[str]]:
    """What a handler writes that shows the message and all extra fields as they are."""
    written: list[str] = []
    usual = set(vars(logging.makeLogRecord({})))

    class Handler(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            extra = {name: value for name, value in vars(record).items() if name not in usual}
            written.extend([record.getMessage(), *(f"{name}={value}" for name, value in extra.items())])

    handler = Handler(logging.WARNING)
    logging.getLogger().addHandler(handler)
    try:
        yield written
    finally:
        logging.getLogger().removeHandler(handler)


def assert_printable(written: list[str]) -> None:
    assert written
    assert [line for line in written if not line.isprintable()] == []


@any_id
@each_example
def test_whatever_the_text_it_is_written_as_one_printable_line(text: str) -> None:
    with lines() as written:
        write_line("error", f"Job {text} is late", {"job_id": text, "code": ResultCode.CONFLICT, "attempt": 1})

    assert_printable(written)
    assert {"attempt=1", "code=CONFLICT"} <= set(written)


@any_id
def test_a_printable_text_stays_as_it_is(text: str) -> None:
    assert (printable(text) == text) is text.isprintable()


def raise_it(*_: object) -> None:
    raise LookupError


def create(repository: JobsRepository, job_id: str) -> Result[dict[str, Any]]:
    job = {"job_id": job_id, "status": "PENDING", "created_at": "2036-02-03T13:05:32Z", "idempotency_key": "key"}
    return repository.create_job(job)


CONTEXT: Any = None
CALLS: dict[str, Callable[[JobsRepository, str], object]] = {
    "find": lambda repository, job_id: repository.find_job(job_id),
    "get": lambda repository, job_id: repository.get_job(job_id),
    "claim": lambda repository, job_id: repository.claim_job(job_id, lease=LEASE),
    "update": lambda repository, job_id: repository.update_job(job_id, {"note": 1}),
    "cancel": lambda repository, job_id: repository.cancel_job(job_id),
    "create": create,
    "worker": lambda repository, job_id: JobWorker(repository, lambda _: None, lease=LEASE, job_id_of=str)(
        {"Records": [{"messageId": f"m-{job_id}", "body": job_id}]}, CONTEXT
    ),
    "enqueue": lambda repository, job_id: Outbox(raise_it).send({"job_id": job_id}, decode_record),
}


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
@any_id
@each_example
def test_no_failure_about_any_id_writes_a_second_line(
    call: Callable[[JobsRepository, str], object], repository: JobsRepository, faults: Faults, text: str
) -> None:
    faults.clear()
    faults.answer("AccessDeniedException")
    with lines() as written:
        call(repository, text)

    assert [line for line in written if not line.isprintable()] == []
    assert written or text != FORGED  # another text may be refused before anything is sent


@pytest.mark.parametrize("text", examples)
def test_a_hook_that_raises_writes_one_line(table_name: str, clock: Clock, text: str) -> None:
    def hook(event: JobEvent) -> None:
        raise LookupError

    with lines() as written:
        JobsRepository(table_name, clock=clock, on_event=hook).find_job(text)

    assert_printable(written)


@pytest.mark.parametrize("text", storable)
def test_a_job_that_raises_writes_one_line(repository: JobsRepository, text: str) -> None:
    create(repository, text).unwrap()
    with lines() as written, pytest.raises(NotAcknowledgedError) as raised:
        JobWorker(repository, raise_it).process(text, LEASE)

    assert_printable(written)
    assert str(raised.value).isprintable()
    assert raised.value.job_id == text


TEXTS: dict[str, Callable[[JobsRepository, str], Result[Any]]] = {
    "not found": lambda repository, job_id: repository.find_job(job_id),
    "invalid": lambda repository, _: repository.update_job("vpr-1", {"a\nb": object()}),
    "exists": lambda repository, job_id: [create(repository, job_id) for _ in range(2)][1],
    "not forward": lambda repository, job_id: repository.update_job_status(job_id, "PENDING"),
    "held": lambda repository, job_id: [repository.claim_job(job_id, lease=LEASE) for _ in range(2)][1],
    "finished": lambda repository, job_id: [
        repository.update_job_status(job_id, "COMPLETED"),
        repository.cancel_job(job_id),
    ][1],
}


@pytest.mark.parametrize("text", storable)
def test_the_text_of_a_failure_is_one_line(repository: JobsRepository, text: str) -> None:
    results = {name: call(repository, text) for name, call in TEXTS.items()}

    assert [name for name, result in results.items() if result] == []
    assert {name: result.error for name, result in results.items() if not str(result.error).isprintable()} == {}
