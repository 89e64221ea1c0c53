"""The wire that requests pass on their way to DynamoDB, where tests can watch and stop them.

It is the wire of one client, or of all clients that moto answers.
"""

from __future__ import annotations

from contextlib import contextmanager
from contextvars import ContextVar
from functools import partial
from typing import TYPE_CHECKING, Any, TypeAlias

from botocore.httpsession import URLLib3Session
from moto.core.botocore_stubber import BotocoreStubber
from moto.core.models import botocore_stubber

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from botocore.awsrequest import AWSPreparedRequest, AWSResponse

    Handler: TypeAlias = Callable[..., AWSResponse | None]

_EVENT = "before-send.dynamodb"
_MOTO_EVENT = "before-send"

_calm: ContextVar[bool] = ContextVar("calm", default=False)
_everywhere: list[Handler] = []
_ask_moto = BotocoreStubber.__call__


class Wire:
    """Wire of one client, with any endpoint, or of all that moto answers."""

    def __init__(self, client: Any) -> None:
        self._client = client
        self._tapped = False
        self._send = (URLLib3Session() if client is None else client._endpoint.http_session).send
        # One client's faults come first, then those of all clients.
        self._ask = partial(_ask_moto, botocore_stubber) if client is None else botocore_stubber

    def tap(self, handler: Handler) -> None:
        """Ask the handler for the answer to each request to DynamoDB."""
        self._tapped = True
        if self._client is None:
            _everywhere.append(handler)
            BotocoreStubber.__call__ = _ask_handler  # type: ignore[method-assign, assignment]
            return
        # botocore asks every handler and takes the first answer; moto must not carry out a request that a fault
        # refuses.
        self._client.meta.events.unregister(_MOTO_EVENT, botocore_stubber)
        self._client.meta.events.register_first(_EVENT, handler)

    def untap(self, handler: Handler) -> None:
        """Undo `tap`; a second call does nothing."""
        # Otherwise the second call would register moto again, and botocore would ask it twice.
        tapped, self._tapped = self._tapped, False
        if not tapped:
            return
        if self._client is None:
            _everywhere.remove(handler)
            return
        self._client.meta.events.unregister(_EVENT, handler)
        self._client.meta.events.register(_MOTO_EVENT, botocore_stubber)

    def deliver(self, event_name: str, request: AWSPreparedRequest) -> AWSResponse:
        """Send a request to moto inside the process, or over HTTP to an engine."""
        answer: AWSResponse = self._ask(event_name, request) or self._send(request)
        return answer


def _ask_handler(moto: BotocoreStubber, event_name: str, request: AWSPreparedRequest, **_: object) -> Any:
    """Answer in moto's place, which every client of an embedded AWS asks."""
    if _everywhere and event_name.startswith(f"{_EVENT}."):
        return _everywhere[-1](event_name, request)
    return _ask_moto(moto, event_name, request)


@contextmanager
def calm() -> Iterator[None]:
    """Run a block in which this thread's requests have no faults and no record."""
    token = _calm.set(True)
    try:
        yield
    finally:
        _calm.reset(token)


def is_calm() -> bool:
    """Tell whether this thread is within such a block."""
    return _calm.get()


def is_about(table_name: str, asked: Mapping[str, Any]) -> bool:
    """Tell whether a request names this table, alone or among others.

    >>> is_about("jobs", {"TableName": "jobs"}), is_about("jobs", {"RequestItems": {"orders": {}}})
    (True, False)
    """
    single = asked.get("TableName")
    batch = asked.get("RequestItems", {})
    parts = (part for action in asked.get("TransactItems", []) for part in action.values())
    return single == table_name or table_name in batch or any(part["TableName"] == table_name for part in parts)
