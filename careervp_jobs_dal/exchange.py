"""One call's way through botocore: what it may take along, and what it brings back, past the general machinery.

boto3 copies every parameter and turns it into DynamoDB's types, and botocore walks request and answer along the
service's model. For the few shapes that this library sends, `wire` does all of that at once. The calls still go through
`Table` with their true arguments: a client that `shorten` has not prepared, or a test's Table, serves them as ever.
"""

from __future__ import annotations

from contextvars import ContextVar, Token
from typing import TYPE_CHECKING, Any

from careervp_jobs_dal.wire import attributes_text, read_answer

if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import TracebackType

    from botocore.client import BaseClient

_ATTRIBUTES = ("Key", "Item", "ExpressionAttributeValues", "ExclusiveStartKey")
_READABLE = frozenset({"GetItem", "PutItem", "UpdateItem", "DeleteItem", "Query"})
_OK = 200

_present: ContextVar[Exchange | None] = ContextVar("exchange", default=None)


class GarbledAnswerError(ConnectionError):
    """An answer of status 200 that is no JSON; botocore would take it for an empty one, and a read for no record."""


class Exchange:
    """One call, while it is under way.

    Attributes:
        give_up_at: the monotonic time that no further attempt may outlast.
        answer: what came back, where it was read here; None where boto3 returns it.
        garbled: whether it could not be read.
        texts: the attributes on their way into the request.
    """

    __slots__ = ("_begun", "_shared", "_token", "answer", "garbled", "give_up_at", "texts")

    def __init__(self, give_up_at: float) -> None:
        self.give_up_at: float = give_up_at
        self.answer: dict[str, Any] | None = None
        self.garbled: bool = False
        self.texts: dict[str, str] = {}
        self._begun = False
        self._shared = False

    def __enter__(self) -> Exchange:
        self._token: Token[Exchange | None] = _present.set(self)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        _present.reset(self._token)

    def begin(self) -> bool:
        """Whether this is the only request; should a handler send one of its own in between, botocore reads both."""
        self._shared = self._begun
        self._begun = True
        return not self._shared

    def outcome(self, returned: Mapping[str, Any] | None) -> Mapping[str, Any]:
        """The answer, whichever way it came.

        Raises:
            GarbledAnswerError: it cannot be read.
        """
        if self.garbled:
            raise GarbledAnswerError
        return self.answer or returned or {}

    @property
    def exclusive(self) -> bool:
        """Whether an answer that arrives can only be this call's."""
        return self._begun and not self._shared


def present() -> Exchange | None:
    """The library's call that is under way in this thread, if there is one."""
    return _present.get()


def shorten(client: BaseClient) -> None:
    """Let this client's calls from the library take the short way.

    The three events are long-lived, and made for changing parameters, requests and answers.
    """
    events = client.meta.events
    events.register_first("provide-client-params.dynamodb", _take_attributes)
    events.register_last("before-call.dynamodb", _write_attributes)
    events.register_last("before-parse.dynamodb", _read_answer)


def _take_attributes(*, params: dict[str, Any], **_: Any) -> None:
    """Write the attributes as JSON before anyone copies or converts them."""
    exchange = _present.get()
    if exchange is None or not exchange.begin():
        return
    given = [name for name in _ATTRIBUTES if name in params]
    try:
        exchange.texts = {name: attributes_text(params[name]) for name in given}
    except KeyError:
        return
    for name in given:
        del params[name]


def _write_attributes(*, params: dict[str, Any], **_: Any) -> None:
    """Put them into the request, which has a table's name at least."""
    exchange = _present.get()
    if exchange is None or not exchange.texts:
        return
    rest = "".join(f',"{name}":{text}' for name, text in exchange.texts.items())
    exchange.texts = {}
    params["body"] = params["body"][:-1] + rest.encode() + b"}"


def _read_answer(*, operation_model: Any, response_dict: dict[str, Any], **_: Any) -> None:
    """Read the answer, and leave botocore an empty one; what is garbled it may ask for again."""
    exchange = _present.get()
    if exchange is None or not exchange.exclusive or operation_model.name not in _READABLE:
        return
    if response_dict["status_code"] != _OK:
        return
    try:
        exchange.answer = read_answer(response_dict["body"])
    except ValueError:
        exchange.garbled = True
    else:
        exchange.garbled = False
        response_dict["body"] = b"{}"
