"""DynamoDB as cheap as can be: an HTTP server on the loopback interface, in a process whose CPU nobody counts."""

from __future__ import annotations

import json
import os
import sys
import zlib
from contextlib import contextmanager
from decimal import Decimal
from socketserver import StreamRequestHandler, ThreadingTCPServer
from subprocess import PIPE, Popen
from threading import Thread
from typing import TYPE_CHECKING, Any

from boto3.dynamodb.types import TypeSerializer

from benchmarks.memory import Memory, dump
from benchmarks.records import first_records

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_SETTINGS = {
    "AWS_ACCESS_KEY_ID": "benchmark",
    "AWS_SECRET_ACCESS_KEY": "benchmark",
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_EC2_METADATA_DISABLED": "true",
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
}


@contextmanager
def running() -> Iterator[str]:
    """Start the server and give its address; it ends with this block, and with this process however that ends."""
    with Popen([sys.executable, "-m", "benchmarks.stub"], stdin=PIPE, stdout=PIPE, text=True) as server:
        port = int(server.stdout.readline()) if server.stdout else 0
        yield f"http://127.0.0.1:{port}"


def environment(address: str) -> dict[str, str]:
    """This process's environment, with boto3 bound to the server and bytecode allowed."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    kept.pop("PYTHONDONTWRITEBYTECODE", None)
    return {**kept, **_SETTINGS, "AWS_ENDPOINT_URL_DYNAMODB": address}


def wire(item: dict[str, Any]) -> dict[str, Any]:
    """An item as DynamoDB writes it in JSON."""
    serialize = TypeSerializer().serialize
    exact = json.loads(json.dumps(item), parse_float=Decimal)
    return {name: serialize(value) for name, value in exact.items()}


def _http(status: int, content: Mapping[str, Any]) -> bytes:
    """A whole response, in one piece and with the headers that DynamoDB sends."""
    body = dump(content)
    head = (
        f"HTTP/1.1 {status} Benchmark\r\n"
        "Server: Server\r\n"
        "Date: Tue, 03 Feb 2026 13:05:32 GMT\r\n"
        "Content-Type: application/x-amz-json-1.0\r\n"
        f"Content-Length: {len(body)}\r\n"
        "Connection: keep-alive\r\n"
        "x-amzn-RequestId: 5CQHJ3VR0E8AL6U2T7MZKDN1P9XGYB4WSFAV4KQNSO5AEMVJF66Q\r\n"
        f"x-amz-crc32: {zlib.crc32(body)}\r\n\r\n"
    )
    return head.encode() + body


class _Connection(StreamRequestHandler):
    """One client's connection, kept alive until the client closes it."""

    disable_nagle_algorithm = True
    memory = Memory(wire(record) for record in first_records())

    def handle(self) -> None:
        while head := self._head():
            body = json.loads(self.rfile.read(int(head[b"content-length"])))
            operation = head[b"x-amz-target"].rpartition(b".")[2].decode()
            self.wfile.write(_http(*self.memory.answer(operation, body)))

    def _head(self) -> dict[bytes, bytes]:
        """The headers of the next request, their names in lower case; none at the end of the connection."""
        head = {}
        while (line := self.rfile.readline()) not in (b"\r\n", b""):
            name, _, value = line.partition(b":")
            head[name.lower()] = value.strip()
        return head


class _Server(ThreadingTCPServer):
    """A thread for each connection, none of which keeps the process alive."""

    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that goes away is no error."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


def main() -> None:
    """Serve on a free port, which is printed, until standard input ends."""
    with _Server(("127.0.0.1", 0), _Connection) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        print(server.server_address[1], flush=True)
        sys.stdin.read()
        server.shutdown()


if __name__ == "__main__":
    main()
