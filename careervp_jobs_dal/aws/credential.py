"""Failures to get AWS credentials, told apart from DynamoDB's own answers.

    botocore                 STS, SSO, a file, a process       DynamoDB
      | --- AssumeRole ---------> |                               |
      | <-- AccessDenied -------- |                               |
      |  no credentials: nothing can be signed, nothing is sent   |

Roles, SSO, tokens, processes and containers are asked when a client is made, or when a request is signed. Their errors
have the classes and codes of DynamoDB's errors, so they are recognized by the code that they passed.
"""

from __future__ import annotations

import re
from itertools import takewhile
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from types import FrameType

# Modules of botocore that get credentials. No request to DynamoDB passes them: it is signed before it is sent.
_CHAIN = frozenset({"botocore.credentials", "botocore.tokens"})
_OPERATIONS = frozenset(
    {
        "AssumeRole",
        "AssumeRoleWithSAML",
        "AssumeRoleWithWebIdentity",
        "CreateOAuth2Token",
        "CreateToken",
        "GetRoleCredentials",
        "GetSessionToken",
    }
)
"""Operations of STS, SSO and sign-in services; an error of theirs may have been raised in another place."""

_MALFORMED = frozenset(
    {
        "ConfigNotFound",
        "ConfigParseError",
        "EndpointProviderError",
        "InvalidConfigError",
        "InvalidRegionError",
        "MissingDependencyException",
        "NoRegionError",
        "ParamValidationError",
        "ProfileNotFound",
        "UnknownCredentialError",
        "UnknownTokenProviderError",
        "ValueError",
    }
)
_MALFORMED_CODES = frozenset(
    {
        "InvalidParameterCombination",
        "InvalidParameterValue",
        "InvalidRequestException",
        "MalformedPolicyDocument",
        "MissingParameter",
        "PackedPolicyTooLarge",
        "RegionDisabledException",
        "ResourceNotFoundException",
        "ValidationError",
        "ValidationException",
    }
)
# botocore's own ConnectionError is no OSError, but Python's is.
_UNREACHED = frozenset({"ConnectionError", "HTTPClientError", "TimeoutError"})
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.]{0,99}")


class CredentialFailure(NamedTuple):
    """Failure to get credentials.

    Attributes:
        origin: the operation that failed, or the class of botocore that asked; None where neither is known.
        error_code: AWS's error code, or the exception's class.
        malformed: whether the configuration has to be corrected.
        request_id: the id of the request to STS or SSO, if any.
        resent: whether an earlier copy of the request was sent to DynamoDB; each copy is signed anew.
    """

    origin: str | None
    error_code: str
    malformed: bool
    request_id: str | None = None
    resent: bool = False

    @property
    def words(self) -> str:
        """Return origin and error code.

        >>> CredentialFailure("AssumeRole", "AccessDenied", malformed=False).words
        'AssumeRole: AccessDenied'
        """
        return ": ".join(filter(None, (self.origin, self.error_code)))


def credential_failure(error: Exception) -> CredentialFailure | None:
    """Recognize a failure to get credentials; return None for any other exception.

    >>> credential_failure(ValueError("a value")) is None
    True
    """
    operation = getattr(error, "operation_name", None)
    passed = list(_frames(error))
    frames = [frame for frame in passed if frame.f_globals.get("__name__") in _CHAIN]
    if not frames and operation not in _OPERATIONS:
        return None
    # The frames within the chain may send as well, to STS.
    outside = takewhile(lambda frame: frame not in frames, passed if frames else ())
    return _described(error, operation, frames)._replace(resent=any(map(_resends, outside)))


def _described(error: Exception, operation: object, frames: Sequence[FrameType]) -> CredentialFailure:
    kinds = [kind.__name__ for kind in type(error).__mro__]
    response = getattr(error, "response", None)
    if isinstance(operation, str) and _NAME.fullmatch(operation) and isinstance(response, dict):
        return _refused(operation, response, kinds[0])
    # The last of them asked: a provider of credentials, or a fetcher.
    origin = frames[-1].f_code.co_qualname.partition(".")[0] if frames else None
    files = "OSError" in kinds and not _UNREACHED.intersection(kinds)
    return CredentialFailure(origin, kinds[0], malformed=files or bool(_MALFORMED.intersection(kinds)))


def _refused(operation: str, response: Mapping[str, Any], kind: str) -> CredentialFailure:
    """Describe an error that STS or SSO answered.

    Its message is left out, because it can name accounts and roles.
    """
    error_code = str((response.get("Error") or {}).get("Code", ""))
    shown = error_code if _NAME.fullmatch(error_code) else kind
    request_id = (response.get("ResponseMetadata") or {}).get("RequestId")
    return CredentialFailure(operation, shown, error_code in _MALFORMED_CODES, request_id)


def _resends(frame: FrameType) -> bool:
    """Tell whether botocore sends a request again in this frame."""
    sends = frame.f_code.co_name == "_send_request" and frame.f_globals.get("__name__") == "botocore.endpoint"
    # botocore counts the attempts in a local variable.
    return sends and frame.f_locals.get("attempts", 1) > 1


def _frames(error: Exception) -> Iterator[FrameType]:
    trace = error.__traceback__
    while trace is not None:
        yield trace.tb_frame
        trace = trace.tb_next
