"""One execution environment of a function: its code, its layer, its settings, and AWS's own runtime client."""

from __future__ import annotations

import json
import subprocess
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from tests.conftest import AWS_ENVIRONMENT
from tests.engines.server import LOOPBACK, free_port, stop
from tests.layer import emulator
from tests.layer.pythons import runtime
from tests.layer.runtime_api import runtime_api


class Service(Protocol):
    """Lambda's side: hands an event to the function, and takes what comes of it."""

    def invoke(self, event: bytes) -> tuple[bool, bytes]:
        """Tell whether the function returned, and what it returned or raised."""


class FunctionError(Exception):
    """What Lambda reports of a function that raised, or that could not be loaded."""


@dataclass(frozen=True)
class Deployment:
    """What a function is made of.

    Attributes:
        version: the Python of its runtime.
        layer: the layer's zip.
        task: the folder with its code, in the place of /var/task.
        settings: its environment variables.
        emulated: whether AWS's emulator serves it; otherwise the tests' own Runtime API does.
    """

    version: str
    layer: Path
    task: Path
    settings: Mapping[str, str]
    emulated: bool = False

    def command(self, handler: str) -> list[str]:
        """Give the command line of AWS's runtime client."""
        return [str(runtime(self.version)), "-m", "awslambdaric", handler]


@dataclass(frozen=True)
class Function:
    """A running execution environment."""

    service: Service
    log: Path

    def invoke(self, event: object) -> Any:
        """Invoke the function and return its answer.

        Raises:
            FunctionError: as Lambda reports it.
        """
        returned, body = self.service.invoke(json.dumps(event).encode())
        if not returned:
            raise FunctionError(f"{body.decode()}\n{self.log.read_text()}")
        return json.loads(body)

    def lines(self) -> list[dict[str, Any]]:
        """Read the JSON lines that the function has logged."""
        return [json.loads(line) for line in self.log.read_text().splitlines() if line.startswith("{")]


def unpack(layer: Path, opt: Path) -> None:
    """Unpack a layer as Lambda does, and make it as unwritable as Lambda's."""
    with zipfile.ZipFile(layer) as archive:
        archive.extractall(opt)
    for path in opt.rglob("*"):
        path.chmod(0o555 if path.is_dir() else 0o444)


def search_path(opt: Path, version: str) -> Sequence[str]:
    """Give what Lambda puts between the function's code and the runtime's packages."""
    return [str(opt / "python" / "lib" / f"python{version}" / "site-packages"), str(opt / "python")]


def environment(deployment: Deployment, opt: Path, address: str) -> dict[str, str]:
    """Give the variables that a runtime sees; nothing of this machine is among them."""
    return {
        **AWS_ENVIRONMENT,
        "AWS_REGION": AWS_ENVIRONMENT["AWS_DEFAULT_REGION"],
        "AWS_EXECUTION_ENV": f"AWS_Lambda_python{deployment.version}",
        "AWS_LAMBDA_FUNCTION_NAME": "test",
        "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "256",
        "AWS_LAMBDA_LOG_GROUP_NAME": "/aws/lambda/test",
        "AWS_LAMBDA_LOG_STREAM_NAME": "2026/02/03/[$LATEST]0123456789abcdef",
        "AWS_LAMBDA_RUNTIME_API": address,
        "LAMBDA_TASK_ROOT": str(deployment.task),
        "LANG": "en_US.UTF-8",
        "PATH": "/usr/bin:/bin",
        "PYTHONPATH": ":".join(search_path(opt, deployment.version)),
        "TZ": ":UTC",
        **deployment.settings,
    }


@contextmanager
def cold_start(deployment: Deployment, handler: str, scratch: Path) -> Iterator[Function]:
    """Start a new execution environment for one handler, and end it."""
    opt = scratch / "opt"
    if not opt.exists():
        unpack(deployment.layer, opt)
    log = scratch / f"{handler}.log"
    start = emulated if deployment.emulated else served
    with start(deployment, handler, opt, log) as service:
        yield Function(service, log)


@contextmanager
def served(deployment: Deployment, handler: str, opt: Path, log: Path) -> Iterator[Service]:
    """Start the runtime client against the tests' own Runtime API."""
    with runtime_api() as api, process(deployment, deployment.command(handler), opt, api.address, log):
        yield api


@contextmanager
def emulated(deployment: Deployment, handler: str, opt: Path, log: Path) -> Iterator[Service]:
    """Start AWS's emulator, which starts the runtime client itself."""
    port, api_port = free_port(), free_port()
    command = emulator.command(port, api_port, deployment.command(handler))
    with process(deployment, command, opt, f"{LOOPBACK}:{api_port}", log):
        service = emulator.Emulator(port)
        service.wait_until_ready()
        yield service


@contextmanager
def process(deployment: Deployment, command: Sequence[str], opt: Path, address: str, log: Path) -> Iterator[None]:
    """Run a command as Lambda would, and end it."""
    with log.open("wb") as output:
        started = subprocess.Popen(
            # Python puts the folder that it starts in before everything else: there lies the function's code.
            command,
            cwd=deployment.task,
            env=environment(deployment, opt, address),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            yield
        finally:
            stop(started)
