"""Shortcuts through boto3 and botocore for the library's own calls.

boto3 copies every parameter and converts it to DynamoDB's types, and botocore serializes requests and parses answers by
the service's model. For the few shapes that this library sends, `codec.attribute_value` does all of that in one pass.
The calls still go through `Table` with their real arguments, so a client without the shortcuts serves them as well.

    Table          botocore's events                          here
      | -- call --> | provide-client-params                     mark the parameters as ours: nobody need copy them
      |             | before-parameter-build                    take the attributes out, as JSON
      |             | before-call                               put them into the body
      |             | before-parse                              read the answer in botocore's place
      | <- answer - | after-call                                give botocore the answer that was read

A shortcut that meets another botocore than it knows is not taken: the call goes the plain way, and so do all later
ones. That is safe, because a request that lost its attributes on the way changes nothing, and is sent again whole.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextvars import ContextVar, Token
from functools import wraps
from typing import TYPE_CHECKING, Any

from careervp_jobs_dal.aws.expectation import is_intact, read_error
from careervp_jobs_dal.aws.failure import CONDITION_FAILED, GarbledAnswerError, attempt_leaves_doubt
from careervp_jobs_dal.aws.log import frames_of, write_line
from careervp_jobs_dal.codec.attribute_value import UNREADABLE, attributes_text, read_answer

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

    from botocore.client import BaseClient

_ATTRIBUTES = ("Key", "Item", "ExpressionAttributeValues", "ExclusiveStartKey")
_READABLE = frozenset({"GetItem", "PutItem", "UpdateItem", "DeleteItem", "Query", "Scan", "BatchGetItem"})
_OK = 200
_FIRST_ERROR = 300
_TEXTS = "careervp_jobs_dal.texts"

_present: ContextVar[Exchange | None] = ContextVar("exchange", default=None)


class BrokenShortcutError(Exception):
    """Failure of a shortcut before the request was sent."""


class Exchange:
    """State of one call of the library on its way through botocore.

    Attributes:
        give_up_at: the deadline in monotonic time; no further attempt may end after it.
        plain: whether this call takes no shortcut.
        answer: the answer, if it was read here; None if botocore reads it.
        refusing: the records in a refusal, in DynamoDB's JSON, as botocore names them, if the refusal was read here.
        garbled: whether the answer is none of DynamoDB's.
        judged: whether the latest answer was looked at here, so that `_judge_attempt` can skip it.
        observed: whether botocore has told the end of each attempt.
        doubtful: whether an attempt ended so that a write may have been carried out.
        incomplete: whether attributes were taken out of the request, and not put back into its body.
        broken: the exception of a shortcut, if there was one.
    """

    __slots__ = (
        "_begun",
        "_shared",
        "_token",
        "answer",
        "broken",
        "doubtful",
        "garbled",
        "give_up_at",
        "incomplete",
        "judged",
        "observed",
        "plain",
        "refusing",
    )

    def __init__(self, give_up_at: float, *, plain: bool = False) -> None:
        self.give_up_at: float = give_up_at
        self.plain: bool = plain
        self.answer: dict[str, Any] | None = None
        self.refusing: dict[str, Any] | None = None
        self.garbled: bool = False
        self.judged: bool = False
        self.observed: bool = False
        self.doubtful: bool = False
        self.incomplete: bool = False
        self.broken: Exception | None = None
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
        """Note a request, and tell whether the call has sent no other before.

        An event handler of the application may send a request of its own within the call. botocore then reads both
        answers.
        """
        self._shared = self._begun
        self._begun = True
        return not self._shared

    def outcome(self, returned: Mapping[str, Any] | None) -> Mapping[str, Any]:
        """Return the answer, as it was read here or by botocore.

        A test's stand-in for a Table may return no mapping at all.

        Raises:
            GarbledAnswerError: the answer is none of DynamoDB's.
        """
        if self.garbled:
            raise GarbledAnswerError
        if self.answer is not None:
            return self.answer
        return returned if isinstance(returned, Mapping) else {}

    @property
    def exclusive(self) -> bool:
        """Tell whether an answer that arrives can only belong to this call."""
        return self._begun and not self._shared


class _Whole(dict[str, Any]):
    """Attributes that boto3 need not copy, because no code changes them."""

    __slots__ = ()

    def __deepcopy__(self, _: object) -> _Whole:
        return self


class Trust:
    """Trust of this process in the shortcuts, until one of them fails.

    Attributes:
        lost: whether a shortcut has failed, so that no call takes one.
    """

    def __init__(self) -> None:
        self.lost: bool = False

    def lose(self, error: Exception) -> None:
        """Take no shortcut from now on, and say so once."""
        if not self.lost:
            self.lost = True
            kind, frames = type(error).__name__, frames_of(error)
            message = f"botocore has changed; calls take the plain, slower way ({kind}, at {frames})"
            write_line("warning", message, {"exception": kind, "frames": frames})


trust: Trust = Trust()


def present() -> Exchange | None:
    """Return the library's call that is under way in this thread, if any."""
    return _present.get()


def shorten(client: BaseClient) -> None:
    """Register the shortcuts as handlers of this client's events.

    Handlers of a single operation, such as those of botocore's Stubber, run before these handlers of the service and
    still see the attributes. Older versions of botocore have no event `before-parse`, and read all answers themselves.
    """
    try:
        # The shortcuts know JSON only; a client that speaks another protocol, such as CBOR, works without them.
        model = client.meta.service_model
        if getattr(model, "resolved_protocol", model.metadata.get("protocol")) != "json":
            return
        events = client.meta.events
        events.register_first("provide-client-params.dynamodb", _before(_spare_copies))
        events.register_first("before-parameter-build.dynamodb", _before(_take_attributes))
        events.register_last("before-call.dynamodb", _before(_write_attributes))
        events.register_last("before-parse.dynamodb", _after(_read_answer))
        events.register_first("needs-retry.dynamodb", _after(_judge_attempt, of_plain_calls=True))
        # boto3's own handler has run by now: it would take the values for DynamoDB's JSON.
        events.register("after-call.dynamodb", _after(_show_answer))
    except Exception as error:
        trust.lose(error)


def _before(handler: Callable[..., None]) -> Callable[..., None]:
    """Wrap a shortcut that runs before the request is sent.

    Its failure ends the call, which then goes the plain way.
    """

    @wraps(handler)
    def guarded(**given: Any) -> None:
        exchange = _present.get()
        if exchange is None or exchange.plain:
            return
        try:
            handler(exchange, **given)
        except Exception as error:
            exchange.broken = error
            raise BrokenShortcutError from error

    return guarded


def _after(handler: Callable[..., None], *, of_plain_calls: bool = False) -> Callable[..., None]:
    """Wrap a shortcut that runs after the request was sent.

    After its failure, botocore reads the answer.
    """

    @wraps(handler)
    def guarded(**given: Any) -> None:
        exchange = _present.get()
        if exchange is None or (exchange.plain and not of_plain_calls):
            return
        try:
            handler(exchange, **given)
        except Exception as error:
            exchange.answer, exchange.broken = None, error

    return guarded


def _spare_copies(exchange: Exchange, *, params: dict[str, Any], context: dict[str, Any], **_: Any) -> None:
    if not exchange.begin():
        return
    context[_TEXTS] = {}
    for name in _ATTRIBUTES:
        if name in params:
            params[name] = _Whole(params[name])


def _take_attributes(exchange: Exchange, *, params: dict[str, Any], context: dict[str, Any], **_: Any) -> None:
    """Write the attributes as JSON, before boto3 converts them.

    The request's context keeps the texts until the body is made.
    """
    if _TEXTS not in context:
        return
    given = [name for name in _ATTRIBUTES if name in params]
    try:
        context[_TEXTS] = {name: attributes_text(params[name]) for name in given}
    except KeyError:
        return  # a type of value that only boto3 can write
    exchange.incomplete = bool(given)
    for name in given:
        del params[name]


def _write_attributes(exchange: Exchange, *, params: dict[str, Any], context: dict[str, Any], **_: Any) -> None:
    """Put the attributes into the request's body."""
    texts = context.pop(_TEXTS, None)
    if texts:
        # The body is a JSON object, never an empty one: botocore has written the table's name at least.
        rest = "".join(f',"{name}":{text}' for name, text in texts.items())
        params["body"] = params["body"][:-1] + rest.encode() + b"}"
        exchange.incomplete = False


def _read_answer(exchange: Exchange, *, operation_model: Any, response_dict: dict[str, Any], **_: Any) -> None:
    """Read an answer in botocore's place, and leave botocore an empty one.

    A garbled answer is only noted. botocore may send the request again, for a wrong checksum or a server's error; the
    next answer then counts.
    """
    if not exchange.exclusive:
        return
    status, body, headers = response_dict["status_code"], response_dict["body"], response_dict["headers"]
    exchange.answer, exchange.refusing, exchange.judged = None, None, True
    intact = is_intact(headers, body)
    if status >= _FIRST_ERROR:
        exchange.garbled = False  # botocore makes an exception of it
        response_dict["body"] = _error_body(exchange, body) if intact else b"{}"
        return
    try:
        exchange.garbled = not intact or status != _OK
        if operation_model.name in _READABLE and not exchange.garbled:
            exchange.answer = read_answer(body)
        elif not exchange.garbled:
            exchange.garbled = not isinstance(json.loads(body), dict)
            return
    except UNREADABLE:
        exchange.garbled = True
    response_dict["body"] = b"{}"


def _error_body(exchange: Exchange, body: bytes) -> bytes:
    """Reduce an error to its type and message; keep the records of a refusal.

    botocore would make a message of any other body, such as a cut one, or an echo of the request with its record.
    """
    error = read_error(body)
    if error is None:
        return b"{}"
    if error.kind.endswith(CONDITION_FAILED):
        exchange.refusing = None if error.item is None else {"Item": error.item}
    if error.reasons is not None:
        exchange.refusing = {"CancellationReasons": error.reasons}
    return json.dumps({"__type": error.kind, "message": error.message}).encode()


def _show_answer(exchange: Exchange, *, parsed: dict[str, Any], **_: Any) -> None:
    """Put the answer where handlers, tracers and the caller of botocore look for it."""
    if not exchange.exclusive:
        return
    if exchange.refusing is not None:
        parsed.update(exchange.refusing)
    elif exchange.answer is not None:
        parsed.update(exchange.answer)


def _judge_attempt(
    exchange: Exchange, *, response: tuple[Any, dict[str, Any]] | None, caught_exception: Exception | None, **_: Any
) -> None:
    """Note how an attempt ended, and whether an answer that botocore reads is garbled.

    botocore takes a body that is no JSON for an empty answer, and raises nothing.
    """
    exchange.observed = True
    exchange.doubtful = exchange.doubtful or attempt_leaves_doubt(response and response[1], caught_exception)
    judged, exchange.judged = exchange.judged, False
    if judged or response is None or response[0].status_code >= _FIRST_ERROR:
        return
    http = response[0]
    try:
        readable = isinstance(json.loads(http.content), dict)
    except (ValueError, RecursionError):
        readable = False
    exchange.garbled = not readable or http.status_code != _OK or not is_intact(http.headers, http.content)
