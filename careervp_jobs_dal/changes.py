"""The changes of jobs, read from the records of DynamoDB Streams: for push instead of polling.

Nothing is sent, and boto3 is not needed. Lambda delivers each change at least once, and the changes of one job in their
order.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from careervp_jobs_dal.codec.attribute_value import Image, read_image
from careervp_jobs_dal.codec.packing import decode_record
from careervp_jobs_dal.job.attribute import (
    CANCELLED_AT,
    CLAIM_ID,
    JOB_ID,
    LEASE_EXPIRES_AT,
    PROGRESS,
    STATUS,
    SUBMISSION_ID,
)
from careervp_jobs_dal.job.status import JobStatus, parse_status

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


# The principal in the stream's record if the time to live deleted the item, and no caller did.
_TIME_TO_LIVE = "dynamodb.amazonaws.com"


class ChangeKind(StrEnum):
    """Kind of a change of a job."""

    CREATED = "created"
    CLAIMED = "claimed"
    PROGRESSED = "progressed"
    RENEWED = "renewed"
    PUT_BACK = "put back"
    FINISHED = "finished"
    REMOVED = "removed"
    OTHER = "other"


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class JobChange:
    """Single change of a job; `repr` shows no value of a record.

    Attributes:
        kind: the kind of the change.
        job_id: the job's id.
        status: the job's status after the change; None for a job that was removed, and where the stream has no images.
        at: the approximate time of the change in UTC, to the second; None where the stream does not give it.
        event_id: unique to the change, and the same in each delivery of it.
        sequence_number: the change's place in its shard, which `batchItemFailures` takes as `itemIdentifier`.
        expired: whether DynamoDB removed the job because its time to live was over.
        new_image: the record after the change in DynamoDB's JSON, where the stream has it; `new` reads it.
        old_image: the record before the change in DynamoDB's JSON, where the stream has it; `old` reads it.
    """

    kind: ChangeKind
    job_id: str
    status: JobStatus | None
    at: datetime | None
    event_id: str
    sequence_number: str
    expired: bool
    new_image: Image | None
    old_image: Image | None

    @property
    def new(self) -> dict[str, Any] | None:
        """Return the record after the change; None where the stream does not have it.

        Each use reads the image again.

        Raises:
            ValueError: a value of the record does not have DynamoDB's form.
        """
        return _record(self.new_image)

    @property
    def old(self) -> dict[str, Any] | None:
        """Return the record before the change, as `new` does."""
        return _record(self.old_image)

    @property
    def cancelled(self) -> bool:
        """Tell whether the job ended by cancelling; its status is FAILED then."""
        return self.kind is ChangeKind.FINISHED and CANCELLED_AT in (self.new_image or {})

    def __repr__(self) -> str:
        return f"JobChange({self.kind}, job_id={self.job_id!r}, status={self.status}, event_id={self.event_id!r})"


def read_changes(event: Mapping[str, Any]) -> Iterator[JobChange]:
    """Read the records of an event one by one.

    Args:
        event: the event that Lambda got from the table's stream.

    Returns:
        The changes, in the order of the stream.

    >>> keys = {"job_id": {"S": "vpr-1"}}
    >>> record = {"eventID": "e-1", "eventName": "INSERT", "dynamodb": {"Keys": keys, "SequenceNumber": "7"}}
    >>> [(change.job_id, str(change.kind)) for change in read_changes({"Records": [record]})]
    [('vpr-1', 'created')]

    Raises:
        ValueError: as `read_change`, when the iteration reaches such a record.
    """
    return map(read_change, event["Records"])


def read_change(record: Mapping[str, Any]) -> JobChange:
    """Read one record of a stream.

    The kinds of changes that it recognizes depend on the stream's view. NEW_AND_OLD_IMAGES: all kinds. NEW_IMAGE:
    created, removed, finished and other. KEYS_ONLY and OLD_IMAGE: created, removed and other.

    Args:
        record: the record, from Lambda or from boto3's stream client.

    Returns:
        The change.

    >>> keys = {"job_id": {"S": "vpr-1"}}
    >>> old, new = ({**keys, "status": {"S": status}} for status in ("PROCESSING", "COMPLETED"))
    >>> images = {"Keys": keys, "SequenceNumber": "8", "OldImage": old, "NewImage": new}
    >>> read_change({"eventID": "e-2", "eventName": "MODIFY", "dynamodb": images})
    JobChange(finished, job_id='vpr-1', status=COMPLETED, event_id='e-2')

    Raises:
        ValueError: this is no record of a jobs table's stream. The message shows no value.
    """
    try:
        content = record["dynamodb"]
        new, old = content.get("NewImage"), content.get("OldImage")
        status = _status(new)
        return JobChange(
            kind=_kind(record["eventName"], old, new, status),
            job_id=content["Keys"][JOB_ID]["S"],
            status=status,
            at=_instant(content.get("ApproximateCreationDateTime")),
            event_id=record["eventID"],
            sequence_number=content["SequenceNumber"],
            expired=_by_time_to_live(record),
            new_image=new,
            old_image=old,
        )
    except (AttributeError, KeyError, OSError, OverflowError, TypeError, ValueError) as error:
        raise ValueError(f"Not a record of a jobs table's stream ({type(error).__name__})") from None


def _kind(event_name: str, old: Image | None, new: Image | None, status: JobStatus | None) -> ChangeKind:
    match event_name:
        case "INSERT":
            return ChangeKind.CREATED
        case "MODIFY":
            return _modified(old, new, status)
        case "REMOVE":
            return ChangeKind.REMOVED
    raise KeyError


def _modified(old: Image | None, new: Image | None, status: JobStatus | None) -> ChangeKind:
    if new is None or status is None:
        return ChangeKind.OTHER
    if old is None:
        return ChangeKind.FINISHED if status.finished else ChangeKind.OTHER
    if _differ(old, new, SUBMISSION_ID):
        return ChangeKind.CREATED  # submitted anew over a failed or expired job, or retried
    if _differ(old, new, STATUS):
        return _BY_STATUS[status]
    if status is JobStatus.PROCESSING:
        return next((kind for name, kind in _IN_WORK if _differ(old, new, name)), ChangeKind.OTHER)
    return ChangeKind.OTHER


def _differ(old: Image, new: Image, name: str) -> bool:
    return old.get(name) != new.get(name)


def _status(image: Image | None) -> JobStatus | None:
    """Read the status; None for a value that the library never writes."""
    return None if image is None else parse_status(image.get(STATUS, {}).get("S"))


def _instant(value: Any) -> datetime | None:
    """Read an instant: seconds since 1970 from Lambda, a datetime from boto3."""
    if value is None:
        return None
    if isinstance(value, datetime):
        return value.astimezone(UTC)
    return datetime.fromtimestamp(value, UTC)


def _by_time_to_live(record: Mapping[str, Any]) -> bool:
    """Tell whether the time to live deleted the record."""
    # Lambda's events and boto3's answers write the name of this field differently.
    identity = record.get("userIdentity") or {}
    return _TIME_TO_LIVE in (identity.get("principalId"), identity.get("PrincipalId"))


def _record(image: Image | None) -> dict[str, Any] | None:
    return None if image is None else decode_record(read_image(image))


_BY_STATUS = {
    JobStatus.PENDING: ChangeKind.PUT_BACK,
    JobStatus.PROCESSING: ChangeKind.CLAIMED,
    JobStatus.COMPLETED: ChangeKind.FINISHED,
    JobStatus.FAILED: ChangeKind.FINISHED,
}
# The first attribute that differs decides: a renewal with progress changes two of them, another claim all three.
_IN_WORK = (
    (CLAIM_ID, ChangeKind.CLAIMED),
    (PROGRESS, ChangeKind.PROGRESSED),
    (LEASE_EXPIRES_AT, ChangeKind.RENEWED),
)
