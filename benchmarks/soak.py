"""Many jobs from submission to completion on a real engine, with faults: `python -m benchmarks.soak --jobs 20000`.

Threads in several processes submit, claim and complete; every fifth job is submitted and worked on by two processes.
Between the client and the network requests fail and answers are lost, and some workers die with a job. The exit code is
1 when at the end a job is missing or unfinished, was created or claimed twice, or has the result of another claim, and
when a call was answered as no fault explains.
"""

import argparse
import logging
import multiprocessing
import random
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from datetime import timedelta
from functools import partial
from typing import Any, Literal, NamedTuple, NoReturn, TypeAlias

from benchmarks.chaos import disturb
from careervp_jobs_dal import Claim, JobsRepository, JobWorker, NotAcknowledgedError, ResultCode, create_table
from careervp_jobs_dal.testing.embedded import aws_environment
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


class Hand:
    """A thread that submits one job after the other and works on it."""

    def __init__(self, repository: JobsRepository, plan: Plan) -> None:
        self.tally: Tally = Counter()
        self._repository, self._plan = repository, plan
        self._worker = JobWorker(repository, self._work)

    def run(self, numbers: Iterator[int]) -> Tally:
        """Take jobs until there is none left or the time is up."""
        while time.monotonic() < self._plan.until and (number := next(numbers, None)) is not None:
            if job_id := self._again(partial(self._submit, number)):
                self._again(partial(self._deliver, job_id))
        return self.tally

    def _again(self, attempt: Callable[[], str | None]) -> str | None:
        """Try until there is an answer, with pauses, or no time left."""
        while (answer := attempt()) is None and time.monotonic() < self._plan.until + GRACE_SECONDS:
            time.sleep(random.uniform(0, 2 * PAUSE_SECONDS))
        return answer

    def _submit(self, number: int) -> str | None:
        """Submit a job and give its id; None: try again."""
        submitted = self._repository.submit_job(f"key-{number}", {"number": number}, max_attempts=MAX_ATTEMPTS)
        self._note("submit", submitted.code)
        if not submitted:
            return None
        submission = submitted.unwrap()
        self.tally["accepted", submission.job_id] += 1
        self.tally["created", submission.job_id] += submission.created
        return submission.job_id

    def _deliver(self, job_id: str) -> str | None:
        """Give the job to the worker; None: deliver the message again."""
        try:
            code = self._worker.process(job_id, LEASE)
        except NotAcknowledgedError as kept:
            self._note("keep", kept.code)
            return None
        except DeathError:
            return None
        self._note("work", code)
        return code

    def _work(self, claim: Claim) -> dict[str, Any]:
        self.tally["worked", claim.job_id, claim.attempt] += 1
        if random.random() < self._plan.faults / DEATHS:
            self.tally["fault", "worker died"] += 1
            raise DeathError
        return {"result_of": claim.claim_id}

    def _note(self, verb: str, code: ResultCode | None) -> None:
        """Count an answer, as strange where no fault of the world leads to it."""
        self.tally["answer", f"{verb} {code}"] += 1
        self.tally["strange", code] += code is None or not (code in EXPECTED or code.retryable)


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
    numbers = iter(share_of(process, plan))
    with ThreadPoolExecutor(THREADS) as threads:
        tallies = list(threads.map(lambda _: Hand(repository, plan).run(numbers), range(THREADS)))
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
        "attempts given twice": sum(many - 1 for many in worked.values()),
        "results of another claim": sum(record["result_of"] != record["claim_id"] for record in completed.values()),
        "strange answers": of("strange", tally).total(),
        "attempts beyond the last": sum(attempt > stored[job_id]["attempt"] for job_id, attempt in worked),
    }


def report(tally: Tally, records: list[dict[str, Any]], seconds: float) -> bool:
    """Print what happened, and tell whether nothing is wrong."""
    accepted, again = len(of("accepted", tally)), sum(record.get("attempt", 0) > 1 for record in records)
    print(f"{accepted:,} jobs in {seconds:.0f} s, {accepted / seconds:.0f} a second")
    print(f"{again:,} with more than one attempt")
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
            create_table(TABLE).unwrap()
            started = time.monotonic()
            tally = soak(Plan(given.jobs, given.processes, given.faults, started + given.seconds, given.transport))
            seconds = time.monotonic() - started
            return 0 if report(tally, stored_records(), seconds) else 1
    except EngineError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    sys.exit(main())
