"""Failures of AWS, of the network and of the configuration, each as a code and a text that shows no value.

Exceptions are recognized by the names of their classes and base classes. That needs no import of botocore, and works
for all of its versions.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple, Never

from careervp_jobs_dal.result import Result, ResultCode

CONDITION_FAILED = "ConditionalCheckFailedException"
CLASHES = frozenset(
    {
        "ReplicatedWriteConflictException",
        "TransactionCanceledException",
        "TransactionConflictException",
        "TransactionInProgressException",
    }
)
"""Error codes for two writers that met on one item. Nothing was written, and botocore does not retry most of these."""

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

_BY_EXCEPTION: dict[str, tuple[ResultCode, str]] = {
    **dict.fromkeys(
        (
            "CredentialRetrievalError",
            "NoCredentialsError",
            "PartialCredentialsError",
            "SSOError",
            "TokenRetrievalError",
        ),
        (ResultCode.ACCESS_DENIED, "No AWS credentials that can be used"),
    ),
    **dict.fromkeys(
        ("ConnectionError", "HTTPClientError", "IncompleteReadError", "ResponseParserError"),
        (ResultCode.UNAVAILABLE, "DynamoDB could not be reached, or its answer was lost"),
    ),
    **dict.fromkeys(
        (
            "ConfigNotFound",
            "ConfigParseError",
            "EndpointProviderError",
            "InvalidRegionError",
            "NoRegionError",
            "ProfileNotFound",
        ),
        (ResultCode.CONFIG_ERROR, "The AWS region, profile or endpoint is missing or wrong"),
    ),
    "DecimalException": (ResultCode.CORRUPT_RECORD, "A stored number has more digits than boto3 reads"),
    "ParamValidationError": (ResultCode.VALIDATION_ERROR, "boto3 refused the parameters"),
}


class Failure(NamedTuple):
    """Failure of a request: code and text for the caller, ids for the log."""

    code: ResultCode
    text: str
    error_code: str
    request_id: str | None = None

    def result(self) -> Result[Never]:
        """Return the failure as the answer of a call."""
        return Result.failure(self.text, self.code)


class SendError(Exception):
    """Carrier of a failure and its exception, from the request up to the answer."""

    def __init__(self, error: Exception, failure: Failure) -> None:
        super().__init__(failure.text)
        self.error = error
        self.failure = failure


def diagnose(error: Exception, table_name: str) -> Failure:
    """Turn an exception from sending a request into a `Failure`.

    >>> diagnose(TimeoutError(), "jobs").code
    <ResultCode.DYNAMODB_ERROR: 'DYNAMODB_ERROR'>
    """
    response = aws_response(error)
    if response is not None:
        return _from_aws(response, table_name)
    kinds = [kind.__name__ for kind in type(error).__mro__]
    known = (_BY_EXCEPTION[kind] for kind in kinds if kind in _BY_EXCEPTION)
    code, text = next(known, (ResultCode.DYNAMODB_ERROR, "DynamoDB error: unexpected"))
    return Failure(code, f"{text} ({kinds[0]})", kinds[0])


def misconfigured(error: Exception) -> Failure:
    """Turn an exception from making the client into a `Failure`.

    Nothing has been sent by then.

    >>> misconfigured(ValueError("Invalid endpoint: x")).text
    'The AWS region, profile or endpoint is missing or wrong (ValueError)'
    """
    failure = diagnose(error, "")
    if failure.code is not ResultCode.DYNAMODB_ERROR:
        return failure
    code, text = _BY_EXCEPTION["NoRegionError"]
    return Failure(code, f"{text} ({failure.error_code})", failure.error_code)


def aws_response(error: Exception) -> Mapping[str, Any] | None:
    """Return the response in a botocore ClientError; None for any other exception."""
    response = getattr(error, "response", None)
    return response if isinstance(response, Mapping) and "Error" in response else None


def aws_error_code(response: Mapping[str, Any]) -> str:
    """Return the code in an AWS error response."""
    return str(response["Error"].get("Code", ""))


def sent_again(response: Mapping[str, Any]) -> bool:
    """Tell whether botocore sent the request more than once."""
    return bool(response.get("ResponseMetadata", {}).get("RetryAttempts", 0))


def _from_aws(response: Mapping[str, Any], table_name: str) -> Failure:
    error_code = aws_error_code(response)
    message = str(response["Error"].get("Message", ""))
    metadata = response.get("ResponseMetadata", {})
    request_id = metadata.get("RequestId")
    if error_code in _ECHOING:
        code, text = _in_our_words(message, table_name)
        return Failure(code, text, error_code, request_id)
    broken = metadata.get("HTTPStatusCode", 400) >= _SERVER_ERROR
    code = _BY_AWS_CODE.get(error_code, ResultCode.UNAVAILABLE if broken else ResultCode.DYNAMODB_ERROR)
    text = f"DynamoDB error: {message}"
    if code is ResultCode.CONFIG_ERROR:
        text += f" (table {table_name})"
    return Failure(code, text, error_code, request_id)


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
            f"The table {table_name} does not have the index that is asked for",
        )
    return ResultCode.DYNAMODB_ERROR, "DynamoDB error: the request is not valid"


# Their messages repeat parts of the request, such as a value of a record.
_ECHOING = frozenset({"ValidationException", "SerializationException"})
_SERVER_ERROR = 500
