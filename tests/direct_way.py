"""The direct way, with its requests announced where a test listens: at the events of the boto3 client.

Faults and listeners of the tests are handlers of `before-send`. So they watch and stop direct requests as well, and the
same tests hold both ways to the same answers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

from botocore.awsrequest import AWSPreparedRequest, AWSResponse

from careervp_jobs_dal.aws import direct_error
from careervp_jobs_dal.aws.direct import Quota
from careervp_jobs_dal.aws.http_answer import HttpAnswer
from careervp_jobs_dal.aws.resource import shared_resource
from careervp_jobs_dal.aws.socket_pool import SocketPool

Exchange = Callable[[SocketPool, bytes, float], HttpAnswer]


@contextmanager
def direct_way() -> Iterator[None]:
    """Within this block, handlers of the boto3 client are asked before a direct request is sent.

    All tests share one quota of retries, so it has no end here.
    """
    listening = patch.object(SocketPool, "exchange", _announced(SocketPool.exchange))
    with listening, patch.object(Quota, "take", lambda _: True):
        yield


def _announced(send: Exchange) -> Exchange:
    def exchange(pool: SocketPool, request: bytes, give_up_at: float) -> HttpAnswer:
        events: Any = shared_resource().resource.meta.client.meta.events
        prepared = _prepared(pool, request)
        operation = prepared.headers["X-Amz-Target"].rpartition(".")[2]
        try:
            answer = events.emit_until_response(f"before-send.dynamodb.{operation}", request=prepared)[1]
        except Exception as error:
            raise _translated(error, prepared.url) from None
        return send(pool, request, give_up_at) if answer is None else _read(answer)

    return exchange


def _prepared(pool: SocketPool, request: bytes) -> AWSPreparedRequest:
    head, _, body = request.partition(b"\r\n\r\n")
    lines = head.decode().split("\r\n")[1:]
    headers: Any = {name: value for name, _, value in (line.partition(": ") for line in lines)}
    return AWSPreparedRequest("POST", f"{pool._endpoint.url}/", headers, body, stream_output=False)


def _read(answer: AWSResponse) -> HttpAnswer:
    headers = {name.lower(): value for name, value in answer.headers.items()}
    return HttpAnswer(answer.status_code, headers, answer.content, reusable=True)


def _translated(error: Exception, url: str) -> Exception:
    """Give the direct way's exception of the same name; any other is raised as it is."""
    kind = getattr(direct_error, type(error).__name__, None)
    return error if kind is None else kind(url, type(error).__name__)
