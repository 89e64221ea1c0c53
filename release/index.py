"""A package index of one's own on loopback, and an environment in which installers see nothing else."""

from __future__ import annotations

import http.client
import os
import socket
import subprocess
import time
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from release.project import ReleaseError, tool

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

LOOPBACK = "127.0.0.1"
LONGEST_START = 30.0  # seconds
# Nothing listens on the port called discard: whoever goes through this proxy gets nowhere.
NOWHERE = f"http://{LOOPBACK}:9"
INSTALLERS_SETTINGS = ("PIP_", "UV_", "TWINE_", "PYTHON")


@dataclass(frozen=True, slots=True)
class Index:
    """A running index: where to upload, and where installers look."""

    upload_url: str

    @property
    def url(self) -> str:
        """What `--index-url` takes."""
        return f"{self.upload_url}simple/"


@contextmanager
def serving(folder: Path) -> Iterator[Index]:
    """Serve the packages of a folder on loopback, and take uploads into it; no name is looked up elsewhere."""
    port = _free_port()
    command = tool("pypiserver", "run", "--interface", LOOPBACK, "--port", str(port), "--disable-fallback")
    log_file = folder.with_suffix(".log")
    with log_file.open("wb") as log:
        server = subprocess.Popen(  # noqa: S603  # the command is this module's own
            [*command, "--passwords", ".", "--authenticate", ".", str(folder)],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
        try:
            _wait_for(server, port, log_file)
            yield Index(f"http://{LOOPBACK}:{port}/")
        finally:
            server.terminate()
            server.wait(timeout=10)


def loopback_only(home: Path) -> dict[str, str]:
    """The variables for an installer that reads no settings of this machine and reaches loopback only."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.upper().startswith(INSTALLERS_SETTINGS) and not name.upper().endswith("_PROXY")
    }
    blocked = dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy"), NOWHERE)
    folders = dict.fromkeys(("HOME", "XDG_CONFIG_HOME", "XDG_CONFIG_DIRS"), str(home))
    pip = {"PIP_CONFIG_FILE": os.devnull, "PIP_NO_CACHE_DIR": "1", "PIP_RETRIES": "1", "PIP_NO_INPUT": "1"}
    uv = {"UV_CACHE_DIR": str(home / "uv-cache"), "UV_PYTHON_DOWNLOADS": "never", "UV_HTTP_RETRIES": "0"}
    return kept | blocked | folders | pip | uv | {"NO_PROXY": LOOPBACK, "no_proxy": LOOPBACK}


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        return int(probe.getsockname()[1])


def _wait_for(server: subprocess.Popen[bytes], port: int, log: Path) -> None:
    latest = time.monotonic() + LONGEST_START
    while not _answers(port):
        if server.poll() is not None or time.monotonic() > latest:
            raise ReleaseError(f"The index did not start:\n{log.read_text(errors='replace')[-2000:]}")
        time.sleep(0.05)


def _answers(port: int) -> bool:
    connection = http.client.HTTPConnection(LOOPBACK, port, timeout=5)
    try:
        connection.request("GET", "/health")
        return connection.getresponse().status == http.HTTPStatus.OK
    except OSError:
        return False
    finally:
        connection.close()
