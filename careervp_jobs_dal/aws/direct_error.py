"""Failures of the direct way, named like botocore's, so that both ways have the same codes.

A read without a `Result` raises botocore's exceptions. They are made, and botocore is imported, only then.
"""

from __future__ import annotations

from typing import Any


class ErrorAnswerError(Exception):
    """Error that DynamoDB, or another server in its place, has answered.

    Attributes:
        response: the answer in the form of botocore's `ClientError.response`.
    """

    def __init__(self, response: dict[str, Any], operation: str) -> None:
        super().__init__(response["Error"]["Code"])
        self.response: dict[str, Any] = response
        self._operation = operation

    @property
    def status(self) -> int:
        """Return the HTTP status."""
        status: int = self.response["ResponseMetadata"]["HTTPStatusCode"]
        return status

    @property
    def is_strange(self) -> bool:
        """Tell whether the error is none of DynamoDB's, which have a type."""
        return bool(self.response["Error"]["Code"] == str(self.status))

    def as_botocore(self) -> Exception:
        """Return a ClientError."""
        from botocore.exceptions import ClientError

        return ClientError(self.response, self._operation)  # type: ignore[arg-type]


class NetworkError(ConnectionError):
    """Failure to get an answer."""

    def __init__(self, endpoint: str, cause: str) -> None:
        super().__init__(f"{endpoint}: {cause}")
        self._endpoint = endpoint
        self._cause = cause

    def as_botocore(self) -> Exception:
        """Return botocore's exception of the same name."""
        from botocore import exceptions

        kind = getattr(exceptions, type(self).__name__)
        error: Exception = kind(endpoint_url=self._endpoint, error=self._cause, request=None)
        return error


class EndpointConnectionError(NetworkError):
    """Failure to connect."""


class ConnectTimeoutError(NetworkError):
    """Failure to connect in time."""


class SSLError(NetworkError):
    """Failure to agree on an encrypted connection."""


class ReadTimeoutError(NetworkError):
    """Failure to get an answer in time."""


class ConnectionClosedError(NetworkError):
    """Failure to get an answer before the connection ended."""


DIRECT_ERRORS = (ErrorAnswerError, NetworkError)
"""Failures of a request that did not go through botocore."""
