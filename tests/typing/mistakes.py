# pyright: strict, reportUnnecessaryTypeIgnoreComment=true
"""Mistakes that a type checker finds at either end of a job's kind: one that it misses is an unused comment.

Read by the type checkers, never run.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TypedDict

from careervp_jobs_dal import Claim, Failure, JobKind, JobsRepository, JobWorker, Result, Success


class ReportRequest(TypedDict):
    """The payload of a report's job."""

    application_id: str
    pages: int


@dataclass
class LetterRequest:
    """The payload of a letter's job."""

    role: str


class Upside:
    """A codec that gives back something else than it takes."""

    def dump(self, payload: int, /) -> dict[str, int]:
        """Take a number."""
        return {"number": payload}

    def load(self, stored: dict[str, int], /) -> int:
        """Ask for more than a Mapping."""
        return stored["number"]


REPORT = JobKind("report", ReportRequest)
LETTER = JobKind("letter", LetterRequest)
jobs = JobsRepository("jobs")

REPORT.submit(jobs, "key", {"application_id": "a-7", "page": 2})  # type: ignore[typeddict-item,typeddict-unknown-key]
REPORT.submit(jobs, "key", {"application_id": "a-7"})  # type: ignore[typeddict-item]
REPORT.submit(jobs, "key", {"application_id": 7, "pages": 2})  # type: ignore[typeddict-item]
LETTER.submit(jobs, "key", {"role": "CTO"})  # type: ignore[arg-type]
LETTER.submit(jobs, "key", LetterRequest("CTO"), user_id=7)  # type: ignore[arg-type]
LETTER.submit("jobs", "key", LetterRequest("CTO"))  # type: ignore[arg-type]
LETTER.submit(jobs, "key", LetterRequest("CTO")).unwrap().jobb  # type: ignore[attr-defined]  # noqa: B018
JobKind("upside", Upside())  # type: ignore[arg-type]


def write_the_letter(request: LetterRequest, claim: Claim) -> dict[str, str]:
    """Ask for a field that is not there."""
    return {"text": request.rolle}  # type: ignore[attr-defined]


def make_the_report(request: ReportRequest, claim: Claim) -> dict[str, int]:
    """Ask for a key that is not there."""
    return {"pages": request["page"]}  # type: ignore[typeddict-item]


JobWorker(jobs, REPORT.work(write_the_letter))  # type: ignore[arg-type]
JobWorker(jobs, LETTER.work(write_the_letter).strip)  # type: ignore[attr-defined]
JobWorker(jobs, write_the_letter)  # type: ignore[arg-type]


def decide(answer: Success[int] | Failure) -> int:
    """The data of a failure is None, and the error of a success as well."""
    if answer:
        return len(answer.error)  # type: ignore[arg-type]
    return answer.data + 1  # type: ignore[operator]


claimed = jobs.claim_job("vpr-1", lease=timedelta(minutes=5))
print(claimed.data.job)  # type: ignore[union-attr]
print(claimed.unwrap().job["attempt"].upper())  # type: ignore[attr-defined]
Result(1, None, claimed.code, None, None)  # type: ignore[abstract]
