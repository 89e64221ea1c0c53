"""SIGTERM, `sys.exit` and interrupts: the job is released, and costs no attempt."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response

from careervp_jobs_dal import Claim, JobsRepository, JobWorker
from tests.conftest import CANARY
from tests.worker.invocation import MINUTE, Context, Sqs, event, failures, message, raising

JOBS = 3


@pytest.fixture
def job_ids(repository: JobsRepository) -> list[str]:
    return [repository.submit_job(f"key-{number}", {}).unwrap().job_id for number in range(JOBS)]


def is_released(repository: JobsRepository, job_id: str) -> bool:
    job = repository.find_job(job_id).unwrap()
    return (job["status"], job["attempt"], "lease_expires_at" in job) == ("PENDING", 0, False)


def in_second_job(happens: Callable[[], object], begun: list[str]) -> Callable[[Claim], None]:
    def work(claim: Claim) -> None:
        begun.append(claim.job_id)
        if len(begun) == 2:
            happens()

    return work


def terminate() -> None:
    os.kill(os.getpid(), signal.SIGTERM)
    # Python runs a handler before the next step of the main thread.


@pytest.fixture(autouse=True)
def by_default() -> Iterator[None]:
    """Nobody else has a handler; outside the main thread this raises, before a test can end the process."""
    before = signal.signal(signal.SIGTERM, signal.SIG_DFL)
    yield
    signal.signal(signal.SIGTERM, before)


@pytest.mark.parametrize("happens", [sys.exit, terminate])
def test_the_end_of_the_process_in_one_job_gives_it_and_the_rest_of_the_batch_back(
    repository: JobsRepository, job_ids: list[str], happens: Callable[[], object]
) -> None:
    begun: list[str] = []
    sqs = Sqs()
    worker = JobWorker(repository, in_second_job(happens, begun), sqs=sqs)

    assert worker(event(*job_ids), Context()) == failures(2, 3)
    assert begun == job_ids[:2]
    assert repository.find_job(job_ids[0]).unwrap()["status"] == "COMPLETED"
    assert is_released(repository, job_ids[1])
    assert "attempt" not in repository.find_job(job_ids[2]).unwrap()
    assert [asked["ReceiptHandle"] for asked in sqs.asked] == ["r-2"]
    assert sqs.pauses == [0]


def test_a_released_job_has_as_many_attempts_left_as_before(repository: JobsRepository) -> None:
    job_id = repository.submit_job("key", {}, max_attempts=1).unwrap().job_id
    JobWorker(repository, raising(SystemExit()), sqs=Sqs())(event(job_id), Context())

    assert JobWorker(repository, lambda claim: {"attempts": claim.attempt})(event(job_id), Context()) == failures()
    assert repository.find_job(job_id).unwrap()["attempts"] == 1


@pytest.mark.parametrize("interrupt", [KeyboardInterrupt, GeneratorExit, type("Custom", (BaseException,), {})])
def test_an_interrupt_releases_the_job_and_is_raised(
    repository: JobsRepository, job_ids: list[str], interrupt: type[BaseException]
) -> None:
    with pytest.raises(interrupt):
        JobWorker(repository, raising(interrupt()), sqs=Sqs())(event(*job_ids), Context())

    assert is_released(repository, job_ids[0])
    assert "attempt" not in repository.find_job(job_ids[1]).unwrap()


def test_the_exit_leaves_powertools_batch_processor_and_the_job_is_released(
    repository: JobsRepository, job_ids: list[str]
) -> None:
    with pytest.raises(SystemExit):
        process_partial_response(
            event=event(*job_ids),
            record_handler=JobWorker(repository, raising(SystemExit()), sqs=Sqs()).handle_record,
            processor=BatchProcessor(event_type=EventType.SQS),
            context=Context(),  # type: ignore[arg-type]
        )

    assert is_released(repository, job_ids[0])


def test_a_job_that_was_to_be_cancelled_ends_when_it_is_given_back(
    repository: JobsRepository, job_ids: list[str]
) -> None:
    def work(claim: Claim) -> None:
        repository.cancel_job(claim.job_id).unwrap()
        sys.exit()

    worker = JobWorker(repository, work, sqs=Sqs())

    assert worker(event(job_ids[0]), Context()) == failures(1)
    assert "cancelled_at" in repository.find_job(job_ids[0]).unwrap()
    assert worker(event(job_ids[0]), Context()) == failures()


def test_the_application_s_own_handler_of_sigterm_stays(repository: JobsRepository, job_ids: list[str]) -> None:
    heard: list[int] = []
    before = signal.signal(signal.SIGTERM, lambda number, _: heard.append(number))
    try:
        worker = JobWorker(repository, lambda claim: terminate())
        assert worker.process(job_ids[0], MINUTE) == "SUCCESS"
    finally:
        signal.signal(signal.SIGTERM, before)
    assert heard == [signal.SIGTERM]


@pytest.mark.parametrize(
    "work", [lambda claim: None, raising(ValueError()), raising(SystemExit())], ids=["ends", "raises", "exits"]
)
def test_sigterm_is_as_before_once_the_work_has_ended(
    repository: JobsRepository, job_ids: list[str], work: Callable[[Claim], Any]
) -> None:
    JobWorker(repository, work, sqs=Sqs())(event(job_ids[0]), Context())

    assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL


def test_a_worker_in_another_thread_works_without_a_handler(repository: JobsRepository, job_ids: list[str]) -> None:
    codes: list[str] = []
    worker = JobWorker(repository, lambda claim: None)
    thread = threading.Thread(target=lambda: codes.append(worker.handle_record(message(job_ids[0]), Context())))
    thread.start()
    thread.join()

    assert codes == ["SUCCESS"]


class TalkativeError(Exception):
    """An exception of the application, with attributes that the library's own have."""

    job_id = code = reason = CANARY


@pytest.mark.parametrize("error", [SystemExit(CANARY), TalkativeError(CANARY)], ids=["sys.exit", "of an application"])
@pytest.mark.parametrize("place", ["work", "job_id_of"])
def test_what_an_exception_carries_reaches_no_log_line(
    repository: JobsRepository, job_ids: list[str], caplog: pytest.LogCaptureFixture, error: BaseException, place: str
) -> None:
    hooks: dict[str, Any] = {"work": lambda claim: None, "job_id_of": None} | {place: raising(error)}
    worker = JobWorker(repository, **hooks, sqs=Sqs())

    worker(event(*job_ids), Context())

    assert caplog.records
    assert CANARY not in f"{caplog.text} {[vars(line) for line in caplog.records]}"
