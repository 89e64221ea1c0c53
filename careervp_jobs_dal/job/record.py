"""The objects that callers hold: a job's record, a submission, and a worker's claim."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from threading import Event
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, TypeVar, overload

from careervp_jobs_dal.job.attribute import CANCEL_REQUESTED_AT, ERRORS, JOB_ID, TTL

if TYPE_CHECKING:
    from datetime import datetime

    from _typeshed import SupportsKeysAndGetItem

D = TypeVar("D")

DEFAULT_MAX_ATTEMPTS = 3

Item: TypeAlias = Mapping[str, Any]
"""A record as boto3's `Table` returns it, not yet decoded."""

if TYPE_CHECKING:
    Text: TypeAlias = Literal[
        "job_id",
        "idempotency_key",
        "user_id",
        "application_id",
        "status",
        "created_at",
        "kind",
        "traceparent",
        "correlation_id",
        "submission_id",
        "fingerprint",
        "active_shard",
        "due_at",
        "reserve",
        "claim_id",
        "claimed_by",
        "lease_expires_at",
        "available_at",
        "started_at",
        "completed_at",
        "error",
        "public_error",
        "cancel_requested_at",
        "cancelled_at",
    ]
    Number: TypeAlias = Literal["ttl", "max_attempts", "attempt"]
    Payload: TypeAlias = Literal["input_data"]
    History: TypeAlias = Literal["errors"]

    # The protocol is stated so that mypy reads the types of keys and values there, and not from the overloads.
    class JobRecord(dict[str, Any], SupportsKeysAndGetItem[str, Any]):
        """Record of a job, in plain Python; a dict at run time.

        `json.dumps` takes it, unless bytes or sets were stored. A type checker knows the type of each attribute that
        the library writes; any other attribute may be there, and is Any.
        """

        @overload
        def __getitem__(self, name: Text, /) -> str: ...
        @overload
        def __getitem__(self, name: Number, /) -> int: ...
        @overload
        def __getitem__(self, name: Payload, /) -> dict[str, Any]: ...
        @overload
        def __getitem__(self, name: History, /) -> list[dict[str, Any]]: ...
        @overload
        def __getitem__(self, name: str, /) -> Any: ...
        def __getitem__(self, name: str, /) -> Any: ...

        @overload  # type: ignore[override]  # a name of its own type comes before dict's own overloads
        def get(self, name: Text, default: None = None, /) -> str | None: ...
        @overload
        def get(self, name: Text, default: D, /) -> str | D: ...
        @overload
        def get(self, name: Number, default: None = None, /) -> int | None: ...
        @overload
        def get(self, name: Number, default: D, /) -> int | D: ...
        @overload
        def get(self, name: Payload, default: None = None, /) -> dict[str, Any] | None: ...
        @overload
        def get(self, name: Payload, default: D, /) -> dict[str, Any] | D: ...
        @overload
        def get(self, name: History, default: None = None, /) -> list[dict[str, Any]] | None: ...
        @overload
        def get(self, name: History, default: D, /) -> list[dict[str, Any]] | D: ...
        @overload
        def get(self, name: str, default: None = None, /) -> Any | None: ...
        @overload
        def get(self, name: str, default: Any, /) -> Any: ...
        def get(self, name: str, default: Any = None, /) -> Any:  # pyright: ignore[reportIncompatibleMethodOverride]
            """Return the value of an attribute, or the default."""

else:
    JobRecord = dict[str, Any]


@dataclass(frozen=True, slots=True, repr=False)
class Submission:
    """Answer of `submit_job`: the created job, or the one that existed already.

    Attributes:
        job: the record.
        created: True for the one call that created the job.
        should_enqueue: whether to send the job to the queue. True while the job is PENDING and due, or its lease has
            lapsed, even if an earlier call created it: that caller may have died before it sent the message. A second
            message does no harm. False while a job pauses: its message is in the queue, or the sweep will send it.
        delay: the time until the job is due, for SQS's DelaySeconds; zero for a job that is due.
    """

    job: JobRecord
    created: bool
    should_enqueue: bool
    delay: timedelta = timedelta(0)

    @property
    def job_id(self) -> str:
        """Return the job's id, which is derived from user and idempotency key."""
        return str(self.job[JOB_ID])

    def __repr__(self) -> str:
        return f"Submission(job_id={self.job_id!r}, created={self.created}, should_enqueue={self.should_enqueue})"


class StopEvent(Event):
    """Event that tells the work on a claim to stop; it can be copied."""

    def __reduce__(self) -> tuple[Any, ...]:
        return _stop_event, (self.is_set(),)


def _stop_event(is_set: bool) -> StopEvent:
    event = StopEvent()
    if is_set:
        event.set()
    return event


@dataclass(frozen=True, slots=True, repr=False)
class Claim:
    """Hold of one worker on a job; `renew_claim`, `complete_job` and `fail_job` take it.

    Attributes:
        job: the record as it was when the job was claimed or the claim renewed.
        attempt: the number of this attempt, counted from 1.
        max_attempts: the number of the last attempt that the job can have.
        claim_id: the fencing token, unique to this claim. Use it in the names of files that the work writes elsewhere.
        lease_expires_at: the end of the lease, in UTC; until then no other worker can claim the job.
        job_id: the job's id.
        cancel_requested: whether the job is to be cancelled; then stop, and call `fail_job`.
        earlier_errors: the history of the earlier attempts, as `errors` had it.
        ttl: the record's `ttl`; None where it has none.
        stop_requested: event that the heartbeat of a `JobWorker` sets when the lease is lost, or the job is to be
            cancelled; then stop, and raise any exception. It is never set without a heartbeat.
    """

    job: JobRecord
    attempt: int
    max_attempts: int
    claim_id: str
    lease_expires_at: datetime
    job_id: str = field(init=False)
    cancel_requested: bool = field(init=False)
    earlier_errors: tuple[Any, ...] = field(init=False)
    ttl: Any = field(init=False)
    stop_requested: Event = field(default_factory=StopEvent, compare=False)

    def __post_init__(self) -> None:
        # Read once: the work may change `job`, and the claim's identity must not change with it.
        errors = self.job.get(ERRORS)
        fixed = {
            "job_id": str(self.job[JOB_ID]),
            "cancel_requested": CANCEL_REQUESTED_AT in self.job,
            "earlier_errors": tuple(errors) if isinstance(errors, list) else (),
            "ttl": self.job.get(TTL),
        }
        for name, value in fixed.items():
            object.__setattr__(self, name, value)

    def __repr__(self) -> str:
        return f"Claim(job_id={self.job_id!r}, attempt={self.attempt}, claim_id={self.claim_id!r})"
