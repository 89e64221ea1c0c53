"""DynamoDB as cheap as can be: an HTTP server on the loopback interface, in a process whose CPU nobody counts.

It knows as much of DynamoDB's language as contenders use. A put is refused where it has a condition and its key is
there. An update's condition is not looked at: contenders only send what DynamoDB would accept, which the engine checks.
"""

import json
import re
import sys
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from itertools import islice
from selectors import EVENT_READ, DefaultSelector
from socket import IPPROTO_TCP, TCP_NODELAY, create_server, socket
from subprocess import PIPE, Popen
from typing import Any

from boto3.dynamodb.types import TypeSerializer

from benchmarks.records import exact, first_records

Item = dict[str, Any]
Answer = tuple[int, dict[str, Any]]

KEPT = 1000  # items beside the first ones; the oldest goes first
PIECE = 1 << 20  # bytes
REFUSED = "com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException"

_CLAUSE = re.compile(r"\b(SET|REMOVE|ADD)\b")
_BETWEEN_ACTIONS = re.compile(r",(?![^(]*\))")
_OPERAND = re.compile(r"(?:if_not_exists\s*\(\s*([#\w]+)\s*,)?\s*([:#\w]+)\s*\)?\s*")


class Memory:
    """One table, whatever its name: items as DynamoDB sends them, by id."""

    def __init__(self, first: Iterable[Item]) -> None:
        self._items = {_id(item): item for item in first}
        self._ids = {item["idempotency_key"]["S"]: job_id for job_id, item in self._items.items()}
        self._first = len(self._items)
        self._answers: dict[str, Callable[[Mapping[str, Any]], Answer]] = {
            "GetItem": self._get,
            "PutItem": self._put,
            "UpdateItem": self._update,
            "Query": self._query,
        }

    def answer(self, operation: str, body: Mapping[str, Any]) -> Answer:
        """Give the HTTP status and the content of what DynamoDB would answer."""
        if operation not in self._answers:
            return 400, {"__type": "com.amazon.coral.service#UnknownOperationException"}
        return self._answers[operation](body)

    def _get(self, body: Mapping[str, Any]) -> Answer:
        stored = self._items.get(_id(body["Key"]))
        if stored and "ProjectionExpression" in body:
            names = body.get("ExpressionAttributeNames", {})
            wanted = [names.get(place.strip(), place.strip()) for place in body["ProjectionExpression"].split(",")]
            stored = {name: stored[name] for name in wanted if name in stored}
        return 200, {"Item": stored} if stored else {}

    def _put(self, body: Mapping[str, Any]) -> Answer:
        stored = self._items.get(_id(body["Item"]))
        if stored and "ConditionExpression" in body:
            shown = {"Item": stored} if body.get("ReturnValuesOnConditionCheckFailure") == "ALL_OLD" else {}
            return 400, {"__type": REFUSED, "message": "The conditional request failed", **shown}
        self._keep(body["Item"])
        return 200, {}

    def _update(self, body: Mapping[str, Any]) -> Answer:
        item = apply(body, self._items.get(_id(body["Key"])) or body["Key"])
        self._keep(item)
        return 200, {"Attributes": item} if body.get("ReturnValues") == "ALL_NEW" else {}

    def _query(self, body: Mapping[str, Any]) -> Answer:
        keys = (value.get("S") for value in body["ExpressionAttributeValues"].values())
        items = [item for key in keys if (item := self._items.get(self._ids.get(key, "")))]
        return 200, {"Count": len(items), "Items": items, "ScannedCount": len(items)}

    def _keep(self, item: Item) -> None:
        self._items[_id(item)] = item
        if key := item.get("idempotency_key"):
            self._ids[key["S"]] = _id(item)
        if len(self._items) > self._first + KEPT:
            oldest = self._items.pop(next(islice(self._items, self._first, None)))
            self._ids.pop(oldest.get("idempotency_key", {}).get("S"), None)


def apply(body: Mapping[str, Any], item: Mapping[str, Any]) -> Item:
    """Make the item that an update leaves."""
    names, values = body.get("ExpressionAttributeNames", {}), body.get("ExpressionAttributeValues", {})
    new = dict(item)

    def value(default: str, operand: str) -> Any:
        return new.get(names.get(default, default)) or values.get(operand) or new[names.get(operand, operand)]

    clauses = iter(_CLAUSE.split(body["UpdateExpression"])[1:])
    for clause, actions in zip(clauses, clauses, strict=True):
        for action in _BETWEEN_ACTIONS.split(actions):
            place, *rest = re.split(r"[\s=]+", action.strip(), maxsplit=1)
            name = names.get(place, place)
            if clause == "REMOVE":
                new.pop(name, None)
                continue
            operands = [value(*found) for found in _OPERAND.findall(rest[0])]
            if clause == "ADD":
                operands.append(new.get(name, {"N": "0"}))
            new[name] = operands[0] if len(operands) == 1 else {"N": str(sum(int(each["N"]) for each in operands))}
    return new


def _id(item: Mapping[str, Any]) -> str:
    return str(item["job_id"]["S"])


def wire(item: dict[str, Any]) -> Item:
    """Write an item as DynamoDB has it in JSON."""
    serialize = TypeSerializer().serialize
    return {name: serialize(value) for name, value in exact(item).items()}


class _Connection:
    """One client's connection, kept alive until the client closes it."""

    def __init__(self, sock: socket, memory: Memory) -> None:
        self._sock, self._memory, self._received = sock, memory, b""

    def serve(self) -> bool:
        """Answer what has been received in full; tell whether the client is still there."""
        try:
            piece = self._sock.recv(PIECE)
            self._received += piece
            while (request := self._next()) is not None:
                self._sock.sendall(_http(*self._memory.answer(*request)))
        except ConnectionError:
            piece = b""
        if not piece:
            self._sock.close()
        return bool(piece)

    def _next(self) -> tuple[str, Any] | None:
        """Take the next request, its operation and content, out of what has been received."""
        head, end, rest = self._received.partition(b"\r\n\r\n")
        if not end:
            return None
        headers = head.lower()
        size = int(_after(headers, b"\r\ncontent-length:"))
        if len(rest) < size:
            return None
        self._received = rest[size:]
        start = headers.index(b"\r\nx-amz-target:")
        return _after(head[start:], b".").decode(), json.loads(rest[:size])


def _after(head: bytes, mark: bytes) -> bytes:
    """Give the rest of the line after a mark."""
    return head.partition(mark)[2].partition(b"\r\n")[0].strip()


def _http(status: int, content: Mapping[str, Any]) -> bytes:
    """Write a whole response, in one piece and with the headers that DynamoDB sends."""
    body = json.dumps(content, separators=(",", ":")).encode()
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


@contextmanager
def running() -> Iterator[str]:
    """Start the server and give its address; it ends with this process."""
    with Popen([sys.executable, "-m", "benchmarks.stub"], stdin=PIPE, stdout=PIPE, text=True) as server:
        port = int(server.stdout.readline()) if server.stdout else 0
        yield f"http://127.0.0.1:{port}"


def serve(listener: socket, memory: Memory) -> None:
    """Answer all clients in one thread: threads would wait for one another, and the clients for them."""
    waiting = DefaultSelector()
    waiting.register(listener, EVENT_READ)
    waiting.register(sys.stdin, EVENT_READ)
    while True:
        for key, _ in waiting.select():
            if key.fileobj is sys.stdin:
                return
            if key.data is None:
                client, _ = listener.accept()
                client.setsockopt(IPPROTO_TCP, TCP_NODELAY, 1)
                waiting.register(client, EVENT_READ, _Connection(client, memory))
            elif not key.data.serve():
                waiting.unregister(key.fileobj)


def main() -> None:
    """Serve on a free port, which is printed, until standard input ends."""
    with create_server(("127.0.0.1", 0), backlog=128) as listener:
        print(listener.getsockname()[1], flush=True)
        serve(listener, Memory(map(wire, first_records())))


if __name__ == "__main__":
    main()
