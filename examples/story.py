"""The demo's story: what the three handlers make of a request, told in whole sentences and checked on the way.

Nothing here is taken on trust: each state that is shown comes from the table, and each promise is checked.
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
from screen import BOLD, show, show_columns, show_step

from careervp_jobs_dal import JobsRepository

if TYPE_CHECKING:
    from embedded_aws import Message
    from request_file import RequestFile


class UnexpectedError(Exception):
    """A promise of the library or of the handlers that was not kept."""


class Story:
    """One request after the other, on its way through the handlers.

    Attributes:
        kept: how many checks have held.
    """

    def __init__(self) -> None:
        self._jobs = JobsRepository()
        self._queue = Queue(os.environ["JOBS_QUEUE_URL"])
        self._s3: Any = boto3.client("s3")
        self._job_id = ""
        self.kept = 0

    def tell(self, request: RequestFile, key: str) -> None:
        """Send a request twice, have one report made, and fetch it."""
        show(str(request), BOLD)
        show_columns()
        self._submit(request, key)
        first, second = self._receive(), self._receive()
        self._work(request, first)
        self._poll(request.content["user_id"])
        self._deliver_again(first, second)

    def summary(self, requests: int) -> str:
        """Count the jobs and the reports in the end, and check the numbers."""
        states = Counter(
            str(item["status"]) for item in self._jobs.table.scan()["Items"]
        )
        self._expect(states == {"COMPLETED": requests}, "there is one job for each key")
        self._expect(self._reports() == requests, "there is one report for each job")
        self._expect(len(self._queue) == 0, "every message is acknowledged")
        ends = ", ".join(f"{count} {state}" for state, count in sorted(states.items()))
        return f"As promised. Jobs: {ends}; reports made: {self._reports()}; checks passed: {self.kept}"

    def _submit(self, request: RequestFile, key: str) -> None:
        def post(content: dict[str, Any]) -> tuple[int, dict[str, Any]]:
            event = {"headers": {"Idempotency-Key": key}, "body": json.dumps(content)}
            return call(submit.lambda_handler, request.content["user_id"], event)

        code, answer = post(request.content)
        if code in (400, 413):
            raise BadRequestError(f"{request.path}: {answer['error']}")
        self._expect(code == 202, f"a new job is answered 202, not {code}")
        self._job_id = answer["job_id"]
        self._show(
            "submit",
            "PENDING",
            "stores a job, queues its id and answers at once: nobody waits for a slow report",
        )

        code, answer = post(request.content)
        self._expect(
            (code, answer.get("job_id")) == (200, self._job_id),
            "the same request is answered 200, its job",
        )
        self._expect(len(self._queue) == 2, "a job that waits is queued again")
        self._show(
            "submit",
            "PENDING",
            "gets the same request with the same key and finds that job: one report, one bill",
        )

        code, _ = post(
            request.content
            | {"application_id": request.content["application_id"] + "-2"}
        )
        self._expect(
            code == 409,
            f"another request under the same key is answered 409, not {code}",
        )
        self._show(
            "submit",
            "PENDING",
            "refuses a different request with the same key: two requests are never mixed up",
        )

    def _work(self, request: RequestFile, message: Message) -> None:
        make_report = worker.make_report

        def shown(input_data: dict[str, Any]) -> dict[str, Any]:
            self._show(
                "worker",
                "PROCESSING",
                "claims the job: until that claim lapses, no other worker begins the same report",
            )
            return make_report(input_data)

        with patch.object(worker, "make_report", shown):
            self._deliver(message)
        job = self._show(
            "worker",
            "COMPLETED",
            "has stored the report, and only then ended the job: what is done is really there",
        )
        self._expect(
            job["input_data"] == request.content,
            "the record holds the request unchanged",
        )
        self._expect(
            job["claim_id"] in job["result_key"],
            "the report is named after the claim that ended the job",
        )
        stored = self._s3.get_object(
            Bucket=worker.RESULTS_BUCKET, Key=job["result_key"]
        )
        same = (
            json.load(stored["Body"])["application_id"]
            == request.content["application_id"]
        )
        self._expect(same, "the stored report is that of the request")

    def _poll(self, user_id: str) -> None:
        event = {"pathParameters": {"job_id": self._job_id}}
        code, answer = call(status.lambda_handler, user_id, event)
        self._expect(
            (code, answer.get("status")) == (200, "COMPLETED"),
            "the poll is answered 200, COMPLETED",
        )
        self._expect(
            "result_url" in answer, "the poll's answer holds a link to the report"
        )
        stranger, _ = call(status.lambda_handler, f"not-{user_id}", event)
        self._expect(stranger == 404, f"another user is answered 404, not {stranger}")
        self._show(
            "status",
            "COMPLETED",
            "gives the client a link to the report; for any other user there is no such job",
        )

    def _deliver_again(self, first: Message, second: Message) -> None:
        before, reports = self._jobs.get_job(self._job_id), self._reports()
        # Nothing has deleted it yet, as if its acknowledgement had been lost.
        self._queue.release(first)
        for message in (second, self._receive()):
            self._deliver(message)
            self._queue.delete(message)
        self._expect(
            self._jobs.get_job(self._job_id) == before, "the record stays as it was"
        )
        self._expect(self._reports() == reports, "no report is made")
        self._expect(len(self._queue) == 0, "the queue is empty")
        self._show(
            "worker",
            "COMPLETED",
            "gets both messages again, as queues may repeat them, and makes no second report",
        )

    def _receive(self) -> Message:
        message = self._queue.receive()
        if message is None:
            raise UnexpectedError("a message waits in the queue")
        return message

    def _deliver(self, message: Message) -> None:
        self._expect(
            self._queue.deliver(message, worker.lambda_handler),
            "the worker acknowledges the message",
        )

    def _reports(self) -> int:
        return int(self._s3.list_objects_v2(Bucket=worker.RESULTS_BUCKET)["KeyCount"])

    def _show(self, who: str, expected: str, text: str) -> dict[str, Any]:
        job = self._jobs.get_job(self._job_id) or {}
        found = str(job.get("status", "absent"))
        show_step(who, found, text)
        self._expect(found == expected, f"the job is {expected}, not {found}")
        return job

    def _expect(self, holds: bool, promise: str) -> None:
        if not holds:
            raise UnexpectedError(promise)
        self.kept += 1
