"""Lambda's Runtime API for one execution environment: it hands out one event at a time and takes the answer."""

from __future__ import annotations

import sys
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from queue import Empty, Queue
from typing import Any, NamedTuple

LOOPBACK = "127.0.0.1"
PREFIX = "/2018-06-01/runtime"
FUNCTION_ARN = "arn:aws:lambda:eu-west-1:123456789012:function:test"
TIME_OUT_SECONDS = 60.0
INVOCATION_SECONDS = 300.0  # as the example's template gives the worker, which begins nothing with too little time


class Answer(NamedTuple):
    """What the runtime posted: where to, and the body."""

    path: str
    body: bytes


class RuntimeApi:
    """The service's side: events in, answers out."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.events: Queue[tuple[str, bytes] | None] = Queue()
        self.answers: Queue[Answer] = Queue()

    def invoke(self, event: bytes) -> tuple[bool, bytes]:
        """Have the function handle one event; tell whether it returned, and what it returned or raised."""
        request_id = str(uuid.uuid4())
        self.events.put((request_id, event))
        try:
            answer = self.answers.get(timeout=TIME_OUT_SECONDS)
        except Empty:
            return False, b"no answer in time"
        assert answer.path in (f"/invocation/{request_id}/response", f"/invocation/{request_id}/error", "/init/error")
        return answer.path.endswith("/response"), answer.body


class Server(ThreadingHTTPServer):
    """The API's server, one for each execution environment."""

    daemon_threads = True

    def server_activate(self) -> None:
        """Learn the address on which the runtime client is to call."""
        super().server_activate()
        self.api = RuntimeApi(f"{LOOPBACK}:{self.server_address[1]}")

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of a runtime that was stopped while it waited for an event."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


class Handler(BaseHTTPRequestHandler):
    """One connection from the runtime client."""

    protocol_version = "HTTP/1.1"
    server: Server

    def do_GET(self) -> None:
        """Answer `next`, as soon as there is an event; None ends the service."""
        assert self.path == f"{PREFIX}/invocation/next"
        event = self.server.api.events.get()
        if event is None:
            self.close_connection = True
            return
        request_id, body = event
        headers = {
            "Lambda-Runtime-Aws-Request-Id": request_id,
            "Lambda-Runtime-Deadline-Ms": str(int((time.time() + INVOCATION_SECONDS) * 1000)),
            "Lambda-Runtime-Invoked-Function-Arn": FUNCTION_ARN,
            "Lambda-Runtime-Trace-Id": "Root=1-00000000-000000000000000000000000;Sampled=0",
        }
        self.reply(200, body, headers)

    def do_POST(self) -> None:
        """Take what the handler returned or raised, or why it could not be loaded."""
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.reply(202, b'{"status": "OK"}', {})
        self.server.api.answers.put(Answer(self.path.removeprefix(PREFIX), body))

    def reply(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        """Send a JSON body."""
        self.send_response(status)
        for name, value in {**headers, "Content-Type": "application/json", "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # http.server's name for it
        """Say nothing."""


@contextmanager
def runtime_api() -> Iterator[RuntimeApi]:
    """Serve the API on a free port of this machine."""
    with Server((LOOPBACK, 0), Handler) as server:
        api = server.api
        thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        try:
            yield api
        finally:
            api.events.put(None)
            server.shutdown()
            thread.join()
