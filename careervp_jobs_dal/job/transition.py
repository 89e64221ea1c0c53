"""The allowed moves of a job's status: source, target and call.

Conditions, checks, the diagram in the docs and the property tests are derived from `TRANSITIONS`. The model checker
finds exactly these moves among the library's writes. A write that does not set the status, such as a renewal, has no
row.
"""

from __future__ import annotations

from typing import NamedTuple

from careervp_jobs_dal.job.status import JobStatus
from careervp_jobs_dal.job.verb import Verb


class Transition(NamedTuple):
    """Allowed move of a job's status."""

    source: JobStatus
    target: JobStatus
    verb: Verb


TRANSITIONS = (
    # The contract's two updates move a job forward only; steps may be skipped, and PROCESSING may repeat.
    Transition(JobStatus.PENDING, JobStatus.PROCESSING, Verb.UPDATE),
    Transition(JobStatus.PENDING, JobStatus.COMPLETED, Verb.UPDATE),
    Transition(JobStatus.PENDING, JobStatus.FAILED, Verb.UPDATE),
    Transition(JobStatus.PROCESSING, JobStatus.PROCESSING, Verb.UPDATE),
    Transition(JobStatus.PROCESSING, JobStatus.COMPLETED, Verb.UPDATE),
    Transition(JobStatus.PROCESSING, JobStatus.FAILED, Verb.UPDATE),
    # A submission with `replace_failed` replaces a failed job.
    Transition(JobStatus.FAILED, JobStatus.PENDING, Verb.SUBMIT),
    # A claim takes a waiting job, or one whose lease has lapsed; with the attempts used up it ends the job.
    Transition(JobStatus.PENDING, JobStatus.PROCESSING, Verb.CLAIM),
    Transition(JobStatus.PROCESSING, JobStatus.PROCESSING, Verb.CLAIM),
    Transition(JobStatus.PENDING, JobStatus.FAILED, Verb.CLAIM),
    Transition(JobStatus.PROCESSING, JobStatus.FAILED, Verb.CLAIM),
    # A claim gives the job back where its record turns out to be unreadable.
    Transition(JobStatus.PROCESSING, JobStatus.PENDING, Verb.CLAIM),
    # Only the holder of the claim completes or fails; a failure worth another attempt puts the job back.
    Transition(JobStatus.PROCESSING, JobStatus.COMPLETED, Verb.COMPLETE),
    Transition(JobStatus.PROCESSING, JobStatus.FAILED, Verb.FAIL),
    Transition(JobStatus.PROCESSING, JobStatus.PENDING, Verb.FAIL),
    # A worker gives its job back without an attempt; one that is to be cancelled ends.
    Transition(JobStatus.PROCESSING, JobStatus.PENDING, Verb.RELEASE),
    Transition(JobStatus.PROCESSING, JobStatus.FAILED, Verb.RELEASE),
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
    """Return the statuses from which this call may move a job to `target`.

    >>> [str(status) for status in sources(JobStatus.COMPLETED, Verb.UPDATE)]
    ['PENDING', 'PROCESSING']
    >>> sources(JobStatus.PENDING, Verb.UPDATE)
    ()
    """
    return tuple(move.source for move in TRANSITIONS if (move.target, move.verb) == (target, verb))
