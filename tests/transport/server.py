"""A server on loopback that does as a test says: one behaviour for each request, byte by byte if need be."""

from __future__ import annotations

import json
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any, NamedTuple, TypeAlias
from zlib import crc32

JOB = {"job_id": {"S": "vpr-1"}, "status": {"S": "PENDING"}, "created_at": {"S": "2026-02-03T13:05:32.000000Z"}}
FOUND = {"Item": JOB}


class Sent(NamedTuple):
    """A request that arrived."""

    operation: str
    headers: dict[str, str]
    body: dict[str, Any]


Behaviour: TypeAlias = Callable[[socket.socket, Sent], bool]
"""Answers a request; tells whether the connection stays open."""


def answer(
    status: int = 200,
    body: Any = FOUND,
    *,
    headers: dict[str, str] | None = None,
    checksum: str | None = None,
    reason: str = "OK",
) -> Behaviour:
    """Answer as DynamoDB does, or nearly so."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    said = {
        "Content-Type": "application/x-amz-json-1.0",
        "Content-Length": str(len(content)),
        "x-amzn-RequestId": "REQUEST-1",
        "x-amz-crc32": checksum or str(crc32(content)),
        **(headers or {}),
    }
    lines = "".join(f"{name}: {value}\r\n" for name, value in said.items())
    return raw(f"HTTP/1.1 {status} {reason}\r\n{lines}\r\n".encode() + content)


def error(kind: str, message: str = "as AWS puts it", *, status: int = 400, **more: Any) -> Behaviour:
    """Answer with an error of DynamoDB."""
    return answer(status, {"__type": f"com.amazonaws.dynamodb.v20120810#{kind}", "message": message, **more})


def raw(content: bytes, *, stays: bool = True) -> Behaviour:
    """Answer with these bytes."""

    def behave(connection: socket.socket, _: Sent) -> bool:
        connection.sendall(content)
        return stays

    return behave


def dripping(behaviour: Behaviour, seconds: float) -> Behaviour:
    """Give an answer byte by byte, with a pause after each."""

    def behave(connection: socket.socket, sent: Sent) -> bool:
        ours, theirs = socket.socketpair()
        with ours, theirs:
            behaviour(theirs, sent)
            for byte in ours.recv(65_536):
                connection.sendall(bytes([byte]))
                time.sleep(seconds)
        return True

    return behave


def silence(seconds: float = 60) -> Behaviour:
    """Give no answer, and keep the connection open."""

    def behave(connection: socket.socket, _: Sent) -> bool:
        connection.settimeout(seconds)
        with suppress(OSError):
            connection.recv(1)
        return False

    return behave


def hang_up(_: socket.socket, __: Sent) -> bool:
    """Close the connection without an answer."""
    return False


class Server:
    """The server, with what it was sent.

    Attributes:
        url: its address.
        sent: the requests, in their order.
        connections: how many were opened.
        usual: the behaviour when the script has ended.
    """

    def __init__(self, context: ssl.SSLContext | None = None) -> None:
        self.sent: list[Sent] = []
        self.connections = 0
        self.usual: Behaviour = answer()
        self._script: list[Behaviour] = []
        self._context = context
        self._open: list[socket.socket] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self.url = f"{'https' if context else 'http'}://127.0.0.1:{self.port}"
        threading.Thread(target=self._accept, daemon=True).start()

    def plan(self, *behaviours: Behaviour) -> None:
        """Behave like this for the next requests, one after the other."""
        self._script += behaviours

    def forget(self) -> None:
        """Be as new."""
        self.drop_connections()
        self._script.clear()
        self.sent.clear()
        self.connections = 0
        self.usual = answer()

    def drop_connections(self) -> None:
        """Close all connections from this side."""
        for connection in self._open:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        self._open.clear()

    def stop(self) -> None:
        """Close everything."""
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.drop_connections()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            self._open.append(connection)
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with suppress(OSError):
            if self._context is not None:
                connection = self._context.wrap_socket(connection, server_side=True)
            with connection, connection.makefile("rb") as stream:
                for sent in _requests(stream):
                    self.sent.append(sent)
                    behave = self._script.pop(0) if self._script else self.usual
                    if not behave(connection, sent):
                        break
                with suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)


def _requests(stream: Any) -> Iterator[Sent]:
    while stream.readline():
        headers = {}
        while line := stream.readline().decode().strip():
            name, _, value = line.partition(":")
            headers[name.lower()] = value.strip()
        body = stream.read(int(headers["content-length"]))
        yield Sent(headers["x-amz-target"].rpartition(".")[2], headers, json.loads(body))
