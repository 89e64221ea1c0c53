"""An AWS on this machine for functions that run in processes of their own: DynamoDB, SQS and S3 of ministack."""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.engines.server import LOOPBACK, command, environment, free_port, stop, wait_until_ready

ENGINE = "ministack"
SERVICES = "dynamodb,s3,sqs"


@contextmanager
def local_aws() -> Iterator[str]:
    """Start it empty on a free port, give its URL, and stop it."""
    with tempfile.TemporaryDirectory(prefix="aws-") as folder:
        scratch, port = Path(folder), free_port()
        log = scratch / "log"
        with log.open("wb") as output:
            process = subprocess.Popen(
                command(ENGINE, port),
                cwd=scratch,
                env={**environment(port, scratch), "SERVICES": SERVICES},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        try:
            wait_until_ready(ENGINE, process, port, log)
            yield f"http://{LOOPBACK}:{port}"
        finally:
            stop(process)
