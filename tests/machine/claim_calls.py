"""What the holder of a claim does with it, in time or long after: any claim that was ever handed out may be used."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, ClassVar

from careervp_jobs_dal import Claim, JobsRepository, JobStatus, Result, ResultCode
from careervp_jobs_dal.job.index import Wait
from tests.machine import reference
from tests.machine.calls import Call, Claims
from tests.machine.reference import Attempted, Job, Outcome, absent, too_late


@dataclass(frozen=True)
class OnClaim(Call):
    """A call with the newest claim (0), the one before it (1), and so on."""

    claim: int

    def held(self, claims: Claims) -> Claim:
        return claims[-1 - self.claim % len(claims)]

    def target(self, claims: Claims) -> str:
        return self.held(claims).job_id

    def expect(self, job: Job | None, now: datetime, claims: Claims) -> Outcome:
        return absent() if job is None else self.judge(job, now, self.held(claims))

    @abstractmethod
    def judge(self, job: Job, now: datetime, claim: Claim) -> Outcome:
        """What must come of it where there is a job."""


@dataclass(frozen=True)
class Renew(OnClaim):
    lease: int
    progress: str | None
    again: ClassVar[bool] = True

    def make(self, repository: JobsRepository, claims: Claims) -> Result[Any]:
        return repository.renew_claim(self.held(claims), lease=timedelta(seconds=self.lease), progress=self.progress)

    def judge(self, job: Job, now: datetime, claim: Claim) -> Outcome:
        if not job.held_by(claim):
            return too_late(job, claim)
        if job.expired(now):
            return absent()._replace(job=job)
        if job.leased_until is None:  # put back, and begun again by a worker of old
            return Outcome(ResultCode.LEASE_LOST, job)
        until = now + timedelta(seconds=self.lease)
        noted = replace(job, progress=self.progress or job.progress)
        if until <= job.leased_until:
            return Outcome(ResultCode.SUCCESS, noted)
        longer = replace(noted, leased_until=until, due_at=until, waits_for=Wait.TIMED)
        return Outcome(ResultCode.SUCCESS, reference.kept(longer, until))


@dataclass(frozen=True)
class Complete(OnClaim):
    note: str | None

    def make(self, repository: JobsRepository, claims: Claims) -> Result[Any]:
        fields = {} if self.note is None else {"note": self.note}
        return repository.complete_job(self.held(claims), fields=fields)

    def judge(self, job: Job, now: datetime, claim: Claim) -> Outcome:
        note = job.note if self.note is None else self.note
        if job.held_by(claim):
            completed = reference.ended(job, JobStatus.COMPLETED, now)
            return Outcome(ResultCode.SUCCESS, replace(completed, note=note, error=None))
        if job.is_of(claim) and job.status is JobStatus.COMPLETED and job.note == note:
            return Outcome(ResultCode.SUCCESS, job)
        return too_late(job, claim)


@dataclass(frozen=True)
class Fail(OnClaim):
    error: str
    retryable: bool
    pause: int | None

    def make(self, repository: JobsRepository, claims: Claims) -> Result[Any]:
        return repository.fail_job(
            self.held(claims), self.error, retryable=self.retryable, retry_after=_seconds(self.pause)
        )

    def judge(self, job: Job, now: datetime, claim: Claim) -> Outcome:
        asked = job.stop_asked_at is not None and not claim.cancel_requested
        if job.held_by(claim) and not asked:
            return Outcome(ResultCode.SUCCESS, self._failed(job, now, claim))
        if self._entry(claim.attempt, claim.claim_id) in job.errors:
            return Outcome(ResultCode.SUCCESS, job)
        if job.held_by(claim):
            return Outcome(ResultCode.SUCCESS, self._failed(job, now, claim))
        return too_late(job, claim)

    def shows(self, mine: Job, present: Job | None) -> bool:
        return present is not None and self._entry(mine.attempt, mine.claim_id) in present.errors

    def _failed(self, job: Job, now: datetime, claim: Claim) -> Job:
        again = self.retryable and claim.attempt < claim.max_attempts and not job.stop_asked_at
        errors = (*reference.history(claim.job), self._entry(claim.attempt, claim.claim_id))
        failed = replace(job, error=self.error, errors=errors)
        if again:
            return reference.put_back(failed, now, _seconds(self.pause))
        return replace(
            reference.ended(failed, JobStatus.FAILED, now),
            cancelled_at=now if job.stop_asked_at else None,
        )

    def _entry(self, attempt: int, claim_id: str | None) -> Attempted:
        return attempt, claim_id, self.error


@dataclass(frozen=True)
class Release(OnClaim):
    """A worker gives its job back, and no attempt is counted."""

    pause: int | None

    def make(self, repository: JobsRepository, claims: Claims) -> Result[Any]:
        return repository.release_claim(self.held(claims), retry_after=_seconds(self.pause))

    def judge(self, job: Job, now: datetime, claim: Claim) -> Outcome:
        if not job.held_by(claim):
            # A retry keeps the claim's id, but begins another life.
            mine = (job.life, job.claim_id) == (claim.job.get("submission_id"), claim.claim_id)
            released = (job.status, job.attempt) == (JobStatus.PENDING, claim.attempt - 1)
            same = mine and released and job.available_at == now + (_seconds(self.pause) or timedelta(0))
            ending = job.cancelled_at == now and job.error == reference.OWN_WORDS
            stopped = claim.cancel_requested and job.is_of(claim) and ending
            return Outcome(ResultCode.SUCCESS, job) if same or stopped else too_late(job, claim)
        if job.stop_asked_at:
            return Outcome(ResultCode.SUCCESS, reference.cancelled(job, now))
        if job.expired(now):
            return absent()._replace(job=job)
        return Outcome(
            ResultCode.SUCCESS, reference.put_back(replace(job, attempt=job.attempt - 1), now, _seconds(self.pause))
        )

    def shows(self, mine: Job, present: Job | None) -> bool:
        return present is not None and (mine.claim_id, mine.status) == (present.claim_id, present.status)


def _seconds(pause: int | None) -> timedelta | None:
    return None if pause is None else timedelta(seconds=pause)
