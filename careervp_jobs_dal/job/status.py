"""The four statuses of a job; `transition` says how a job moves between them."""

from __future__ import annotations

from enum import StrEnum


class JobStatus(StrEnum):
    """Status of a job, stored as this text.

    >>> JobStatus("PROCESSING").finished, JobStatus.FAILED.finished
    (False, True)
    """

    PENDING = "PENDING"
    PROCESSING = "PROCESSING"
    COMPLETED = "COMPLETED"
    FAILED = "FAILED"

    @property
    def finished(self) -> bool:
        """Tell whether the status is COMPLETED or FAILED, which no update changes again."""
        return self in FINISHED


FINISHED = (JobStatus.COMPLETED, JobStatus.FAILED)
_BY_TEXT = {str(status): status for status in JobStatus}


def parse_status(value: object) -> JobStatus | None:
    """Return the status that a stored value names; None for any other value.

    >>> parse_status("FAILED"), parse_status("failed"), parse_status(None)
    (<JobStatus.FAILED: 'FAILED'>, None, None)
    """
    return _BY_TEXT.get(value) if isinstance(value, str) else None
