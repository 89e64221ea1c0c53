"""The handler of the dead-letter queue ends what is left, with the reason, and says how to begin again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from careervp_jobs_dal import Claim, DeadLetterHandler, Failure, JobsOperator, JobsRepository, JobWorker, Success
from tests.conftest import Clock
from tests.faults import Faults
from tests.worker.invocation import MINUTE, QUEUE_ARN, Context, Sqs, event, failures, message

REASON = "Its message became a dead letter after 11 receives"


@pytest.fixture
def job_id(repository: JobsRepository) -> str:
    return repository.submit_job("key", {}, max_attempts=2).unwrap().job_id


def wait(repository: JobsRepository, clock: Clock, job_id: str) -> None:
    """Nothing has happened to it."""


def put_back(repository: JobsRepository, clock: Clock, job_id: str) -> None:
    claim = repository.claim_job(job_id, lease=MINUTE).unwrap()
    repository.fail_job(claim, "once", retryable=True).unwrap()


def lapse(repository: JobsRepository, clock: Clock, job_id: str) -> None:
    repository.claim_job(job_id, lease=MINUTE).unwrap()
    clock.advance(2 * MINUTE)


@pytest.mark.parametrize("prepare", [wait, put_back, lapse])
def test_a_job_that_nobody_will_do_becomes_failed_with_the_reason(
    repository: JobsRepository, clock: Clock, job_id: str, prepare: Callable[[JobsRepository, Clock, str], None]
) -> None:
    prepare(repository, clock, job_id)
    handler = DeadLetterHandler(repository, public_error="We could not make your report.")

    assert handler(event(job_id), Context()) == failures()
    job = repository.find_job(job_id).unwrap()
    assert (job["status"], job["error"]) == ("FAILED", REASON)
    assert repository.find_status(job_id).unwrap()["public_error"] == "We could not make your report."


def test_a_job_without_an_attempt_left_becomes_failed_as_well(
    repository: JobsRepository, clock: Clock, job_id: str
) -> None:
    lapse(repository, clock, job_id)
    lapse(repository, clock, job_id)

    assert DeadLetterHandler(repository)(event(job_id), Context()) == failures()
    assert repository.find_job(job_id).unwrap()["status"] == "FAILED"


def test_a_finished_job_stays_as_it_is(repository: JobsRepository, job_id: str) -> None:
    JobWorker(repository, lambda claim: {"score": 0.5}).process(job_id, MINUTE)
    before = repository.find_job(job_id).unwrap()

    assert DeadLetterHandler(repository).handle_record(message(job_id), Context()) == "ALREADY_FINISHED"
    assert repository.find_job(job_id).unwrap() == before


def test_a_job_that_is_gone_is_a_warning(repository: JobsRepository, caplog: pytest.LogCaptureFixture) -> None:
    assert DeadLetterHandler(repository)(event("no-such-job"), Context()) == failures()
    assert "no-such-job is not in table" in caplog.text


def test_a_job_that_a_worker_holds_stays_until_its_lease_has_lapsed(repository: JobsRepository, job_id: str) -> None:
    repository.claim_job(job_id, lease=MINUTE).unwrap()
    sqs = Sqs()

    assert DeadLetterHandler(repository, sqs=sqs)(event(job_id), Context()) == failures(1)
    assert repository.find_job(job_id).unwrap()["status"] == "PROCESSING"
    assert sqs.pauses == [61]


def test_a_job_that_pauses_stays_until_it_is_due(repository: JobsRepository, job_id: str) -> None:
    claim = repository.claim_job(job_id, lease=MINUTE).unwrap()
    repository.fail_job(claim, "later", retryable=True, retry_after=7 * MINUTE).unwrap()
    sqs = Sqs()

    assert DeadLetterHandler(repository, sqs=sqs)(event(job_id), Context()) == failures(1)
    assert repository.find_job(job_id).unwrap()["status"] == "PENDING"
    assert sqs.pauses == [420]


def test_the_log_says_how_to_begin_again_and_how_to_redrive_the_rest(
    repository: JobsRepository, job_id: str, caplog: pytest.LogCaptureFixture
) -> None:
    DeadLetterHandler(repository)(event(job_id), Context())

    (line,) = caplog.records
    assert f"careervp-jobs retry {job_id}" in line.getMessage()
    assert f"aws sqs start-message-move-task --source-arn {QUEUE_ARN}" in line.getMessage()


def test_a_job_that_was_ended_so_can_be_done_after_all(repository: JobsRepository, job_id: str) -> None:
    DeadLetterHandler(repository)(event(job_id), Context())

    JobsOperator(repository).retry_job(job_id).unwrap()

    assert JobWorker(repository, lambda claim: None)(event(job_id), Context()) == failures()
    assert repository.find_job(job_id).unwrap()["status"] == "COMPLETED"


def test_a_table_that_does_not_answer_loses_no_letter(repository: JobsRepository, job_id: str, faults: Faults) -> None:
    faults.pass_through()
    faults.answer("AccessDeniedException")

    assert DeadLetterHandler(repository)(event(job_id), Context()) == failures(1)


def test_a_job_that_ends_at_the_same_moment_is_not_said_to_have_failed(
    repository: JobsRepository, job_id: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    claim_job = repository.claim_job

    def claim_and_complete(*arguments: Any, **options: Any) -> Success[Claim] | Failure:
        claimed = claim_job(*arguments, **options)
        repository.complete_job(claimed.unwrap()).unwrap()
        return claimed

    monkeypatch.setattr(repository, "claim_job", claim_and_complete)

    assert DeadLetterHandler(repository).handle_record(message(job_id), Context()) == "ALREADY_FINISHED"
    assert "careervp-jobs retry" not in caplog.text


@pytest.mark.parametrize("attributes", [None, {}])
def test_a_letter_without_a_count_has_a_reason_as_well(
    repository: JobsRepository, job_id: str, attributes: object
) -> None:
    letter = message(job_id) | {"attributes": attributes}

    assert DeadLetterHandler(repository).handle_record(letter, Context()) == "SUCCESS"
    assert repository.find_job(job_id).unwrap()["error"] == "Its message became a dead letter"


def test_a_letter_that_names_no_job_stays(repository: JobsRepository) -> None:
    assert DeadLetterHandler(repository)({"Records": [message("") | {"body": "{}"}]}, Context()) == failures(1)
