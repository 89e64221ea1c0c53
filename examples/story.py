"""The demo's story: jobs that end well, and one for each way in which a job can get into trouble."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import worker

from careervp_jobs_dal import JobStatus, ResultCode

if TYPE_CHECKING:
    from request_file import RequestFile
    from screen import Screen
    from stage import Stage

DONE = "report stored, message acknowledged"


def tell(stage: Stage, screen: Screen, requests: list[RequestFile]) -> str:
    """Run every request, and the first one through each trouble; return the summary."""
    screen.headings()
    with stage.watched():
        for number, request in enumerate(requests, start=1):
            screen.title(str(request))
            all_is_well(stage, request, key=f"demo-{number}")
        for title, trouble in TROUBLES.items():
            screen.title(title)
            trouble(stage, requests[0])
    return summary(stage, len(requests))


def all_is_well(stage: Stage, request: RequestFile, key: str) -> None:
    """Submit twice, deliver twice, and have one report made."""
    stage.submit(request, request.content, key)
    code, answer = stage.post(request.content, key)
    stage.expect((code, answer["job_id"]) == (200, stage.job_id), "the same request is answered 200 and the same job")
    stage.show("submit", f"{code}, same job, queued once more", JobStatus.PENDING)
    stage.expect(len(stage.queue) == 2, "a PENDING job is queued again")
    code, _ = stage.post(request.content | {"application_id": request.content["application_id"] + "-2"}, key)
    stage.expect(code == 409, f"another request under the same key is answered 409, not {code}")
    stage.show("submit", f"{code}, same key with another request", JobStatus.PENDING)

    first, second = stage.receive(), stage.receive()
    stage.expect(stage.queue.deliver(first, worker.lambda_handler), "the worker acknowledges the message")
    job = stage.show("worker", DONE, JobStatus.COMPLETED)
    stage.expect(job["input_data"] == request.content, "the record holds the request unchanged")
    same = stage.report()["application_id"] == request.content["application_id"]
    stage.expect(same, "the stored report is that of the request")
    stage.poll(JobStatus.COMPLETED, "result_url", "with a link to the report")

    stage.changes_nothing(second, "second message: nothing to do")
    # Nothing has deleted the first message yet, as if its acknowledgement had been lost.
    stage.changes_nothing(stage.receive_again(first), "first message again: nothing to do", worker.batch_handler)
    stage.expect(len(stage.queue) == 0, "the queue is empty")


def a_worker_freezes(stage: Stage, request: RequestFile) -> None:
    """Take the job over from a worker that only seems to be dead."""
    stage.submit(request, request.content, "demo-freeze")
    message = stage.receive()
    finished: dict[str, Any] = {}

    def meanwhile() -> None:
        again = stage.receive_again(message)
        stage.stays(again, ResultCode.LEASE_HELD)
        stage.show("worker", "message again: LEASE_HELD, it stays", JobStatus.PROCESSING)
        stage.lease_lapses()
        stage.is_acknowledged(stage.receive_again(again), ResultCode.SUCCESS)
        finished.update(stage.show("worker", DONE, JobStatus.COMPLETED))

    stage.in_mid_job(meanwhile)
    stage.is_acknowledged(message, ResultCode.LEASE_LOST)
    job = stage.show("worker", "attempt 1 wakes up: LEASE_LOST", JobStatus.COMPLETED)
    stage.expect((job, job["attempt"]) == (finished, 2), "the record stays as the second attempt left it")
    stage.report()


def the_model_is_busy(stage: Stage, request: RequestFile) -> None:
    """Put the job back after a failure that need not come again."""

    def time_out() -> None:
        raise TimeoutError("the model is busy")

    stage.submit(request, request.content, "demo-busy")
    message = stage.receive()
    stage.in_mid_job(time_out)
    stage.stays(message, ResultCode.SUCCESS)
    stage.show("worker", "TimeoutError: put back, message stays", JobStatus.PENDING)
    stage.is_acknowledged(stage.receive_again(message), ResultCode.SUCCESS)
    job = stage.show("worker", DONE, JobStatus.COMPLETED)
    stage.expect([each["attempt"] for each in job["errors"]] == [1], "the record keeps the error of attempt 1")


def the_request_is_hopeless(stage: Stage, request: RequestFile) -> None:
    """Fail a job for good where another attempt would fail the same way."""
    posting = request.content["job_posting"] | {"responsibilities": []}
    stage.submit(request, request.content | {"job_posting": posting}, "demo-hopeless")
    stage.is_acknowledged(stage.receive(), ResultCode.SUCCESS)
    job = stage.jobs.get_job(stage.job_id) or {}
    stage.show("worker", job["error"], JobStatus.FAILED)
    stage.poll(JobStatus.FAILED, "error", "with the error")


def the_user_cancels(stage: Stage, request: RequestFile) -> None:
    """Cancel a job that no worker has taken yet."""
    stage.submit(request, request.content, "demo-cancel")
    stage.cancel()
    job = stage.show("client", "cancelled before any worker took it", JobStatus.FAILED)
    stage.expect("cancelled_at" in job and "attempt" not in job, "the job was never claimed")
    stage.changes_nothing(stage.receive(), "its message: nothing to do")


TROUBLES = {
    "A worker freezes in mid-job; another one takes over": a_worker_freezes,
    "The model is busy; the second attempt succeeds": the_model_is_busy,
    "A request without responsibilities; no attempt can succeed": the_request_is_hopeless,
    "The user changes his mind": the_user_cancels,
}


def summary(stage: Stage, requests: int) -> str:
    """Count what is there in the end, and check it."""
    states, stored = stage.counts()
    stage.expect(states == {"COMPLETED": requests + 2, "FAILED": 2}, "there is one job per key")
    made = requests + 3
    stage.expect(stored == stage.reports_made == made, "one report per completed job, and the frozen worker's")
    stage.expect(len(stage.queue) == 0, "every message is acknowledged")
    ends = ", ".join(f"{count} {state}" for state, count in sorted(states.items()))
    return f"{states.total()} jobs ({ends}), reports made: {stored}, checks passed: {stage.kept}"
