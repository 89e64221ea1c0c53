"""Tests of the submit handler and the worker, on a jobs table inside the process."""

from __future__ import annotations

import json
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import boto3
import pytest

from careervp_jobs_dal import JobMetrics, JobsRepository
from careervp_jobs_dal.testing import Clock, EmbeddedJobs, EmbeddedQueue, Faults

LEASE = timedelta(minutes=5)
REQUEST = {
    "application_id": "application-7",
    "user_id": "user-1",
    "job_posting": {"role_title": "CTO", "responsibilities": ["lead the engineers"]},
    "gap_responses": [{"question_id": "q-1", "answer": "I lead engineers"}],
    "company_context": {},
}
EVENT = {
    "body": json.dumps(REQUEST),
    "headers": {"Idempotency-Key": "key-7"},
    "requestContext": {"authorizer": {"claims": {"sub": "user-1"}}},
}


@pytest.fixture
def service(
    jobs_queue: EmbeddedQueue, jobs_clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> Any:
    """The two handlers, with a queue and a bucket, by the test's clock."""
    region = {"LocationConstraint": "eu-west-1"}
    boto3.client("s3").create_bucket(Bucket="results", CreateBucketConfiguration=region)
    monkeypatch.setenv("VPR_RESULTS_BUCKET", "results")
    import submit  # only now: both read their settings when they are imported
    import worker

    for module in (submit, worker):
        monkeypatch.setattr(module.jobs, "clock", jobs_clock)
    return SimpleNamespace(submit=submit, worker=worker)


def post(service: Any) -> int:
    return int(service.submit.lambda_handler(EVENT, None)["statusCode"])


def test_a_lost_reply_is_no_failure_to_the_client(
    service: Any, jobs_faults: Faults
) -> None:
    jobs_faults.lose_reply()

    assert post(service) == 202
    assert post(service) == 200
    assert jobs_faults.sent == ["PutItem", "PutItem", "PutItem"]


def test_a_busy_table_is_worth_another_request(
    service: Any, jobs_faults: Faults
) -> None:
    jobs_faults.throttle()

    assert post(service) == 503


def test_a_user_with_too_many_jobs_is_told_when_to_come_back(
    service: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    counted = JobMetrics(service.submit.metrics)
    capped = JobsRepository(max_active_per_user=1, on_event=counted)
    monkeypatch.setattr(service.submit, "jobs", capped)
    capped.submit_job("key-6", REQUEST, user_id="user-1").unwrap()

    answer = service.submit.lambda_handler(EVENT, None)

    assert (answer["statusCode"], answer["headers"]["Retry-After"]) == (429, "1")


def test_what_is_submitted_is_done_once_though_its_message_comes_twice(
    service: Any, jobs_repository: JobsRepository, jobs_queue: EmbeddedQueue
) -> None:
    assert post(service) == 202
    jobs_queue.double()

    assert jobs_queue.deliver(service.worker.lambda_handler) == 2
    job = jobs_repository.get_job_by_idempotency_key("key-7", user_id="user-1")
    assert job is not None
    assert (job["status"], job["attempt"]) == ("COMPLETED", 1)


def test_a_job_is_taken_over_from_a_dead_worker(
    service: Any, jobs_embedded: EmbeddedJobs
) -> None:
    died = jobs_embedded.builder.lapsed(input_data=REQUEST)

    run = jobs_embedded.run_worker(service.worker.lambda_handler, died.job_id)

    assert run.acknowledged
    assert (run.job["status"], run.job["attempt"]) == ("COMPLETED", 2)


def test_a_worker_that_lost_its_lease_stores_nothing(
    service: Any, jobs_embedded: EmbeddedJobs, monkeypatch: pytest.MonkeyPatch
) -> None:
    job_id = jobs_embedded.builder.pending(input_data=REQUEST)["job_id"]

    def too_slow(_: object) -> dict[str, str]:
        jobs_embedded.clock.advance(2 * LEASE)
        jobs_embedded.repository.claim_job(
            job_id, lease=LEASE, worker_id="successor"
        ).unwrap()
        return {"report": "late"}

    monkeypatch.setattr(service.worker, "make_report", too_slow)

    run = jobs_embedded.run_worker(service.worker.lambda_handler, job_id)

    assert not run.acknowledged
    assert (run.job["status"], run.job["claimed_by"]) == ("PROCESSING", "successor")
    assert "result_key" not in run.job


def test_a_message_stays_while_the_table_cannot_be_reached(
    service: Any, jobs_embedded: EmbeddedJobs
) -> None:
    job_id = jobs_embedded.builder.pending(input_data=REQUEST)["job_id"]
    jobs_embedded.faults.fail(operation="UpdateItem")

    assert not jobs_embedded.run_worker(
        service.worker.lambda_handler, job_id
    ).acknowledged
