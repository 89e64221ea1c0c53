"""All the parts of a run, in their order."""

import os
import platform
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import boto3

from benchmarks import cold, stub
from benchmarks.contender import Field, gathered
from benchmarks.environments import DIRECT, ENTRANTS, LIBRARY, REFERENCE, install
from benchmarks.race import ANSWERS, READS, Race, Results, Section, judge, race
from benchmarks.records import TABLE, exact, first_records
from careervp_jobs_dal import create_table
from careervp_jobs_dal.testing.account import aws_environment
from tests.engines.server import EngineError, running

ENGINE = "dynoxide"
CORE_PART = 0.25  # about what Lambda gives a function of 450 MB
TITLES = {
    "get small": READS,
    "get deep": "get, an 11 KB request as a Map",
    "update": "status and two fields, conditional, ALL_NEW",
    "create": "create, the 11 KB request as a Map",
    "submit": "create, the 11 KB request packed where the contender packs",
    "once": "submit, submit again, complete",
    "life": "a whole life: submit, duplicate, claim, complete, 12 polls",
}
LONG = ("life", "once")  # work of several requests, done less often in a sample
STUB_NOTE = (
    "CPU of the client's process and time for one call, the answers canned; "
    "ratios to boto3's Table as median (quartiles) of rounds."
)
THREADS_NOTE = (
    "One process, one client for all threads, the answers canned. The stub itself answers about ten thousand "
    "requests a second on a core of its own."
)
ENGINE_NOTE = f"On {ENGINE}, a DynamoDB on this machine which keeps all in memory."
COLD_NOTE = "From the start of the interpreter to a small record read, with bytecode present."


class Effort(NamedTuple):
    """How often each part is repeated."""

    rounds: int
    calls: int
    engine_rounds: int
    thread_rounds: int
    thread_calls: int
    threads: tuple[int, ...]
    cold_rounds: int
    limited_rounds: int


FULL = Effort(36, 16, 12, 7, 64, (1, 8, 32), 12, 4)
QUICK = Effort(2, 4, 1, 1, 8, (1, 8), 1, 1)


def run(effort: Effort, show: Callable[[Section], None]) -> Results:
    """Measure everything, and show each section when it is there."""
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    machine, unavailable, sections = _conditions(effort), install(), list[Section]()

    def add(*content: Any, **options: Any) -> None:
        sections.append(Section(*content, **options))
        show(sections[-1])

    with stub.running() as address, aws_environment(AWS_ENDPOINT_URL_DYNAMODB=address):
        with gathered(unavailable) as field:
            add("stub", "Calls, the client alone", STUB_NOTE, measure(field, effort.rounds, effort.calls))
            add("threads", "Threads", THREADS_NOTE, measure_threads(field, effort), throughput=True)
            contenders = _described(field)
        races, missing = _on_engine(unavailable, effort)
        add("engine", "Calls from end to end", ENGINE_NOTE, races, missing=missing)
        add("cold", "Cold start", COLD_NOTE, cold.measure(unavailable, rounds=effort.cold_rounds))
        with cold.limited(CORE_PART) as limit:
            races = cold.measure(unavailable, rounds=effort.limited_rounds, limit=limit)
        races = [replace(race, name=f"{race.name}, {CORE_PART} core") for race in races]
        note = f"The same programs with {CORE_PART} of a core, by {limit.means}."
        add("limited", f"Cold start with {CORE_PART} of a core", note, races, walls_only=True)
    versions = {package: contenders[LIBRARY].get(package, "-") for package in ("boto3", "botocore")}
    return Results({**machine, **versions}, contenders, sections)


def measure(field: Field, rounds: int, calls: int) -> list[Race]:
    """Race everyone in every piece of work, one thread each."""
    return [_race(field, work, title, rounds, calls) for work, title in TITLES.items()]


def measure_threads(field: Field, effort: Effort) -> list[Race]:
    """Race everyone in reads and in whole lives, with more and more threads."""
    # Each thread lives a life before the time is taken, so the most threads take too long.
    works = (("get small", TITLES["get small"], effort.threads), ("life", "a whole life", effort.threads[:2]))
    share = partial(_race, field, rounds=effort.thread_rounds, calls=effort.thread_calls)
    return [
        share(work, f"{title}, {count} thread{'s' if count > 1 else ''}", threads=count)
        for work, title, counts in works
        for count in counts
    ]


def _race(field: Field, work: str, title: str, rounds: int, calls: int, threads: int = 1) -> Race:
    """Race those who do the work right, until they fail."""
    able, missing = field.split(work)
    calls = max(1, max(1, calls // (8 if work in LONG else 1)) // threads)
    costs, broken = race({name: partial(one.sample, work, calls, threads) for name, one in able.items()}, rounds)
    return judge(title, REFERENCE, (LIBRARY, DIRECT), costs, {**missing, **broken})


def _on_engine(unavailable: Mapping[str, str], effort: Effort) -> tuple[list[Race], str | None]:
    try:
        with running(ENGINE) as address, aws_environment(AWS_ENDPOINT_URL_DYNAMODB=address):
            table = boto3.resource("dynamodb").Table(create_table(TABLE, dynamodb=boto3.resource("dynamodb")).unwrap())
            for record in first_records():
                table.put_item(Item=exact(record))
            with gathered(unavailable) as field:
                return measure(field, effort.engine_rounds, effort.calls), None
    except EngineError as error:
        return [], str(error).splitlines()[0]


def _described(field: Field) -> dict[str, dict[str, str]]:
    """Tell of everyone, also the missing, what it used and answers with."""
    return {
        name: {**field.running[name].versions(), ANSWERS: answers}
        if name in field.running
        else {ANSWERS: f"MISSING: {field.missing[name]}"}
        for name, _, _, answers in ENTRANTS
    }


def _conditions(effort: Effort) -> dict[str, str]:
    """Tell what the numbers depend on; the load is near 0 at best."""
    rounds = (
        f"{effort.rounds} on the stub, {effort.engine_rounds} on the engine, {effort.thread_rounds} with threads, "
        f"{effort.cold_rounds} cold, {effort.limited_rounds} with a part of a core"
    )
    return {
        "CPU": f"{_cpu_model()}, {os.cpu_count()} cores",
        "system": f"{platform.system()} {platform.machine()}",
        "load before the run": f"{os.getloadavg()[0]:.1f}",
        "rounds": rounds,
        "Python": platform.python_version(),
    }


def _cpu_model() -> str:
    """Name the processor where Linux tells it, else its architecture."""
    file = Path("/proc/cpuinfo")
    lines = file.read_text(encoding="utf-8").splitlines() if file.exists() else []
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.machine())
