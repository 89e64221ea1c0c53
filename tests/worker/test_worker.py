"""`JobWorker`: a job is claimed, run and ended, and its message leaves the queue when nothing is left to do."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response

from careervp_jobs_dal import Claim, JobsRepository, JobWorker, NotAcknowledgedError, ResultCode
from careervp_jobs_dal.worker import lease_from
from tests.conftest import CANARY, Clock
from tests.faults import Faults
from tests.lifecycle.test_claim import UNREADABLE, spoil
from tests.worker.invocation import MINUTE, Context, Sqs, event, failures, message, raising


@pytest.fixture
def job_id(repository: JobsRepository) -> str:
    return repository.submit_job("key", {"text": CANARY}, max_attempts=2).unwrap().job_id


def test_a_job_is_claimed_run_and_completed(repository: JobsRepository, clock: Clock, job_id: str) -> None:
    claims: list[Claim] = []

    def work(claim: Claim) -> dict[str, Any]:
        claims.append(claim)
        return {"result_key": f"{claim.job_id}/{claim.claim_id}.json"}

    worker = JobWorker(repository, work, worker_id="w-1")

    assert worker(event(job_id), Context()) == failures()
    job = repository.get_job(job_id) or {}
    assert (job["status"], job["claimed_by"]) == ("COMPLETED", "w-1")
    assert job["result_key"] == f"{job_id}/{job['claim_id']}.json"
    assert claims[0].lease_expires_at == clock() + MINUTE


def test_a_redelivered_message_does_nothing_twice(repository: JobsRepository, job_id: str) -> None:
    done: list[str] = []
    worker = JobWorker(repository, lambda claim: done.append(claim.job_id))

    assert worker(event(job_id, job_id), Context()) == failures()
    assert done == [job_id]


@pytest.mark.parametrize("result", [None, {}])
def test_the_work_need_not_return_fields(repository: JobsRepository, job_id: str, result: Any) -> None:
    assert JobWorker(repository, lambda claim: result).process(job_id, MINUTE) is ResultCode.SUCCESS


def test_an_exception_puts_the_job_back_while_attempts_are_left(
    repository: JobsRepository, clock: Clock, job_id: str
) -> None:
    worker = JobWorker(repository, raising(TimeoutError("the model was busy")))

    assert worker(event(job_id), Context()) == failures(1)
    job = repository.get_job(job_id) or {}
    assert (job["status"], job["error"]) == ("PENDING", "TimeoutError: the model was busy")
    clock.advance(MINUTE)
    assert worker(event(job_id), Context()) == failures()
    assert (repository.get_job(job_id) or {})["status"] == "FAILED"


def test_a_permanent_exception_fails_the_job_for_good(repository: JobsRepository, job_id: str) -> None:
    worker = JobWorker(repository, raising(ZeroDivisionError("no score")), permanent=(ArithmeticError,))

    assert worker(event(job_id), Context()) == failures()
    assert (repository.get_job(job_id) or {})["error"] == "ZeroDivisionError: no score"


@pytest.mark.parametrize(
    "fields", [{"cost": float("nan")}, {"text": "x" * 409_600}, {"attempt": 7}], ids=["NaN", "large", "owned"]
)
def test_a_result_that_cannot_be_stored_fails_the_job(
    repository: JobsRepository, job_id: str, fields: dict[str, Any]
) -> None:
    assert JobWorker(repository, lambda claim: fields).process(job_id, MINUTE) is ResultCode.SUCCESS
    job = repository.get_job(job_id) or {}
    assert job["status"] == "FAILED"
    assert job["error"].startswith("The result cannot be stored: ")


def test_a_cancelled_job_is_acknowledged(repository: JobsRepository, job_id: str) -> None:
    def work(claim: Claim) -> None:
        repository.cancel_job(claim.job_id).unwrap()
        if repository.renew_claim(claim, lease=MINUTE).unwrap().cancel_requested:
            raise InterruptedError("cancelled")

    assert JobWorker(repository, work).process(job_id, MINUTE) is ResultCode.SUCCESS
    assert "cancelled_at" in (repository.get_job(job_id) or {})


def finish(repository: JobsRepository, clock: Clock, job_id: str) -> None:
    repository.update_job_status(job_id, "COMPLETED").unwrap()


def cancel(repository: JobsRepository, clock: Clock, job_id: str) -> None:
    repository.cancel_job(job_id).unwrap()


def delete(repository: JobsRepository, clock: Clock, job_id: str) -> None:
    repository.table.delete_item(Key={"job_id": job_id})


def hold(repository: JobsRepository, clock: Clock, job_id: str) -> None:
    repository.claim_job(job_id, lease=MINUTE).unwrap()


def use_up(repository: JobsRepository, clock: Clock, job_id: str) -> None:
    for _ in range(2):
        repository.claim_job(job_id, lease=MINUTE).unwrap()
        clock.advance(2 * MINUTE)


def corrupt(repository: JobsRepository, clock: Clock, job_id: str) -> None:
    repository.table.put_item(Item={"job_id": job_id, "status": "BOGUS"})


Prepare = Callable[[JobsRepository, Clock, str], None]
VERDICTS: dict[str, tuple[Prepare, ResultCode, bool]] = {
    "finished": (finish, ResultCode.ALREADY_FINISHED, True),
    "cancelled": (cancel, ResultCode.ALREADY_FINISHED, True),
    "gone": (delete, ResultCode.NOT_FOUND, True),
    "attempts used up": (use_up, ResultCode.ATTEMPTS_EXHAUSTED, True),
    "held": (hold, ResultCode.LEASE_HELD, False),
    "corrupt": (corrupt, ResultCode.CORRUPT_RECORD, False),
}


@pytest.mark.parametrize(("prepare", "code", "acknowledged"), VERDICTS.values(), ids=VERDICTS)
def test_only_a_message_with_nothing_left_to_do_is_acknowledged(
    repository: JobsRepository, clock: Clock, job_id: str, prepare: Prepare, code: ResultCode, acknowledged: bool
) -> None:
    prepare(repository, clock, job_id)
    worker = JobWorker(repository, lambda claim: pytest.fail("it ran"))

    if acknowledged:
        assert worker.process(job_id, MINUTE) is code
    else:
        with pytest.raises(NotAcknowledgedError) as raised:
            worker.process(job_id, MINUTE)
        assert raised.value.code is code
    assert worker(event(job_id), Context()) == (failures() if acknowledged else failures(1))


def test_a_payload_that_cannot_be_read_never_reaches_the_work_and_never_fails_the_job(
    repository: JobsRepository, job_id: str
) -> None:
    spoil(repository, job_id, UNREADABLE["of a later version"])
    worker = JobWorker(repository, lambda claim: pytest.fail("it ran"), max_attempts=1)

    assert [worker(event(job_id), Context()) for _ in range(5)] == [failures(1)] * 5

    spoil(repository, job_id, {})
    assert JobWorker(repository, lambda claim: None).process(job_id, MINUTE) is ResultCode.SUCCESS


@pytest.mark.parametrize(
    "error_code", ["ResourceNotFoundException", "AccessDeniedException", "ThrottlingException", "Unknown"]
)
@pytest.mark.parametrize("step", ["claim", "complete"])
def test_a_table_that_does_not_answer_leaves_the_message_in_the_queue(
    repository: JobsRepository, job_id: str, faults: Faults, error_code: str, step: str
) -> None:
    if step == "complete":
        faults.pass_through()
    faults.answer(error_code)

    assert JobWorker(repository, lambda claim: None)(event(job_id), Context()) == failures(1)


def test_the_message_may_have_another_form(repository: JobsRepository, job_id: str) -> None:
    worker = JobWorker(repository, lambda claim: None, job_id_of=lambda body: body.removeprefix("job "))

    assert worker({"Records": [{"messageId": "m-1", "body": f"job {job_id}"}]}, Context()) == failures()


@pytest.mark.parametrize(("milliseconds", "lease"), [(90_000, 90), (1_500, 1.5), (0, 1), (-5, 1)])
def test_the_lease_is_the_remaining_time_and_never_none(milliseconds: int, lease: float) -> None:
    assert lease_from(Context(milliseconds)) == timedelta(seconds=lease)


def test_a_job_that_an_old_worker_left_is_adopted_where_that_is_asked_for(
    repository: JobsRepository, job_id: str
) -> None:
    repository.update_job_status(job_id, "PROCESSING").unwrap()
    with pytest.raises(NotAcknowledgedError):
        JobWorker(repository, lambda claim: None).process(job_id, MINUTE)

    assert JobWorker(repository, lambda claim: None, adopt_unleased=True).process(job_id, MINUTE) is ResultCode.SUCCESS


def test_a_fixed_lease_and_limit_can_be_given(repository: JobsRepository, clock: Clock, job: dict[str, Any]) -> None:
    repository.create_job(job).unwrap()
    claims: list[Claim] = []
    worker = JobWorker(repository, claims.append, lease=timedelta(hours=1), max_attempts=7)

    worker({"Records": [message("vpr-1")]}, Context())

    assert claims[0].lease_expires_at == clock() + timedelta(hours=1)
    assert claims[0].max_attempts == 7


def test_it_plugs_into_the_batch_processor_of_powertools(repository: JobsRepository, job_id: str) -> None:
    held = repository.submit_job("held", {}).unwrap().job_id
    repository.claim_job(held, lease=MINUTE).unwrap()
    worker = JobWorker(repository, lambda claim: None)

    answer = process_partial_response(
        event={"Records": [message(job_id, 1), message(held, 2)]},
        record_handler=worker.handle_record,
        processor=BatchProcessor(event_type=EventType.SQS),
        context=Context(),  # type: ignore[arg-type]
    )

    assert answer == failures(2)
    assert (repository.get_job(job_id) or {})["status"] == "COMPLETED"


def test_no_payload_and_no_text_of_an_exception_reaches_a_log_line(
    repository: JobsRepository, job_id: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)

    JobWorker(repository, raising(RuntimeError(CANARY)), sqs=Sqs())(event(job_id), Context())

    assert [record.levelname for record in caplog.records] == ["WARNING", "WARNING"]
    assert all(CANARY not in json.dumps(vars(record), default=repr) for record in caplog.records)
