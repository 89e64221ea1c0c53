"""The four statuses of a job, and who may move it from which to which.

`TRANSITIONS` is the only place where that is written: the conditions of the writes, the checks, the picture in the
documentation and the property tests are all made from it.
"""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple


class JobStatus(StrEnum):
    """Where a job is in its life; stored as this text.

    >>> JobStatus("PROCESSING").finished, JobStatus.FAILED.finished
    (False, True)
    """

    PENDING = "PENDING"
    PROCESSING = "PROCESSING"
    COMPLETED = "COMPLETED"
    FAILED = "FAILED"

    @property
    def finished(self) -> bool:
        """True for COMPLETED and FAILED, which no update changes again."""
        return self in (JobStatus.COMPLETED, JobStatus.FAILED)


class Verb(StrEnum):
    """Who moves a job's status: the contract's two updates, or one step of the lifecycle."""

    UPDATE = "update"
    REPLACE = "replace"
    CLAIM = "claim"
    COMPLETE = "complete"
    FAIL = "fail"
    CANCEL = "cancel"
    RECOVER = "recover"
    RETRY = "retry"


class Transition(NamedTuple):
    """One allowed step of a job's status."""

    source: JobStatus
    target: JobStatus
    verb: Verb


TRANSITIONS = (
    Transition(JobStatus.PENDING, JobStatus.PROCESSING, Verb.UPDATE),
    Transition(JobStatus.PENDING, JobStatus.COMPLETED, Verb.UPDATE),
    Transition(JobStatus.PENDING, JobStatus.FAILED, Verb.UPDATE),
    Transition(JobStatus.PROCESSING, JobStatus.PROCESSING, Verb.UPDATE),
    Transition(JobStatus.PROCESSING, JobStatus.COMPLETED, Verb.UPDATE),
    Transition(JobStatus.PROCESSING, JobStatus.FAILED, Verb.UPDATE),
    # A submission may begin a failed job anew.
    Transition(JobStatus.FAILED, JobStatus.PENDING, Verb.REPLACE),
    # A claim takes a waiting job, or one whose lease has lapsed; with the attempts used up it ends the job.
    Transition(JobStatus.PENDING, JobStatus.PROCESSING, Verb.CLAIM),
    Transition(JobStatus.PROCESSING, JobStatus.PROCESSING, Verb.CLAIM),
    Transition(JobStatus.PENDING, JobStatus.FAILED, Verb.CLAIM),
    Transition(JobStatus.PROCESSING, JobStatus.FAILED, Verb.CLAIM),
    # Only the holder of the claim completes or fails; a failure worth another try waits again.
    Transition(JobStatus.PROCESSING, JobStatus.COMPLETED, Verb.COMPLETE),
    Transition(JobStatus.PROCESSING, JobStatus.FAILED, Verb.FAIL),
    Transition(JobStatus.PROCESSING, JobStatus.PENDING, Verb.FAIL),
    # A job that no worker holds is cancelled at once.
    Transition(JobStatus.PENDING, JobStatus.FAILED, Verb.CANCEL),
    Transition(JobStatus.PROCESSING, JobStatus.FAILED, Verb.CANCEL),
    # An operator puts back a job whose lease has lapsed, or ends it where its attempts are used up.
    Transition(JobStatus.PROCESSING, JobStatus.PENDING, Verb.RECOVER),
    Transition(JobStatus.PROCESSING, JobStatus.FAILED, Verb.RECOVER),
    # An operator gives a failed job its attempts again.
    Transition(JobStatus.FAILED, JobStatus.PENDING, Verb.RETRY),
)


def sources(target: JobStatus, verb: Verb) -> tuple[JobStatus, ...]:
    """The statuses from which `verb` may move a job to `target`.

    >>> [str(status) for status in sources(JobStatus.COMPLETED, Verb.UPDATE)]
    ['PENDING', 'PROCESSING']
    >>> sources(JobStatus.PENDING, Verb.UPDATE)
    ()
    """
    return tuple(step.source for step in TRANSITIONS if (step.target, step.verb) == (target, verb))
