"""The boto3 resource: made on first use, configured on purpose, shared by every repository of the process.

boto3 is imported here and when the first connection is made, so that importing the library stays cheap.
"""

from __future__ import annotations

import os
import threading
import time
from typing import TYPE_CHECKING, Any

from careervp_jobs_dal.aws.exchange import present, shorten
from careervp_jobs_dal.version import __version__

if TYPE_CHECKING:
    from types_boto3_dynamodb.service_resource import DynamoDBServiceResource, Table

CONNECT_SECONDS = 1.0
READ_SECONDS = 3.0
ATTEMPTS = 3
_POOL = 50

_lock = threading.Lock()
_shared: dict[tuple[float, int], DynamoDBServiceResource] = {}


class Connection:
    """The resource of one repository, and a Table of it for each thread (Table objects are not thread-safe)."""

    def __init__(self, table_name: str, dynamodb: DynamoDBServiceResource | None, deadline: float) -> None:
        self._table_name = table_name
        self._dynamodb = dynamodb
        self._deadline = deadline
        self._replacement: Table | None = None
        self._local = threading.local()

    @property
    def dynamodb(self) -> DynamoDBServiceResource:
        """The injected resource, else the one that the process shares."""
        if self._dynamodb is None:
            self._dynamodb = _shared_resource(self._deadline)
        return self._dynamodb

    @property
    def table(self) -> Table:
        """This thread's Table."""
        if self._replacement is not None:
            return self._replacement
        table: Table | None = getattr(self._local, "table", None)
        if table is None:
            dynamodb = self.dynamodb
            with _lock:
                table = self._local.table = dynamodb.Table(self._table_name)
        return table

    @table.setter
    def table(self, table: Table) -> None:
        self._replacement = table


def _shared_resource(deadline: float) -> DynamoDBServiceResource:
    """One attempt must fit into the deadline, so a very short one gets time-outs, and a client, of its own."""
    share = min(1.0, deadline / (CONNECT_SECONDS + READ_SECONDS))
    key = (share, _aws_environment())
    with _lock:
        if key not in _shared:
            _shared[key] = _make_resource(CONNECT_SECONDS * share, READ_SECONDS * share)
        return _shared[key]


def _aws_environment() -> int:
    """A hash of what decides where a client goes: once it changes, a client made before cannot serve."""
    return hash(frozenset(item for item in os.environ.items() if item[0].startswith("AWS_")))


def _make_resource(connect_seconds: float, read_seconds: float) -> DynamoDBServiceResource:
    import boto3
    from botocore import __version__ as botocore_version
    from botocore.config import Config

    from careervp_jobs_dal.aws.loader import ensure_default_session

    config = Config(
        connect_timeout=connect_seconds,
        read_timeout=read_seconds,
        retries={"mode": "standard", "total_max_attempts": ATTEMPTS},
        tcp_keepalive=True,
        max_pool_connections=_POOL,
        # Plans are checked already, and botocore would write its user agent anew, twice, for every call.
        parameter_validation=False,
        user_agent=f"Boto3/{boto3.__version__} Botocore/{botocore_version} careervp-jobs-dal/{__version__}",
    )
    ensure_default_session()
    resource = boto3.resource("dynamodb", config=config)
    client = resource.meta.client
    client.meta.events.register_first("needs-retry.dynamodb", _Guard(connect_seconds + read_seconds))
    shorten(client)
    return resource


class _Guard:
    """Ends botocore's own retries in time, with the very error that botocore would end them with later."""

    def __init__(self, attempt_seconds: float) -> None:
        self._attempt_seconds = attempt_seconds

    def __call__(
        self,
        *,
        response: tuple[Any, dict[str, Any]] | None,
        caught_exception: Exception | None,
        attempts: int,
        operation: Any,
        **_: Any,
    ) -> None:
        parsed = {} if response is None else response[1]
        if (caught_exception is None and "Error" not in parsed) or not self._is_late(attempts):
            return
        if caught_exception is not None:
            raise caught_exception
        from botocore.exceptions import ClientError

        parsed["ResponseMetadata"]["RetryAttempts"] = attempts - 1
        raise ClientError(parsed, operation.name)  # type: ignore[arg-type]

    def _is_late(self, attempts: int) -> bool:
        """Whether the longest pause of the standard mode and one whole attempt no longer fit."""
        call = present()
        pause: int = 2 ** (attempts - 1)
        return call is not None and time.monotonic() + pause + self._attempt_seconds > call.give_up_at
