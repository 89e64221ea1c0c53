"""One contender in its own process: `python -m benchmarks.contenders.child MODULE.CLASS`.

It reads commands from standard input and answers on standard output, one line of JSON each. It takes the time itself,
so that neither the pipes nor the other contenders are in it.
"""

import json
import logging
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from importlib import import_module
from importlib.metadata import version
from threading import Barrier, BrokenBarrierError
from time import perf_counter, process_time
from typing import Any, NamedTuple

from benchmarks.records import DEEP_ID, ENDING, SMALL_ID, UPDATED_ID, Record, deep_record, new_record, record

PEERS = ("pynamodb", "pydynox", "dyntastic", "aws-lambda-powertools", "careervp-jobs-dal")
PACKAGES = {package: package.replace("-", "_") for package in ("boto3", "botocore", *PEERS)}


class Workload(NamedTuple):
    """A method, what makes its argument, what its answer and a read hold."""

    method: str
    argument: Callable[[], Any]
    expected: Callable[[Any], Record]
    stored: Callable[[Any], Record] | None = None


def _payload(job: Record) -> Record:
    return {name: job[name] for name in ("idempotency_key", "user_id", "input_data")}


def _finished(_: Record) -> Record:
    return {"status": "COMPLETED"}


WORKLOADS = {
    "get small": Workload("get", lambda: SMALL_ID, record),
    "get deep": Workload("get", lambda: DEEP_ID, lambda _: deep_record()),
    "update": Workload("update", lambda: UPDATED_ID, lambda job_id: {**record(job_id), **ENDING}),
    "create": Workload("create", new_record, dict, dict),
    "submit": Workload("submit", new_record, _payload, _payload),
    "once": Workload("once", new_record, _finished),
    "life": Workload("life", new_record, _finished, lambda job: {**_payload(job), **_finished(job), **ENDING}),
}


def verify(jobs: Any, name: str) -> str | None:
    """Do a piece of work once, and say what is wrong, if anything."""
    workload = WORKLOADS[name]
    argument = workload.argument()
    answer = jobs.plain(getattr(jobs, workload.method)(argument))
    wrong = differs(answer, workload.expected(argument))
    if wrong or workload.stored is None:
        return wrong
    job_id = answer.get("job_id", argument["job_id"])
    return differs(jobs.plain(jobs.get(job_id)), workload.stored(argument))


def differs(answer: Mapping[str, Any], expected: Mapping[str, Any]) -> str | None:
    """Name the attributes that an answer lacks or has with another value."""
    names = [name for name, value in expected.items() if name not in answer or _plain(answer[name]) != _plain(value)]
    return f"wrong or missing: {', '.join(names)}" if names else None


def _plain(value: Any) -> Any:
    """Turn every number into a float, so that all kinds can be compared."""
    if isinstance(value, dict):
        return {name: _plain(content) for name, content in value.items()}
    if isinstance(value, list):
        return [_plain(content) for content in value]
    return float(value) if isinstance(value, Decimal | int) and not isinstance(value, bool) else value


def main() -> None:
    """Answer until standard input ends; whatever a library prints goes to standard error."""
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)
    logging.getLogger().addHandler(logging.NullHandler())  # pydynox warns of slow calls, which many threads' calls are
    module, _, name = sys.argv[1].partition(".")
    jobs = getattr(import_module(f"benchmarks.contenders.by_{module}"), name)()
    for line in sys.stdin:
        answers.write(json.dumps(_answer(jobs, json.loads(line))) + "\n")


def _answer(jobs: Any, command: dict[str, Any]) -> dict[str, Any]:
    try:
        match command:
            case {"verify": workload}:
                return {"wrong": verify(jobs, workload)}
            case {"sample": workload, "calls": calls, "threads": threads}:
                return _sample(jobs, workload, calls, threads)
        # What only lies in its environment was not imported, and is no part of what it has used so far.
        versions = {package: version(package) for package, module in PACKAGES.items() if module in sys.modules}
        return {
            "versions": versions,
            "workloads": [name for name in WORKLOADS if hasattr(jobs, WORKLOADS[name].method)],
        }
    except Exception as error:  # the parent reports it
        return {"error": f"{type(error).__name__}: {error}"[:300]}


def _sample(jobs: Any, name: str, calls: int, threads: int) -> dict[str, Any]:
    """Take a call's mean cost, from all threads' readiness until the last has ended.

    One more call of each thread goes before: it connects, and another contender ran last.
    """
    workload = WORKLOADS[name]
    work = getattr(jobs, workload.method)
    began: list[float] = []
    start = Barrier(threads, action=lambda: began.extend((process_time(), perf_counter())))

    def run(share: Sequence[Any]) -> tuple[float, float]:
        try:
            work(share[0])
            start.wait()
            for argument in share[1:]:
                work(argument)
        except BrokenBarrierError:  # the thread that failed says why
            return 0, 0
        except BaseException:
            start.abort()  # nobody waits for a thread that failed
            raise
        return process_time(), perf_counter()

    shares = [[workload.argument() for _ in range(calls + 1)] for _ in range(threads)]
    with ThreadPoolExecutor(threads) as pool:
        ended = list((pool.map if threads > 1 else map)(run, shares))
    cpu, wall = (max(ends) - begin for ends, begin in zip(zip(*ended, strict=True), began, strict=True))
    return {"cpu": cpu / (calls * threads), "wall": wall / (calls * threads)}


if __name__ == "__main__":
    main()
