"""A table of jobs on a local engine: seeded quickly, measured through a client that is watched and one that is not."""

import json
import os
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from http.client import HTTPConnection
from itertools import islice, zip_longest
from statistics import median
from typing import Any, TypeAlias
from urllib.parse import urlsplit
from zlib import crc32

import boto3
from botocore.config import Config

from benchmarks.capacity.lives import Life, total
from benchmarks.capacity.meter import Meter
from benchmarks.samples import Sample
from careervp_jobs_dal import create_table
from careervp_jobs_dal.table import active_shard
from careervp_jobs_dal.values import instant_text
from tests.engines.server import LIST_TABLES, EngineError

FIRST_DAY = datetime(2026, 2, 3, tzinfo=UTC)
USER_JOBS = 100  # that each seeded user has
_WRITTEN_AT_ONCE = 25  # the most that BatchWriteItem takes
_WRITERS = 3

Step: TypeAlias = tuple[str, Callable[[], object]]
Steps: TypeAlias = Callable[[Any], Iterable[Step]]


class Store:
    """A table with all indexes, reached through a client that is watched and one that is not."""

    def __init__(self, name: str) -> None:
        config = Config(parameter_validation=False, max_pool_connections=10, read_timeout=60)
        self.name, self._size = name, 0
        self.plain, self._watched = (boto3.resource("dynamodb", config=config) for _ in range(2))
        create_table(name, index_projection="KEYS_ONLY", optional_indexes=True, dynamodb=self.plain).unwrap()
        self._meter = Meter(self._watched.meta.client)
        self._layout = self._meter.layout(name)

    def measure(
        self, curve: str, at: int, steps: Steps, rounds: int, control: Callable[[], Iterable[Step]] = tuple
    ) -> list[Sample]:
        """Count what each step sends, then take its time, in turn with that of a control's where there is one."""
        counted = {name: self._count(call) for name, call in steps(self._watched)}
        times: dict[str, list[float]] = {name: [] for name in counted}
        beside: dict[str, list[float]] = {name: [] for name in counted}
        for _ in range(rounds):
            for step, other in zip_longest(steps(self.plain), control()):
                times[step[0]].append(_milliseconds(step))
                if other:
                    beside[other[0]].append(_milliseconds(other))
        return [
            Sample(
                curve, at, name, *counted[name], _median(times[name]), _median(beside[name]) if beside[name] else None
            )
            for name in counted
        ]

    def _count(self, call: Callable[[], object]) -> tuple[int, float]:
        self._meter.requests.clear()
        call()
        return len(self._meter.requests), total(Life(self._meter.requests, self._layout))

    def fill(self, size: int, *, active: int = 0, user: str | None = None) -> None:
        """Add finished jobs, the first ones waiting, up to a size; each user has a hundred, or one user has all."""
        numbers, self._size = range(self._size, size), size
        items = (_item(number, user or f"user-{number // USER_JOBS}", number < active) for number in numbers)
        with ThreadPoolExecutor(_WRITERS) as threads:
            while ahead := list(islice(items, 100 * _WRITERS * _WRITTEN_AT_ONCE)):
                share = -(-len(ahead) // _WRITERS)
                list(threads.map(self._write, [ahead[first : first + share] for first in range(0, len(ahead), share)]))

    def _write(self, items: list[dict[str, Any]]) -> None:
        """Write by plain HTTP, which takes a fraction of boto3's time: a million jobs are many."""
        address = urlsplit(os.environ["AWS_ENDPOINT_URL_DYNAMODB"])
        connection = HTTPConnection(str(address.hostname), address.port, timeout=60)
        headers = {**LIST_TABLES, "X-Amz-Target": "DynamoDB_20120810.BatchWriteItem"}
        # Some engines keep accounts and regions apart, and know them by the signature alone.
        scope = f"{os.environ['AWS_ACCESS_KEY_ID']}/20260101/{os.environ['AWS_DEFAULT_REGION']}"
        headers["Authorization"] = headers["Authorization"].replace("probe/20260101/us-east-1", scope)
        for first in range(0, len(items), _WRITTEN_AT_ONCE):
            puts = [{"PutRequest": {"Item": item}} for item in items[first : first + _WRITTEN_AT_ONCE]]
            connection.request("POST", "/", json.dumps({"RequestItems": {self.name: puts}}), headers)
            answer = json.loads(connection.getresponse().read())
            if answer.get("UnprocessedItems") != {}:
                raise EngineError(f"The engine did not take a batch: {answer}")
        connection.close()


def instant(number: int) -> datetime:
    """Tell when a seeded job was created: one second after the one before."""
    return FIRST_DAY + timedelta(seconds=number)


def _milliseconds(step: Step) -> float:
    began = time.perf_counter()
    step[1]()
    return 1000 * (time.perf_counter() - began)


def _median(times: list[float]) -> float:
    return round(median(times), 2)


def _item(number: int, user_id: str, waits: bool) -> dict[str, Any]:
    """Make a job without its input, as the library leaves it, in DynamoDB's JSON."""
    job_id = f"{number:08x}-52a3-4c8e-9d0b-{crc32(str(number).encode()):012x}"
    created_at = instant_text(instant(number))
    texts = {
        "job_id": job_id,
        "status": "PENDING" if waits else "COMPLETED",
        "created_at": created_at,
        "idempotency_key": f"{user_id}/{number}",
        "user_id": user_id,
        "submission_id": f"{number:032x}",
        "fingerprint": f"{number:064x}",
    }
    if waits:
        texts["active_shard"] = active_shard(job_id)
    else:
        texts |= {"completed_at": created_at, "result_key": f"{job_id}/result.json"}
    return {"max_attempts": {"N": "3"}, **{name: {"S": text} for name, text in texts.items()}}
