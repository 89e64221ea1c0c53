"""Reader of an HTTP answer from a socket, within a deadline.

DynamoDB's answers have a Content-Length, and are read here. An answer of another form, such as one in chunks, is left
to Python's `http.client`, which is imported then: its import costs a cold start more than the request itself.
"""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any, NamedTuple

from careervp_jobs_dal.aws.time_out import READ_SECONDS, require_time, seconds_left

if TYPE_CHECKING:
    import socket

_PIECE = 65_536
_LONGEST_HEAD = 65_536
# DynamoDB's largest answer has 16 MB of records, and JSON has them with their tags and escapes.
_LARGEST_BODY = 1 << 27
_END = b"\r\n\r\n"


class HttpAnswer(NamedTuple):
    """Answer to an HTTP request.

    Attributes:
        status: the status.
        headers: the headers, by their names in lower case.
        body: the body.
        reusable: whether the connection can carry another request.
    """

    status: int
    headers: dict[str, str]
    body: bytes
    reusable: bool

    def __repr__(self) -> str:
        return f"HttpAnswer({self.status}, {len(self.body)} bytes)"


def read_http(sock: socket.socket, give_up_at: float) -> HttpAnswer:
    """Read one answer.

    Raises:
        TimeoutError: the answer was not there in time.
        EOFError: the connection ended before the answer.
        ValueError: this is no HTTP.
        OSError: the connection broke.
    """
    received = _receive(sock, give_up_at)
    while (end := received.find(_END)) < 0:
        if len(received) > _LONGEST_HEAD:
            raise ValueError("the head of an answer is too long")
        received += _receive(sock, give_up_at)
    first, *lines = received[:end].decode("latin-1").split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    length = headers.get("content-length", "")
    # Two lengths, or lines that go on, are for a reader that knows all of HTTP.
    if not (
        first.startswith("HTTP/1.1 ") and length.isascii() and length.isdigit() and _is_usual(first, lines, headers)
    ):
        return _read_unusual(_Replayed(sock, received, give_up_at))
    size = int(length)
    if size > _LARGEST_BODY:
        raise ValueError("the body of an answer is too long")
    body = received[end + len(_END) :]
    if len(body) < size:
        body = _receive_rest(sock, body, size, give_up_at)
    reusable = len(body) == size and headers.get("connection", "").lower() != "close"
    return HttpAnswer(int(first[9:12]), headers, body[:size], reusable)


def _is_usual(first: str, lines: list[str], headers: dict[str, str]) -> bool:
    status = first[9:12]
    known = len(headers) == len(lines) and "transfer-encoding" not in headers and "content-encoding" not in headers
    return known and status.isascii() and status.isdigit() and status >= "200" and status not in ("204", "304")


def _receive(sock: socket.socket, give_up_at: float) -> bytes:
    require_time(give_up_at)
    sock.settimeout(seconds_left(READ_SECONDS, give_up_at))
    piece = sock.recv(_PIECE)
    if not piece:
        raise EOFError("the connection has ended")
    return piece


def _receive_rest(sock: socket.socket, begun: bytes, size: int, give_up_at: float) -> bytes:
    pieces, missing = [begun], size - len(begun)
    while missing > 0:
        pieces.append(_receive(sock, give_up_at))
        missing -= len(pieces[-1])
    return b"".join(pieces)


class _Replayed(io.RawIOBase):
    """Stream of an answer from its first byte, though a part was received before."""

    def __init__(self, sock: socket.socket, received: bytes, give_up_at: float) -> None:
        super().__init__()
        self._sock = sock
        self._received = received
        self._give_up_at = give_up_at

    def makefile(self, *_: Any) -> io.BufferedReader:
        """Return a file, as a socket would."""
        return io.BufferedReader(self)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        try:
            piece = self._received or _receive(self._sock, self._give_up_at)
        except EOFError:
            return 0
        count = min(len(piece), len(buffer))
        buffer[:count] = piece[:count]
        self._received = piece[count:]
        return count


def _read_unusual(stream: _Replayed) -> HttpAnswer:
    from http.client import HTTPException, HTTPResponse

    with HTTPResponse(stream, method="POST") as response:  # type: ignore[arg-type]  # it asks for a file and no more
        try:
            response.begin()
            body = response.read(_LARGEST_BODY)
        except HTTPException as error:
            raise ValueError(type(error).__name__) from None
        headers = {name.lower(): value for name, value in response.getheaders()}
        return HttpAnswer(response.status, headers, body, reusable=False)
