"""The changes of jobs, read from the records of DynamoDB Streams: for push instead of polling.

Nothing is sent, and boto3 is not needed. A change is delivered at least once. DynamoDB Streams keeps the order of one
job's changes; Kinesis and SQS may not.

    table -- stream ----------------> Lambda    Records: the records
          -- stream -- pipe --------> Lambda    a list of the records
          -- stream -- pipe -- SQS -> Lambda    Records: messages, the body is a record
          -- Kinesis ---------------> Lambda    Records: the data is a record
"""

from __future__ import annotations

import json
from base64 import b64decode
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING, Any, NamedTuple

from careervp_jobs_dal.codec.attribute_value import UNREADABLE, Image, read_image
from careervp_jobs_dal.codec.packing import decode_record
from careervp_jobs_dal.job.attribute import (
    ATTEMPT,
    CANCELLED_AT,
    CLAIM_ID,
    CREATED_AT,
    JOB_ID,
    LEASE_EXPIRES_AT,
    PROGRESS,
    STATUS,
    SUBMISSION_ID,
)
from careervp_jobs_dal.job.instant import parse_instant
from careervp_jobs_dal.job.quota_key import is_quota_key
from careervp_jobs_dal.job.snapshot import CorruptRecordError
from careervp_jobs_dal.job.status import JobStatus, parse_status

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


# The principal in the stream's record if the time to live deleted the item, and no caller did.
_TIME_TO_LIVE = "dynamodb.amazonaws.com"


class ChangeKind(StrEnum):
    """Kind of a change of a job."""

    CREATED = "created"
    CLAIMED = "claimed"
    PROGRESSED = "progressed"
    RENEWED = "renewed"
    PUT_BACK = "put back"
    RELEASED = "released"
    RETRIED = "retried"
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
        at: the approximate time of the change in UTC, to the second, from Kinesis more exact; None where the stream
            does not give it.
        event_id: unique to the change, and the same in each delivery of it.
        sequence_number: the change's place in its shard, of the table's stream or of Kinesis.
        item_identifier: what `batchItemFailures` takes as `itemIdentifier` for the change: the sequence number, or the
            id of the SQS message that brought it.
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
    item_identifier: str
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


def read_changes(event: Mapping[str, Any] | Sequence[Mapping[str, Any]]) -> Iterator[JobChange]:
    """Read the records of an event one by one.

    Args:
        event: the event that Lambda got: from the table's stream, from the Kinesis stream that the table feeds, from a
            pipe of EventBridge, or from the SQS queue that such a pipe fills.

    Returns:
        The changes of jobs, in the order of the stream.

    >>> keys = {"job_id": {"S": "vpr-1"}}
    >>> images = {"Keys": keys, "SequenceNumber": "7"}
    >>> record = {"eventID": "e-1", "eventName": "INSERT", "dynamodb": images}
    >>> changes = read_changes({"Records": [record]})
    >>> [(change.job_id, str(change.kind)) for change in changes]
    [('vpr-1', 'created')]

    Raises:
        ValueError: at once for what is no event with records; as `read_change`, when the iteration reaches such a
            record.
    """
    changes = map(read_change, _records(event))
    return (change for change in changes if not is_quota_key(change.job_id))


def read_change(record: Mapping[str, Any]) -> JobChange:
    """Read one record of a stream.

    The kinds of changes that it recognizes depend on the stream's view. NEW_AND_OLD_IMAGES: all kinds. NEW_IMAGE:
    created, removed, finished and other. KEYS_ONLY and OLD_IMAGE: created, removed and other.

    Args:
        record: the record, in one of the forms in which Lambda gets it, or from boto3's stream client.

    Returns:
        The change.

    >>> keys = {"job_id": {"S": "vpr-1"}}
    >>> old = {**keys, "status": {"S": "PROCESSING"}}
    >>> new = {**keys, "status": {"S": "COMPLETED"}}
    >>> images = {"Keys": keys, "SequenceNumber": "8", "OldImage": old, "NewImage": new}
    >>> read_change({"eventID": "e-2", "eventName": "MODIFY", "dynamodb": images})
    JobChange(finished, job_id='vpr-1', status=COMPLETED, event_id='e-2')

    Raises:
        ValueError: this is no record of a jobs table's stream. The message shows no value.
    """
    try:
        return _change(_opened(record))
    except (*UNREADABLE, OSError) as error:
        raise ValueError(f"Not a record of a jobs table's stream ({type(error).__name__})") from None


class _Opened(NamedTuple):
    """Record of the table's stream, out of all that it was wrapped in."""

    record: Mapping[str, Any]
    sequence_number: Any
    item_identifier: Any


def _records(event: object) -> list[Any] | tuple[Any, ...]:
    records = event.get("Records") if isinstance(event, Mapping) else event
    if not isinstance(records, list | tuple):
        # Documented as ValueError, like every other shape that is wrong.
        raise ValueError(f"Not an event of a jobs table's stream ({type(records).__name__})")  # noqa: TRY004
    return records


def _opened(record: Mapping[str, Any]) -> _Opened:
    if "body" in record:
        return _opened(json.loads(record["body"]))._replace(item_identifier=record["messageId"])
    # Lambda nests what Kinesis sends; a pipe does not.
    carrier = record.get("kinesis", record)
    if "data" in carrier:
        number = carrier["sequenceNumber"]
        return _Opened(json.loads(b64decode(carrier["data"], validate=True)), number, number)
    number = record["dynamodb"]["SequenceNumber"]
    return _Opened(record, number, number)


def _change(opened: _Opened) -> JobChange:
    record = opened.record
    content = record["dynamodb"]
    new, old = _image(content, "NewImage"), _image(content, "OldImage")
    status = _status(new)
    kind = _kind(record["eventName"], old, new, status)
    return JobChange(
        kind=kind,
        job_id=_text(content["Keys"][JOB_ID]["S"]),
        status=status,
        at=_instant(content.get("ApproximateCreationDateTime")),
        event_id=_text(record["eventID"]),
        sequence_number=_text(opened.sequence_number),
        item_identifier=_text(opened.item_identifier),
        # Whoever wrote it, an insertion or an update is no expiry.
        expired=_by_time_to_live(record) and kind is ChangeKind.REMOVED,
        new_image=new,
        old_image=old,
    )


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError
    return value


def _image(content: Mapping[str, Any], name: str) -> Image | None:
    image = content.get(name)
    if not isinstance(image, Mapping | None):
        raise TypeError
    return image


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
        return ChangeKind.RETRIED if _is_retry(old, new) else ChangeKind.CREATED
    if _differ(old, new, STATUS):
        released = status is JobStatus.PENDING and _attempt(new) < _attempt(old)
        return ChangeKind.RELEASED if released else _BY_STATUS[status]
    if status is JobStatus.PROCESSING:
        return next((kind for name, kind in _IN_WORK if _differ(old, new, name)), ChangeKind.OTHER)
    return ChangeKind.OTHER


def _is_retry(old: Image, new: Image) -> bool:
    """Tell a retry from a submission that replaced a failed or expired job."""
    # Only a retry keeps the creation. It may write the same instant in another form.
    return _status(old) is JobStatus.FAILED and _created_at(old) == _created_at(new)


def _created_at(image: Image) -> datetime | None:
    return parse_instant(image.get(CREATED_AT, {}).get("S"))


def _attempt(image: Image) -> Decimal:
    return Decimal(image.get(ATTEMPT, {}).get("N", 0))


def _differ(old: Image, new: Image, name: str) -> bool:
    return old.get(name) != new.get(name)


def _status(image: Image | None) -> JobStatus | None:
    """Read the status; None for a value that the library never writes."""
    return None if image is None else parse_status(image.get(STATUS, {}).get("S"))


def _instant(value: Any) -> datetime | None:
    """Read an instant: a datetime from boto3, else a number since 1970.

    DynamoDB Streams counts seconds, Kinesis milliseconds or microseconds.
    """
    if value is None:
        return None
    if isinstance(value, datetime):
        return value.astimezone(UTC)
    # Milliseconds reached 12 digits in 1973, seconds will in 5138.
    unit = 1_000_000 if value >= 10**14 else 1_000 if value >= 10**11 else 1
    return datetime.fromtimestamp(value / unit, UTC)


def _by_time_to_live(record: Mapping[str, Any]) -> bool:
    """Tell whether the time to live deleted the record."""
    # Lambda's events and boto3's answers write the name of this field differently.
    identity = record.get("userIdentity") or {}
    return _TIME_TO_LIVE in (identity.get("principalId"), identity.get("PrincipalId"))


def _record(image: Image | None) -> dict[str, Any] | None:
    if image is None:
        return None
    try:
        return decode_record(read_image(image))
    except CorruptRecordError as attribute:
        raise ValueError(f"The attribute {str(attribute)!r} of a stream's record cannot be read") from None


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
