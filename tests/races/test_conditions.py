"""Threads share one client, and each still sends the condition that it means.

boto3 numbers the placeholders of condition objects with counters that all calls of a client share.
"""

from __future__ import annotations

import json
import re
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from io import BytesIO
from typing import Any

import pytest
from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.compat import HTTPHeaders

from careervp_jobs_dal import Claim, JobRecord, JobsRepository
from tests.races.processes import Settings

THREADS = 8
CALLS = 4000
EAGER_SECONDS = 0.0001
"""After which a thread has to let others run; with Python's own five milliseconds the same mishap is rarer."""

NOW = datetime(2026, 2, 3, tzinfo=UTC)
LEASE = timedelta(minutes=5)
NONCE = re.compile(r"\b[a-z2-7]{12}\b")
CLAIM = Claim(JobRecord({"job_id": "vpr-1"}), 1, 3, "mine", NOW)

Call = Callable[[JobsRepository], object]

CALLS_OF: dict[str, Call] = {
    "submit": lambda repository: repository.submit_job("key", {}),
    "update": lambda repository: repository.update_job_status("vpr-1", "PROCESSING"),
    "claim": lambda repository: repository.claim_job("vpr-1", lease=LEASE),
    "renew": lambda repository: repository.renew_claim(CLAIM, lease=LEASE),
    "complete": lambda repository: repository.complete_job(CLAIM),
    "look up": lambda repository: repository.get_job_by_idempotency_key("key"),
}


class Listener:
    """Answers in the engine's place, and notes each condition with its names and values filled in."""

    def __init__(self) -> None:
        self.conditions: list[str] = []

    def __call__(self, request: AWSPreparedRequest, **_: object) -> AWSResponse:
        body = json.loads(request.body)  # type: ignore[arg-type]  # bytes, for DynamoDB
        self.conditions.append(filled_in(body))
        answer = json.dumps(_answer(body)).encode()
        return AWSResponse(request.url, 200, HTTPHeaders(), _Raw(answer))


def _answer(body: dict[str, Any]) -> dict[str, Any]:
    """Return what DynamoDB would to a put, an update and a query."""
    if "Item" in body:
        return {}
    if "Key" in body:
        return {"Attributes": {**body["Key"], "status": {"S": "PROCESSING"}}}
    return {"Items": [], "Count": 0}


class _Raw(BytesIO):
    def stream(self, **_: object) -> Iterator[bytes]:
        yield self.read()


def filled_in(body: dict[str, Any]) -> str:
    text = body.get("ConditionExpression") or body["KeyConditionExpression"]
    meanings = dict(body.get("ExpressionAttributeNames", {}))
    for placeholder, value in body.get("ExpressionAttributeValues", {}).items():
        meanings[placeholder] = NONCE.sub("a nonce", str(value))
    return re.sub(r"[#:]\w+", lambda match: meanings.get(match[0], match[0]), text)


@pytest.fixture
def eager_threads() -> Iterator[None]:
    before = sys.getswitchinterval()
    sys.setswitchinterval(EAGER_SECONDS)
    yield
    sys.setswitchinterval(before)


@pytest.fixture
def listener(repository: JobsRepository) -> Iterator[Listener]:
    listener = Listener()
    events: Any = repository.dynamodb.meta.client.meta.events
    events.register_first("before-send.dynamodb", listener)
    yield listener
    events.unregister("before-send.dynamodb", listener)


def test_threads_send_the_conditions_they_mean(
    settings: Settings, table_name: str, listener: Listener, eager_threads: None
) -> None:
    repository = JobsRepository(table_name, clock=lambda: NOW)
    for call in CALLS_OF.values():
        call(repository)
    meant = {*listener.conditions}
    assert len(meant) == len(CALLS_OF)

    calls = [*CALLS_OF.values()] * (CALLS // len(CALLS_OF))
    with ThreadPoolExecutor(THREADS) as threads:
        list(threads.map(lambda call: call(repository), calls))

    assert Counter(condition for condition in listener.conditions if condition not in meant) == {}
