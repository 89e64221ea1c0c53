"""The form of DynamoDB's answers: an answer of another form is not taken for one.

A proxy or a portal can answer in DynamoDB's place, with any status and any body. Taken for an answer without a record,
it would say that a job is absent, or that a write was carried out.

    gateway            whoever answers
      | -- GetItem ---> |
      | <-- 200 ------- |  {"message": "..."}: no member of GetItem's answer, so no answer
      | -- GetItem ---> |
      | <-- 200 ------- |  {"Item": ...} of another job: no answer to this request
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NamedTuple
from zlib import crc32

from careervp_jobs_dal.aws.failure import GarbledAnswerError
from careervp_jobs_dal.codec.attribute_value import StrangeItem, examine
from careervp_jobs_dal.job.attribute import JOB_ID
from careervp_jobs_dal.job.index import OPTIONAL_INDEXES
from careervp_jobs_dal.job.snapshot import CorruptRecordError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from careervp_jobs_dal.plans.plan import Request

    Answer = Mapping[str, Any]

_METADATA = "ResponseMetadata"
_CHECKSUM = "x-amz-crc32"
_OK = 200
# The answer `{}` has two bytes. A longer one without a known member was something else, before botocore read it.
_BARE_LENGTH = "2"
_READ = frozenset({"Item", "ConsumedCapacity", _METADATA})
_WRITTEN = frozenset({"Attributes", "ItemCollectionMetrics", "ConsumedCapacity", _METADATA})
_PAGE = frozenset({"Items", "Count", "ScannedCount", "LastEvaluatedKey", "ConsumedCapacity", _METADATA})
_BATCH = frozenset({"Responses", "UnprocessedKeys", "ConsumedCapacity", _METADATA})
_INDEX_KEYS = {index.name: (JOB_ID, index.partition, str(index.sort)) for index in OPTIONAL_INDEXES}


class ErrorBody(NamedTuple):
    """Body of an error: its type, its message, and the record of a refusal."""

    kind: str
    message: str
    item: Any = None
    reasons: Any = None

    def __repr__(self) -> str:
        return f"ErrorBody({self.kind!r})"


def read_error(body: bytes) -> ErrorBody | None:
    """Read the body of an error of DynamoDB; return None for any other.

    >>> read_error(b'{"__type":"com.amazonaws.dynamodb.v20120810#ThrottlingException","message":"slower"}')
    ErrorBody('com.amazonaws.dynamodb.v20120810#ThrottlingException')
    >>> read_error(b"<html>...") is None
    True
    """
    try:
        error = json.loads(body)
    except (ValueError, RecursionError):
        return None
    if not isinstance(error, dict) or not isinstance(error.get("__type"), str):
        return None
    message = error.get("message", error.get("Message"))
    return ErrorBody(error["__type"], message if isinstance(message, str) else "", error.get("Item"), _reasons(error))


def _reasons(error: Answer) -> list[Answer] | None:
    """Return the reasons of a cancelled transaction, if they have their form."""
    reasons = error.get("CancellationReasons")
    whole = isinstance(reasons, list) and all(isinstance(reason, dict) for reason in reasons)
    return reasons if whole else None


def is_intact(headers: Mapping[str, str], body: bytes) -> bool:
    """Tell whether a body has the checksum that DynamoDB sent along.

    botocore sends the request again, but takes the last answer however wrong it is.
    """
    checksum = headers.get(_CHECKSUM)
    return checksum is None or checksum == str(crc32(body))


def checked(request: Request, answer: Answer, *, examined: bool) -> Answer:
    """Return an answer that has the form of an answer to this request.

    The records of an `examined` answer were read by the strict reader.

    Raises:
        GarbledAnswerError: the answer has another form.
        CorruptRecordError: the record that was asked for cannot be read in full.
    """
    if examined:
        return _formed(request, answer)
    if _METADATA not in answer:
        return _of_stand_in(request, answer)
    if not _is_successful(answer, answer[_METADATA]):
        raise GarbledAnswerError
    return _formed(request, _examined(answer))


def require_job(item: Answer, job_id: str | None) -> None:
    """Require that an answer or a refusal shows the job that was asked for.

    Raises:
        GarbledAnswerError: it is the record of another job.
        CorruptRecordError: it cannot be read in full.
    """
    if item.get(JOB_ID) != job_id:
        raise GarbledAnswerError
    if isinstance(item, StrangeItem):
        raise CorruptRecordError(item.attribute)


def _formed(request: Request, answer: Answer) -> Answer:
    if request.operation not in _FORMS:
        return answer
    members, check = _FORMS[request.operation]
    if not answer.keys() <= members:
        raise GarbledAnswerError
    try:
        return check(request, answer)
    except (AttributeError, KeyError, TypeError):
        raise GarbledAnswerError from None


def _of_stand_in(request: Request, answer: Answer) -> Answer:
    """Take the answer of a stand-in for a Table.

    Services' tests patch a Table's methods; their answers need not be DynamoDB's in all. boto3's have metadata.
    """
    if request.parameters.get("ReturnValues") and "Attributes" not in answer:
        raise GarbledAnswerError
    return answer


def _is_successful(answer: Answer, metadata: Answer) -> bool:
    """Tell whether botocore has read the answer from a response of status 200."""
    if metadata.get("HTTPStatusCode", _OK) != _OK:
        return False
    headers = metadata.get("HTTPHeaders", {})
    json = "json" in headers.get("content-type", "json")
    return len(answer) > 1 or (json and headers.get("content-length", _BARE_LENGTH) == _BARE_LENGTH)


def _examined(answer: Answer) -> Answer:
    """Look through the items that boto3 has read."""
    examined = dict(answer)
    for name in ("Item", "Attributes"):
        if name in answer:
            examined[name] = examine(answer[name])
    if "Items" in answer:
        examined["Items"] = [examine(item) for item in answer["Items"]]
    if "Responses" in answer:
        examined["Responses"] = {name: [examine(item) for item in items] for name, items in answer["Responses"].items()}
    return examined


def _check_record(request: Request, answer: Answer) -> Answer:
    """Check the one record of an answer.

    A write that asks for the new record always gets it; a read gets none where there is none.
    """
    item = answer.get("Item", answer.get("Attributes"))
    if item is not None:
        require_job(item, request.job_id)
    elif "ReturnValues" in request.parameters:
        raise GarbledAnswerError
    return answer


def _check_page(request: Request, answer: Answer) -> Answer:
    """Check the records of a page, and that the next page begins elsewhere."""
    asked = request.parameters
    names = _INDEX_KEYS.get(asked.get("IndexName", ""), (JOB_ID,))
    partition, value = _partition(asked)
    for item in answer["Items"]:
        if item.get(partition, value) != value or not all(type(item[name]) is str for name in names):
            raise GarbledAnswerError
    following = answer.get("LastEvaluatedKey")
    stays = bool(following) and following == asked.get("ExclusiveStartKey")
    if stays or type(answer.get("ScannedCount", 0)) is not int:
        raise GarbledAnswerError
    return answer


def _partition(asked: Answer) -> tuple[str, Any]:
    """Return the partition key that a query asks for, and its value."""
    name, _, rest = asked.get("KeyConditionExpression", "").partition(" = ")
    if not rest:
        return "", None  # a scan
    values: Answer = asked["ExpressionAttributeValues"]
    return asked.get("ExpressionAttributeNames", {}).get(name, name), values[rest.split()[0]]


def _check_batch(request: Request, answer: Answer) -> Answer:
    """Check that a batch has only records and keys that were asked for."""
    ((table, asked),) = request.parameters["RequestItems"].items()
    wanted = {key[JOB_ID] for key in asked["Keys"]}
    left = (answer.get("UnprocessedKeys") or {}).get(table, {"Keys": []})["Keys"]
    if not all(item[JOB_ID] in wanted for item in (*answer["Responses"].get(table, []), *left)):
        raise GarbledAnswerError
    return answer


_FORMS: dict[str, tuple[frozenset[str], Callable[[Request, Answer], Answer]]] = {
    "get_item": (_READ, _check_record),
    "put_item": (_WRITTEN, _check_record),
    "update_item": (_WRITTEN, _check_record),
    "delete_item": (_WRITTEN, _check_record),
    "query": (_PAGE, _check_page),
    "scan": (_PAGE, _check_page),
    "batch_get_item": (_BATCH, _check_batch),
    "transact_write_items": (_WRITTEN, _check_record),
}
