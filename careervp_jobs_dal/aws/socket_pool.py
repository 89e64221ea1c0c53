"""Kept-alive connections to one endpoint, each for one request at a time.

    take a connection that waits, or connect       TLS, TCP_NODELAY, within the deadline
    send head and body in one piece
    read the head, then as many bytes as it says    each step within the deadline
    put the connection back                         unless anything was odd: then close it

A connection serves only the process that made it. One that the server has closed meanwhile, or that has waited for
long, is not used: after a function was frozen, nobody knows what became of it. No lock is held while the network is
waited for.
"""

from __future__ import annotations

import os
import select
import socket
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any, NamedTuple

from careervp_jobs_dal.aws.direct_error import (
    ConnectionClosedError,
    ConnectTimeoutError,
    EndpointConnectionError,
    NetworkError,
    ReadTimeoutError,
    SSLError,
)
from careervp_jobs_dal.aws.fork import fork_count
from careervp_jobs_dal.aws.http_answer import HttpAnswer, read_http
from careervp_jobs_dal.aws.time_out import CONNECT_SECONDS, READ_SECONDS, seconds_left

if TYPE_CHECKING:
    from ssl import SSLContext

_MOST_IDLE = 50
_LONGEST_IDLE_SECONDS = 50.0


class Endpoint(NamedTuple):
    """Address of a server, and the place of the authorities for its certificate."""

    scheme: str
    host: str
    port: int
    authorities: str | None = None

    @property
    def netloc(self) -> str:
        """Return the value of the Host header."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == PORTS[self.scheme] else f"{host}:{self.port}"

    @property
    def url(self) -> str:
        """Return the address."""
        return f"{self.scheme}://{self.netloc}"


PORTS = {"http": 80, "https": 443}


class SocketPool:
    """Pool of the connections to one endpoint; threads may share it."""

    def __init__(self, endpoint: Endpoint) -> None:
        self._endpoint = endpoint
        self._idle: list[tuple[socket.socket, float]] = []
        self._context: SSLContext | None = None
        self._forks = fork_count()

    def prepare(self) -> None:
        """Read the authorities now."""
        if self._endpoint.scheme == "https" and self._context is None:
            self._context = _ssl_context(self._endpoint.authorities)

    def close(self) -> None:
        """Close the connections that wait."""
        while self._idle:
            with suppress(IndexError):
                self._idle.pop()[0].close()

    def __del__(self) -> None:
        # When Python ends, the names of this module are gone before its last objects.
        for sock, _ in self._idle:
            sock.close()

    def exchange(self, request: bytes, give_up_at: float) -> HttpAnswer:
        """Send a request, and return the answer.

        Raises:
            NetworkError: there was no answer, or none in time.
        """
        sock = self._take() or self._connect(give_up_at)
        try:
            answer = self._carry(sock, request, give_up_at)
        except BaseException:
            # Whatever ended the exchange, even a signal: a later request must not read this one's answer.
            sock.close()
            raise
        if answer.reusable and len(self._idle) < _MOST_IDLE:
            self._idle.append((sock, time.time()))
        else:
            sock.close()
        return answer

    def _carry(self, sock: socket.socket, request: bytes, give_up_at: float) -> HttpAnswer:
        try:
            sock.settimeout(seconds_left(READ_SECONDS, give_up_at))
            sock.sendall(request)
            return read_http(sock, give_up_at)
        except TimeoutError as error:
            raise ReadTimeoutError(self._endpoint.url, type(error).__name__) from None
        except (OSError, EOFError, ValueError) as error:
            raise ConnectionClosedError(self._endpoint.url, type(error).__name__) from None

    def _take(self) -> socket.socket | None:
        """Take a connection that waits and still stands."""
        if self._forks != fork_count():
            # The parent goes on with its connections. Closing this process's copies does not end them.
            self._forks = fork_count()
            self.close()
        while True:
            try:
                sock, since = self._idle.pop()  # one step, so no other thread gets the same
            except IndexError:
                return None
            if 0 <= time.time() - since < _LONGEST_IDLE_SECONDS and not has_news(sock):
                return sock
            sock.close()

    def _connect(self, give_up_at: float) -> socket.socket:
        # As text, Python would look the name up by rules for other alphabets, whose import takes longer than a request.
        host: Any = self._endpoint.host.encode()
        address = host, self._endpoint.port
        try:
            self.prepare()
            sock = socket.create_connection(address, seconds_left(CONNECT_SECONDS, give_up_at))
        except TimeoutError as error:
            raise ConnectTimeoutError(self._endpoint.url, type(error).__name__) from None
        except OSError as error:
            raise EndpointConnectionError(self._endpoint.url, type(error).__name__) from None
        try:
            # Without this, the system may hold the end of a request back until the server confirms its beginning.
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if self._context is not None:
                sock = self._context.wrap_socket(sock, server_hostname=host)
        except BaseException as error:
            sock.close()
            raise self._handshake_failure(error) if isinstance(error, OSError) else error from None
        return sock

    def _handshake_failure(self, error: OSError) -> NetworkError:
        kind = ConnectTimeoutError if isinstance(error, TimeoutError) else SSLError
        return kind(self._endpoint.url, type(error).__name__)


def has_news(sock: socket.socket) -> bool:
    """Tell whether a waiting connection has something to read.

    That is its end, or an answer to no request.
    """
    if not hasattr(select, "poll"):
        return bool(select.select([sock], [], [], 0)[0])
    poll = select.poll()
    poll.register(sock, select.POLLIN)
    return bool(poll.poll(0))


def _ssl_context(authorities: str | None) -> SSLContext:
    import ssl

    place = authorities or _usual_authorities()
    folder = place is not None and os.path.isdir(place)
    context = ssl.create_default_context(capath=place) if folder else ssl.create_default_context(cafile=place)
    # Python 3.13 refuses certificates without some extensions. botocore takes them, so a company's authority may do so.
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    return context


def _usual_authorities() -> str | None:
    """Return botocore's authorities, on a system that has none of its own."""
    import ssl
    from importlib.util import find_spec

    system = ssl.get_default_verify_paths()
    botocore = None if system.cafile or system.capath else find_spec("botocore")
    return None if botocore is None else os.path.join(os.path.dirname(str(botocore.origin)), "cacert.pem")
