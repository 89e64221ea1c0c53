"""The calls that users and workers make, as values: each can be made, and knows what must come of it.

Payloads, results, progress and errors all hold the canary.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, ClassVar

from careervp_jobs_dal import Claim, JobsOperator, JobsRepository, JobStatus, Result, ResultCode
from careervp_jobs_dal.job.index import Wait
from careervp_jobs_dal.plans.submission import derive_job_id
from tests.conftest import CANARY
from tests.machine import reference
from tests.machine.reference import NEW, Job, Outcome, absent

USERS = ("user-1", "user-2")
KEYS = ("key-1", "key-2")
ID_SECRET = "a secret"
PACK_ABOVE = 512
MADE = "made"
SAME = "the same"
"""Stands for the job of the call that is overtaken."""
JOB_IDS = {
    **{f"{user}/{key}": derive_job_id(key, user, ID_SECRET) for user in USERS for key in KEYS},
    MADE: "made-by-the-contract",
}
"""The jobs there can be, by the names that calls show."""
PAYLOADS: dict[str, dict[str, Any]] = {
    "A": {"kind": f"{CANARY} A"},
    "B": {"kind": f"{CANARY} B", "pages": [CANARY] * 64},
}
"""The second is stored compressed."""

Claims = Sequence[Claim]
"""Every claim that was ever handed out, the newest last."""


class Call(ABC):
    """One call; `again` says that it has no nonce, so that a write whose reply was lost may be done once more."""

    again: ClassVar[bool] = False

    @abstractmethod
    def target(self, claims: Claims) -> str:
        """The id of the job that it is about."""

    @abstractmethod
    def make(self, repository: JobsRepository, claims: Claims) -> Result[Any]:
        """Make the call."""

    @abstractmethod
    def expect(self, job: Job | None, now: datetime, claims: Claims) -> Outcome:
        """What must come of it."""

    def about(self, job_id: str) -> Call | None:
        """The same call about this job, if it can be."""
        return self

    def shows(self, mine: Job, present: Job | None) -> bool:
        """Whether the job still shows what this call did to it, though others have followed."""
        return mine == present

    def stands(self, expected: Outcome, present: Job | None) -> bool:
        """Whether what would have come of it is still the truth, though another has brought it about."""
        return False


@dataclass(frozen=True)
class OnJob(Call):
    """A call that names its job."""

    job: str

    def target(self, claims: Claims) -> str:
        return JOB_IDS[self.job]

    def about(self, job_id: str) -> Call | None:
        (name,) = (name for name, known in JOB_IDS.items() if known == job_id)
        return replace(self, job=name)


@dataclass(frozen=True)
class Submit(OnJob):
    payload: str
    max_attempts: int
    replace_failed: bool
    allow_different_payload: bool
    starts_in: int | None

    def about(self, job_id: str) -> Call | None:
        return None if job_id == JOB_IDS[MADE] else super().about(job_id)

    def make(self, repository: JobsRepository, claims: Claims) -> Result[Any]:
        user, _, key = self.job.partition("/")
        return repository.submit_job(
            key,
            PAYLOADS[self.payload],
            user_id=user,
            max_attempts=self.max_attempts,
            replace_failed=self.replace_failed,
            allow_different_payload=self.allow_different_payload,
            run_at=None if self.starts_in is None else repository.clock() + timedelta(seconds=self.starts_in),
        )

    def expect(self, job: Job | None, now: datetime, claims: Claims) -> Outcome:
        payload = PAYLOADS[self.payload]["kind"]
        if job is None or job.expired(now) or (self.replace_failed and job.status is JobStatus.FAILED):
            start = now + timedelta(seconds=self.starts_in or 0)
            ttl = int((start + reference.RETENTION).timestamp())
            user = self.job.partition("/")[0]
            made = Job(
                NEW, user, JobStatus.PENDING, payload, self.max_attempts, ttl, due_at=start, waits_for=Wait.QUEUED
            )
            if start > now:
                late = start - now > reference.AT_ONCE
                made = replace(made, available_at=start, waits_for=Wait.TIMED if late else Wait.QUEUED)
            if job is not None:
                made = replace(made, claim_id=job.claim_id, available_at=start)
            return Outcome(ResultCode.SUCCESS, made, created=True)
        if job.payload != payload and not self.allow_different_payload:
            return Outcome(ResultCode.IDEMPOTENCY_MISMATCH, job)
        return Outcome(ResultCode.SUCCESS, job)

    def shows(self, mine: Job, present: Job | None) -> bool:
        return present is not None and mine.life == present.life


@dataclass(frozen=True)
class TakeUp(OnJob):
    """A message is delivered, for the first time or again, and a worker claims its job."""

    worker: str
    lease: int
    max_attempts: int
    adopt_unleased: bool

    def make(self, repository: JobsRepository, claims: Claims) -> Result[Any]:
        return repository.claim_job(
            JOB_IDS[self.job],
            lease=timedelta(seconds=self.lease),
            worker_id=self.worker,
            max_attempts=self.max_attempts,
            adopt_unleased=self.adopt_unleased,
        )

    def expect(self, job: Job | None, now: datetime, claims: Claims) -> Outcome:
        if job is None:
            return absent()
        if job.status.finished:
            return Outcome(ResultCode.ALREADY_FINISHED, job)
        if job.expired(now):
            return absent()._replace(job=job)
        if not job.waits(now) and not (self.adopt_unleased and job.leased_until is None):
            wait = None if job.leased_until is None else job.leased_until + reference.MARGIN - now
            return Outcome(ResultCode.LEASE_HELD, job, retry_after=wait)
        if job.available_at is not None and job.available_at > now:
            return Outcome(ResultCode.NOT_DUE, job, retry_after=job.available_at - now)
        used_up = job.attempt >= (job.max_attempts or self.max_attempts)
        if (job.stop_asked_at or used_up) and job.leased_until is not None and not job.abandoned(now):
            return Outcome(ResultCode.LEASE_HELD, job, retry_after=job.leased_until + reference.LAST_MARGIN - now)
        if job.stop_asked_at:
            return Outcome(ResultCode.ALREADY_FINISHED, reference.given_up(job, now))
        if job.attempt >= (job.max_attempts or self.max_attempts):
            return Outcome(ResultCode.ATTEMPTS_EXHAUSTED, reference.given_up(job, now))
        return Outcome(ResultCode.SUCCESS, reference.claimed(job, now, timedelta(seconds=self.lease), self.worker))

    def shows(self, mine: Job, present: Job | None) -> bool:
        if mine.status.finished:
            return mine == present
        return present is not None and mine.claim_id == present.claim_id

    def stands(self, expected: Outcome, present: Job | None) -> bool:
        if present is None or expected.job is None or expected.code is not ResultCode.ATTEMPTS_EXHAUSTED:
            return False
        return (present.status, present.attempt) == (JobStatus.FAILED, expected.job.attempt)


@dataclass(frozen=True)
class Cancel(OnJob):
    """Cancel; has no nonce, so that a lost reply can cost the job's next life too."""

    user: str | None
    again: ClassVar[bool] = True

    def make(self, repository: JobsRepository, claims: Claims) -> Result[Any]:
        return repository.cancel_job(JOB_IDS[self.job], user_id=self.user)

    def expect(self, job: Job | None, now: datetime, claims: Claims) -> Outcome:
        if job is None or job.expired(now) or self.user not in (None, job.user):
            return absent()._replace(job=job)
        if job.cancelled_at:
            return Outcome(ResultCode.SUCCESS, job)
        if job.status.finished:
            return Outcome(ResultCode.ALREADY_FINISHED, job)
        if job.waits(now):
            return Outcome(ResultCode.SUCCESS, reference.cancelled(job, now))
        return Outcome(ResultCode.SUCCESS, replace(job, stop_asked_at=job.stop_asked_at or now))


@dataclass(frozen=True)
class Retry(OnJob):
    """An operator gives a failed job its attempts again."""

    def make(self, repository: JobsRepository, claims: Claims) -> Result[Any]:
        return JobsOperator(repository).retry_job(JOB_IDS[self.job])

    def expect(self, job: Job | None, now: datetime, claims: Claims) -> Outcome:
        if job is None or job.expired(now):
            return absent()._replace(job=job)
        if job.status is not JobStatus.FAILED:
            return Outcome(ResultCode.INVALID_TRANSITION, job)
        return Outcome(ResultCode.SUCCESS, reference.begun_anew(job, now))

    def shows(self, mine: Job, present: Job | None) -> bool:
        return present is not None and mine.life == present.life


@dataclass(frozen=True)
class Find(OnJob):
    user: str | None

    def make(self, repository: JobsRepository, claims: Claims) -> Result[Any]:
        return repository.find_job(JOB_IDS[self.job], user_id=self.user)

    def expect(self, job: Job | None, now: datetime, claims: Claims) -> Outcome:
        if job is None or job.expired(now) or self.user not in (None, job.user):
            return absent()._replace(job=job)
        return Outcome(ResultCode.SUCCESS, job)


@dataclass(frozen=True)
class Create(Call):
    """A job of the contract: without a limit of attempts, a ttl or a submission."""

    payload: str

    def target(self, claims: Claims) -> str:
        return JOB_IDS[MADE]

    def make(self, repository: JobsRepository, claims: Claims) -> Result[Any]:
        return repository.create_job(
            {
                "job_id": JOB_IDS[MADE],
                "status": "PENDING",
                "created_at": "2036-02-03T13:05:32Z",
                "idempotency_key": KEYS[0],
                "input_data": PAYLOADS[self.payload],
            }
        )

    def expect(self, job: Job | None, now: datetime, claims: Claims) -> Outcome:
        made = Job(None, None, JobStatus.PENDING, PAYLOADS[self.payload]["kind"], None, None)
        if job is None:
            return Outcome(ResultCode.SUCCESS, made)
        return Outcome(ResultCode.ALREADY_EXISTS, job, if_resent=ResultCode.SUCCESS if job == made else None)


@dataclass(frozen=True)
class Update(OnJob):
    """A worker of old, which knows no claims."""

    status: JobStatus
    note: str | None
    again: ClassVar[bool] = True

    def make(self, repository: JobsRepository, claims: Claims) -> Result[Any]:
        fields = {} if self.note is None else {"note": self.note}
        return repository.update_job_status(JOB_IDS[self.job], self.status, fields=fields)

    def expect(self, job: Job | None, now: datetime, claims: Claims) -> Outcome:
        if job is None:
            return absent()
        note = job.note if self.note is None else self.note
        if job.status.finished or self.status is JobStatus.PENDING:
            done = (job.status, job.note) == (self.status, note) and self.status is not JobStatus.PENDING
            return Outcome(ResultCode.INVALID_TRANSITION, job, if_resent=ResultCode.SUCCESS if done else None)
        moved = replace(job, status=self.status, note=note)
        if self.status.finished:
            moved = reference.placed(moved, now)
        return Outcome(ResultCode.SUCCESS, moved)
