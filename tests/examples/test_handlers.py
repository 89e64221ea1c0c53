"""The handlers of `examples/` keep what they promise, in a life without trouble and in each kind of trouble."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest

from careervp_jobs_dal import JobsRepository, JobStatus, ResultCode
from tests.conftest import Clock
from tests.examples.conftest import REQUEST, Service

DONE = (True, ResultCode.SUCCESS)
NOTHING_TO_DO = (True, ResultCode.ALREADY_FINISHED)


def test_a_request_that_comes_again_is_one_job(service: Service) -> None:
    service.submit()

    assert service.post(REQUEST) == (200, {"job_id": service.job_id, "status": "PENDING"})
    assert service.post(REQUEST | {"application_id": "another"})[0] == 409
    assert service.job["status"] == JobStatus.PENDING
    assert len(service.queue) == 2, "a job that waits is queued again"


def test_a_job_ends_with_its_report(service: Service) -> None:
    service.submit()

    assert service.deliver(service.receive()) == DONE
    assert service.seen == [("PROCESSING", 1)]
    assert service.job["status"] == JobStatus.COMPLETED
    assert service.job["input_data"] == REQUEST
    assert service.report()["application_id"] == REQUEST["application_id"]
    code, answer = service.poll()
    assert (code, answer["status"]) == (200, "COMPLETED")
    assert service.job["result_key"] in answer["result_url"]
    assert service.poll("another user")[0] == 404
    service.is_at_rest(reports=1)


@pytest.mark.parametrize("handler", ["lambda_handler", "batch_handler"])
def test_a_message_of_a_finished_job_changes_nothing(service: Service, handler: str) -> None:
    service.submit()
    service.post(REQUEST)
    first, second = service.receive(), service.receive()
    service.queue.deliver(first, service.worker.lambda_handler)  # its acknowledgement is lost
    finished = service.job

    assert service.deliver(second, handler) == NOTHING_TO_DO
    assert service.deliver(service.receive_again(first), handler) == NOTHING_TO_DO
    assert service.job == finished
    assert finished["status"] == JobStatus.COMPLETED
    service.is_at_rest(reports=1)


def test_a_worker_freezes_and_another_one_takes_over(service: Service) -> None:
    service.submit()
    message = service.receive()
    finished: dict[str, Any] = {}

    def meanwhile() -> None:
        again = service.receive_again(message)
        assert service.deliver(again) == (False, ResultCode.LEASE_HELD)
        assert service.job["status"] == JobStatus.PROCESSING
        service.lease_lapses()
        assert service.deliver(service.receive_again(again)) == DONE
        finished.update(service.job)

    service.in_mid_job(meanwhile)

    assert service.deliver(message) == (True, ResultCode.LEASE_LOST)
    assert service.seen == [("PROCESSING", 1), ("PROCESSING", 2)]
    assert (finished["status"], finished["attempt"]) == ("COMPLETED", 2)
    assert service.job == finished
    assert service.report()["application_id"] == REQUEST["application_id"]
    service.is_at_rest(reports=2)


def test_the_model_is_busy_and_the_second_attempt_succeeds(service: Service) -> None:
    def time_out() -> None:
        raise TimeoutError("the model is busy")

    service.submit()
    message = service.receive()
    service.in_mid_job(time_out)

    assert service.deliver(message) == (False, ResultCode.SUCCESS)
    assert service.job["status"] == JobStatus.PENDING
    assert service.queue.receive() is None, "it is hidden until the job is due"
    service.pause_ends()
    assert service.deliver(service.receive_again(message)) == DONE
    assert service.seen == [("PROCESSING", 1), ("PROCESSING", 2)]
    assert service.job["status"] == JobStatus.COMPLETED
    assert [error["attempt"] for error in service.job["errors"]] == [1]
    service.is_at_rest(reports=1)


def test_a_request_without_responsibilities_fails_at_once(service: Service) -> None:
    service.submit(job_posting=REQUEST["job_posting"] | {"responsibilities": []})

    assert service.deliver(service.receive()) == DONE
    assert service.seen == [("PROCESSING", 1)]
    assert service.job["status"] == JobStatus.FAILED
    code, answer = service.poll()
    assert (code, answer["status"]) == (200, "FAILED")
    assert answer["public_error"] == "The job posting names no responsibilities."
    assert "error" not in answer
    assert service.poll("another user")[0] == 404
    service.is_at_rest(reports=0)


def test_a_job_whose_message_is_a_dead_letter_ends_with_words_for_its_user(service: Service) -> None:
    import dead_letters

    service.submit()
    dead_letters.jobs.clock = service.jobs.clock

    assert service.queue.deliver(service.receive(), dead_letters.lambda_handler)
    code, answer = service.poll()
    assert (code, answer["status"]) == (200, "FAILED")
    assert answer["public_error"] == "We could not make your report. Please try again."


def test_a_job_that_its_user_cancels_is_not_begun(service: Service) -> None:
    service.submit()
    service.jobs.cancel_job(service.job_id, user_id=REQUEST["user_id"]).unwrap()
    cancelled = service.job

    assert service.deliver(service.receive()) == NOTHING_TO_DO
    assert service.job == cancelled
    assert cancelled["status"] == JobStatus.FAILED
    assert "cancelled_at" in cancelled
    assert "attempt" not in cancelled
    service.is_at_rest(reports=0)


def test_with_an_outbox_the_pipe_queues_the_job_and_not_the_handler(
    queue_url: str, repository: JobsRepository, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JOBS_OUTBOX", "yes")
    service = Service(repository, clock, queue_url, monkeypatch)

    service.submit()

    assert len(service.queue) == 0


def test_the_answers_can_be_read_by_scripts_of_the_chosen_origin_only(
    queue_url: str, repository: JobsRepository, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ALLOWED_ORIGIN", "https://app.example.com")
    service = Service(repository, clock, queue_url, monkeypatch)
    event = {"requestContext": {"authorizer": {"claims": {"sub": "user"}}}, "pathParameters": {"job_id": "none"}}

    for answer in (service.status_handler(event, None), service.submit_handler({**event, "body": ""}, None)):
        assert answer["headers"]["Access-Control-Allow-Origin"] == "https://app.example.com"
        assert answer["headers"]["Access-Control-Expose-Headers"] == "Retry-After"


def test_a_line_of_the_log_leads_from_the_api_to_the_job_and_on_to_its_worker(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = io.StringIO()
    monkeypatch.setattr(service.worker.logger.registered_handler, "stream", log)  # the handlers share one logger
    context = {"requestId": "request-1", "authorizer": {"claims": {"sub": "user"}}}
    answer = service.submit_handler({"requestContext": context, "headers": {}, "body": json.dumps(REQUEST)}, None)
    service.job_id = json.loads(answer["body"])["job_id"]
    service.deliver(service.receive())

    lines = [json.loads(line) for line in log.getvalue().splitlines()]
    submitted = next(line for line in lines if line["message"] == "Job submitted")
    made = next(line for line in lines if line["message"] == "Report made")
    assert submitted["correlation_id"] == "request-1"
    assert submitted["job_id"] == made["correlation_id"] == service.job_id
