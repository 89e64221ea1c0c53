"""Failures of AWS, of the network and of the configuration, each as a code and a text that shows no value.

Whose failure it is comes first: an error of STS or SSO looks like DynamoDB's, but nothing was sent to DynamoDB then.

Exceptions are recognized by the names of their classes and base classes. That needs no import of botocore, and works
for all of its versions.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, NamedTuple, Never

from careervp_jobs_dal.aws.credential import credential_failure
from careervp_jobs_dal.aws.transaction import CANCELLED, cancellation_code, is_refused
from careervp_jobs_dal.job.line import printable
from careervp_jobs_dal.result import Answer, Result, ResultCode

CONDITION_FAILED = "ConditionalCheckFailedException"
CLASHES = frozenset(
    {
        "ReplicatedWriteConflictException",
        "TransactionCanceledException",
        "TransactionConflictException",
        "TransactionInProgressException",
    }
)
"""Error codes for two writers that met on one item. botocore does not retry most of these.

Nothing was written, but for a transaction in progress: its own first copy may still be carried out.
"""

_BY_AWS_CODE: dict[str, ResultCode] = {
    **dict.fromkeys(
        (
            "ProvisionedThroughputExceededException",
            "RequestLimitExceeded",
            "RequestThrottled",
            "RequestThrottledException",
            "SlowDown",
            "Throttling",
            "ThrottlingException",
            "ThrottledException",
            "TooManyRequestsException",
        ),
        ResultCode.THROTTLED,
    ),
    **dict.fromkeys(
        (
            "InternalFailure",
            "InternalServerError",
            "RequestTimeout",
            "RequestTimeoutException",
            "ServiceUnavailable",
            "ServiceUnavailableException",
        ),
        ResultCode.UNAVAILABLE,
    ),
    **dict.fromkeys(CLASHES, ResultCode.CONFLICT),
    "TransactionInProgressException": ResultCode.UNAVAILABLE,
    **dict.fromkeys(
        (
            "AccessDenied",
            "AccessDeniedException",
            "ExpiredToken",
            "ExpiredTokenException",
            "IncompleteSignature",
            "IncompleteSignatureException",
            "InvalidClientTokenId",
            "InvalidSignatureException",
            "MissingAuthenticationToken",
            "MissingAuthenticationTokenException",
            "NotAuthorized",
            "OptInRequired",
            "SignatureDoesNotMatch",
            "UnrecognizedClientException",
        ),
        ResultCode.ACCESS_DENIED,
    ),
    "ResourceNotFoundException": ResultCode.CONFIG_ERROR,
    "ResourceInUseException": ResultCode.ALREADY_EXISTS,  # CreateTable's answer for a table that exists
}

_NO_CREDENTIALS = "No AWS credentials that can be used"
_UNREACHED = "DynamoDB could not be reached, or its answer was lost"
_NO_ANSWER = "The answer is none of DynamoDB's"
_WRONG = (ResultCode.CONFIG_ERROR, "The AWS region, profile or endpoint is missing or wrong")
_BY_EXCEPTION: dict[str, tuple[ResultCode, str]] = {
    **dict.fromkeys(
        (
            "CredentialRetrievalError",
            "NoCredentialsError",
            "PartialCredentialsError",
            "SSOError",
            "TokenRetrievalError",
        ),
        (ResultCode.ACCESS_DENIED, _NO_CREDENTIALS),
    ),
    **dict.fromkeys(
        ("ConnectionError", "HTTPClientError", "IncompleteReadError", "ResponseParserError"),
        (ResultCode.UNAVAILABLE, _UNREACHED),
    ),
    # A ClientError without an error comes from a redirect that botocore has no form for.
    **dict.fromkeys(("ChecksumError", "ClientError", "GarbledAnswerError"), (ResultCode.UNAVAILABLE, _NO_ANSWER)),
    **dict.fromkeys(("ConfigNotFound", "ConfigParseError", "EndpointProviderError", "InvalidRegionError"), _WRONG),
    "NoRegionError": (ResultCode.CONFIG_ERROR, "No AWS region is set; boto3 reads AWS_DEFAULT_REGION"),
    "ProfileNotFound": (
        ResultCode.CONFIG_ERROR,
        "No configuration file has the AWS profile; boto3 reads AWS_PROFILE",
    ),
    "DecimalException": (ResultCode.CORRUPT_RECORD, "A stored number has more digits than boto3 reads"),
    "ParamValidationError": (ResultCode.VALIDATION_ERROR, "boto3 refused the parameters"),
}


# boto3 and botocore raise these over an answer of a strange form. Plans have checked everything that is sent.
_UNREADABLE = frozenset({"AttributeError", "LookupError", "RecursionError", "TypeError", "ValueError"})
# A connection that never stood has carried no request.
_NEVER_SENT = frozenset({"ConnectTimeoutError", "EndpointConnectionError"})


# AWS's answers to keys that belong to another region or partition, or to another endpoint.
_FOREIGN_KEYS = frozenset({"InvalidClientTokenId", "InvalidSignatureException", "UnrecognizedClientException"})


class Place(NamedTuple):
    """Place that requests go to, as far as known."""

    table: str
    region: str | None = None
    endpoint: str | None = None

    def words(self) -> str:
        r"""Name the place in one line, without the password that an address can have.

        >>> Place("jobs", "eu-west-1", "https://me:secret@dynamodb.eu-west-1.amazonaws.com/path?query").words()
        'table jobs, region eu-west-1, endpoint https://dynamodb.eu-west-1.amazonaws.com'
        >>> Place("jobs\nforged").words()
        'table jobs\\nforged'
        """
        named = {"table": self.table, "region": self.region, "endpoint": _host_of(self.endpoint)}
        parts = (f"{name} {printable(value)}" for name, value in named.items() if value)
        return ", ".join(parts)[:_LONGEST_MESSAGE]


def _host_of(endpoint: str | None) -> str | None:
    """Reduce an address to its scheme, host and port."""
    if endpoint is None:
        return None
    scheme, separator, rest = endpoint.partition("://")
    host = re.split(r"[/?#]", rest if separator else scheme, maxsplit=1)[0].rpartition("@")[2]
    return f"{scheme}://{host}" if separator else host


class GarbledAnswerError(ConnectionError):
    """Failure to read an answer, because its form is not one of DynamoDB's.

    botocore takes some of these for an empty answer; a read would then find no record.
    """


class Failure(NamedTuple):
    """Failure of a request: code and text for the caller, ids for the log."""

    code: ResultCode
    text: str
    error_code: str
    request_id: str | None = None

    def result(self) -> Answer[Never]:
        """Return the failure as the answer of a call."""
        return Result.failure(self.text, self.code)

    def in_doubt(self, job_id: str | None) -> Failure:
        """Return the failure of a write that may have been carried out.

        >>> Failure(ResultCode.THROTTLED, "", "ThrottlingException").in_doubt("vpr-1").text
        'It is not known whether job vpr-1 was written (ThrottlingException)'
        """
        text = f"It is not known whether job {printable(job_id)} was written ({self.error_code})"
        return self._replace(code=ResultCode.UNAVAILABLE, text=text)


class SendError(Exception):
    """Carrier of a failure and its exception, from the request up to the answer."""

    def __init__(self, error: Exception, failure: Failure) -> None:
        super().__init__(failure.text)
        self.error = error
        self.failure = failure

    @property
    def homemade(self) -> bool:
        """Tell whether the failure is the world's, though botocore has no exception for it."""
        of_the_world = self.failure.code in (ResultCode.UNAVAILABLE, ResultCode.CORRUPT_RECORD)
        return of_the_world and not type(self.error).__module__.startswith("botocore")


def diagnose(error: Exception, table_name: str = "", place: Place | None = None) -> Failure:
    """Turn an exception from sending a request into a `Failure`.

    `place` is named where the setting may be wrong; without it, the table is.

    >>> diagnose(TimeoutError(), "jobs").code
    <ResultCode.DYNAMODB_ERROR: 'DYNAMODB_ERROR'>
    """
    place = place or Place(table_name)
    response = aws_response(error)
    if response is not None:
        return _from_aws(response, place)
    kinds = [kind.__name__ for kind in type(error).__mro__]
    unreadable = (ResultCode.UNAVAILABLE, _NO_ANSWER)
    return _of_the_world(error, place, unreadable if _UNREADABLE.intersection(kinds) else _UNEXPECTED)


def misconfigured(error: Exception, place: Place | None = None) -> Failure:
    """Turn an exception from making the client into a `Failure`.

    Nothing has been sent by then.

    >>> from botocore.exceptions import NoRegionError
    >>> misconfigured(ValueError("Invalid endpoint: x")).text
    'The AWS region, profile or endpoint is missing or wrong (ValueError)'
    >>> misconfigured(NoRegionError(), Place("jobs")).text
    'No AWS region is set; boto3 reads AWS_DEFAULT_REGION (NoRegionError): table jobs'
    >>> misconfigured(ValueError("Invalid endpoint: x"), Place("jobs", endpoint="nonsense")).text
    'The AWS region, profile or endpoint is missing or wrong (ValueError): table jobs, endpoint nonsense'
    """
    return _of_the_world(error, place or Place(""), _WRONG)


def _of_the_world(error: Exception, place: Place, otherwise: tuple[ResultCode, str]) -> Failure:
    """Turn an exception that is no answer of DynamoDB into a `Failure`."""
    failed = credential_failure(error)
    if failed is not None:
        code = ResultCode.CONFIG_ERROR if failed.malformed else ResultCode.ACCESS_DENIED
        return Failure(code, f"{_NO_CREDENTIALS} ({failed.words})", failed.error_code, failed.request_id)
    kinds = [kind.__name__ for kind in type(error).__mro__]
    code, text = next((_BY_EXCEPTION[kind] for kind in kinds if kind in _BY_EXCEPTION), otherwise)
    misplaced = code is ResultCode.CONFIG_ERROR or kinds[0] in _NEVER_SENT
    text = f"{text} ({kinds[0]})"
    return Failure(code, _placed(text, place) if misplaced else text, kinds[0])


def _placed(text: str, place: Place) -> str:
    words = place.words()
    return f"{text}: {words}" if words else text


def without_place(text: str) -> str:
    """Return the text of a failure without its place.

    >>> without_place(misconfigured(ValueError(), Place("jobs", "eu-west-1")).text)
    'The AWS region, profile or endpoint is missing or wrong (ValueError)'
    """
    return _PLACE.sub("", text)


def leaves_doubt(error: Exception) -> bool:
    """Tell whether a write that ended so may have been carried out.

    A refusal, a throttle or a clash is DynamoDB's own word that nothing was written. Without credentials nothing is
    sent, but an earlier copy may have been.

    >>> leaves_doubt(GarbledAnswerError())
    True
    """
    failed = credential_failure(error)
    if failed is not None:
        return failed.resent
    return diagnose(error, "").code is ResultCode.UNAVAILABLE and type(error).__name__ not in _NEVER_SENT


def attempt_leaves_doubt(parsed: Mapping[str, Any] | None, caught: Exception | None) -> bool:
    """Tell whether an attempt of botocore may have been carried out.

    `parsed` is its answer. botocore repeats a successful attempt only if the answer's checksum is wrong.
    """
    if caught is not None:
        return leaves_doubt(caught)
    error = (parsed or {}).get("Error")
    return error is None or _from_aws(parsed or {}, Place("")).code is ResultCode.UNAVAILABLE


def aws_response(error: Exception) -> Mapping[str, Any] | None:
    """Return DynamoDB's response in a botocore ClientError; None for any other exception.

    The response of STS or SSO is none of DynamoDB's, whatever its error code.
    """
    response = getattr(error, "response", None)
    if not isinstance(response, Mapping) or "Error" not in response:
        return None
    return response if credential_failure(error) is None else None


def aws_error_code(response: Mapping[str, Any]) -> str:
    """Return the code in an AWS error response."""
    return str(response["Error"].get("Code", ""))


def sent_again(response: Mapping[str, Any]) -> bool:
    """Tell whether botocore sent the request more than once."""
    return bool(response.get("ResponseMetadata", {}).get("RetryAttempts", 0))


def is_condition_failure(response: Mapping[str, Any]) -> bool:
    """Tell whether DynamoDB refused a write because its condition did not hold."""
    refused = is_refused(response) if is_cancelled(response) else aws_error_code(response) == CONDITION_FAILED
    return refused and _status(response) == _REFUSED


def is_cancelled(response: Mapping[str, Any]) -> bool:
    """Tell whether the answer is the cancellation of a transaction."""
    return aws_error_code(response) == CANCELLED


def _from_aws(response: Mapping[str, Any], place: Place) -> Failure:
    error_code, status = aws_error_code(response), _status(response)
    request_id = response.get("ResponseMetadata", {}).get("RequestId")
    if not _ERROR_CODE.fullmatch(error_code) or status < _REFUSED:
        # botocore gives an error without a type the status for its code; DynamoDB's errors have a type.
        throttled = status == _TOO_MANY
        code, text = (ResultCode.THROTTLED, "Too many requests") if throttled else (ResultCode.UNAVAILABLE, _NO_ANSWER)
        return Failure(code, f"{text} (HTTP status {status})", f"HTTP {status}", request_id)
    message = response["Error"].get("Message", "")
    if error_code in _ECHOING:
        code, text = _in_our_words(str(message), place.table)
        return Failure(code, text, error_code, request_id)
    unknown = ResultCode.UNAVAILABLE if status >= _SERVER_ERROR else ResultCode.DYNAMODB_ERROR
    code = _BY_AWS_CODE.get(error_code, ResultCode.THROTTLED if status == _TOO_MANY else unknown)
    code = cancellation_code(response) if error_code == CANCELLED else code
    text = f"DynamoDB error: {_shown(message)}"
    misplaced = code is ResultCode.CONFIG_ERROR or error_code in _FOREIGN_KEYS
    return Failure(code, f"{text} ({place.words()})" if misplaced else text, error_code, request_id)


def _status(response: Mapping[str, Any]) -> int:
    # A stubbed error may have no status.
    status: int = response.get("ResponseMetadata", {}).get("HTTPStatusCode", _REFUSED)
    return status


def _shown(message: object) -> str:
    """Cut a message that is shown, and blank its control characters."""
    text = message if isinstance(message, str) else ""
    return "".join(letter if letter.isprintable() else " " for letter in text[:_LONGEST_MESSAGE])


def _in_our_words(message: str, table_name: str) -> tuple[ResultCode, str]:
    """Replace DynamoDB's message about an invalid request by one that shows no values."""
    if "Item size" in message:
        return (
            ResultCode.ITEM_TOO_LARGE,
            "The record would be larger than DynamoDB's limit of 409,600 bytes",
        )
    if "specified index" in message:
        return (
            ResultCode.CONFIG_ERROR,
            f"The table {printable(table_name)} does not have the index that is asked for",
        )
    return ResultCode.DYNAMODB_ERROR, "DynamoDB error: the request is not valid"


# Their messages repeat parts of the request, such as a value of a record.
_ECHOING = frozenset({"ValidationException", "SerializationException"})
_PLACE = re.compile(r"(?:: | \()table [^\s,()]+(?:, region [^\s,()]+)?(?:, endpoint [^\s,()]+)?\)?$")
_ERROR_CODE = re.compile(r"[A-Za-z][A-Za-z0-9.]{0,99}")
_LONGEST_MESSAGE = 200
_REFUSED = 400
_TOO_MANY = 429
_SERVER_ERROR = 500
_UNEXPECTED = (ResultCode.DYNAMODB_ERROR, "DynamoDB error: unexpected")
