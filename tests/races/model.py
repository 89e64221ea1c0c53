"""What one job may do when its calls come one after the other: the specification that histories are held against.

Written from the documentation, and in other terms than the package, so that the two cannot err together.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any, NamedTuple, TypeAlias

MARGIN = timedelta(seconds=1)
"""How long after a lease's end other workers wait."""

GIVE_UP_MARGIN = timedelta(seconds=10)
"""How long they wait before they give up a job whose last attempt it was."""


class Job(NamedTuple):
    """All of a job that its workers decide by, as far as a record shows it."""

    status: str
    attempt: int = 0
    claim_id: str | None = None
    lease_until: datetime | None = None
    result: str | None = None
    failures: tuple[tuple[str, str], ...] = ()  # the claim that failed, and its error
    available_at: datetime | None = None  # since when a job that was put back may be claimed

    @classmethod
    def of(cls, record: Mapping[str, Any]) -> Job:
        """What a record shows."""
        lease, available = record.get("lease_expires_at"), record.get("available_at")
        return cls(
            record["status"],
            record.get("attempt", 0),
            record.get("claim_id"),
            datetime.fromisoformat(lease) if lease else None,
            record.get("result"),
            tuple((entry["claim_id"], entry["error"]) for entry in record.get("errors", ())),
            datetime.fromisoformat(available) if available else None,
        )


class Event(NamedTuple):
    """One call: what was asked and answered, and between which two instants it happened.

    Attributes:
        began: a monotonic time before the call, `ended` one after it.
        verb: the call's name.
        code: the answer's code.
        seen: the job as the answer shows it; None where it shows none.
        now: what the call took for the present.
        lease: the lease that was asked for.
        claim: the attempt and the id of the claim that was presented.
        text: the result, or the error.
        retryable: whether the failure is worth another attempt.
    """

    began: float
    ended: float
    verb: str
    code: str
    seen: Job | None
    now: datetime
    lease: timedelta = timedelta(0)
    claim: tuple[int, str] = (0, "")
    text: str = ""
    retryable: bool = False


Answer: TypeAlias = tuple[str, Job]
"""A code, and the job afterwards."""


def step(job: Job, event: Event, max_attempts: int) -> Job | None:
    """The job after the call, or None where the call cannot have been answered like this."""
    if event.code == "CONFLICT":  # nothing was done, and nothing is said of the job
        return job
    code, after = _ANSWERS[event.verb](job, event, max_attempts)
    return after if (event.code, event.seen) == (code, after) else None


def _look(job: Job, _: Event, __: int) -> Answer:
    return "SUCCESS", job


def _claim(job: Job, event: Event, max_attempts: int) -> Answer:
    exhausted = job.status == "FAILED" and job.attempt == max_attempts
    if exhausted and event.code == "ATTEMPTS_EXHAUSTED":  # of several who find that out together, one writes it
        return "ATTEMPTS_EXHAUSTED", job
    if job.status in ("COMPLETED", "FAILED"):
        return "ALREADY_FINISHED", job
    if job.lease_until and event.now < job.lease_until + MARGIN:
        return "LEASE_HELD", job
    if job.available_at and event.now < job.available_at:
        return "NOT_DUE", job
    if job.attempt == max_attempts:
        if job.lease_until and event.now < job.lease_until + GIVE_UP_MARGIN:
            return "LEASE_HELD", job
        said = event.seen.failures[-1:] if event.seen else ()
        return "ATTEMPTS_EXHAUSTED", _failed(job, "FAILED", *(error for _, error in said))
    fresh = event.seen.claim_id if event.seen else None
    if fresh == job.claim_id:
        return "a claim of its own", job
    said = event.seen.failures[-1:] if event.seen else ()
    # A takeover notes the attempt that was lost.
    lost = _failed(job, "PROCESSING", *(error for _, error in said)) if job.status == "PROCESSING" else job
    return "SUCCESS", lost._replace(
        status="PROCESSING", attempt=job.attempt + 1, claim_id=fresh, lease_until=event.now + event.lease
    )


def _renew(job: Job, event: Event, _: int) -> Answer:
    if _is_held(job, event):
        until = event.now + event.lease  # a renewal moves the lease's end forward only
        return "SUCCESS", job._replace(lease_until=max(until, job.lease_until or until))
    return _too_late(job, event), job


def _complete(job: Job, event: Event, _: int) -> Answer:
    if _is_held(job, event):
        return "SUCCESS", job._replace(status="COMPLETED", lease_until=None, result=event.text)
    done_before = job.status == "COMPLETED" and (job.attempt, job.claim_id, job.result) == (*event.claim, event.text)
    return "SUCCESS" if done_before else _too_late(job, event), job


def _fail(job: Job, event: Event, max_attempts: int) -> Answer:
    if _is_held(job, event):
        again = event.retryable and job.attempt < max_attempts
        after = _failed(job, "PENDING" if again else "FAILED", event.text)
        return "SUCCESS", after._replace(available_at=event.now) if again else after
    done_before = (event.claim[1], event.text) in job.failures
    return "SUCCESS" if done_before else _too_late(job, event), job


def _failed(job: Job, status: str, error: str = "") -> Job:
    failures = (*job.failures, (str(job.claim_id), error))
    return job._replace(status=status, lease_until=None, failures=failures)


def _is_held(job: Job, event: Event) -> bool:
    return job.status == "PROCESSING" and (job.attempt, job.claim_id) == event.claim


def _too_late(job: Job, event: Event) -> str:
    is_last = (job.attempt, job.claim_id) == event.claim and job.status != "PENDING"
    return "ALREADY_FINISHED" if is_last else "LEASE_LOST"


_ANSWERS: dict[str, Callable[[Job, Event, int], Answer]] = {
    "find": _look,
    "submit": _look,
    "claim": _claim,
    "renew": _renew,
    "complete": _complete,
    "fail": _fail,
}
