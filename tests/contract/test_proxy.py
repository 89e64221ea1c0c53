"""Answers over a real connection that a proxy cuts, echoes or makes up, whatever the engine behind it has done."""

from __future__ import annotations

import http.client
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Any
from urllib.parse import urlsplit

import boto3
import pytest

from careervp_jobs_dal import JobsRepository, ResultCode
from tests.conftest import CANARY, Clock

Job = dict[str, Any]


class Proxy:
    """A server that passes each request on to an engine, if there is one, and answers with bytes of its own."""

    def __init__(self, engine: str | None) -> None:
        self.answer: Callable[[bytes], bytes] = lambda _: b""
        self._engine = urlsplit(engine or "").netloc
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            with connection, connection.makefile("rb") as stream:
                first = stream.readline()
                headers = http.client.parse_headers(stream)
                body = stream.read(int(headers["content-length"] or 0)) if first else b""
                if self._engine:
                    self._pass_on(headers, body)
                connection.sendall(self.answer(body))

    def _pass_on(self, headers: Any, body: bytes) -> None:
        with closing(http.client.HTTPConnection(self._engine, timeout=5)) as behind:
            behind.request("POST", "/", body=body, headers=dict(headers.items()))
            behind.getresponse().read()

    def stop(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join(5)


@pytest.fixture
def proxy(endpoint_url: str | None, monkeypatch: pytest.MonkeyPatch) -> Iterator[Proxy]:
    monkeypatch.setattr("botocore.retries.quota.RetryQuota.acquire", lambda *_: True)
    proxy = Proxy(endpoint_url)
    yield proxy
    proxy.stop()


@pytest.fixture(params=["shared", "injected"])
def behind(request: pytest.FixtureRequest, table_name: str, clock: Clock, proxy: Proxy, monkeypatch: Any) -> Any:
    """A repository whose requests pass the proxy."""
    monkeypatch.setenv("AWS_ENDPOINT_URL_DYNAMODB", proxy.url)
    if request.param == "shared":
        return JobsRepository(table_name, clock=clock, deadline=5)
    return JobsRepository(table_name, clock=clock, dynamodb=boto3.resource("dynamodb"), transport="boto3", deadline=5)


def head(status: str, *headers: str) -> bytes:
    return "\r\n".join([f"HTTP/1.1 {status}", *headers, "Connection: close", "", ""]).encode()


CUT: dict[str, Callable[[bytes], bytes]] = {
    "a 400 that ends with the connection": lambda body: head("400 Bad Request") + body[:-9],
    "a 400 that promises more": lambda body: head("400 Bad Request", f"Content-Length: {len(body)}") + body[:-9],
    "a 400 that is cut in a chunk": lambda body: (
        head("400 Bad Request", "Transfer-Encoding: chunked") + f"{len(body):x}\r\n".encode() + body[:-9]
    ),
    "an echo of status 400": lambda body: head("400 Bad Request", f"Content-Length: {len(body)}") + body,
    "an echo of status 200": lambda body: head("200 OK", f"Content-Length: {len(body)}") + body,
    "an echo of status 503": lambda body: head("503 Unavailable", f"Content-Length: {len(body)}") + body,
    "a page": lambda body: head("200 OK", "Content-Type: text/html") + b"<html>" + body,
    "no content": lambda _: head("204 No Content"),
    "a login": lambda body: head("407 Proxy Authentication Required", f"Content-Length: {len(body)}") + body,
    "nothing": lambda _: b"",
}


@pytest.mark.parametrize("answer", CUT.values(), ids=CUT)
def test_what_a_proxy_makes_of_an_answer_is_unavailable_and_shows_nothing(
    behind: JobsRepository, proxy: Proxy, job: Job, caplog: pytest.LogCaptureFixture, answer: Callable[[bytes], bytes]
) -> None:
    proxy.answer = answer
    calls = (
        lambda: behind.create_job(job),
        lambda: behind.submit_job("key", {"text": CANARY}),
        lambda: behind.update_job("vpr-1", {"note": CANARY}),
        lambda: behind.find_job("vpr-1"),
    )
    for call in calls:
        result: Any = call()

        assert result.code is ResultCode.UNAVAILABLE
        assert CANARY not in f"{result!r} {result.error}"
    assert CANARY not in " ".join(f"{record.getMessage()} {vars(record)}" for record in caplog.records)
