"""`demo`: a job's whole life on an AWS inside the process."""

from __future__ import annotations

from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from careervp_jobs_dal.cli.command import Command, nothing
from careervp_jobs_dal.cli.exits import Exit, StopError
from careervp_jobs_dal.cli.grid import Column, grid
from careervp_jobs_dal.job.attribute import STATUS

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Iterator

    from careervp_jobs_dal.aws.boto3_type import DynamoDBServiceResource
    from careervp_jobs_dal.cli.screen import Screen
    from careervp_jobs_dal.repository import JobsRepository
    from careervp_jobs_dal.result import Result

_COLUMNS = (Column("TIME"), Column("WHO"), Column("CALL"), Column("STATUS", status=True), Column("ANSWER", cut="first"))
_LEASE = timedelta(minutes=5)
_PAYLOAD = {"role": "CTO"}
_INTRODUCTION = (
    "The life of one job, on an AWS inside this process: nothing leaves the machine.",
    "A client asks for slow work; two workers would do it, and one of them freezes.",
    "CALL is a method of this library, STATUS is what the table says after it.",
)


class _Story:
    """The steps so far; time passes only when the story says so."""

    def __init__(self, dynamodb: Any) -> None:
        from careervp_jobs_dal.infrastructure.provision import create_table
        from careervp_jobs_dal.repository import JobsRepository

        self.passed = timedelta(0)
        self.start = datetime.now(UTC)
        name = create_table(f"jobs-demo-{uuid4()}", dynamodb=dynamodb).unwrap()
        self.jobs: JobsRepository = JobsRepository(name, dynamodb=dynamodb, clock=lambda: self.start + self.passed)
        self.steps: list[tuple[str, str, str, str, str]] = []

    def step(self, who: str, call: str, result: Result[Any], remark: str) -> Any:
        """Note an answer, and the status that the table holds now."""
        submission = self.jobs.submit_job("application-7", _PAYLOAD, user_id="user-1").unwrap()
        minutes, seconds = divmod(int(self.passed.total_seconds()), 60)
        answer = remark if result else f"{result.code}: {remark}"
        self.steps.append((f"{minutes:02}:{seconds:02}", who, call, str(submission.job[STATUS]), answer))
        return result.data


def _tell(dynamodb: Any) -> list[tuple[str, str, str, str, str]]:
    story = _Story(dynamodb)
    jobs, step = story.jobs, story.step
    key = ("application-7", _PAYLOAD)
    job = step("client", "submit_job", jobs.submit_job(*key, user_id="user-1"), "stored; waits for a worker")
    step("client", "submit_job", jobs.submit_job(*key, user_id="user-1"), "asked again: still one job")
    first = step("worker A", "claim_job", jobs.claim_job(job.job_id, lease=_LEASE), "attempt 1 of 3, for 5 minutes")
    step("worker B", "claim_job", jobs.claim_job(job.job_id, lease=_LEASE), "A works on it")
    story.passed += timedelta(seconds=30)
    renewed = jobs.renew_claim(first, lease=_LEASE, progress=0.4)
    step("worker A", "renew_claim", renewed, "40 % done, then A freezes")
    story.passed += timedelta(minutes=6)
    second = step("worker B", "claim_job", jobs.claim_job(job.job_id, lease=_LEASE), "A's time is up: attempt 2 of 3")
    step("worker A", "complete_job", jobs.complete_job(first, result_key="a.json"), "A wakes up too late")
    story.passed += timedelta(seconds=40)
    step("worker B", "complete_job", jobs.complete_job(second, result_key="b.json"), "done once, with B's result")
    step("anybody", "update_job_status", jobs.update_job_status(job.job_id, "PROCESSING"), "done is done")
    return story.steps


def _run(_: Namespace, screen: Screen) -> Exit:
    with _embedded_aws() as dynamodb:
        steps = _tell(dynamodb)
    names = ("time", "who", "call", "status", "answer")
    screen.show({"steps": [dict(zip(names, step, strict=True)) for step in steps]}, _lines(steps, screen))
    return Exit.OK


def _lines(steps: list[tuple[str, str, str, str, str]], screen: Screen) -> Iterator[str]:
    yield from _INTRODUCTION
    yield ""
    yield from grid(_COLUMNS, steps, screen)


@contextmanager
def _embedded_aws() -> Iterator[DynamoDBServiceResource]:
    """Open a DynamoDB inside this process; the machine's AWS settings are back afterwards."""
    try:
        from careervp_jobs_dal.testing import embedded_aws
    except ImportError:
        message = "The demo needs moto: python -m pip install 'careervp-jobs-dal[demo]'"
        raise StopError(message, Exit.WORLD, "MOTO_MISSING") from None
    from careervp_jobs_dal.aws.client import Settings, open_dynamodb

    with embedded_aws(JOBS_ID_SECRET=""):
        yield open_dynamodb(Settings())


DEMO = Command(
    "demo",
    "run a job's whole life on an embedded AWS",
    "Needs moto: python -m pip install 'careervp-jobs-dal[demo]'",
    ("demo",),
    nothing,
    _run,
    connects=False,
)
