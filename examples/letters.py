# pyright: strict
"""Cover letters as jobs of a kind of their own: the request, the store, the work."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TypedDict

from careervp_jobs_dal import (
    Claim,
    Failure,
    JobKind,
    JobsRepository,
    JobWorker,
    Submission,
    Success,
)

RETENTION = timedelta(days=7)
LEASE = timedelta(minutes=2)


@dataclass(frozen=True, slots=True)
class LetterRequest:
    """The payload. A new field needs a default, because older jobs still wait."""

    role: str
    company: str
    tone: str = "plain"

    def __post_init__(self) -> None:
        if not self.role or not self.company:
            raise ValueError("a letter needs a role and a company")


class LetterState(TypedDict):
    """The part of a letter's job that a client sees."""

    status: str
    text: str | None


LETTER = JobKind("letter", LetterRequest, max_attempts=2)


class Letters:
    """The letters' jobs, as the handlers meet them."""

    def __init__(self, jobs: JobsRepository) -> None:
        self.jobs = jobs

    def submit(
        self, key: str, request: LetterRequest, *, user_id: str
    ) -> Success[Submission] | Failure:
        """Make one job for each user and key, or find the one that is there."""
        return LETTER.submit(self.jobs, key, request, user_id=user_id)

    def find(self, job_id: str, *, user_id: str) -> Success[LetterState] | Failure:
        """Tell the user how far the letter is."""
        found = self.jobs.find_status(job_id, user_id=user_id, fields=["text"])
        if not found:
            return found
        state: LetterState = {
            "status": found.data["status"],
            "text": found.data.get("text"),
        }
        return Success(state, retry_after=found.retry_after)


def write_the_letter(request: LetterRequest, claim: Claim) -> dict[str, str]:
    """Write one letter, and return the fields for the record."""
    return {"text": f"To {request.company}: I would like to be your {request.role}."}


def make_worker(jobs: JobsRepository) -> JobWorker:
    """The handler of the function behind the letters' queue."""
    return JobWorker(jobs, LETTER.work(write_the_letter), lease=LEASE)
