"""Cover letters as jobs of a kind of their own: what is asked for, how it is stored, and who writes the letter."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import TypedDict, cast

from careervp_jobs_dal import Claim, JobsRepository, JobWorker, Result, Submission

KIND = "letter"
RETENTION = timedelta(days=7)
MAX_ATTEMPTS = 2
LEASE = timedelta(minutes=2)


@dataclass(frozen=True, slots=True)
class LetterRequest:
    """What a letter is about; a field that comes later needs a default, for jobs that wait."""

    role: str
    company: str
    tone: str = "plain"

    def __post_init__(self) -> None:
        if not self.role or not self.company:
            raise ValueError("a letter needs a role and a company")


class LetterState(TypedDict, total=False):
    """What a client sees of a letter."""

    status: str
    text: str


class Letters:
    """The only place that knows how a letter's job is stored."""

    def __init__(self, jobs: JobsRepository) -> None:
        self.jobs = jobs

    def submit(
        self,
        key: str,
        request: LetterRequest,
        *,
        user_id: str,
    ) -> Result[Submission]:
        """Make one job for each user and key, or find the one that is there."""
        return self.jobs.submit_job(
            f"{KIND}:{key}",
            asdict(request),
            user_id=user_id,
            max_attempts=MAX_ATTEMPTS,
            kind=KIND,
        )

    def find(self, job_id: str, *, user_id: str) -> Result[LetterState]:
        """Tell the user how far the letter is."""
        found = self.jobs.find_status(job_id, user_id=user_id, fields=["text"])
        return cast("Result[LetterState]", found)


def request_of(claim: Claim) -> LetterRequest:
    """The request as it was submitted; what is none would be none in every attempt."""
    if claim.job.get("kind") != KIND:
        raise ValueError(f"job {claim.job_id} is no letter")
    try:
        return LetterRequest(**claim.job["input_data"])
    except TypeError as error:
        raise ValueError("the payload is no request for a letter") from error


def write_the_letter(claim: Claim) -> dict[str, str]:
    """Write one letter, and return what the record is to say of it."""
    request = request_of(claim)
    return {"text": f"To {request.company}: I would like to be your {request.role}."}


def make_worker(jobs: JobsRepository) -> JobWorker:
    """The handler of the function behind the letters' queue."""
    return JobWorker(jobs, write_the_letter, permanent=(ValueError,), lease=LEASE)
