"""Clients of AWS's other services: SQS for messages and their visibility, S3 for results."""

from __future__ import annotations

from typing import Any

from careervp_jobs_dal.aws.fork import ForkSafeLock, fork_count


class ServiceClient:
    """boto3 client that is made on first use, once in each process.

    Args:
        service: the service's name, such as "sqs".
        given: a ready client, which is used as it is.
        **settings: settings of botocore's `Config`.

    >>> ServiceClient("sqs", "a ready client").get()
    'a ready client'
    """

    def __init__(self, service: str, given: Any = None, **settings: Any) -> None:
        self._service = service
        self._given = given
        self._settings = settings
        self._made: tuple[int, Any] | None = None
        self._lock = ForkSafeLock()

    def get(self) -> Any:
        """Return the client.

        Raises:
            Exception: boto3's, where it cannot make one.
        """
        if self._given is not None:
            return self._given
        with self._lock:  # boto3's default session may not be used by two threads at once
            if self._made is None or self._made[0] != fork_count():
                self._made = fork_count(), self._make()
            return self._made[1]

    def _make(self) -> Any:
        import boto3
        from botocore.config import Config

        make: Any = boto3.client
        return make(self._service, config=Config(**self._settings))


def service_error_code(error: Exception) -> str:
    """Return the code of a botocore `ClientError`, or nothing."""
    response = getattr(error, "response", None)
    answered = response.get("Error") if isinstance(response, dict) else None
    return str(answered.get("Code", "")) if isinstance(answered, dict) else ""
