"""What the command line's tests have: the command in this process, a terminal, a queue, and jobs in every state."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import boto3
import pytest
from moto import mock_aws

from careervp_jobs_dal import JobsRepository, create_table
from careervp_jobs_dal.aws.gateway import Gateway
from careervp_jobs_dal.cli import main
from tests.conftest import CANARY

USER = "user-1"


HERE = Path(__file__).parent


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out the tests of this folder that have no table, on an engine: no engine changes them."""
    if config.getoption("--engine") == "moto":
        return
    without = [
        item
        for item in items
        if item.path.is_relative_to(HERE) and "table_name" not in getattr(item, "fixturenames", ())
    ]
    config.hook.pytest_deselected(items=without)
    items[:] = [item for item in items if item not in without]


class Ran(NamedTuple):
    """What one run of the command gave."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        """The one JSON document on standard output."""
        return json.loads(self.out)


Run = Callable[..., Ran]


@pytest.fixture
def run(table_name: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """The command on the test's table; nothing that it says holds the payload."""
    monkeypatch.setenv("JOBS_TABLE_NAME", table_name)
    monkeypatch.setenv("TERM", "xterm")
    for name in ("JOBS_QUEUE_URL", "JOBS_DEAD_LETTER_QUEUE_URL", "JOBS_DEBUG"):
        monkeypatch.delenv(name, raising=False)

    def call(*arguments: str, stdin: bytes = b"", terminal: bool = False, secret: bool = True) -> Ran:
        standard_input = io.TextIOWrapper(io.BytesIO(stdin))
        monkeypatch.setattr(standard_input, "isatty", lambda: terminal)
        monkeypatch.setattr(sys, "stdin", standard_input)
        monkeypatch.setattr(sys.stdout, "isatty", lambda: terminal)
        code = main(arguments)
        ran = Ran(code, *capsys.readouterr())
        assert not secret or CANARY not in ran.out + ran.err
        return ran

    return call


@pytest.fixture
def jobs(table_name: str) -> JobsRepository:
    """A repository with the real clock, as the command has."""
    return JobsRepository(table_name)


@pytest.fixture
def past(table_name: str) -> JobsRepository:
    """A repository that lives two hours ago: its leases have lapsed."""
    return JobsRepository(table_name, clock=lambda: datetime.now(UTC) - timedelta(hours=2))


@pytest.fixture
def with_indexes(table_name: str) -> str:
    """The test's table with the optional indexes; use it before the others."""
    boto3.resource("dynamodb").Table(table_name).delete()
    return create_table(table_name, optional_indexes=True).unwrap()


@pytest.fixture
def queue_url(endpoint_url: str | None) -> Iterator[str]:
    """A queue on moto, also where the tables are on another engine."""
    with mock_aws() if endpoint_url else nullcontext():
        yield boto3.client("sqs").create_queue(QueueName="jobs")["QueueUrl"]


def received(queue_url: str) -> list[str]:
    """The bodies of the messages in the queue."""
    answer = boto3.client("sqs").receive_message(QueueUrl=queue_url, MaxNumberOfMessages=10)
    return sorted(message["Body"] for message in answer.get("Messages", []))


def submit(repository: JobsRepository, key: str = "application-7", **options: Any) -> str:
    """A new job, with the canary as its payload."""
    return repository.submit_job(key, {"text": CANARY}, user_id=USER, **options).unwrap().job_id


def claim(repository: JobsRepository, job_id: str, minutes: int = 5) -> Any:
    """A worker's claim."""
    return repository.claim_job(job_id, lease=timedelta(minutes=minutes)).unwrap()


def fail(repository: JobsRepository, job_id: str) -> None:
    """The end of a job, with the canary as its error."""
    repository.fail_job(claim(repository, job_id), f"cannot do {CANARY}").unwrap()


@pytest.fixture
def plain_table(table_name: str) -> str:
    """A table without the optional indexes."""
    return create_table(f"plain-{table_name}").unwrap()


@pytest.fixture
def requests(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The operation of each request to DynamoDB, as the test goes on."""
    sent: list[str] = []
    send = Gateway._send

    def noted(self: Gateway, verb: Any, sending: Any, call: Any) -> Any:
        sent.append(sending.request.operation)
        return send(self, verb, sending, call)

    monkeypatch.setattr(Gateway, "_send", noted)
    return sent
