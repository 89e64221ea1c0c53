"""One contender in its own process: `python -m benchmarks.contenders.child CONTENDER`.

It reads commands from standard input and answers on standard output, one line of JSON each. It takes the time itself,
so that neither the pipes nor the other contenders are in it.
"""

from __future__ import annotations

import json
import logging
import os
import sys
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module
from importlib.metadata import version
from threading import Barrier, BrokenBarrierError
from time import perf_counter, process_time
from typing import TYPE_CHECKING, Any

from benchmarks.contenders.workloads import WORKLOADS, verify

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from benchmarks.contenders.work import Jobs

Answer = dict[str, Any]

PACKAGES = {
    "boto3": "boto3",
    "botocore": "botocore",
    "pynamodb": "pynamodb",
    "pydynox": "pydynox",
    "dyntastic": "dyntastic",
    "aws-lambda-powertools": "aws_lambda_powertools",
    "careervp-jobs-dal": "careervp_jobs_dal",
}


def main() -> None:
    """Answer until standard input ends; whatever a library prints goes to standard error."""
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)
    logging.getLogger().addHandler(logging.NullHandler())  # pydynox warns of slow calls, which many threads' calls are
    jobs: Jobs = import_module(f"benchmarks.contenders.by_{sys.argv[1]}").Jobs()
    for line in sys.stdin:
        answers.write(json.dumps(_answer(jobs, json.loads(line))) + "\n")


def _answer(jobs: Jobs, command: Answer) -> Answer:
    try:
        match command:
            case {"verify": workload}:
                return {"wrong": verify(jobs, workload)}
            case {"sample": workload, "calls": calls, "threads": threads}:
                return _sample(jobs, workload, calls, threads)
            case _:
                return {"versions": _versions(), "workloads": _possible(jobs)}
    except Exception as error:  # the parent reports it
        return {"error": f"{type(error).__name__}: {error}"[:300]}


def _versions() -> dict[str, str]:
    """Of what this contender has used so far: what only lies in its environment was not imported."""
    return {package: version(package) for package, module in PACKAGES.items() if module in sys.modules}


def _possible(jobs: Jobs) -> list[str]:
    return [name for name, workload in WORKLOADS.items() if hasattr(jobs, workload.method)]


def _sample(jobs: Jobs, name: str, calls: int, threads: int) -> Answer:
    """The mean cost of one call. One more of each thread goes before: it connects, and another contender ran last."""
    workload = WORKLOADS[name]
    work = getattr(jobs, workload.method)
    shares = [[workload.argument() for _ in range(calls + 1)] for _ in range(threads)]
    cpu, wall = _time(work, shares[0]) if threads == 1 else _time_threads(work, shares)
    done = calls * threads
    return {"cpu": cpu / done, "wall": wall / done}


def _time(work: Callable[[Any], object], arguments: Sequence[Any]) -> tuple[float, float]:
    first, *others = arguments
    work(first)
    cpu, wall = process_time(), perf_counter()
    for argument in others:
        work(argument)
    return process_time() - cpu, perf_counter() - wall


def _time_threads(work: Callable[[Any], object], shares: Sequence[Sequence[Any]]) -> tuple[float, float]:
    """From the moment all threads stand ready until the last has done its share."""
    began: list[float] = []
    start = Barrier(len(shares), action=lambda: began.extend((process_time(), perf_counter())))

    def run(share: Sequence[Any]) -> None:
        first, *others = share
        try:
            work(first)
            start.wait()
            for argument in others:
                work(argument)
        except BaseException:
            start.abort()  # nobody waits for a thread that failed
            raise

    with ThreadPoolExecutor(len(shares)) as threads:
        runs = [threads.submit(run, share) for share in shares]
    errors = [error for error in (one.exception() for one in runs) if error]
    if errors:
        raise next((error for error in errors if not isinstance(error, BrokenBarrierError)), errors[0])
    return process_time() - began[0], perf_counter() - began[1]


if __name__ == "__main__":
    main()
