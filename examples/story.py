"""The demo's story: jobs that are submitted twice, delivered twice, and one that fails.

Nothing here is taken on trust: each state comes from the table, and each promise is checked.
"""

from __future__ import annotations

import json
import os
from collections import Counter
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

import boto3
import status
import submit
import worker
from embedded_aws import Queue, call
from request_file import BadRequestError

from careervp_jobs_dal import JobsRepository, JobStatus

if TYPE_CHECKING:
    from request_file import RequestFile
    from screen import Screen


class UnexpectedError(Exception):
    """Something is not as the library or the handlers promise."""


class Story:
    """Tells what happens to the jobs, on the screen and to the exit code."""

    def __init__(self, screen: Screen) -> None:
        self._screen = screen
        self._jobs = JobsRepository()
        self._queue = Queue(os.environ["JOBS_QUEUE_URL"], worker.lambda_handler)
        self._s3: Any = boto3.client("s3")
        self._job_id = ""
        self._reports_made: Counter[str] = Counter()
        self._kept = 0

    def tell(self, requests: list[RequestFile]) -> str:
        """Run every request and one that must fail, and return the summary."""
        self._screen.headings()
        make_report = worker.make_report

        def watched(input_data: dict[str, Any]) -> dict[str, Any]:
            self._show("worker", "starts on the report", JobStatus.PROCESSING)
            report = make_report(input_data)
            self._reports_made[self._job_id] += 1
            return report

        with patch.object(worker, "make_report", watched):
            for number, request in enumerate(requests, start=1):
                self._screen.title(str(request))
                self._tell_of_success(request, key=f"demo-{number}")
            self._screen.title(f"{requests[0].path.name} without its responsibilities")
            self._tell_of_failure(requests[0])
        return self._summary(len(requests))

    def _tell_of_success(self, request: RequestFile, key: str) -> None:
        self._submit(request, request.content, key)
        self._submit_again(request, key)

        first = self._receive()
        self._show("queue", "delivers the first message", JobStatus.PENDING)
        self._expect(self._queue.deliver(first), "the worker acknowledges its message")
        job = self._show("worker", "report stored, message acknowledged", JobStatus.COMPLETED)
        self._check_report(job, request)
        self._poll(JobStatus.COMPLETED, "result_url", "with a link to the report")

        second = self._receive()
        self._show("queue", "delivers the duplicate's message", JobStatus.COMPLETED)
        self._nothing_is_done(second)

        # Nothing has deleted the first message yet, as if its acknowledgement had been lost.
        self._queue.release(first)
        again = self._receive()
        received = again["Attributes"]["ApproximateReceiveCount"]
        self._expect(again["MessageId"] == first["MessageId"], "SQS delivers the message again")
        self._show("queue", f"the first message again (receive {received})", JobStatus.COMPLETED)
        self._nothing_is_done(again)
        self._expect(len(self._queue) == 0, "the queue is empty")

    def _tell_of_failure(self, request: RequestFile) -> None:
        posting = request.content["job_posting"] | {"responsibilities": []}
        self._submit(request, request.content | {"job_posting": posting}, key=None)
        message = self._receive()
        self._show("queue", "delivers the message", JobStatus.PENDING)
        self._expect(self._queue.deliver(message), "a failed job's message is acknowledged")
        self._queue.delete(message)
        job = self._jobs.get_job(self._job_id) or {}
        self._show("worker", str(job.get("error")), JobStatus.FAILED)
        self._poll(JobStatus.FAILED, "error", "with the error")

    def _submit(self, request: RequestFile, content: dict[str, Any], key: str | None) -> None:
        self._announce(f"POST, key {key}" if key else "POST without a key")
        code, answer = self._post(content, key)
        if code == 400:
            raise BadRequestError(f"{request.path}: {answer['error']}")
        self._expect(code == 202, f"a new job is answered 202, not {code}")
        self._job_id = answer["job_id"]
        self._show("submit", f"{code}: new job, message queued", JobStatus.PENDING)

    def _submit_again(self, request: RequestFile, key: str) -> None:
        self._announce("POST again, same key")
        code, answer = self._post(request.content, key)
        self._expect(code == 200, f"a duplicate is answered 200, not {code}")
        self._expect(answer["job_id"] == self._job_id, "a duplicate gets the id of the first")
        self._show("submit", f"{code}: same job, queued once more", JobStatus.PENDING)
        self._expect(len(self._queue) == 2, "a PENDING job is queued again")

    def _post(self, content: dict[str, Any], key: str | None) -> tuple[int, dict[str, Any]]:
        headers = {"Idempotency-Key": key} if key else {}
        return call(submit.lambda_handler, {"headers": headers, "body": json.dumps(content)})

    def _receive(self) -> dict[str, Any]:
        message = self._queue.receive()
        if message is None:
            raise UnexpectedError("a message waits in the queue")
        return message

    def _poll(self, expected: JobStatus, field: str, remark: str) -> None:
        code, answer = call(status.lambda_handler, {"pathParameters": {"job_id": self._job_id}})
        self._expect(code == 200, f"a status poll is answered 200, not {code}")
        self._expect(answer["status"] == expected, f"the poll says {expected}")
        self._expect(field in answer, f"the poll's answer holds {field}")
        self._show("status", f"{code}, {remark}", expected)

    def _nothing_is_done(self, message: dict[str, Any]) -> None:
        before = self._jobs.get_job(self._job_id)
        self._expect(self._queue.deliver(message), "a finished job's message is acknowledged")
        self._queue.delete(message)
        self._expect(self._jobs.get_job(self._job_id) == before, "the record stays as it was")
        made = self._reports_made[self._job_id]
        self._expect(made == 1, f"one report is made for one job, not {made}")
        self._show("worker", f"nothing to do; reports made: {made}", JobStatus.COMPLETED)

    def _check_report(self, job: dict[str, Any], request: RequestFile) -> None:
        place = {"Bucket": os.environ["VPR_RESULTS_BUCKET"], "Key": job["result_key"]}
        report = json.load(self._s3.get_object(**place)["Body"])
        same = report["application_id"] == request.content["application_id"]
        self._expect(same, "the stored report is that of the request")
        self._expect(job["input_data"] == request.content, "the record holds the request unchanged")

    def _announce(self, remark: str) -> None:
        self._screen.step("client", "", "", remark)

    def _show(self, actor: str, remark: str, expected: JobStatus) -> dict[str, Any]:
        """Print the state that the table holds now, and check that it is the expected one."""
        job = self._jobs.get_job(self._job_id) or {}
        state = str(job.get("status", "absent"))
        self._screen.step(actor, self._job_id, state, remark)
        self._expect(state == expected, f"the job is {expected}, not {state}")
        return job

    def _expect(self, holds: bool, promise: str) -> None:
        if not holds:
            raise UnexpectedError(promise)
        self._kept += 1

    def _summary(self, requests: int) -> str:
        states = Counter(str(item["status"]) for item in self._jobs.table.scan()["Items"])
        stored = self._s3.list_objects_v2(Bucket=os.environ["VPR_RESULTS_BUCKET"])["KeyCount"]
        made = self._reports_made.total()
        self._expect(states == {"COMPLETED": requests, "FAILED": 1}, "there is one job per key")
        self._expect(stored == made == requests, "there is one report per completed job")
        self._expect(len(self._queue) == 0, "every message is acknowledged")
        ends = ", ".join(f"{count} {state}" for state, count in sorted(states.items()))
        return f"{states.total()} jobs ({ends}), reports made: {made}, checks passed: {self._kept}"
