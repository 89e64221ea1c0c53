"""An engine that runs already is used where it is."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from tests.engines.server import EngineError, lists_tables, running, why_not

VARIABLE = "JOBS_URL_DYNAMODB_LOCAL"


class Engine(BaseHTTPRequestHandler):
    """Answers every request as ListTables is answered."""

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b'{"TableNames": []}')

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # http.server's name for it
        """Say nothing."""


@pytest.fixture
def port() -> Iterator[int]:
    with HTTPServer(("127.0.0.1", 0), Engine) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server.server_address[1]
        server.shutdown()
        thread.join()


def test_an_engine_that_runs_already_is_used_and_left_running(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, f"http://127.0.0.1:{port}")

    assert why_not("dynamodb-local") is None
    with running("dynamodb-local") as url:
        assert url == f"http://127.0.0.1:{port}"
    assert lists_tables(port)


def test_an_engine_that_does_not_answer_is_an_error(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, "http://127.0.0.1:9")

    with pytest.raises(EngineError, match="does not answer"), running("dynamodb-local"):
        pass


@pytest.mark.parametrize(
    "address", ["http://example.com:8000", "https://127.0.0.1:8000", "127.0.0.1:8000", "http://127.0.0.1"]
)
def test_only_an_address_on_this_machine_will_do(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, address)

    with pytest.raises(EngineError, match="must be http://127"), running("dynamodb-local"):
        pass
