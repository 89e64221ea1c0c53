"""How cost grows with the table, with active jobs, listing depth and payload: `python -m benchmarks.growth`.

Tables on a local engine are made ever fuller; at each size requests and capacity units are counted, and the time is
taken that a client waits. Units follow DynamoDB's rules. The time is the engine's: only its growth means something.
"""

import argparse
import json
import os
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from functools import partial
from http.client import HTTPConnection
from itertools import count, islice, zip_longest
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple, TypeAlias
from urllib.parse import urlsplit
from zlib import crc32

import boto3
from botocore.config import Config

from benchmarks.capacity.lives import FINAL, LEASE, total
from benchmarks.capacity.meter import Meter
from benchmarks.records import SIZES, compact, request
from benchmarks.samples import Growth, Sample, to_text
from careervp_jobs_dal import Claim, JobPage, JobsOperator, JobsRepository, create_table
from careervp_jobs_dal.job.index import Wait, position
from careervp_jobs_dal.job.instant import instant_text
from careervp_jobs_dal.plans.submission import derive_job_id
from careervp_jobs_dal.testing.account import aws_environment
from tests.engines.catalogue import ENGINES
from tests.engines.server import LIST_TABLES, EngineError, running

ACTIVE = 100  # seeded jobs that wait, in a table of any size
USER_JOBS = 100  # that each seeded user has
FIRST_DAY = datetime(2026, 2, 3, tzinfo=UTC)
PAGE = 50
MILLION = 1_000_000
SWEPT_AT_ONCE = 1_000  # the highest limit of a sweep
USER = "user-measured"
AGE = timedelta(minutes=30)
PATIENCE = 120.0  # seconds; the engine takes longer for a sweep of a thousand jobs than AWS
_WRITTEN_AT_ONCE = 25  # the most that BatchWriteItem takes
_WRITERS = 3
_numbers = count()

Step: TypeAlias = tuple[str, Callable[[], object]]
Steps: TypeAlias = Callable[[Any], Iterable[Step]]


class Effort(NamedTuple):
    """How far each curve goes, and how often a time is taken."""

    jobs: tuple[int, ...] = (100, 10_000, 100_000)
    active: tuple[int, ...] = (100, 1_000, 10_000)
    depth: tuple[int, ...] = (50, 500, 1_000, 2_500, 5_000)
    rounds: int = 41


QUICK = Effort((100, 1_000), (100, 200), (50, 100), 3)


class Store:
    """A table with all indexes, behind a watched client and a plain one."""

    def __init__(self, name: str) -> None:
        config = Config(parameter_validation=False, max_pool_connections=10, read_timeout=60)
        self.name, self._size = name, 0
        self.plain, self._watched = (boto3.resource("dynamodb", config=config) for _ in range(2))
        create_table(name, index_projection="KEYS_ONLY", optional_indexes=True, dynamodb=self.plain).unwrap()
        self._meter = Meter(self._watched.meta.client)

    def measure(
        self, curve: str, at: int, steps: Steps, rounds: int, control: Callable[[], Iterable[Step]] = tuple
    ) -> list[Sample]:
        """Count what each step sends, then take its time, in turn with a control's."""
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
        return len(self._meter.requests), total(self._meter.requests)

    def fill(self, size: int, *, active: int = 0, user: str | None = None) -> None:
        """Add jobs up to a size, finished but for the first ones."""
        numbers, self._size = range(self._size, size), size
        items = (_item(number, user or f"user-{number // USER_JOBS}", number < active) for number in numbers)
        with ThreadPoolExecutor(_WRITERS) as threads:
            while ahead := list(islice(items, 100 * _WRITERS * _WRITTEN_AT_ONCE)):
                share = -(-len(ahead) // _WRITERS)
                list(threads.map(self._write, [ahead[first : first + share] for first in range(0, len(ahead), share)]))

    def _write(self, items: list[dict[str, Any]]) -> None:
        """Write by plain HTTP, which takes a fraction of boto3's time."""
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
        "submission_id": f"{number:024x}",
        "fingerprint": f"{number:022x}",
    }
    if waits:
        texts |= position(job_id, Wait.QUEUED, created_at)
    else:
        texts |= {"completed_at": created_at, "result_key": f"{job_id}/result.json"}
    return {"max_attempts": {"N": "3"}, **{name: {"S": text} for name, text in texts.items()}}


def table_size(effort: Effort) -> Iterator[Sample]:
    """Measure every operation, in a table that gets ever fuller."""
    store, control = Store("growth-jobs"), Store("growth-control")
    payload = request("typical")
    control.fill(ACTIVE, active=ACTIVE)
    sweeps = count(1)

    def sweeper(dynamodb: Any, name: str) -> JobsOperator:
        # By a later clock each time, the jobs that the sweep before has sent are overdue again.
        return _operator(dynamodb, name, ACTIVE, later=2 * AGE * next(sweeps))

    def look(dynamodb: Any, name: str) -> None:
        _all_there(sweeper(dynamodb, name).list_overdue(older_than=AGE, limit=ACTIVE).unwrap())

    def recover(dynamodb: Any, name: str) -> None:
        _all_there(sweeper(dynamodb, name).recover_jobs(older_than=AGE, limit=ACTIVE).unwrap().waiting)

    def steps(dynamodb: Any, name: str) -> Iterator[Step]:
        yield from _life(dynamodb, name, payload)
        operator = _operator(dynamodb, name, overdue=ACTIVE)
        yield f"list_jobs, a page of {PAGE}", lambda: operator.list_jobs(user_id="user-0", limit=PAGE).unwrap()
        yield f"list_overdue, {ACTIVE} there", partial(look, dynamodb, name)
        yield f"recover_jobs, {ACTIVE} there", partial(recover, dynamodb, name)

    for size in effort.jobs:
        began = time.monotonic()
        store.fill(size, active=ACTIVE)
        print(f"{size:,} jobs, seeded in {time.monotonic() - began:.0f} s", file=sys.stderr, flush=True)
        beside = partial(steps, control.plain, control.name)
        yield from store.measure("jobs in the table", size, partial(steps, name=store.name), effort.rounds, beside)


def payload_size(effort: Effort) -> Iterator[Sample]:
    """Measure the operations of a life, with each of the example requests."""
    store = Store("growth-payload")
    for size in SIZES:
        payload = request(size)
        steps = partial(_life, table_name=store.name, payload=payload)
        yield from store.measure("bytes of payload", len(compact(payload)), steps, effort.rounds)


def active_jobs(effort: Effort) -> Iterator[Sample]:
    """Measure sweeps among ever more active jobs: all, 100 or none are overdue."""
    store = Store("growth-active")

    def sweep(dynamodb: Any, overdue: int) -> None:
        # The search of a sweep alone: each job that a sweep sends would be overdue no more in the next round.
        found = _operator(dynamodb, store.name, overdue).list_overdue(older_than=AGE, limit=SWEPT_AT_ONCE).unwrap()
        if len(found) != min(overdue, SWEPT_AT_ONCE):
            raise EngineError(f"A sweep for {overdue} jobs found {len(found)}")

    def steps(dynamodb: Any, size: int) -> Iterator[Step]:
        for name, overdue in (("all", size), ("100", 100), ("none", 0)):
            yield f"{name} overdue", partial(sweep, dynamodb, overdue)

    for size in effort.active:
        store.fill(size, active=size)
        yield from store.measure("active jobs", size, partial(steps, size=size), max(3, effort.rounds // 8))


def listing_depth(effort: Effort) -> Iterator[Sample]:
    """Measure all pages down to a depth, and the page at that depth alone."""
    store = Store("growth-depth")
    store.fill(effort.depth[-1] + PAGE, user="user-0")

    def steps(dynamodb: Any, depth: int) -> Iterator[Step]:
        operator = _operator(dynamodb, store.name)
        cursor: str | None = None

        def list_page() -> JobPage:
            return operator.list_jobs(user_id="user-0", limit=PAGE, cursor=cursor).unwrap()

        def descend() -> None:
            nonlocal cursor
            cursor = None
            for _ in range(depth // PAGE):
                cursor = list_page().cursor

        yield "all pages down to it", descend
        yield f"one page of {PAGE} there", list_page

    for depth in effort.depth:
        yield from store.measure("listing depth", depth, partial(steps, depth=depth), max(3, effort.rounds // 8))


def _life(dynamodb: Any, table_name: str, payload: dict[str, Any]) -> Iterator[Step]:
    """Make the calls of a life, of a job of its own."""
    jobs = JobsRepository(table_name, dynamodb=dynamodb, on_read_error="raise")
    key = f"measured-{next(_numbers)}"
    job_id = derive_job_id(key, USER, None)
    claims: list[Claim] = []
    yield "submit_job", lambda: jobs.submit_job(key, payload, user_id=USER).unwrap()
    yield "submit_job again", lambda: jobs.submit_job(key, payload, user_id=USER).unwrap()
    yield "claim_job", lambda: claims.append(jobs.claim_job(job_id, lease=LEASE).unwrap())
    yield "complete_job", lambda: jobs.complete_job(claims[0], fields=FINAL).unwrap()
    yield "find_status", lambda: jobs.find_status(job_id).unwrap()
    yield "find_job", lambda: jobs.find_job(job_id).unwrap()
    yield "get_job_by_idempotency_key", lambda: jobs.get_job_by_idempotency_key(key)


def _all_there(found: Sequence[Any]) -> None:
    if len(found) != ACTIVE:
        raise EngineError(f"A sweep for {ACTIVE} jobs found {len(found)}")


def _operator(dynamodb: Any, table_name: str, overdue: int = 0, later: timedelta = timedelta(0)) -> JobsOperator:
    """Make an operator for whom so many seeded jobs are overdue, or all of them if it comes later."""
    now = instant(overdue) + AGE - timedelta(microseconds=1) + later  # the next job is due just then
    return JobsOperator(JobsRepository(table_name, dynamodb=dynamodb, clock=lambda: now, deadline=PATIENCE))


def main() -> None:
    """Read the arguments, measure, print, and write the numbers where a file is given."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.growth", description=__doc__)
    names = [engine.name for engine in ENGINES.values() if engine.version]
    parser.add_argument("--engine", default="dynoxide", choices=names, help="where the tables are: %(default)s")
    parser.add_argument("--jobs", type=int, nargs="+", help="the sizes of the table")
    parser.add_argument("--million", action="store_true", help=f"also a table of {MILLION:,}, which takes long to fill")
    parser.add_argument("--quick", action="store_true", help="a short run that shows that everything works")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all numbers to FILE")
    given = parser.parse_args()
    effort = QUICK if given.quick else Effort()
    sizes = {*(given.jobs or effort.jobs), *([MILLION] if given.million else [])}
    effort = effort._replace(jobs=tuple(sorted(sizes)))
    try:
        with running(given.engine) as address, aws_environment(AWS_ENDPOINT_URL_DYNAMODB=address):
            curves = (payload_size, listing_depth, active_jobs, table_size)
            samples = [sample for curve in curves for sample in curve(effort)]
    except EngineError as error:
        sys.exit(str(error))
    for sample in samples:
        print(
            f"{sample.curve:18} {sample.at:>9,}  {sample.operation:28} {sample.requests:>5} requests"
            f" {sample.units:>8,.1f} units {sample.milliseconds:>9,.2f} ms"
        )
    if given.json:
        today = datetime.now(UTC).date().isoformat()
        growth = Growth(f"{given.engine} {ENGINES[given.engine].version}", today, samples)
        given.json.write_text(to_text(growth), encoding="utf-8")


if __name__ == "__main__":
    main()
