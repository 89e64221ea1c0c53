"""The way to DynamoDB through boto3: one repository's resource and Tables, and a transport.

boto3 is imported with the first resource, so that importing the library stays cheap. boto3's resources and Tables are
not thread-safe; the client below them is. So each thread has a Table of its own. A forked child has resources and
Tables of its own too: two processes that read from one connection would read each other's answers.
"""

from __future__ import annotations

import threading
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from careervp_jobs_dal.aws.environment import region_and_endpoint_from_environment
from careervp_jobs_dal.aws.failure import Place, aws_response, sent_again
from careervp_jobs_dal.aws.fork import ForkSafeLock, fork_count
from careervp_jobs_dal.aws.resource import Shared, shared_resource
from careervp_jobs_dal.aws.shortcut import BrokenShortcutError, Exchange, trust
from careervp_jobs_dal.aws.transport import Delivery

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from careervp_jobs_dal.aws.boto3_type import DynamoDBServiceResource
    from careervp_jobs_dal.plans.plan import Request

# A Table adds its name to these operations. All others go through the client, and name the table in their parameters.
_TABLE_OPERATIONS = frozenset(
    {"delete_item", "get_item", "put_item", "query", "scan", "update_item", "wait_until_exists"}
)

_lock = ForkSafeLock()


class Connection:
    """Connection of one repository through boto3.

    Attributes:
        injected: whether the application has given a resource.
        in_hand: whether the application has taken the resource or a Table, or has given one.
    """

    def __init__(self, table_name: str, dynamodb: DynamoDBServiceResource | None) -> None:
        self.injected: bool = dynamodb is not None
        self.in_hand: bool = self.injected
        self._table_name = table_name
        self._injected = dynamodb
        self._shared: Shared | None = None
        self._replacement: Any = None
        self._forget()

    @property
    def dynamodb(self) -> DynamoDBServiceResource:
        """Return the injected resource, else the one that the process shares."""
        self._notice_fork()
        if self._injected is not None:
            return self._injected
        if self._shared is not None:
            return self._shared.resource
        shared = shared_resource()
        self._shared = shared if shared.owner is not None else None
        return shared.resource

    @property
    def table(self) -> Any:
        """Return this thread's Table."""
        if self._replacement is not None:
            return self._replacement
        self._notice_fork()
        table: Any = getattr(self._local, "table", None)
        if table is None:
            dynamodb = self.dynamodb
            # Several threads share the resource, so only one at a time may make a Table of it.
            with _lock:
                table = dynamodb.Table(self._table_name)
            if self._injected is not None or self._shared is not None:
                self._local.table = table
        return table

    @table.setter
    def table(self, table: Any) -> None:
        self._replacement = table
        self.in_hand = True

    @property
    def place(self) -> Place:
        """Return the place that requests go to, as far as known."""
        resource = self._injected or (self._shared and self._shared.resource)
        meta = getattr(getattr(getattr(resource, "meta", None), "client", None), "meta", None)
        if meta is None:
            return Place(self._table_name, *region_and_endpoint_from_environment())
        found = (getattr(meta, name, None) for name in ("region_name", "endpoint_url"))
        # A test's stand-in may have anything there.
        return Place(self._table_name, *(value if isinstance(value, str) else None for value in found))

    def send(self, request: Request, parameters: Mapping[str, Any], give_up_at: float) -> Delivery:
        """Send a request through boto3, which retries; see `Transport`."""
        try:
            method = self._method(request.operation)
        except Exception as error:
            return Delivery(error=error, unsent=True)
        delivery, exchange = _call(method, parameters, Exchange(give_up_at, plain=trust.lost))
        # A handler of other code may answer in between, as botocore's Stubber does; then nothing was sent.
        bare = exchange.incomplete and exchange.observed
        if exchange.broken is None and not bare:
            return delivery
        trust.lose(exchange.broken or BrokenShortcutError())
        if bare or isinstance(delivery.error, BrokenShortcutError):
            # The request was not sent, or without the attributes that name its record: nothing was written.
            delivery, _ = _call(method, parameters, Exchange(give_up_at, plain=True))
        return delivery

    def _method(self, operation: str) -> Callable[..., Mapping[str, Any] | None]:
        table = self.table
        owner: object = table if operation in _TABLE_OPERATIONS else table.meta.client
        method: Callable[..., Mapping[str, Any] | None] = getattr(owner, operation)
        return method

    def _notice_fork(self) -> None:
        if self._forks != fork_count():
            self._forget()
            if self._injected is not None:
                # The client stays the application's, but gets connections of its own.
                with suppress(Exception):
                    self._injected.meta.client.close()

    def _forget(self) -> None:
        self._forks = fork_count()
        self._shared = None
        self._local = threading.local()


def _call(
    method: Callable[..., Mapping[str, Any] | None], parameters: Mapping[str, Any], exchange: Exchange
) -> tuple[Delivery, Exchange]:
    try:
        with exchange:
            returned = method(**parameters)
        answer = exchange.outcome(returned)
        return Delivery(answer, examined=answer is exchange.answer), exchange
    except Exception as error:
        response = aws_response(error)
        again = response is not None and sent_again(response)
        if exchange.refusing is not None and isinstance(response, dict):
            response.update(exchange.refusing)
        # Without handlers of its own, as on an injected resource, the library does not see how earlier attempts ended.
        doubtful = exchange.doubtful or (again and not exchange.observed)
        return Delivery(error=error, resent=again, doubtful=doubtful), exchange
