"""The boto3 resource: made on first use, with fitting time-outs and retries, and shared by all repositories.

boto3 is imported with the first resource, so that importing the library stays cheap.
"""

from __future__ import annotations

import os
import threading
import time
from typing import TYPE_CHECKING, Any

from careervp_jobs_dal.aws.exchange import present, shorten
from careervp_jobs_dal.version import __version__

if TYPE_CHECKING:
    from careervp_jobs_dal.aws.resource import DynamoDBServiceResource

# By default, botocore waits 60 s for a connection and 60 s for an answer, longer than an API's caller does.
CONNECT_SECONDS = 1.0
READ_SECONDS = 3.0
ATTEMPTS = 3
# botocore keeps 10 connections by default; any further thread would open a new one for each of its requests.
_POOL = 50

_lock = threading.Lock()
_shared: dict[tuple[float, int], DynamoDBServiceResource] = {}


class Connection:
    """Connection of one repository: its resource, and a Table for each thread.

    boto3's resources and Tables are not thread-safe; the client below them is.
    """

    def __init__(self, table_name: str, dynamodb: DynamoDBServiceResource | None, deadline: float) -> None:
        self._table_name = table_name
        self._dynamodb = dynamodb
        self._deadline = deadline
        self._replacement: Any = None
        self._local = threading.local()

    @property
    def dynamodb(self) -> DynamoDBServiceResource:
        """Return the injected resource, else the one that the process shares."""
        if self._dynamodb is None:
            self._dynamodb = _shared_resource(self._deadline)
        return self._dynamodb

    @property
    def table(self) -> Any:
        """Return this thread's Table."""
        if self._replacement is not None:
            return self._replacement
        table: Any = getattr(self._local, "table", None)
        if table is None:
            dynamodb = self.dynamodb
            # Several threads share the resource, so only one at a time may make a Table of it.
            with _lock:
                table = self._local.table = dynamodb.Table(self._table_name)
        return table

    @table.setter
    def table(self, table: Any) -> None:
        self._replacement = table


def _shared_resource(deadline: float) -> DynamoDBServiceResource:
    """Return the process's resource for this deadline.

    One attempt must fit into the deadline. botocore has its time-outs per client, so a deadline that is shorter than
    the usual time-outs gets a client of its own.
    """
    share = min(1.0, deadline / (CONNECT_SECONDS + READ_SECONDS))
    key = (share, _aws_environment())
    with _lock:
        if key not in _shared:
            _shared[key] = _make_resource(CONNECT_SECONDS * share, READ_SECONDS * share)
        return _shared[key]


def _aws_environment() -> int:
    """Return a hash of AWS's environment variables, which a client reads only once.

    After a change, the next repository needs a new client.
    """
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
        # Plans check their arguments themselves. Without a fixed user agent, botocore builds it twice for every call.
        parameter_validation=False,
        user_agent=f"Boto3/{boto3.__version__} Botocore/{botocore_version} careervp-jobs-dal/{__version__}",
    )
    ensure_default_session()
    resource = boto3.resource("dynamodb", config=config)
    client = resource.meta.client
    # An attempt is judged before the guard may end the retries.
    shorten(client)
    client.meta.events.register_first("needs-retry.dynamodb", _Guard(connect_seconds + read_seconds))
    return resource


class _Guard:
    """Handler that ends botocore's own retries before the deadline.

    It raises the error that botocore would raise after its last attempt.
    """

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

        # botocore sets this after its own retries; it shows that the request was sent more than once.
        parsed["ResponseMetadata"]["RetryAttempts"] = attempts - 1
        raise ClientError(parsed, operation.name)  # type: ignore[arg-type]

    def _is_late(self, attempts: int) -> bool:
        """Tell whether another pause and attempt would end after the deadline."""
        call = present()
        # The upper bound of the pause in botocore's standard mode: at first 1 s, then twice as long each time.
        pause: int = 2 ** (attempts - 1)
        return call is not None and time.monotonic() + pause + self._attempt_seconds > call.give_up_at
