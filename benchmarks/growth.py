"""How cost grows with the table, with active jobs, listing depth and payload: `python -m benchmarks.growth`.

Tables on a local engine are made ever fuller; at each size requests and capacity units are counted, and the time is
taken that a client waits. Units follow DynamoDB's rules. The time is the engine's: only its growth means something.
"""

import argparse
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks.capacity.lives import FINAL, LEASE
from benchmarks.records import SIZES, compact, request
from benchmarks.samples import Growth, Sample, to_text
from benchmarks.store import Step, Store, instant
from careervp_jobs_dal import Claim, JobPage, JobsOperator, JobsRepository
from careervp_jobs_dal.submission import derive_job_id
from careervp_jobs_dal.testing.embedded import aws_environment
from tests.engines.catalogue import ENGINES
from tests.engines.server import EngineError, running

ACTIVE = 100  # seeded jobs that wait, in a table of any size
PAGE = 50
MILLION = 1_000_000
SWEPT_AT_ONCE = 1_000  # the highest limit of a sweep
USER = "user-measured"
AGE = timedelta(minutes=30)
PATIENCE = 120.0  # seconds; the engine takes longer for a sweep of a thousand jobs than AWS
_numbers = count()


class Effort(NamedTuple):
    """How far each curve goes, and how often a time is taken."""

    jobs: tuple[int, ...] = (100, 10_000, 100_000)
    active: tuple[int, ...] = (100, 1_000, 10_000)
    depth: tuple[int, ...] = (50, 500, 1_000, 2_500, 5_000)
    rounds: int = 41


QUICK = Effort((100, 1_000), (100, 200), (50, 100), 3)


def table_size(effort: Effort) -> Iterator[Sample]:
    """Measure every operation, in a table that gets ever fuller."""
    store, control = Store("growth-jobs"), Store("growth-control")
    payload = request("typical")
    control.fill(ACTIVE, active=ACTIVE)

    def steps(dynamodb: Any, name: str) -> Iterator[Step]:
        yield from _life(dynamodb, name, payload)
        operator = _operator(dynamodb, name, overdue=ACTIVE)
        yield f"list_jobs, a page of {PAGE}", lambda: operator.list_jobs(user_id="user-0", limit=PAGE).unwrap()
        yield f"list_overdue, {ACTIVE} there", lambda: operator.list_overdue(older_than=AGE, limit=ACTIVE).unwrap()
        yield f"recover_jobs, {ACTIVE} there", lambda: operator.recover_jobs(older_than=AGE, limit=ACTIVE).unwrap()

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
    """Measure a sweep among ever more active jobs: when all are overdue, when a hundred are, and when none is."""
    store = Store("growth-active")

    def sweep(dynamodb: Any, overdue: int) -> None:
        swept = _operator(dynamodb, store.name, overdue).recover_jobs(older_than=AGE, limit=SWEPT_AT_ONCE).unwrap()
        if len(swept.waiting) != min(overdue, SWEPT_AT_ONCE):
            raise EngineError(f"A sweep for {overdue} jobs found {len(swept.waiting)}")

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
    yield "complete_job", lambda: jobs.complete_job(claims[0], **FINAL).unwrap()
    yield "find_status", lambda: jobs.find_status(job_id).unwrap()
    yield "find_job", lambda: jobs.find_job(job_id).unwrap()
    yield "get_job_by_idempotency_key", lambda: jobs.get_job_by_idempotency_key(key)


def _operator(dynamodb: Any, table_name: str, overdue: int = 0) -> JobsOperator:
    """Sweep and list at an instant when so many of the seeded jobs are of `AGE`."""
    jobs = JobsRepository(table_name, dynamodb=dynamodb, clock=lambda: instant(overdue) + AGE, deadline=PATIENCE)
    return JobsOperator(jobs)


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
