"""The lifecycle in plain Python: what a job is, and what each call must answer and leave behind.

Written from the promises, not from the library's conditions, and kept so simple that it can be read in one go. A call
is a function of the stored job and the present time; it gives an `Outcome`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from math import ceil
from typing import Any, NamedTuple, TypeAlias

from careervp_jobs_dal import Claim, JobStatus, ResultCode
from careervp_jobs_dal.job.index import Wait
from tests.conftest import CANARY

RETENTION = timedelta(minutes=90)
MARGIN = timedelta(seconds=1)
"""How long after a lease's end the job may be taken over."""
LAST_MARGIN = timedelta(seconds=10)
"""How long after the last attempt's lease the job is failed."""
KEPT = timedelta(hours=1)
"""How long a record must outlive the lease on it, and its next delivery."""
INVISIBLE = timedelta(hours=12)
"""How long a message that was received can be away."""
AT_ONCE = timedelta(minutes=15)
"""How long the queue can delay a new message; a job that starts later waits for a sweep."""
NEW = "new"
"""Stands for an id that the library makes: whatever it is, it must never have been seen before."""
OWN_WORDS = "the library's own words"

Attempted: TypeAlias = tuple[int, str | None, str]
"""What the history says of one attempt: its number, its claim, its error."""


@dataclass(frozen=True)
class Job:
    """What matters of a stored job; `life` is the submission that began it."""

    life: str | None
    user: str | None
    status: JobStatus
    payload: str | None
    max_attempts: int | None
    ttl: int | None
    attempt: int = 0
    claim_id: str | None = None
    worker: str | None = None
    leased_until: datetime | None = None
    progress: str | None = None
    note: str | None = None
    error: str | None = None
    errors: tuple[Attempted, ...] = ()
    started_at: datetime | None = None
    completed_at: datetime | None = None
    cancelled_at: datetime | None = None
    stop_asked_at: datetime | None = None
    available_at: datetime | None = None
    due_at: datetime | None = None
    waits_for: str | None = None

    def expired(self, now: datetime) -> bool:
        return self.ttl is not None and self.ttl <= int(now.timestamp())

    def lapsed(self, now: datetime) -> bool:
        return self.leased_until is not None and self.leased_until + MARGIN <= now

    def is_of(self, claim: Claim) -> bool:
        return (self.attempt, self.claim_id) == (claim.attempt, claim.claim_id)

    def held_by(self, claim: Claim) -> bool:
        return self.status is JobStatus.PROCESSING and self.is_of(claim)

    def abandoned(self, now: datetime) -> bool:
        return self.leased_until is None or self.leased_until + LAST_MARGIN <= now

    def wants_message(self, now: datetime, *, created: bool) -> bool:
        """Whether whoever submits the job is to send a message for it."""
        if self.status is not JobStatus.PENDING or self.available_at is None or self.available_at <= now:
            return self.waits(now)
        return created and self.available_at - now <= AT_ONCE

    def waits(self, now: datetime) -> bool:
        """Whether it is for the queue: nobody works on it, and somebody should."""
        return self.status is JobStatus.PENDING or (self.status is JobStatus.PROCESSING and self.lapsed(now))


class Outcome(NamedTuple):
    """What a call answers, and the job as it stands afterwards.

    Attributes:
        code: the answer.
        job: what is stored afterwards; None where nothing is.
        created: for a submission, whether it says that it made the job.
        retry_after: for a held lease, when it lapses.
        if_resent: what a call without a nonce may answer as well, if its request was sent more than once.
    """

    code: ResultCode
    job: Job | None
    created: bool = False
    retry_after: timedelta | None = None
    if_resent: ResultCode | None = None


def seen(record: Mapping[str, Any]) -> Job:
    """What a record says, in the reference's words."""
    return Job(
        life=record.get("submission_id"),
        user=record.get("user_id"),
        status=JobStatus(record["status"]),
        payload=record.get("input_data", {}).get("kind"),
        max_attempts=record.get("max_attempts"),
        ttl=record.get("ttl"),
        attempt=record.get("attempt", 0),
        claim_id=record.get("claim_id"),
        worker=record.get("claimed_by"),
        leased_until=_instant(record.get("lease_expires_at")),
        progress=record.get("progress"),
        note=record.get("note"),
        error=_said(record.get("error")),
        errors=history(record),
        started_at=_instant(record.get("started_at")),
        completed_at=_instant(record.get("completed_at")),
        cancelled_at=_instant(record.get("cancelled_at")),
        stop_asked_at=_instant(record.get("cancel_requested_at")),
        available_at=_instant(record.get("available_at")),
        due_at=_instant(record.get("due_at")),
        waits_for=record["active_shard"][0] if "active_shard" in record else None,
    )


def history(record: Mapping[str, Any]) -> tuple[Attempted, ...]:
    """The errors of earlier attempts."""
    entries = record.get("errors", ())
    return tuple((entry["attempt"], entry["claim_id"], _said(entry["error"]) or "") for entry in entries)


def claimed(job: Job, now: datetime, lease: timedelta, worker: str) -> Job:
    """A job in the hands of a new claim."""
    lost = (job.attempt, job.claim_id, OWN_WORDS)
    return kept(
        replace(
            job,
            status=JobStatus.PROCESSING,
            attempt=job.attempt + 1,
            claim_id=NEW,
            worker=worker,
            leased_until=now + lease,
            due_at=now + lease,
            waits_for=Wait.TIMED,
            progress=None,
            started_at=job.started_at or now,
            errors=(*job.errors, lost) if job.status is JobStatus.PROCESSING else job.errors,
        ),
        max(now + lease, now + INVISIBLE),
    )


def put_back(job: Job, now: datetime, pause: timedelta | None = None) -> Job:
    """A job that waits again, and may be claimed after the pause."""
    start = now + (pause or timedelta(0))
    waiting = replace(job, status=JobStatus.PENDING, leased_until=None, available_at=start)
    return kept(replace(waiting, due_at=start, waits_for=Wait.QUEUED), max(start, now + INVISIBLE))


def kept(job: Job, until: datetime) -> Job:
    """The job with a ttl that outlives this time; one that is absent or late enough stays."""
    least = ceil((until + KEPT).timestamp())
    return job if job.ttl is None else replace(job, ttl=max(job.ttl, least))


def given_up(job: Job, now: datetime) -> Job:
    """A job that has no attempt left, or was to be cancelled, and whose worker is gone."""
    if job.stop_asked_at:
        return cancelled(job, now)
    lost = ((job.attempt, job.claim_id, OWN_WORDS),) if job.status is JobStatus.PROCESSING else ()
    return replace(ended(job, JobStatus.FAILED, now), error=OWN_WORDS, errors=(*job.errors, *lost))


def cancelled(job: Job, now: datetime) -> Job:
    """A job that was cancelled while no worker held it."""
    return replace(ended(job, JobStatus.FAILED, now), error=OWN_WORDS, cancelled_at=now)


def ended(job: Job, status: JobStatus, now: datetime) -> Job:
    """A job with no lease on it any more, for good."""
    return placed(replace(job, status=status, leased_until=None, completed_at=now), now)


def placed(job: Job, now: datetime) -> Job:
    """A job that has ended, with its place on the active index if it failed."""
    failed = job.status is JobStatus.FAILED
    return replace(job, due_at=now if failed else None, waits_for=Wait.FAILED if failed else None)


def begun_anew(job: Job, now: datetime) -> Job:
    """A failed job that waits again: but for its errors and its last claim's id as if it had never been claimed."""
    begun = Job(NEW, job.user, JobStatus.PENDING, job.payload, job.max_attempts, job.ttl)
    return put_back(replace(begun, note=job.note, errors=job.errors, claim_id=job.claim_id), now)


def too_late(job: Job, claim: Claim) -> Outcome:
    """What a claim that is over may not do."""
    over = not job.is_of(claim) or job.status is JobStatus.PENDING
    return Outcome(ResultCode.LEASE_LOST if over else ResultCode.ALREADY_FINISHED, job)


def absent() -> Outcome:
    """Nothing is there, and nothing comes into being."""
    return Outcome(ResultCode.NOT_FOUND, None)


def _instant(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)


def _said(error: str | None) -> str | None:
    return error if error is None or CANARY in error else OWN_WORDS
