"""Start and stop an installed engine: ``with running("dynoxide") as endpoint: ...``.

An engine that somebody else has started is used where it is, and left running: ``JOBS_URL_DYNAMODB_LOCAL`` names the
address of dynamodb-local, and so on.
"""

from __future__ import annotations

import http.client
import json
import os
import shutil
import socket
import subprocess
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from .catalogue import ENGINES
from .install import HOME, is_current

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

LOOPBACK = "127.0.0.1"
READY_WITHIN = 60.0  # seconds; a cold Java on a busy two-core machine takes a tenth of it
STOPPED_WITHIN = 5.0  # seconds between asking an engine to stop and stopping it
LOG_TAIL = 20  # lines

# Engines see nothing else of the caller's environment: no AWS settings, no options of their own.
PASSED_ON = ("PATH", "HOME", "JAVA_HOME", "LANG", "LD_LIBRARY_PATH")

# ministack's other services stay off, and it must not find a Docker daemon, whose containers it
# would tidy up.
MINISTACK_SETTINGS = {
    "BIND_HOST": LOOPBACK,
    "SERVICES": "dynamodb",
    "IOT_MTLS_ENABLED": "0",
    "SFTP_ENABLED": "0",
    "DOCKER_HOST": "unix:///nonexistent",
    "LOG_LEVEL": "WARNING",
}
# Signed in form only: the engines want to see a signature, and none of them checks it.
CREDENTIAL = "probe/20260101/us-east-1/dynamodb/aws4_request"
LIST_TABLES = {
    "Content-Type": "application/x-amz-json-1.0",
    "X-Amz-Target": "DynamoDB_20120810.ListTables",
    "X-Amz-Date": "20260101T000000Z",
    "Authorization": f"AWS4-HMAC-SHA256 Credential={CREDENTIAL}, SignedHeaders=host, Signature=0",
}


class EngineError(Exception):
    """An engine is not installed, or did not come up; the text says why."""


def address_of(name: str) -> str | None:
    """Look up where an engine runs already; None where it is to be started."""
    return os.environ.get(f"JOBS_URL_{name.upper().replace('-', '_')}") or None


def why_not(name: str) -> str | None:
    """Say why an engine cannot be started here, or None when it can, or runs already."""
    if address_of(name):
        return None
    version = ENGINES[name].version
    if version is None:
        return f"{name} runs in process and has no server"
    if not is_current(name):
        return f"{name} {version} is not in {HOME}: python -m tests.engines.install {name}"
    return None


def is_installed(name: str) -> bool:
    """Tell whether an engine can be started here."""
    return why_not(name) is None


def command(name: str, port: int) -> Sequence[str]:
    """Give the command line that starts an engine in memory on a port."""
    folder = HOME / name
    match name:
        case "ministack":
            return [str(folder / "bin" / "python"), "-m", "ministack"]
        case "dynamodb-local":
            return dynamodb_local(folder / "lib", port)
        case "dynoxide":
            return [str(folder / "bin" / "dynoxide"), "--host", LOOPBACK, "--port", str(port)]
    raise EngineError(f"no command is known for {name}")


def dynamodb_local(lib: Path, port: int) -> Sequence[str]:
    """Give DynamoDB Local's command line, telemetry off and one database for all credentials.

    It has no option for the address: alone of the engines it listens on all of them.
    """
    java = [shutil.which("java") or "java", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"]
    place = [f"-Djava.library.path={lib}", "-cp", str(lib / "*")]
    main = "software.amazon.dynamodb.services.local.main.ServerRunner"
    return [*java, *place, main, "-inMemory", "-sharedDb", "-disableTelemetry", "-port", str(port)]


def environment(port: int, scratch: Path) -> Mapping[str, str]:
    """Give an engine the few variables it needs; each ignores the other's."""
    kept = {key: os.environ[key] for key in PASSED_ON if key in os.environ}
    return {**kept, **MINISTACK_SETTINGS, "GATEWAY_PORT": str(port), "TMPDIR": str(scratch)}


def free_port() -> int:
    """Ask the system for a loopback port that nobody uses at this moment."""
    with socket.socket() as listener:
        listener.bind((LOOPBACK, 0))
        port: int = listener.getsockname()[1]
        return port


def lists_tables(port: int) -> bool:
    """Tell whether something on the port answers ListTables, by plain HTTP.

    Not by boto3: a moto that happens to be active would answer in the engine's place.
    """
    connection = http.client.HTTPConnection(LOOPBACK, port, timeout=5)
    try:
        connection.request("POST", "/", body="{}", headers=LIST_TABLES)
        answer = connection.getresponse()
        return answer.status == 200 and "TableNames" in json.loads(answer.read())
    except (OSError, http.client.HTTPException, ValueError):
        return False
    finally:
        connection.close()


def checked(name: str, address: str) -> str:
    """Make sure that an engine answers at an address, which must be on this machine as the tests reach nothing else."""
    place = urlsplit(address)
    if (place.scheme, place.hostname) != ("http", LOOPBACK) or place.port is None:
        raise EngineError(f"the address of {name} must be http://{LOOPBACK}: and a port")
    if not lists_tables(place.port):
        raise EngineError(f"{name} does not answer at {address}")
    return address


def wait_until_ready(name: str, process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    """Return once the engine answers; give up when it dies or takes too long."""
    give_up = time.monotonic() + READY_WITHIN
    while True:
        # Asked first: when the engine could not have the port, somebody else may answer on it.
        if process.poll() is not None:
            raise EngineError(f"{name} ended with exit code {process.returncode}{tail(log)}")
        if lists_tables(port):
            return
        if time.monotonic() > give_up:
            raise EngineError(f"{name} did not answer within {READY_WITHIN:.0f} s{tail(log)}")
        time.sleep(0.02)


def tail(log: Path) -> str:
    """Give the end of an engine's log, to stand below a message."""
    lines = log.read_text(errors="replace").splitlines()[-LOG_TAIL:]
    return "\n".join([", its log ends:", *lines]) if lines else ", its log is empty"


def stop(process: subprocess.Popen[bytes]) -> None:
    """End an engine, gently first."""
    process.terminate()
    try:
        process.wait(STOPPED_WITHIN)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


@contextmanager
def running(name: str) -> Iterator[str]:
    """Start an engine with empty memory on a free loopback port, give its URL, always stop it."""
    address = address_of(name)
    if address:
        yield checked(name, address)
        return
    reason = why_not(name)
    if reason is not None:
        raise EngineError(reason)
    with tempfile.TemporaryDirectory(prefix=f"{name}-") as folder:
        scratch, port = Path(folder), free_port()
        log = scratch / "log"
        with log.open("wb") as output:
            process = subprocess.Popen(
                command(name, port),
                cwd=scratch,
                env=environment(port, scratch),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                # A group of its own: Ctrl-C must reach the tests first, not take the engine away.
                start_new_session=True,
            )
        try:
            wait_until_ready(name, process, port, log)
            yield f"http://{LOOPBACK}:{port}"
        finally:
            stop(process)
