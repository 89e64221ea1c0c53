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
    """Who moves a job's status: the contract's two updates."""

    UPDATE = "update"


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
)


def sources(target: JobStatus, verb: Verb) -> tuple[JobStatus, ...]:
    """The statuses from which `verb` may move a job to `target`.

    >>> [str(status) for status in sources(JobStatus.COMPLETED, Verb.UPDATE)]
    ['PENDING', 'PROCESSING']
    >>> sources(JobStatus.PENDING, Verb.UPDATE)
    ()
    """
    return tuple(step.source for step in TRANSITIONS if (step.target, step.verb) == (target, verb))
