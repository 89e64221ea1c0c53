"""The wire that requests pass on their way to AWS, where tests can watch and stop them.

It is the wire of one client, or of all clients that moto answers. Several handlers can tap one wire:

    botocore -> the newest handler -> an older handler -> moto, or an engine

Each handler answers a request itself, or delivers it to the next one.
"""

from __future__ import annotations

from contextlib import contextmanager
from contextvars import ContextVar
from functools import partial
from itertools import count
from math import inf
from typing import TYPE_CHECKING, Any, TypeAlias

from botocore.httpsession import URLLib3Session
from moto.core.botocore_stubber import BotocoreStubber
from moto.core.models import botocore_stubber

from careervp_jobs_dal.aws.fork import ForkSafeLock

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from botocore.awsrequest import AWSPreparedRequest, AWSResponse

    Handler: TypeAlias = Callable[..., AWSResponse | None]

_MOTO_EVENT = "before-send"

_calm: ContextVar[bool] = ContextVar("calm", default=False)
_ask_moto = BotocoreStubber.__call__
_numbers = count()
_lock = ForkSafeLock()


class Wire:
    """Wire of one client, with any endpoint, or of all that moto answers, to one service of AWS.

    Args:
        handler: asked for the answer to each request to the service.
        client: the client; None for all that moto answers.
        service: the service, by its name in boto3.
    """

    def __init__(self, handler: Handler, client: Any = None, service: str = "dynamodb") -> None:
        # One client's faults come first, then those of all clients.
        self._ask = partial(_ask_moto, botocore_stubber) if client is None else botocore_stubber
        self._send = (URLLib3Session() if client is None else client._endpoint.http_session).send
        self._number = next(_numbers)
        self._place = (client, f"{_MOTO_EVENT}.{service}")
        with _lock:
            self._line = _lines.get(self._place) or _lines.setdefault(self._place, _Line(*self._place))
            self._line.handlers[self._number] = handler

    def untap(self) -> None:
        """Ask the handler no longer; a second call does nothing."""
        with _lock:
            if self._line.handlers.pop(self._number, None) is not None and not self._line.handlers:
                self._line.close()
                del _lines[self._place]

    def deliver(self, event_name: str, request: AWSPreparedRequest) -> AWSResponse:
        """Give a request to the next handler, else to moto inside the process, or over HTTP to an engine."""
        ask = self._line.handler_below(self._number) or self._ask
        answer: AWSResponse = ask(event_name, request) or self._send(request)
        return answer


class _Line:
    """Handlers of one client, or of all that moto answers, by their numbers: the newest has the highest."""

    def __init__(self, client: Any, event: str) -> None:
        self.handlers: dict[int, Handler] = {}
        self._client = client
        self._event = event
        if client is None:
            BotocoreStubber.__call__ = _ask_handler  # type: ignore[method-assign, assignment]
            return
        # botocore asks every handler and takes the first answer; moto must not carry out a request that a fault
        # refuses.
        client.meta.events.unregister(_MOTO_EVENT, botocore_stubber)
        client.meta.events.register_first(event, self)

    def close(self) -> None:
        """Let moto answer the client again, once the last handler is gone."""
        if self._client is not None:
            self._client.meta.events.unregister(self._event, self)
            self._client.meta.events.register(_MOTO_EVENT, botocore_stubber)

    def handler_below(self, number: float = inf) -> Handler | None:
        """Return the newest handler that is older than this one, if any."""
        handlers = dict(self.handlers)
        older = max((each for each in handlers if each < number), default=None)
        return None if older is None else handlers[older]

    def __call__(self, event_name: str, request: AWSPreparedRequest, **_: object) -> AWSResponse | None:
        """Answer in botocore's place."""
        return (self.handler_below() or botocore_stubber)(event_name, request)


_lines: dict[tuple[Any, str], _Line] = {}


def _ask_handler(moto: BotocoreStubber, event_name: str, request: AWSPreparedRequest, **_: object) -> Any:
    """Answer in moto's place, which every client of an embedded AWS asks."""
    line = _lines.get((None, event_name.rpartition(".")[0]))
    ask = (line and line.handler_below()) or partial(_ask_moto, moto)
    return ask(event_name, request)


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
