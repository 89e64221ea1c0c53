"""The demo's stage: the three handlers around one table, one queue and one clock, and the checks.

Nothing here is taken on trust: each state that is shown comes from the table, and each promise is checked.
"""

from __future__ import annotations

import json
import os
from collections import Counter
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

import boto3
import status
import submit
import worker
from embedded_aws import TIME_OUT, Clock, Queue, call
from request_file import BadRequestError

from careervp_jobs_dal import JobsRepository, JobStatus, Result, ResultCode

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from embedded_aws import Handler, Message
    from request_file import RequestFile
    from screen import Screen


class UnexpectedError(Exception):
    """Something is not as the library or the handlers promise."""


class Stage:
    """One job after the other, as its client, its queue and its worker see it.

    Attributes:
        jobs: the table, read for what the screen shows and the checks compare.
        queue: the queue between the handlers.
        job_id: the job that is on the stage.
        reports_made: how many reports the model has made.
        kept: how many checks have held.
    """

    def __init__(self, clock: Clock, screen: Screen) -> None:
        self._clock = clock
        self._screen = screen
        self._s3: Any = boto3.client("s3")
        self._user_id = ""
        self._in_mid_job: list[Callable[[], object]] = []
        self._code = ResultCode.SUCCESS
        self.jobs = JobsRepository(clock=clock)
        self.queue = Queue(os.environ["JOBS_QUEUE_URL"])
        self.job_id = ""
        self.reports_made = 0
        self.kept = 0
        for handler in (submit, worker, status):
            handler.jobs.clock = clock

    @contextmanager
    def watched(self) -> Iterator[None]:
        """Watch the model at work, and what the repository answers to the worker."""
        with ExitStack() as patches:
            patches.enter_context(patch.object(worker, "make_report", self._shown(worker.make_report)))
            for name in ("claim_job", "complete_job", "fail_job"):
                patches.enter_context(patch.object(worker.jobs, name, self._noted(getattr(worker.jobs, name))))
            yield

    def in_mid_job(self, happens: Callable[[], object]) -> None:
        """Have this happen while the model makes the next report."""
        self._in_mid_job.append(happens)

    def submit(self, request: RequestFile, content: dict[str, Any], key: str) -> None:
        """Bring a new job on the stage."""
        self._user_id = request.content["user_id"]
        code, answer = self.post(content, key)
        if code in (400, 413):
            raise BadRequestError(f"{request.path}: {answer['error']}")
        self.expect(code == 202, f"a new job is answered 202, not {code}")
        self.job_id = answer["job_id"]
        self.show("submit", f"{code}, new job, message queued", JobStatus.PENDING)

    def post(self, content: dict[str, Any], key: str) -> tuple[int, dict[str, Any]]:
        """Send a request to the submit handler."""
        event = {"headers": {"Idempotency-Key": key}, "body": json.dumps(content)}
        return call(submit.lambda_handler, self._user_id, event)

    def poll(self, expected: JobStatus, field: str, remark: str) -> None:
        """Ask the status handler, as the job's user and as another one."""
        event = {"pathParameters": {"job_id": self.job_id}}
        code, answer = call(status.lambda_handler, self._user_id, event)
        self.expect(code == 200, f"a status poll is answered 200, not {code}")
        self.expect(answer["status"] == expected, f"the poll says {expected}")
        self.expect(field in answer, f"the poll's answer holds {field}")
        stranger, _ = call(status.lambda_handler, f"not-{self._user_id}", event)
        self.expect(stranger == 404, f"another user is answered 404, not {stranger}")
        self.show("status", f"{code}, {remark}", expected)

    def cancel(self) -> None:
        """Cancel the job, as its user."""
        self.expect(self.jobs.cancel_job(self.job_id, user_id=self._user_id).success, "the job can be cancelled")

    def receive(self) -> Message:
        """Take the message that waits out of the queue."""
        message = self.queue.receive()
        if message is None:
            raise UnexpectedError("a message waits in the queue")
        return message

    def receive_again(self, message: Message) -> Message:
        """Let a message's visibility time-out end, and take it out of the queue once more."""
        self.queue.release(message)
        again = self.receive()
        self.expect(again["MessageId"] == message["MessageId"], "SQS delivers the message again")
        return again

    def is_acknowledged(self, message: Message, code: ResultCode, handler: Handler = worker.lambda_handler) -> None:
        """Deliver a message, and check that it is acknowledged for this reason."""
        self._deliver(message, code, handler, acknowledged=True)
        self.queue.delete(message)

    def stays(self, message: Message, code: ResultCode) -> None:
        """Deliver a message, and check that it stays in the queue for this reason."""
        self._deliver(message, code, worker.lambda_handler, acknowledged=False)

    def changes_nothing(self, message: Message, remark: str, handler: Handler = worker.lambda_handler) -> None:
        """Deliver a message of a finished job."""
        before, made = self.jobs.get_job(self.job_id) or {}, self.reports_made
        self.is_acknowledged(message, ResultCode.ALREADY_FINISHED, handler)
        self.expect(self.jobs.get_job(self.job_id) == before, "the record stays as it was")
        self.expect(self.reports_made == made, "no report is made")
        self.show("worker", remark, JobStatus(before["status"]))

    def lease_lapses(self) -> None:
        """Let the time-out of the function pass, and the margin that a claim waits for."""
        self._clock.advance(TIME_OUT + timedelta(seconds=2))
        self._screen.step("clock", "", "", "a quarter of an hour: the lease lapses")

    def show(self, actor: str, remark: str, expected: JobStatus) -> dict[str, Any]:
        """Print the state that the table holds now, and check that it is the expected one."""
        job = self.jobs.get_job(self.job_id) or {}
        state = str(job.get("status", "absent"))
        self._screen.step(actor, self.job_id, state, remark)
        self.expect(state == expected, f"the job is {expected}, not {state}")
        return job

    def report(self) -> dict[str, Any]:
        """Fetch the report that the record names."""
        job = self.jobs.get_job(self.job_id) or {}
        self.expect(job["claim_id"] in job["result_key"], "the report is named after the claim that ended the job")
        stored = self._s3.get_object(Bucket=worker.RESULTS_BUCKET, Key=job["result_key"])
        report: dict[str, Any] = json.load(stored["Body"])
        return report

    def counts(self) -> tuple[Counter[str], int]:
        """Count the jobs by their status, and the stored reports."""
        states = Counter(str(item["status"]) for item in self.jobs.table.scan()["Items"])
        return states, self._s3.list_objects_v2(Bucket=worker.RESULTS_BUCKET)["KeyCount"]

    def expect(self, holds: bool, promise: str) -> None:
        """Check a promise."""
        if not holds:
            raise UnexpectedError(promise)
        self.kept += 1

    def _deliver(self, message: Message, code: ResultCode, handler: Handler, *, acknowledged: bool) -> None:
        answer = self.queue.deliver(message, handler)
        self.expect(self._code is code, f"the repository answers {code}, not {self._code}")
        verb = "acknowledges" if acknowledged else "leaves"
        self.expect(answer is acknowledged, f"the worker {verb} the message")

    def _shown(self, make_report: Callable[[dict[str, Any]], dict[str, Any]]) -> Callable[..., dict[str, Any]]:
        def shown(input_data: dict[str, Any]) -> dict[str, Any]:
            attempt = (self.jobs.get_job(self.job_id) or {}).get("attempt")
            self.show("worker", f"attempt {attempt} makes the report", JobStatus.PROCESSING)
            if self._in_mid_job:
                self._in_mid_job.pop()()
            report = make_report(input_data)
            self.reports_made += 1
            return report

        return shown

    def _noted(self, method: Callable[..., Result[Any]]) -> Callable[..., Result[Any]]:
        def noted(*arguments: Any, **options: Any) -> Result[Any]:
            result = method(*arguments, **options)
            self._code = result.code
            return result

        return noted
