"""The three handlers of `examples/` around one table, one queue and one bucket, by the test's clock."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from datetime import timedelta
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws

from careervp_jobs_dal import JobsRepository, JobStatus, Result, ResultCode
from tests.conftest import Clock

EXAMPLES = Path(__file__).parents[2] / "examples"
REQUEST: dict[str, Any] = json.loads((EXAMPLES / "requests" / "small.json").read_text())
USER = REQUEST["user_id"]
MODULES = ("submit", "worker", "status", "dead_letters", "fastapi_status", "embedded_aws", "request_file", "screen")
"""The modules under test; each test has them anew, since they read their settings when they are imported."""


class Service:
    """The service as its client and its queue see it.

    Attributes:
        jobs: the table, read for what the tests compare.
        queue: the queue between the handlers.
        worker: the worker's module.
        seen: the status and the attempt of the job whenever the model began a report.
        made: how many reports the model has made.
    """

    def __init__(self, jobs: JobsRepository, clock: Clock, queue_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
        import embedded_aws
        import status
        import submit
        import worker

        self.jobs = jobs
        self.clock = clock
        self.queue = embedded_aws.Queue(queue_url)
        self.time_out = embedded_aws.TIME_OUT
        self.call = embedded_aws.call
        self.submit_handler, self.status_handler, self.worker = submit.lambda_handler, status.lambda_handler, worker
        self.job_id = ""
        self.seen: list[tuple[str, int]] = []
        self.made = 0
        self._in_mid_job: list[Callable[[], object]] = []
        self._code = ResultCode.SUCCESS
        for module in (submit, worker, status):
            monkeypatch.setattr(module.jobs, "clock", clock)
        for name in ("claim_job", "complete_job", "fail_job"):
            monkeypatch.setattr(worker.jobs, name, self._noted(getattr(worker.jobs, name)))
        monkeypatch.setattr(worker, "make_report", self._watched(worker.make_report))

    @property
    def job(self) -> dict[str, Any]:
        """The record of the job that was submitted last."""
        return self.jobs.get_job(self.job_id) or {}

    def post(self, content: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        """Send a request to the submit handler, under the one key of the test."""
        event = {"headers": {"Idempotency-Key": "key-7"}, "body": json.dumps(content)}
        return self.call(self.submit_handler, USER, event)

    def submit(self, **changes: Any) -> None:
        """Have a new job."""
        code, answer = self.post(REQUEST | changes)
        self.job_id = answer["job_id"]
        assert (code, self.job["status"]) == (202, JobStatus.PENDING)

    def poll(self, user_id: str = USER) -> tuple[int, dict[str, Any]]:
        """Ask the status handler for the job."""
        return self.call(self.status_handler, user_id, {"pathParameters": {"job_id": self.job_id}})

    def receive(self) -> dict[str, Any]:
        """Take the message that waits out of the queue."""
        message = self.queue.receive()
        assert message is not None
        return message

    def receive_again(self, message: dict[str, Any]) -> dict[str, Any]:
        """Let a message's visibility time-out end, and take it out of the queue once more."""
        self.queue.release(message)
        again = self.receive()
        assert again["MessageId"] == message["MessageId"]
        return again

    def deliver(self, message: dict[str, Any], handler: str = "lambda_handler") -> tuple[bool, ResultCode]:
        """Deliver a message; whether the worker acknowledges it, and what the repository answered last."""
        acknowledged = self.queue.deliver(message, getattr(self.worker, handler))
        if acknowledged:
            self.queue.delete(message)
        return acknowledged, self._code

    def in_mid_job(self, happens: Callable[[], object]) -> None:
        """Have this happen while the model makes the next report."""
        self._in_mid_job.append(happens)

    def lease_lapses(self) -> None:
        """Let the function's time-out pass, and the margin that a claim waits for."""
        self.clock.advance(self.time_out + timedelta(seconds=2))

    def pause_ends(self) -> None:
        """Let the longest pause of the first attempts pass."""
        self.clock.advance(timedelta(minutes=1))

    def report(self) -> Any:
        """Fetch the report that the record names."""
        assert self.job["claim_id"] in self.job["result_key"]
        stored = boto3.client("s3").get_object(Bucket="results", Key=self.job["result_key"])
        return json.load(stored["Body"])

    def is_at_rest(self, *, reports: int) -> None:
        """Check that there is one job, that no message is left, and how many reports were made and stored."""
        assert len(self.queue) == 0
        assert self.jobs.table.scan()["Count"] == 1
        assert self.made == boto3.client("s3").list_objects_v2(Bucket="results")["KeyCount"] == reports

    def _watched(self, make_report: Callable[[Any], Any]) -> Callable[[Any], Any]:
        def watched(input_data: Any) -> Any:
            self.seen.append((self.job["status"], self.job["attempt"]))
            if self._in_mid_job:
                self._in_mid_job.pop()()
            report = make_report(input_data)
            self.made += 1
            return report

        return watched

    def _noted(self, method: Callable[..., Result[Any]]) -> Callable[..., Result[Any]]:
        def noted(*arguments: Any, **options: Any) -> Result[Any]:
            result = method(*arguments, **options)
            self._code = result.code
            return result

        return noted


@pytest.fixture
def examples(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The modules of `examples/` can be imported, and are forgotten afterwards."""
    monkeypatch.syspath_prepend(EXAMPLES)
    yield
    for name in MODULES:
        sys.modules.pop(name, None)


@pytest.fixture
def queue_url(
    examples: None, table_name: str, endpoint_url: str | None, monkeypatch: pytest.MonkeyPatch
) -> Iterator[str]:
    """The handlers' settings; the queue and the bucket are moto's also where the tables are on another engine."""
    with mock_aws() if endpoint_url else nullcontext():
        url = boto3.client("sqs").create_queue(QueueName="jobs")["QueueUrl"]
        place: Any = {"LocationConstraint": "eu-west-1"}
        boto3.client("s3").create_bucket(Bucket="results", CreateBucketConfiguration=place)
        settings = {"JOBS_TABLE_NAME": table_name, "JOBS_QUEUE_URL": url, "VPR_RESULTS_BUCKET": "results"}
        for name, value in settings.items():
            monkeypatch.setenv(name, value)
        yield url


@pytest.fixture
def service(queue_url: str, repository: JobsRepository, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> Service:
    return Service(repository, clock, queue_url, monkeypatch)
