"""One call's way through botocore: what it may take along, and what it brings back, past the general machinery.

boto3 copies every parameter and turns it into DynamoDB's types, and botocore walks request and answer along the
service's model. For the few shapes that this library sends, `wire` does all of that at once. The calls still go through
`Table` with their true arguments: a client that `shorten` has not prepared, or a test's Table, serves them as ever.
"""

from __future__ import annotations

import json
from contextvars import ContextVar, Token
from typing import TYPE_CHECKING, Any

from careervp_jobs_dal.codec.attribute_value import attributes_text, read_answer

if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import TracebackType

    from botocore.client import BaseClient

_ATTRIBUTES = ("Key", "Item", "ExpressionAttributeValues", "ExclusiveStartKey")
_READABLE = frozenset({"GetItem", "PutItem", "UpdateItem", "DeleteItem", "Query"})
_OK = 200
_TEXTS = "careervp_jobs_dal.texts"

_present: ContextVar[Exchange | None] = ContextVar("exchange", default=None)


class GarbledAnswerError(ConnectionError):
    """An answer of status 200 that is no JSON; botocore would take it for an empty one, and a read for no record."""


class Exchange:
    """One call, while it is under way.

    Attributes:
        give_up_at: the monotonic time that no further attempt may outlast.
        answer: what came back, where it was read here; None where boto3 returns it.
        garbled: whether it cannot be read.
        judged: whether the answer that has just come was read here, so that nobody else need tell if it is garbled.
    """

    __slots__ = ("_begun", "_shared", "_token", "answer", "garbled", "give_up_at", "judged")

    def __init__(self, give_up_at: float) -> None:
        self.give_up_at: float = give_up_at
        self.answer: dict[str, Any] | None = None
        self.garbled: bool = False
        self.judged: bool = False
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


class _Whole(dict[str, Any]):
    """Attributes that boto3 need not copy, because nobody changes them."""

    __slots__ = ()

    def __deepcopy__(self, _: object) -> _Whole:
        return self


def present() -> Exchange | None:
    """The library's call that is under way in this thread, if there is one."""
    return _present.get()


def shorten(client: BaseClient) -> None:
    """Let this client's calls from the library take the short way.

    The events are long-lived, and made for changing parameters, requests and answers. Handlers of one operation, as
    botocore's Stubber has them, run before those of the service and see the attributes. Older versions of botocore
    have no `before-parse`; with them, answers go the long way.
    """
    model = client.meta.service_model
    if getattr(model, "resolved_protocol", model.metadata.get("protocol")) != "json":
        return
    events = client.meta.events
    events.register_first("provide-client-params.dynamodb", _spare_copies)
    events.register_first("before-parameter-build.dynamodb", _take_attributes)
    events.register_last("before-call.dynamodb", _write_attributes)
    events.register_last("before-parse.dynamodb", _read_answer)
    events.register_first("needs-retry.dynamodb", _judge_answer)


def _spare_copies(*, params: dict[str, Any], context: dict[str, Any], **_: Any) -> None:
    exchange = _present.get()
    if exchange is None or not exchange.begin():
        return
    context[_TEXTS] = {}
    for name in _ATTRIBUTES:
        if name in params:
            params[name] = _Whole(params[name])


def _take_attributes(*, params: dict[str, Any], context: dict[str, Any], **_: Any) -> None:
    """Write the attributes as JSON before boto3 converts them; the request's own context keeps the texts."""
    if _TEXTS not in context:
        return
    given = [name for name in _ATTRIBUTES if name in params]
    try:
        context[_TEXTS] = {name: attributes_text(params[name]) for name in given}
    except KeyError:
        return
    for name in given:
        del params[name]


def _write_attributes(*, params: dict[str, Any], context: dict[str, Any], **_: Any) -> None:
    """Put them into the request, which has a table's name at least."""
    texts = context.pop(_TEXTS, None)
    if texts:
        rest = "".join(f',"{name}":{text}' for name, text in texts.items())
        params["body"] = params["body"][:-1] + rest.encode() + b"}"


def _read_answer(*, operation_model: Any, response_dict: dict[str, Any], **_: Any) -> None:
    """Read the answer, and leave botocore an empty one; what is garbled it may ask for again."""
    exchange = _present.get()
    if exchange is None or not exchange.exclusive or operation_model.name not in _READABLE:
        return
    if response_dict["status_code"] != _OK:
        return
    exchange.answer, exchange.garbled, exchange.judged = None, False, True
    try:
        exchange.answer = read_answer(response_dict["body"])
    except KeyError:
        return  # a type of value that only botocore can know
    except (ValueError, TypeError, AttributeError):
        exchange.garbled = True
    response_dict["body"] = b"{}"


def _judge_answer(*, response: tuple[Any, dict[str, Any]] | None, **_: Any) -> None:
    """Tell of an answer that botocore alone reads whether it is garbled, for which botocore has no word."""
    exchange = _present.get()
    if exchange is None:
        return
    judged, exchange.judged = exchange.judged, False
    if judged or response is None or response[0].status_code != _OK:
        return
    try:
        exchange.garbled = not isinstance(json.loads(response[0].content), dict)
    except ValueError:
        exchange.garbled = True
