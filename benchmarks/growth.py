"""How cost grows with the table, with active jobs, listing depth and payload: `python -m benchmarks.growth`.

Tables on a local engine are made ever fuller; at each size requests and capacity units are counted, and the time is
taken that a client waits. Units follow DynamoDB's rules. The time is the engine's: only its growth means something.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from http.client import HTTPConnection
from itertools import count, islice
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple, TypeAlias
from urllib.parse import urlsplit
from zlib import crc32

import boto3
from botocore.config import Config

from benchmarks.capacity.lives import FINAL, LEASE
from benchmarks.capacity.meter import Meter
from benchmarks.listing import SHARDS, create, list_page, sweep
from benchmarks.records import SIZES, request
from careervp_jobs_dal import Claim, JobsRepository
from careervp_jobs_dal.submission import derive_job_id
from tests.engines.catalogue import ENGINES
from tests.engines.server import LIST_TABLES, EngineError, running

SETTINGS = {
    "AWS_ACCESS_KEY_ID": "benchmark",
    "AWS_SECRET_ACCESS_KEY": "benchmark",
    "AWS_DEFAULT_REGION": "eu-west-1",
    "AWS_EC2_METADATA_DISABLED": "true",
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
}
FIRST_DAY = datetime(2026, 2, 3, tzinfo=UTC)
USER_JOBS = 100  # that each seeded user has
ACTIVE = 100  # seeded jobs that wait, in a table of any size
PAGE = 50
_WRITTEN_AT_ONCE = 25  # the most that BatchWriteItem takes
_WRITERS = 3
_numbers = count()

Step: TypeAlias = tuple[str, Callable[[], object]]


class Sample(NamedTuple):
    """One operation at one point of a curve: its requests, their units, and the median milliseconds of all of them."""

    curve: str
    at: int
    operation: str
    requests: int
    units: float
    milliseconds: float


class Effort(NamedTuple):
    """How far each curve goes, and how often a time is taken."""

    jobs: tuple[int, ...] = (100, 10_000, 1_000_000)
    active: tuple[int, ...] = (100, 1_000, 10_000)
    depth: tuple[int, ...] = (50, 500, 1_000, 2_500, 5_000)
    rounds: int = 41


QUICK = Effort((100, 1_000), (100, 200), (50, 100), 3)


class Store:
    """A table with the listing's indexes, reached through a client that is watched and one that is not."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.plain, self.watched = _resource(), _resource()
        create(self.plain.meta.client, name)
        self._meter = Meter(self.watched.meta.client)
        self._layout = self._meter.layout(name)

    def measure(self, curve: str, at: int, steps: Callable[[Any], Iterable[Step]], rounds: int) -> list[Sample]:
        """Count what each step sends, then take its time."""
        counted = {name: self._count(call) for name, call in steps(self.watched)}
        times: dict[str, list[float]] = {name: [] for name in counted}
        for _ in range(rounds):
            for name, call in steps(self.plain):
                began = time.perf_counter()
                call()
                times[name].append(1000 * (time.perf_counter() - began))
        return [Sample(curve, at, name, *counted[name], round(median(times[name]), 2)) for name in counted]

    def _count(self, call: Callable[[], object]) -> tuple[int, float]:
        self._meter.requests.clear()
        call()
        sent = self._meter.requests
        return len(sent), sum(sum(each.units(self._layout).values()) for each in sent)

    def seed(self, numbers: range, *, active: int = 0, user: str | None = None) -> None:
        """Put finished jobs, the first ones waiting; each user has a hundred, or one user has all."""
        items = (_item(number, user or f"user-{number // USER_JOBS}", number < active) for number in numbers)
        with ThreadPoolExecutor(_WRITERS) as threads:
            while ahead := list(islice(_in_batches(items), 100 * _WRITERS)):
                list(threads.map(self._write, [ahead[first::_WRITERS] for first in range(_WRITERS)]))

    def _write(self, batches: list[list[dict[str, Any]]]) -> None:
        """By plain HTTP, which takes a fraction of boto3's time: a million jobs are many."""
        address = urlsplit(os.environ["AWS_ENDPOINT_URL_DYNAMODB"])
        connection = HTTPConnection(str(address.hostname), address.port, timeout=60)
        headers = {**LIST_TABLES, "X-Amz-Target": "DynamoDB_20120810.BatchWriteItem"}
        # Some engines keep accounts and regions apart, and know them by the signature alone.
        scope = f"{os.environ['AWS_ACCESS_KEY_ID']}/20260101/{os.environ['AWS_DEFAULT_REGION']}"
        headers["Authorization"] = headers["Authorization"].replace("probe/20260101/us-east-1", scope)
        for batch in batches:
            puts = [{"PutRequest": {"Item": item}} for item in batch]
            connection.request("POST", "/", json.dumps({"RequestItems": {self.name: puts}}), headers)
            answer = json.loads(connection.getresponse().read())
            if answer.get("UnprocessedItems") != {}:
                raise EngineError(f"The engine did not take a batch: {answer}")
        connection.close()


def table_size(effort: Effort) -> Iterator[Sample]:
    """Every operation, in a table that gets ever fuller."""
    store, there = Store("growth-jobs"), 0
    payload = request("typical")

    def steps(dynamodb: Any) -> Iterator[Step]:
        yield from _life(dynamodb, store.name, payload)
        client = dynamodb.meta.client
        yield f"a page of {PAGE}", partial(list_page, client, store.name, "user-0", PAGE)
        yield f"sweep, {ACTIVE} overdue", partial(sweep, client, store.name, _text(ACTIVE))

    for size in effort.jobs:
        began = time.monotonic()
        store.seed(range(there, size), active=ACTIVE)
        there = size
        print(f"{size:,} jobs, seeded in {time.monotonic() - began:.0f} s", file=sys.stderr, flush=True)
        yield from store.measure("jobs in the table", size, steps, effort.rounds)


def payload_size(effort: Effort) -> Iterator[Sample]:
    """The operations of a life, with each of the example requests."""
    store = Store("growth-payload")
    for size in SIZES:
        payload = request(size)
        length = len(json.dumps(payload, ensure_ascii=False, separators=(",", ":")).encode())
        steps = partial(_life, table_name=store.name, payload=payload)
        yield from store.measure("bytes of payload", length, steps, effort.rounds)


def active_jobs(effort: Effort) -> Iterator[Sample]:
    """A sweep among ever more active jobs: when all are overdue, and when a hundred are."""
    store, there = Store("growth-active"), 0

    def steps(dynamodb: Any, size: int) -> Iterator[Step]:
        client = dynamodb.meta.client
        yield "all overdue", partial(sweep, client, store.name, _text(size))
        yield "100 overdue", partial(sweep, client, store.name, _text(100))
        yield "none overdue", partial(sweep, client, store.name, _text(0))

    for size in effort.active:
        store.seed(range(there, size), active=size)
        there = size
        yield from store.measure("active jobs", size, partial(steps, size=size), max(3, effort.rounds // 8))


def listing_depth(effort: Effort) -> Iterator[Sample]:
    """All pages down to a depth, and the page at that depth alone."""
    store = Store("growth-depth")
    store.seed(range(effort.depth[-1] + PAGE), user="user-0")

    def steps(dynamodb: Any, depth: int) -> Iterator[Step]:
        client = dynamodb.meta.client
        start: list[Any] = [None]

        def descend() -> None:
            start[0] = None
            for _ in range(depth // PAGE):
                start[0] = list_page(client, store.name, "user-0", PAGE, start[0]).start

        yield "all pages down to it", descend
        yield f"one page of {PAGE} there", lambda: list_page(client, store.name, "user-0", PAGE, start[0])

    for depth in effort.depth:
        yield from store.measure("listing depth", depth, partial(steps, depth=depth), max(3, effort.rounds // 8))


def measure(effort: Effort) -> list[Sample]:
    """Every curve; boto3 finds the engine through this process's environment."""
    curves = (payload_size, listing_depth, active_jobs, table_size)
    return [sample for curve in curves for sample in curve(effort)]


def _life(dynamodb: Any, table_name: str, payload: dict[str, Any]) -> Iterator[Step]:
    """The calls of a life, of a job of its own."""
    jobs = JobsRepository(table_name, dynamodb=dynamodb, on_read_error="raise")
    key = f"measured-{next(_numbers)}"
    job_id = derive_job_id(key, None, None)
    claims: list[Claim] = []
    yield "submit_job", lambda: jobs.submit_job(key, payload).unwrap()
    yield "submit_job again", lambda: jobs.submit_job(key, payload).unwrap()
    yield "claim_job", lambda: claims.append(jobs.claim_job(job_id, lease=LEASE).unwrap())
    yield "complete_job", lambda: jobs.complete_job(claims[0], **FINAL).unwrap()
    yield "find_job", lambda: jobs.find_job(job_id).unwrap()
    yield "get_job_by_idempotency_key", lambda: jobs.get_job_by_idempotency_key(key)


def _item(number: int, user_id: str, waits: bool) -> dict[str, Any]:
    """A job without its input, as the library leaves it, in DynamoDB's JSON."""
    job_id = f"{number:08x}-52a3-4c8e-9d0b-{crc32(str(number).encode()):012x}"
    shard = {"active_shard": f"{crc32(job_id.encode()) % SHARDS:02d}"} if waits else {}
    ended = {} if waits else {"completed_at": _text(number), "result_key": f"{job_id}/result.json"}
    texts = {
        "job_id": job_id,
        "status": "PENDING" if waits else "COMPLETED",
        "created_at": _text(number),
        "idempotency_key": f"{user_id}/{number}",
        "user_id": user_id,
        "submission_id": f"{number:032x}",
        "fingerprint": f"{number:064x}",
        **shard,
        **ended,
    }
    return {"max_attempts": {"N": "3"}, **{name: {"S": text} for name, text in texts.items()}}


def _text(number: int) -> str:
    """When a seeded job was created: one second after the one before."""
    return (FIRST_DAY + timedelta(seconds=number)).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _in_batches(items: Iterator[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    while batch := list(islice(items, _WRITTEN_AT_ONCE)):
        yield batch


def _resource() -> Any:
    config = Config(parameter_validation=False, max_pool_connections=10, read_timeout=60)
    return boto3.resource("dynamodb", config=config)


@contextmanager
def _bound_to(engine: str) -> Iterator[None]:
    """With boto3 bound to an engine of its own, and to no AWS account of the person who runs this."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        del os.environ[name]
    with running(engine) as address:
        os.environ.update(SETTINGS | {"AWS_ENDPOINT_URL_DYNAMODB": address})
        yield


def main() -> None:
    """Read the arguments, measure, print, and write the numbers where a file is given."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.growth", description=__doc__)
    names = [engine.name for engine in ENGINES.values() if engine.version]
    parser.add_argument("--engine", default="dynoxide", choices=names, help="where the tables are: %(default)s")
    parser.add_argument("--jobs", type=int, nargs="+", help="the sizes of the table")
    parser.add_argument("--quick", action="store_true", help="a short run that shows that everything works")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all numbers to FILE")
    given = parser.parse_args()
    effort = QUICK if given.quick else Effort()
    effort = effort._replace(jobs=tuple(sorted(given.jobs))) if given.jobs else effort
    try:
        with _bound_to(given.engine):
            samples = measure(effort)
    except EngineError as error:
        sys.exit(str(error))
    for sample in samples:
        print(
            f"{sample.curve:18} {sample.at:>9,}  {sample.operation:28} {sample.requests:>5} requests"
            f" {sample.units:>8,.1f} units {sample.milliseconds:>9,.2f} ms"
        )
    if given.json:
        about = {"engine": f"{given.engine} {ENGINES[given.engine].version}"}
        rows = "\n".join(f"    {json.dumps(sample)}," for sample in samples).rstrip(",")
        text = f'{{\n  "about": {json.dumps(about)},\n  "samples": [\n{rows}\n  ]\n}}\n'
        given.json.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
