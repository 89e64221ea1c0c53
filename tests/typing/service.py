# pyright: strict, reportUnnecessaryTypeIgnoreComment=true
"""A typed service as a stranger writes it from the guide about job kinds: read by the type checkers, never run.

There is no cast in it, and no comment that quiets a checker.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from http import HTTPStatus
from typing import Any, Literal, NotRequired, TypedDict, assert_never, assert_type

from pydantic import BaseModel

from careervp_jobs_dal import (
    Claim,
    Failure,
    InvalidPayloadError,
    JobKind,
    JobRecord,
    JobsOperator,
    JobsRepository,
    JobWorker,
    ResultCode,
    Submission,
    Success,
    create_table,
    verify_table,
)
from careervp_jobs_dal.worker import LambdaContext


class Tone(StrEnum):
    """How a letter sounds."""

    PLAIN = "plain"
    WARM = "warm"


@dataclass(frozen=True)
class Posting:
    """What is applied for."""

    role: str
    duties: list[str]
    closes_at: datetime | None = None


@dataclass(frozen=True)
class LetterRequest:
    """The payload of a letter's job."""

    posting: Posting
    tone: Tone = Tone.PLAIN
    scores: dict[str, float] = field(default_factory=dict[str, float])


class ReportRequest(TypedDict):
    """The payload of a report's job."""

    application_id: str
    pages: int
    language: NotRequired[Literal["de", "en"]]


class Portrait(BaseModel):
    """The payload of a portrait's job."""

    url: str
    width: int = 300


LETTER = JobKind("letter", LetterRequest, max_attempts=2)
REPORT = JobKind("report", ReportRequest, prefix="")
PORTRAIT = JobKind("portrait", Portrait)

jobs = JobsRepository("jobs")


def submit_letter(key: str, user_id: str, role: str) -> Success[Submission] | Failure:
    """The submitter: a field that the payload does not have is found here."""
    return LETTER.submit(jobs, key, LetterRequest(Posting(role, [])), user_id=user_id)


def submit_report(key: str, user_id: str) -> tuple[int, str]:
    """A status code and a text for each answer."""
    submitted = REPORT.submit(jobs, key, {"application_id": "a-7", "pages": 2}, user_id=user_id, replace_failed=True)
    match submitted:
        case Success(data=submission):
            return HTTPStatus.ACCEPTED if submission.created else HTTPStatus.OK, submission.job["status"]
        case Failure(code=ResultCode.IDEMPOTENCY_MISMATCH):
            return HTTPStatus.CONFLICT, submitted.error
        case Failure(retryable=True, retry_after=pause):
            return HTTPStatus.SERVICE_UNAVAILABLE, str(pause or timedelta(seconds=1))
        case Failure(error=why):
            return HTTPStatus.INTERNAL_SERVER_ERROR, why
        case _:
            assert_never(submitted)


def write_the_letter(request: LetterRequest, claim: Claim) -> dict[str, Any]:
    """The worker: it gets the payload with its type."""
    assert_type(request.posting.closes_at, datetime | None)
    return {"text": f"{request.tone}: {request.posting.role}", "key": f"{claim.job_id}/{claim.claim_id}"}


def make_the_report(request: ReportRequest, claim: Claim) -> dict[str, int]:
    """A TypedDict keeps its keys' types."""
    assert_type(request["pages"], int)
    assert_type(request.get("language", "en"), Literal["de", "en"])
    return {"pages": request["pages"] * claim.attempt}


letter_handler = JobWorker(jobs, LETTER.work(write_the_letter), lease=timedelta(minutes=2))
report_handler = JobWorker(jobs, REPORT.work(make_the_report), permanent=(ValueError,))
portrait_handler = JobWorker(jobs, PORTRAIT.work(lambda portrait, claim: {"width": portrait.width}))


def handle(event: dict[str, Any], context: LambdaContext) -> dict[str, list[dict[str, str]]]:
    """A handler may wrap the worker."""
    return letter_handler(event, context)


def by_hand(job_id: str) -> ResultCode:
    """A worker without SQS."""
    claimed = jobs.claim_job(job_id, lease=timedelta(minutes=5))
    if not claimed:
        return claimed.code
    claim = claimed.data
    try:
        portrait = PORTRAIT.payload_of(claim.job)
    except InvalidPayloadError as error:
        return jobs.fail_job(claim, str(error)).code
    assert_type(portrait, Portrait)
    return jobs.complete_job(claim, url=portrait.url).code


def status(job_id: str, user_id: str) -> str:
    """What a client sees."""
    found = jobs.find_status(job_id, user_id=user_id, fields=["text"])
    if not found:
        return found.error
    job: JobRecord = found.data
    assert_type(job["status"], str)
    assert_type(job.get("attempt", 0), int)
    return json.dumps({"status": job["status"], "text": job.get("text")})


def stuck() -> list[str]:
    """The operator's calls narrow as well."""
    overdue = JobsOperator(jobs).list_overdue(older_than=timedelta(hours=1))
    return [job["job_id"] for job in overdue.data] if overdue else []


def deploy() -> list[str]:
    """The table, without boto3's stubs."""
    made = create_table("jobs", optional_indexes=True)
    if not made and made.code is not ResultCode.ALREADY_EXISTS:
        return [made.error]
    jobs.table.delete()
    return [finding.what for finding in verify_table("jobs").unwrap()]
