"""Many jobs from submission to completion on a real engine, with faults: `python -m benchmarks.soak --jobs 20000`.

Threads in several processes submit, claim and complete; every fifth job is submitted and worked on by two processes.
Between botocore and the network requests fail and answers are lost, and some workers die with a job. The exit code is
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
from dataclasses import dataclass, field, fields
from datetime import timedelta
from functools import partial
from typing import Any, NamedTuple

from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.exceptions import ConnectionClosedError, ReadTimeoutError

from careervp_jobs_dal import Claim, JobsRepository, JobWorker, NotAcknowledgedError, ResultCode, create_table
from careervp_jobs_dal.testing.answer import response
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


class Plan(NamedTuple):
    """What every process needs to know; the clock is the monotonic one, which the processes share."""

    jobs: int
    processes: int
    faults: float
    until: float


@dataclass
class Tally:
    """What happened, of one thread or of all."""

    accepted: Counter[str] = field(default_factory=Counter)
    created: Counter[str] = field(default_factory=Counter)
    worked: Counter[tuple[str, int]] = field(default_factory=Counter)
    codes: Counter[str] = field(default_factory=Counter)
    strange: Counter[str] = field(default_factory=Counter)
    faults: Counter[str] = field(default_factory=Counter)

    def add(self, other: "Tally") -> None:
        """Take in what happened to another."""
        for each in fields(self):
            getattr(self, each.name).update(getattr(other, each.name))

    def note(self, verb: str, code: ResultCode | None) -> None:
        """Count an answer, as strange where no fault of the world leads to it."""
        self.codes[f"{verb} {code}"] += 1
        if code is None or not (code in EXPECTED or code.retryable):
            self.strange[f"{verb} {code}"] += 1


class DeathError(BaseException):
    """The worker is gone; nothing that catches exceptions holds it up."""


class Chaos:
    """Puts a fault in the place of a share of a client's requests."""

    def __init__(self, client: Any, share: float) -> None:
        self.happened: list[str] = []
        self._send = client._endpoint.http_session.send
        self._share = share
        client.meta.events.register_first("before-send.dynamodb", self)

    def __call__(self, request: AWSPreparedRequest, **_: object) -> AWSResponse | None:
        if random.random() >= self._share:
            return None
        fault = random.choice((self._lose_reply, self._reset, self._throttle, self._break))
        self.happened.append(fault.__name__.strip("_").replace("_", " "))
        return fault(request)

    def _lose_reply(self, request: AWSPreparedRequest) -> AWSResponse:
        self._send(request)
        raise ReadTimeoutError(endpoint_url=request.url)

    def _reset(self, request: AWSPreparedRequest) -> AWSResponse:
        raise ConnectionClosedError(endpoint_url=request.url)

    def _throttle(self, request: AWSPreparedRequest) -> AWSResponse:
        return response(request, 400, {"__type": "com.amazonaws.dynamodb#ThrottlingException", "message": "chaos"})

    def _break(self, request: AWSPreparedRequest) -> AWSResponse:
        return response(request, 500, {"__type": "com.amazonaws.dynamodb#InternalServerError", "message": "chaos"})


def share_of(process: int, plan: Plan) -> list[int]:
    """List the jobs that a process works on: its own, and some of its neighbour's at the same time."""
    neighbour = (process + 1) % plan.processes
    rounds = range(-(-plan.jobs // plan.processes))
    own = [turn * plan.processes + process for turn in rounds]
    doubled = [turn * plan.processes + neighbour for turn in rounds if turn % DOUBLED == 0]
    return sorted(number for number in {*own, *doubled} if number < plan.jobs)


def work_in_process(process: int, plan: Plan) -> Tally:
    """Work on a share of the jobs, in threads."""
    logging.disable()
    repository = JobsRepository(TABLE)
    chaos = Chaos(repository.dynamodb.meta.client, plan.faults)
    numbers = iter(share_of(process, plan))
    with ThreadPoolExecutor(THREADS) as threads:
        tallies = list(threads.map(lambda _: work_in_thread(repository, numbers, plan), range(THREADS)))
    return added([*tallies, Tally(faults=Counter(chaos.happened))])


def added(tallies: Iterable[Tally]) -> Tally:
    """Add up what happened."""
    whole = Tally()
    for tally in tallies:
        whole.add(tally)
    return whole


def work_in_thread(repository: JobsRepository, numbers: Iterator[int], plan: Plan) -> Tally:
    """Take one job after the other, until there is none left or the time is up."""
    tally = Tally()
    deaths = plan.faults / DEATHS

    def work(claim: Claim) -> dict[str, Any]:
        tally.worked[claim.job_id, claim.attempt] += 1
        if random.random() < deaths:
            tally.faults["worker died"] += 1
            raise DeathError
        return {"result_of": claim.claim_id}

    worker = JobWorker(repository, work)
    while time.monotonic() < plan.until:
        number = next(numbers, None)
        if number is None:
            break
        job_id = again_until(plan.until, partial(submit, repository, number, tally))
        if job_id:
            again_until(plan.until, partial(deliver, worker, job_id, tally))
    return tally


def again_until(instant: float, attempt: Callable[[], str | None]) -> str | None:
    """Try until there is an answer, with pauses, but not for long after the time is up."""
    while (answer := attempt()) is None and time.monotonic() < instant + GRACE_SECONDS:
        time.sleep(random.uniform(0, 2 * PAUSE_SECONDS))
    return answer


def submit(repository: JobsRepository, number: int, tally: Tally) -> str | None:
    """Submit a job and give its id, or None where that has to be tried again."""
    submitted = repository.submit_job(f"key-{number}", {"number": number}, max_attempts=MAX_ATTEMPTS)
    tally.note("submit", submitted.code)
    if not submitted:
        return None
    submission = submitted.unwrap()
    tally.accepted[submission.job_id] += 1
    tally.created[submission.job_id] += submission.created
    return submission.job_id


def deliver(worker: JobWorker, job_id: str, tally: Tally) -> str | None:
    """Give the job to the worker; None where the message has to be delivered again."""
    try:
        code = worker.process(job_id, LEASE)
    except NotAcknowledgedError as kept:
        tally.note("keep", kept.code)
        return None
    except DeathError:
        return None
    tally.note("work", code)
    return code


def stored_records() -> list[dict[str, Any]]:
    """Read every record in the table."""
    pages = (
        JobsRepository(TABLE).dynamodb.meta.client.get_paginator("scan").paginate(TableName=TABLE, ConsistentRead=True)
    )
    return [record for page in pages for record in page["Items"]]


def findings(tally: Tally, records: Iterable[dict[str, Any]]) -> dict[str, int]:
    """Count what must be nothing."""
    stored = {record["job_id"]: record for record in records}
    keys = Counter(record["idempotency_key"] for record in stored.values())
    completed = {job_id: record for job_id, record in stored.items() if record["status"] == "COMPLETED"}
    return {
        "duplicates": sum(many - 1 for counts in (keys, tally.created) for many in counts.values() if many > 1),
        "lost": len(tally.accepted.keys() - completed.keys()),
        "attempts given twice": sum(many - 1 for many in tally.worked.values()),
        "results of another claim": sum(record["result_of"] != record["claim_id"] for record in completed.values()),
        "strange answers": tally.strange.total(),
        "attempts beyond the last": sum(attempt > stored[job_id]["attempt"] for job_id, attempt in tally.worked),
    }


def soak(plan: Plan) -> Tally:
    """Run the processes, and add up what they tell."""
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(plan.processes, mp_context=context) as processes:
        return added(processes.map(work_in_process, range(plan.processes), [plan] * plan.processes))


def report(tally: Tally, records: list[dict[str, Any]], seconds: float) -> bool:
    """Print what happened, and tell whether nothing is wrong."""
    again = sum(record.get("attempt", 0) > 1 for record in records)
    print(f"{len(tally.accepted):,} jobs in {seconds:.0f} s, {len(tally.accepted) / seconds:.0f} a second")
    print(f"{again:,} with more than one attempt")
    for title, counts in (("faults", tally.faults), ("answers", tally.codes)):
        print(f"{title}: " + ", ".join(f"{name} {many:,}" for name, many in counts.most_common()))
    wrong = findings(tally, records)
    print(", ".join(f"{name}: {many}" for name, many in wrong.items()))
    return bool(tally.accepted) and not any(wrong.values())


def main() -> int:
    """Read the arguments, start the engine, run, and judge."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.soak", description=__doc__)
    names = [engine.name for engine in ENGINES.values() if engine.version]
    parser.add_argument("--engine", default="dynoxide", choices=names, help="where the table is: %(default)s")
    parser.add_argument("--jobs", type=int, default=20_000, help="how many at most: %(default)s")
    parser.add_argument("--processes", type=int, default=4, help=f"each with {THREADS} threads: %(default)s")
    parser.add_argument("--faults", type=float, default=0.05, help="the share of requests that fail: %(default)s")
    parser.add_argument("--seconds", type=float, default=300, help="when to begin no more jobs: %(default)s")
    given = parser.parse_args()
    try:
        with running(given.engine) as address, aws_environment(AWS_ENDPOINT_URL_DYNAMODB=address):
            create_table(TABLE).unwrap()
            started = time.monotonic()
            tally = soak(Plan(given.jobs, given.processes, given.faults, started + given.seconds))
            seconds = time.monotonic() - started
            return 0 if report(tally, stored_records(), seconds) else 1
    except EngineError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    sys.exit(main())
