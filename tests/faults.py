"""Faults on demand, put between botocore and the network: no proxy is needed, and every engine can have them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from io import BytesIO
from itertools import chain, repeat
from typing import Any

from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.compat import HTTPHeaders
from botocore.exceptions import ReadTimeoutError
from moto.core.models import botocore_stubber

Behaviour = Callable[[str, AWSPreparedRequest], AWSResponse | None]

_EVENT = "before-send.dynamodb"
_MOTO_EVENT = "before-send"


class Faults:
    """What happens to the next requests of one client, one plan after the other.

    `sent` lists every attempt to send a request.
    """

    def __init__(self, client: Any) -> None:
        self.sent: list[str] = []
        self._client = client
        self._planned: Iterator[Behaviour] = iter(())
        # botocore asks every handler and takes the first answer; moto must not carry out what a fault has refused.
        client.meta.events.unregister(_MOTO_EVENT, botocore_stubber)
        client.meta.events.register_first(_EVENT, self)

    def stop(self) -> None:
        """Leave the client as it was."""
        self._client.meta.events.unregister(_EVENT, self)
        self._client.meta.events.register(_MOTO_EVENT, botocore_stubber)

    def answer(
        self,
        code: str,
        *,
        status: int = 400,
        message: str = "",
        times: int | None = None,
        before: Callable[[], object] = int,
    ) -> None:
        """AWS refuses the next `times` requests (None: all that follow), which change nothing."""
        body = {"__type": f"com.amazonaws.dynamodb#{code}", "message": message}

        def behave(_: str, request: AWSPreparedRequest) -> AWSResponse:
            before()
            return _response(request, status, body)

        self._plan(behave, times)

    def fail(self, error: Callable[[], BaseException], *, times: int | None = None) -> None:
        """The next `times` requests (None: all that follow) don't reach AWS."""

        def behave(_: str, __: AWSPreparedRequest) -> None:
            raise error()

        self._plan(behave, times)

    def lose_reply(self, *, times: int = 1, before: Callable[[], object] = int) -> None:
        """The next `times` requests are carried out, and their answers never arrive."""

        def behave(event_name: str, request: AWSPreparedRequest) -> None:
            before()
            self._deliver(event_name, request)
            raise ReadTimeoutError(endpoint_url=request.url)

        self._plan(behave, times)

    def drop_item(self, *, times: int = 1, before: Callable[[], object] = int) -> None:
        """The next `times` refusals come without the item, as from an engine that never sends it."""

        def behave(event_name: str, request: AWSPreparedRequest) -> AWSResponse:
            before()
            answer = self._deliver(event_name, request)
            body = json.loads(answer.content)
            body.pop("Item", None)
            return _response(request, answer.status_code, body)

        self._plan(behave, times)

    def leave_unprocessed(self, but: int, *, times: int | None = 1, before: Callable[[], object] = int) -> None:
        """The next `times` batch reads (None: all that follow) answer `but` of their items and leave the rest."""

        def behave(event_name: str, request: AWSPreparedRequest) -> AWSResponse:
            before()
            answer = self._deliver(event_name, request)
            body = json.loads(answer.content)
            ((table, items),) = body["Responses"].items()
            left = [{"job_id": item["job_id"]} for item in items[but:]]
            body = {"Responses": {table: items[:but]}, "UnprocessedKeys": {table: {"Keys": left}} if left else {}}
            return _response(request, answer.status_code, body)

        self._plan(behave, times)

    def pass_through(self, *, times: int = 1) -> None:
        """Nothing happens to the next `times` requests."""
        self._plan(self._deliver, times)

    def run(self, action: Callable[[], object]) -> None:
        """Something else happens just before the next request, which is then carried out."""

        def behave(event_name: str, request: AWSPreparedRequest) -> AWSResponse:
            action()
            return self._deliver(event_name, request)

        self._plan(behave, 1)

    def __call__(self, event_name: str, request: AWSPreparedRequest, **_: object) -> AWSResponse | None:
        self.sent.append(event_name.rpartition(".")[2])
        return next(self._planned, self._deliver)(event_name, request)

    def _plan(self, behaviour: Behaviour, times: int | None) -> None:
        again = repeat(behaviour) if times is None else repeat(behaviour, times)
        self._planned = chain(self._planned, again)

    def _deliver(self, event_name: str, request: AWSPreparedRequest) -> AWSResponse:
        """Moto answers inside the process; an engine is reached as botocore would reach it."""
        answer = botocore_stubber(event_name, request)
        return answer or self._client._endpoint.http_session.send(request)


def _response(request: AWSPreparedRequest, status: int, body: dict[str, Any]) -> AWSResponse:
    headers = HTTPHeaders.from_dict({"x-amzn-RequestId": "REQUEST-ID"})
    return AWSResponse(request.url, status, headers, _Raw(json.dumps(body).encode()))


class _Raw(BytesIO):
    """A body, read as urllib3's are."""

    def stream(self, **_: object) -> Any:
        """Give the body in one piece."""
        yield self.read()
