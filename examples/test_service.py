"""Tests of the submit handler and the worker, on a jobs table inside the process."""

from __future__ import annotations

import json
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import boto3
import pytest

from careervp_jobs_dal import JobsRepository
from careervp_jobs_dal.testing import Clock, Faults, JobBuilder

LEASE = timedelta(minutes=5)
REQUEST = {
    "application_id": "application-7",
    "user_id": "user-1",
    "job_posting": {"role_title": "CTO", "responsibilities": ["lead the engineers"]},
    "gap_responses": [{"question_id": "q-1", "answer": "I lead engineers"}],
    "company_context": {},
}


class Invocation:
    """What a worker asks of Lambda's context."""

    def get_remaining_time_in_millis(self) -> int:
        return LEASE // timedelta(milliseconds=1)


@pytest.fixture
def service(
    jobs_repository: JobsRepository, jobs_clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> Any:
    """The two handlers, with a queue and a bucket, by the test's clock."""
    queue = boto3.client("sqs").create_queue(QueueName="jobs")
    region = {"LocationConstraint": "eu-west-1"}
    boto3.client("s3").create_bucket(Bucket="results", CreateBucketConfiguration=region)
    monkeypatch.setenv("JOBS_QUEUE_URL", queue["QueueUrl"])
    monkeypatch.setenv("VPR_RESULTS_BUCKET", "results")
    import submit  # only now: both read their settings when they are imported
    import worker

    for module in (submit, worker):
        monkeypatch.setattr(module.jobs, "clock", jobs_clock)
    return SimpleNamespace(submit=submit, worker=worker)


def post(service: Any) -> int:
    event = {
        "body": json.dumps(REQUEST),
        "headers": {"Idempotency-Key": "key-7"},
        "requestContext": {"authorizer": {"claims": {"sub": "user-1"}}},
    }
    return int(service.submit.lambda_handler(event, None)["statusCode"])


def deliver(service: Any, job_id: str) -> bool:
    """Give the worker a message, and return whether it is acknowledged."""
    event = {"Records": [{"messageId": "m-1", "body": json.dumps({"job_id": job_id})}]}
    return not service.worker.lambda_handler(event, Invocation())["batchItemFailures"]


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


def test_a_job_is_taken_over_from_a_dead_worker(
    service: Any, jobs_repository: JobsRepository, jobs_builder: JobBuilder
) -> None:
    died = jobs_builder.lapsed(input_data=REQUEST)

    assert deliver(service, died.job_id)
    job = jobs_repository.find_job(died.job_id).unwrap()
    assert (job["status"], job["attempt"]) == ("COMPLETED", 2)


def test_a_worker_that_lost_its_lease_stores_nothing(
    service: Any,
    jobs_repository: JobsRepository,
    jobs_clock: Clock,
    jobs_builder: JobBuilder,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    job_id = jobs_builder.pending(input_data=REQUEST)["job_id"]

    def too_slow(_: object) -> dict[str, str]:
        jobs_clock.advance(2 * LEASE)
        jobs_repository.claim_job(job_id, lease=LEASE, worker_id="successor").unwrap()
        return {"report": "late"}

    monkeypatch.setattr(service.worker, "make_report", too_slow)

    assert not deliver(service, job_id)
    job = jobs_repository.find_job(job_id).unwrap()
    assert (job["status"], job["claimed_by"]) == ("PROCESSING", "successor")
    assert "result_key" not in job


def test_a_message_stays_while_the_table_cannot_be_reached(
    service: Any, jobs_builder: JobBuilder, jobs_faults: Faults
) -> None:
    job_id = jobs_builder.pending(input_data=REQUEST)["job_id"]
    jobs_faults.fail(operation="UpdateItem")

    assert not deliver(service, job_id)
