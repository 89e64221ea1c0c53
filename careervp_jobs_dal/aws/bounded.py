"""Time-outs that end with the call, for the connections of a boto3 client.

botocore's time-outs hold for each step on the socket. A server that sends one byte a second never exceeds them, and
keeps a call far beyond its deadline. Here each step may take only the time that the call has left.
"""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

from careervp_jobs_dal.aws.shortcut import present, trust
from careervp_jobs_dal.aws.time_out import require_time, seconds_left

if TYPE_CHECKING:
    import socket

    from botocore.client import BaseClient


def bound(client: BaseClient) -> None:
    """Make this client's connections keep to the deadline of the call that uses them.

    botocore has no public way to do that. With another botocore, the time-outs stay as they are.
    """
    try:
        manager = client._endpoint.http_session._manager  # type: ignore[attr-defined]
        pools = manager.pool_classes_by_scheme
        manager.pool_classes_by_scheme = {scheme: _bounded_pool(pool) for scheme, pool in pools.items()}
    except Exception as error:
        trust.lose(error)


class _BoundedStream(io.RawIOBase):
    """Stream of an answer, whose reads end by the deadline."""

    def __init__(self, raw: Any, sock: socket.socket, give_up_at: float) -> None:
        super().__init__()
        self._raw = raw
        self._sock = sock
        self._usual = sock.gettimeout()
        self._give_up_at = give_up_at

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        require_time(self._give_up_at)
        self._sock.settimeout(seconds_left(self._usual, self._give_up_at))
        read: int | None = self._raw.readinto(buffer)
        return read

    def close(self) -> None:
        self._raw.close()
        super().close()


def _bounded_pool(pool: Any) -> type:
    class BoundedConnection(pool.ConnectionCls):  # type: ignore[misc]
        def connect(self) -> None:
            call = present()
            if call is not None:
                self.timeout: Any = seconds_left(self.timeout, call.give_up_at)
            super().connect()

        def getresponse(self, *arguments: Any, **keywords: Any) -> Any:
            call = present()
            if call is not None:
                self.response_class: Any = _bounded_response(self.response_class, call.give_up_at)
            return super().getresponse(*arguments, **keywords)

    class BoundedPool(pool):  # type: ignore[misc]
        ConnectionCls = BoundedConnection

    return BoundedPool


def _bounded_response(response_class: Any, give_up_at: float) -> Any:
    def make(sock: socket.socket, *arguments: Any, **keywords: Any) -> Any:
        response = response_class(sock, *arguments, **keywords)
        response.fp = io.BufferedReader(_BoundedStream(response.fp.detach(), sock, give_up_at))
        return response

    return make
