"""`demo`: a job's whole life on an AWS inside the process."""

from __future__ import annotations

from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from careervp_jobs_dal.cli.command import Command, nothing
from careervp_jobs_dal.cli.exits import Exit, StopError
from careervp_jobs_dal.cli.grid import Column, grid
from careervp_jobs_dal.job.attribute import STATUS

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Iterator

    from careervp_jobs_dal.cli.screen import Screen
    from careervp_jobs_dal.repository import JobsRepository
    from careervp_jobs_dal.result import Result

_REGION = "eu-west-1"
_COLUMNS = (Column("TIME"), Column("WHO"), Column("CALL"), Column("STATUS", status=True), Column("ANSWER", cut="first"))
_LEASE = timedelta(minutes=5)


class _Story:
    """The steps so far; time passes only when the story says so."""

    def __init__(self, dynamodb: Any) -> None:
        from careervp_jobs_dal.infrastructure.provision import create_table
        from careervp_jobs_dal.repository import JobsRepository

        self.passed = timedelta(0)
        self.start = datetime.now(UTC)
        name = create_table("jobs-demo", dynamodb=dynamodb).unwrap()
        self.jobs: JobsRepository = JobsRepository(name, dynamodb=dynamodb, clock=lambda: self.start + self.passed)
        self.steps: list[tuple[str, str, str, str, str]] = []

    def step(self, who: str, call: str, result: Result[Any], remark: str) -> Any:
        """Note what was answered, and the status that the table holds now."""
        submission = self.jobs.submit_job("application-7", _PAYLOAD, user_id="user-1").unwrap()
        minutes, seconds = divmod(int(self.passed.total_seconds()), 60)
        answer = remark if result else f"{result.code}: {remark}"
        self.steps.append((f"{minutes:02}:{seconds:02}", who, call, str(submission.job[STATUS]), answer))
        return result.data


_PAYLOAD = {"role": "CTO"}


def _tell(dynamodb: Any) -> list[tuple[str, str, str, str, str]]:
    story = _Story(dynamodb)
    jobs = story.jobs
    key = ("application-7", _PAYLOAD)
    job = story.step("client", "submit_job", jobs.submit_job(*key, user_id="user-1"), "created, to be enqueued")
    story.step("client", "submit_job", jobs.submit_job(*key, user_id="user-1"), "the same job, no second one")
    first = story.step("worker A", "claim_job", jobs.claim_job(job.job_id, lease=_LEASE), "attempt 1 of 3")
    story.step("worker B", "claim_job", jobs.claim_job(job.job_id, lease=_LEASE), "A has it")
    story.passed += timedelta(seconds=30)
    story.step("worker A", "renew_claim", jobs.renew_claim(first, lease=_LEASE, progress=0.4), "40 % done, then A dies")
    story.passed += timedelta(minutes=6)
    second = story.step(
        "worker B", "claim_job", jobs.claim_job(job.job_id, lease=_LEASE), "the lease lapsed: attempt 2"
    )
    story.step("worker A", "complete_job", jobs.complete_job(first, result_key="a.json"), "A is too late")
    story.passed += timedelta(seconds=40)
    story.step("worker B", "complete_job", jobs.complete_job(second, result_key="b.json"), "done, once")
    story.step("anybody", "update_job_status", jobs.update_job_status(job.job_id, "PROCESSING"), "it is over")
    return story.steps


def _run(_: Namespace, screen: Screen) -> Exit:
    with _embedded_aws() as dynamodb:
        steps = _tell(dynamodb)
    names = ("time", "who", "call", "status", "answer")
    screen.show({"steps": [dict(zip(names, step, strict=True)) for step in steps]}, _lines(steps, screen))
    return Exit.OK


def _lines(steps: list[tuple[str, str, str, str, str]], screen: Screen) -> Iterator[str]:
    yield "One job on an AWS inside this process; nothing leaves the machine."
    yield ""
    yield from grid(_COLUMNS, steps, screen)


@contextmanager
def _embedded_aws() -> Iterator[Any]:
    """A DynamoDB of its own; nobody's profile, endpoint or secret is used, and all are back afterwards."""
    try:
        from careervp_jobs_dal.testing import embedded_aws
    except ImportError:
        message = "The demo needs moto: python -m pip install 'careervp-jobs-dal[demo]'"
        raise StopError(message, Exit.WORLD, "MOTO_MISSING") from None
    from boto3.session import Session

    with embedded_aws(JOBS_ID_SECRET=""):
        yield Session("demo", "demo", region_name=_REGION).resource("dynamodb")


DEMO = Command(
    "demo",
    "run a job's whole life on an embedded AWS",
    "Needs moto: python -m pip install 'careervp-jobs-dal[demo]'",
    ("demo",),
    nothing,
    _run,
    connects=False,
)
