"""AWS's runtime interface emulator: Lambda's own Runtime API in front of a function, built from its Go source.

Go fetches it through its module proxy, as it is configured on the machine. Where there is no Go, or an older one than
the emulator asks for, what needs it is skipped.
"""

from __future__ import annotations

import http.client
import json
import os
import re
import shutil
import subprocess
import time
from functools import cache
from pathlib import Path

from tests.engines.install import HOME
from tests.engines.server import LOOPBACK

# The module has no versions by Go's rules, only commits.
VERSION = "v0.0.0-20261030222936-bef5c4ba774d"
PACKAGE = "github.com/aws/aws-lambda-runtime-interface-emulator/cmd/aws-lambda-rie"
OLDEST_GO = (1, 26, 6)
FOLDER = HOME / "lambda-rie"
INVOCATIONS = "/2015-03-31/functions/function/invocations"
READY_WITHIN = 30.0  # seconds
TIME_OUT_SECONDS = 60.0


class EmulatorError(Exception):
    """The emulator cannot be built; the text says why."""


def go_version() -> tuple[int, ...]:
    """Ask Go for its version; (0,) where there is none."""
    if shutil.which("go") is None:
        return (0,)
    answer = subprocess.run(["go", "version"], cwd="/", capture_output=True, text=True, check=False).stdout
    found = re.search(r"go(\d+(?:\.\d+)*)", answer)
    return tuple(map(int, found[1].split("."))) if found else (0,)


def why_not() -> str | None:
    """Say why the emulator cannot be built here, or None."""
    if go_version() >= OLDEST_GO:
        return None
    return f"AWS's emulator needs go {'.'.join(map(str, OLDEST_GO))}"


@cache
def emulator() -> Path:
    """Build the emulator the first time, and keep it.

    Raises:
        EmulatorError: Go could not fetch or build it.
    """
    binary, stamp = FOLDER / "aws-lambda-rie", FOLDER / "installed-version"
    if not (binary.is_file() and stamp.is_file() and stamp.read_text() == VERSION):
        FOLDER.mkdir(parents=True, exist_ok=True)
        settings = {**os.environ, "GOBIN": str(FOLDER), "GOTOOLCHAIN": "local"}
        command = ["go", "install", "-trimpath", f"{PACKAGE}@{VERSION}"]
        done = subprocess.run(command, cwd=FOLDER, env=settings, capture_output=True, text=True, check=False)
        if done.returncode:
            raise EmulatorError(done.stderr[-500:])
        stamp.write_text(VERSION)
    return binary


def command(port: int, api_port: int, function: list[str]) -> list[str]:
    """Give the command line that starts a function behind the emulator."""
    listening = ["--runtime-interface-emulator-address", f"{LOOPBACK}:{port}"]
    return [str(emulator()), *listening, "--runtime-api-address", f"{LOOPBACK}:{api_port}", *function]


class Emulator:
    """A running emulator: takes events by HTTP."""

    def __init__(self, port: int) -> None:
        self._port = port

    def wait_until_ready(self) -> None:
        """Return once it listens."""
        latest = time.monotonic() + READY_WITHIN
        while not self._listens():
            assert time.monotonic() < latest, "the emulator does not listen"
            time.sleep(0.02)

    def invoke(self, event: bytes) -> tuple[bool, bytes]:
        """Have the function handle one event; tell whether it returned, and what it returned or raised."""
        connection = http.client.HTTPConnection(LOOPBACK, self._port, timeout=TIME_OUT_SECONDS)
        try:
            connection.request("POST", INVOCATIONS, body=event)
            answer = connection.getresponse()
            body = answer.read()
        finally:
            connection.close()
        return answer.status == http.HTTPStatus.OK and not is_error(body), body

    def _listens(self) -> bool:
        connection = http.client.HTTPConnection(LOOPBACK, self._port, timeout=1)
        try:
            connection.connect()
        except OSError:
            return False
        finally:
            connection.close()
        return True


def is_error(body: bytes) -> bool:
    """Tell an exception from an answer: the emulator answers both with 200."""
    try:
        answer = json.loads(body)
    except ValueError:
        return True
    return isinstance(answer, dict) and answer.keys() >= {"errorType", "errorMessage"}
