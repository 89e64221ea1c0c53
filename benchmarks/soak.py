"""Many jobs from submission to completion on a real engine, with faults: `python -m benchmarks.soak --jobs 20000`.

Threads in several processes submit, claim and complete; every fifth job is submitted by two processes, and every fifth
begins a little later. Requests fail and answers are lost between the client and the network, attempts fail and pause,
workers die with a job, messages are lost or come twice, and each process sweeps. The exit code is 1 when at the end a
job is missing or unfinished, was created or claimed twice, has the result of another claim, or took too many messages,
and when a call was answered as no fault explains.
"""

import argparse
import heapq
import logging
import multiprocessing
import random
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any, Literal, NamedTuple, NoReturn, TypeAlias

from benchmarks.chaos import disturb
from careervp_jobs_dal import (
    Claim,
    JobsOperator,
    JobsRepository,
    JobWorker,
    NotAcknowledgedError,
    ResultCode,
    create_table,
)
from careervp_jobs_dal.testing.account import aws_environment
from tests.engines.catalogue import ENGINES
from tests.engines.server import EngineError, running

TABLE = "jobs-soak"
THREADS = 8  # in each process
DOUBLED = 5  # every so many jobs, one is given to two processes
DEATHS = 5  # one for so many faults
MAX_ATTEMPTS = 20
LEASE = timedelta(seconds=2)
GRACE_SECONDS = 30.0  # for what has begun when the time is up
EXPECTED = {ResultCode.SUCCESS, ResultCode.ALREADY_FINISHED, ResultCode.LEASE_LOST}
RETRY_DELAY = timedelta(seconds=1)
OLDER_THAN = timedelta(seconds=3)  # sweeps run twice as often
IDLE_SWEEPS = 4  # in a row, after which nothing can be overdue any more
MOST_MESSAGES = 20  # for one job, however much goes wrong
PAUSE_SECONDS = 0.2  # until a message that was not acknowledged is delivered again


Tally: TypeAlias = Counter[tuple[Any, ...]]
"""How often it happened: a kind, and of what."""


class Plan(NamedTuple):
    """What every process needs to know; all share the monotonic clock."""

    jobs: int
    processes: int
    faults: float
    until: float
    transport: Literal["boto3", "direct"]


class DeathError(BaseException):
    """The worker is gone; nothing that catches exceptions holds it up."""


class MortalRepository(JobsRepository):
    """A repository of workers that die: a dead one gives nothing back."""

    def release_claim(self, *_: object, **__: object) -> NoReturn:
        """Die."""
        raise DeathError


class Queue:
    """Messages of one process: some are lost, some are there twice, and those that stay come back after a while."""

    def __init__(self, trouble: float) -> None:
        self.tally: Tally = Counter()
        self._trouble = trouble
        self._lock = threading.Lock()
        self._messages: list[tuple[float, str]] = []

    def send(self, job_id: str) -> None:
        """Send a message, by a queue that is not to be trusted."""
        self.tally["sent", job_id] += 1
        drawn = random.random()
        if drawn < self._trouble:
            self.tally["fault", "message lost"] += 1
            return
        self.keep(job_id, 0)
        if drawn > 1 - self._trouble:
            self.tally["fault", "message doubled"] += 1
            self.keep(job_id, 0)

    def keep(self, job_id: str, seconds: float) -> None:
        """Let a message come after this time."""
        with self._lock:
            heapq.heappush(self._messages, (time.monotonic() + seconds, job_id))

    def receive(self) -> str | None:
        """Take a message that is due."""
        with self._lock:
            due = self._messages and self._messages[0][0] <= time.monotonic()
            return heapq.heappop(self._messages)[1] if due else None

    def __len__(self) -> int:
        return len(self._messages)


class Hand:
    """A thread that submits one job after the other, and works on those whose messages come."""

    def __init__(self, repository: JobsRepository, plan: Plan, queue: Queue) -> None:
        self.tally: Tally = Counter()
        self._repository, self._plan, self._queue = repository, plan, queue
        self._worker = JobWorker(repository, self._work, retry_delay=RETRY_DELAY)

    def run(self, numbers: Iterator[int], over: threading.Event) -> Tally:
        """Submit and work until the sweeper finds nothing more to do."""
        while not over.is_set():
            number = next(numbers, None) if time.monotonic() < self._plan.until else None
            if number is not None:
                self._submit(number)
            job_id = self._queue.receive()
            if job_id is not None:
                self._deliver(job_id)
            elif number is None:
                time.sleep(PAUSE_SECONDS / 10)
        return self.tally

    def _submit(self, number: int) -> None:
        """Submit a job until that is answered, and send its message."""
        started_at = datetime.now(UTC) + RETRY_DELAY if number % DOUBLED == 1 else None
        while time.monotonic() < self._plan.until + GRACE_SECONDS:
            submitted = self._repository.submit_job(
                f"key-{number}", {"number": number}, max_attempts=MAX_ATTEMPTS, run_at=started_at
            )
            self._note("submit", submitted.code)
            if submitted:
                break
            time.sleep(random.uniform(0, 2 * PAUSE_SECONDS))
        else:
            return
        submission = submitted.unwrap()
        self.tally["accepted", submission.job_id] += 1
        self.tally["created", submission.job_id] += submission.created
        if submission.should_enqueue:
            self._queue.send(submission.job_id)

    def _deliver(self, job_id: str) -> None:
        """Give the job to the worker; a message that is not acknowledged comes back."""
        try:
            code = self._worker.process(job_id, LEASE)
        except NotAcknowledgedError as kept:
            if kept.code is not None:
                self._note("keep", kept.code)
            pause = PAUSE_SECONDS if kept.retry_after is None else max(kept.retry_after.total_seconds(), 0)
            self._queue.keep(job_id, pause)
        except DeathError:
            self._queue.keep(job_id, LEASE.total_seconds())
        else:
            self._note("work", code)

    def _work(self, claim: Claim) -> dict[str, Any]:
        self.tally["worked", claim.job_id, claim.claim_id] += 1
        drawn = random.random()
        if drawn < self._plan.faults / DEATHS:
            self.tally["fault", "worker died"] += 1
            raise DeathError
        if drawn > 1 - self._plan.faults:
            self.tally["fault", "attempt failed"] += 1
            raise OSError("the model does not answer")
        return {"result_of": claim.claim_id}

    def _note(self, verb: str, code: ResultCode) -> None:
        """Count an answer, as strange where no fault of the world leads to it."""
        self.tally["answer", f"{verb} {code}"] += 1
        self.tally["strange", code] += not (code in EXPECTED or code.retryable)


def sweep(repository: JobsRepository, plan: Plan, queue: Queue, over: threading.Event) -> Tally:
    """Recover jobs again and again, until nothing is left to do or there is no more time."""
    tally: Tally = Counter()
    idle = 0
    while idle < IDLE_SWEEPS and time.monotonic() < plan.until + GRACE_SECONDS:
        time.sleep(OLDER_THAN.total_seconds() / 2)
        recovered = JobsOperator(repository).recover_jobs(older_than=OLDER_THAN, enqueue=queue.send)
        tally["answer", f"sweep {recovered.code}"] += 1
        found = recovered.data
        quiet = found is not None and not (found.put_back or found.waiting or found.failed or found.more)
        idle = idle + 1 if quiet and not len(queue) else 0
    over.set()
    return tally


def share_of(process: int, plan: Plan) -> list[int]:
    """List a process's own jobs, and those that it shares with its neighbour."""
    neighbour = (process + 1) % plan.processes
    rounds = range(-(-plan.jobs // plan.processes))
    own = [turn * plan.processes + process for turn in rounds]
    doubled = [turn * plan.processes + neighbour for turn in rounds if turn % DOUBLED == 0]
    return sorted(number for number in {*own, *doubled} if number < plan.jobs)


def work_in_process(process: int, plan: Plan) -> Tally:
    """Work on a share of the jobs, in threads."""
    logging.disable()
    repository = MortalRepository(TABLE, transport=plan.transport)
    chaos = disturb(repository, plan.faults)
    numbers, over, queue = iter(share_of(process, plan)), threading.Event(), Queue(plan.faults)
    with ThreadPoolExecutor(THREADS + 1) as threads:
        sweeping = threads.submit(sweep, repository, plan, queue, over)
        working = threads.map(lambda _: Hand(repository, plan, queue).run(numbers, over), range(THREADS))
        tallies = [*working, sweeping.result(), queue.tally]
    return sum(tallies, Counter(chaos.happened))


def soak(plan: Plan) -> Tally:
    """Run the processes, and add up what they tell."""
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(plan.processes, mp_context=context) as processes:
        return sum(processes.map(work_in_process, range(plan.processes), [plan] * plan.processes), Counter())


def stored_records() -> list[dict[str, Any]]:
    """Read every record in the table."""
    pages = JobsRepository(TABLE).dynamodb.meta.client.get_paginator("scan")
    return [record for page in pages.paginate(TableName=TABLE, ConsistentRead=True) for record in page["Items"]]


def of(kind: str, tally: Tally) -> Counter[Any]:
    """Pick what is of a kind."""
    return Counter({what[1] if len(what) == 2 else what[1:]: many for what, many in tally.items() if what[0] == kind})


def findings(tally: Tally, records: Iterable[dict[str, Any]]) -> dict[str, int]:
    """Count what must be nothing."""
    stored = {record["job_id"]: record for record in records}
    keys = Counter(record["idempotency_key"] for record in stored.values())
    completed = {job_id: record for job_id, record in stored.items() if record["status"] == "COMPLETED"}
    worked = of("worked", tally)
    return {
        "duplicates": sum(many - 1 for counts in (keys, of("created", tally)) for many in counts.values() if many > 1),
        "lost": len(of("accepted", tally).keys() - completed.keys()),
        "claims given twice": sum(many - 1 for many in worked.values()),
        "results of another claim": sum(record["result_of"] != record["claim_id"] for record in completed.values()),
        "strange answers": of("strange", tally).total(),
        "jobs with more messages than needed": sum(many > MOST_MESSAGES for many in of("sent", tally).values()),
    }


def report(tally: Tally, records: list[dict[str, Any]], seconds: float) -> bool:
    """Print what happened, and tell whether nothing is wrong."""
    accepted, again = len(of("accepted", tally)), sum(record.get("attempt", 0) > 1 for record in records)
    print(f"{accepted:,} jobs in {seconds:.0f} s, {accepted / seconds:.0f} a second")
    print(f"{again:,} with more than one attempt")
    sent = of("sent", tally)
    print(
        f"messages for a job: {sent.total() / max(accepted, 1):.2f} on average, {max(sent.values(), default=0)} at most"
    )
    for kind in ("fault", "answer"):
        print(f"{kind}s: " + ", ".join(f"{name} {many:,}" for name, many in of(kind, tally).most_common()))
    wrong = findings(tally, records)
    print(", ".join(f"{name}: {many}" for name, many in wrong.items()))
    return accepted > 0 and not any(wrong.values())


def main() -> int:
    """Read the arguments, start the engine, run, and judge."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.soak", description=__doc__)
    names = [engine.name for engine in ENGINES.values() if engine.version]
    parser.add_argument("--engine", default="dynoxide", choices=names, help="where the table is: %(default)s")
    parser.add_argument("--jobs", type=int, default=20_000, help="how many at most: %(default)s")
    parser.add_argument("--processes", type=int, default=4, help=f"each with {THREADS} threads: %(default)s")
    parser.add_argument("--faults", type=float, default=0.05, help="the share of requests that fail: %(default)s")
    parser.add_argument("--transport", default="boto3", choices=("boto3", "direct"), help="the way: %(default)s")
    parser.add_argument("--seconds", type=float, default=300, help="when to begin no more jobs: %(default)s")
    given = parser.parse_args()
    try:
        with running(given.engine) as address, aws_environment(AWS_ENDPOINT_URL_DYNAMODB=address):
            create_table(TABLE, optional_indexes=True).unwrap()
            started = time.monotonic()
            tally = soak(Plan(given.jobs, given.processes, given.faults, started + given.seconds, given.transport))
            seconds = time.monotonic() - started
            return 0 if report(tally, stored_records(), seconds) else 1
    except EngineError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    sys.exit(main())
