"""Where requests pass on their way to DynamoDB, and can be looked at or stopped: one client's, or all of moto's."""

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
    """What the requests of one client pass, whatever its endpoint; without a client, those of all that moto answers."""

    def __init__(self, client: Any) -> None:
        self._client = client
        self._tapped = False
        self._send = (URLLib3Session() if client is None else client._endpoint.http_session).send
        # One client's faults come first, then those of all clients.
        self._ask = partial(_ask_moto, botocore_stubber) if client is None else botocore_stubber

    def tap(self, handler: Handler) -> None:
        """Have the handler asked for the answer to each request to DynamoDB."""
        self._tapped = True
        if self._client is None:
            _everywhere.append(handler)
            BotocoreStubber.__call__ = _ask_handler  # type: ignore[method-assign, assignment]
            return
        # botocore asks every handler and takes the first answer; moto must not carry out what a fault has refused.
        self._client.meta.events.unregister(_MOTO_EVENT, botocore_stubber)
        self._client.meta.events.register_first(_EVENT, handler)

    def untap(self, handler: Handler) -> None:
        """Leave everything as it was; once more does nothing, since botocore would then ask moto twice."""
        tapped, self._tapped = self._tapped, False
        if not tapped:
            return
        if self._client is None:
            _everywhere.remove(handler)
            return
        self._client.meta.events.unregister(_EVENT, handler)
        self._client.meta.events.register(_MOTO_EVENT, botocore_stubber)

    def deliver(self, event_name: str, request: AWSPreparedRequest) -> AWSResponse:
        """Moto answers inside the process; an engine is reached as botocore would reach it."""
        answer: AWSResponse = self._ask(event_name, request) or self._send(request)
        return answer


def _ask_handler(moto: BotocoreStubber, event_name: str, request: AWSPreparedRequest, **_: object) -> Any:
    """Stands in for moto's way in, which every client of an embedded AWS uses."""
    if _everywhere and event_name.startswith(f"{_EVENT}."):
        return _everywhere[-1](event_name, request)
    return _ask_moto(moto, event_name, request)


@contextmanager
def calm() -> Iterator[None]:
    """Within this block, what this thread sends meets no fault and is not recorded."""
    token = _calm.set(True)
    try:
        yield
    finally:
        _calm.reset(token)


def is_calm() -> bool:
    """Whether this thread is within such a block."""
    return _calm.get()


def is_about(table_name: str, asked: Mapping[str, Any]) -> bool:
    """Whether a request names this table, alone or among others.

    >>> is_about("jobs", {"TableName": "jobs"}), is_about("jobs", {"RequestItems": {"orders": {}}})
    (True, False)
    """
    single = asked.get("TableName")
    batch = asked.get("RequestItems", {})
    parts = (part for action in asked.get("TransactItems", []) for part in action.values())
    return single == table_name or table_name in batch or any(part["TableName"] == table_name for part in parts)
