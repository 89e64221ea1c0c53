"""All the parts of a run, in their order."""

from __future__ import annotations

import os
import platform
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks import calls, cold, engine, stub
from benchmarks.contender import gathered
from benchmarks.environments import ENTRANTS, LIBRARY, install
from benchmarks.limit import limited
from benchmarks.race import Race
from benchmarks.report.results import ANSWERS, Results, Section
from tests.engines.server import EngineError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from benchmarks.contender import Field

CORE_PART = 0.25  # about what Lambda gives a function of 450 MB


@dataclass(frozen=True)
class Effort:
    """How often each part is repeated."""

    rounds: int
    calls: int
    engine_rounds: int
    thread_rounds: int
    thread_calls: int
    threads: tuple[int, ...]
    cold_rounds: int
    limited_rounds: int


FULL = Effort(60, 16, 25, 9, 64, (1, 8, 32), 25, 9)
QUICK = Effort(2, 4, 1, 1, 8, (1, 8), 1, 1)


def run(effort: Effort, show: Callable[[Section], None]) -> Results:
    """Measure everything, and show each section when it is there."""
    conditions = _conditions(effort)
    unavailable = install()
    contenders: dict[str, dict[str, str]] = {}
    sections = []
    for section in _sections(effort, unavailable, contenders):
        show(section)
        sections.append(section)
    return Results({**conditions, **_versions(contenders)}, contenders, sections)


def _sections(
    effort: Effort, unavailable: Mapping[str, str], contenders: dict[str, dict[str, str]]
) -> Iterator[Section]:
    with stub.running() as address:
        environment = stub.environment(address)
        with gathered(environment, unavailable) as field:
            yield _on_stub(field, effort)
            yield _by_threads(field, effort)
            contenders.update(_described(field))
        yield _on_engine(unavailable, effort)
        yield _cold(environment, unavailable, effort)
        yield _limited(environment, unavailable, effort)


def _on_stub(field: Field, effort: Effort) -> Section:
    note = (
        "CPU of the client's process and time for one call, the answers canned; "
        "ratios to boto3's Table as median (quartiles) of rounds."
    )
    return Section(
        "stub", "Calls, the client alone", note, calls.measure(field, rounds=effort.rounds, calls=effort.calls)
    )


def _by_threads(field: Field, effort: Effort) -> Section:
    races = calls.measure_threads(field, rounds=effort.thread_rounds, calls=effort.thread_calls, threads=effort.threads)
    note = (
        "One process, one client for all threads, the answers canned. The stub itself answers some thousand requests "
        "a second, which bounds the fastest client."
    )
    return Section("threads", "Threads", note, races, throughput=True)


def _on_engine(unavailable: Mapping[str, str], effort: Effort) -> Section:
    title, note = "Calls from end to end", f"On {engine.ENGINE}, a DynamoDB on this machine which keeps all in memory."
    try:
        with engine.prepared() as environment, gathered(environment, unavailable) as field:
            return Section("engine", title, note, calls.measure(field, rounds=effort.engine_rounds, calls=effort.calls))
    except EngineError as error:
        return Section("engine", title, note, [], missing=str(error).splitlines()[0])


def _cold(environment: Mapping[str, str], unavailable: Mapping[str, str], effort: Effort) -> Section:
    note = "From the start of the interpreter to a small record read, with bytecode present."
    races = cold.measure(environment, unavailable, rounds=effort.cold_rounds)
    return Section("cold", "Cold start", note, races)


def _limited(environment: Mapping[str, str], unavailable: Mapping[str, str], effort: Effort) -> Section:
    with limited(CORE_PART) as limit:
        note = f"The same programs with {CORE_PART} of a core, by {limit.means}."
        races = cold.measure_limited(environment, unavailable, limit, rounds=effort.limited_rounds)
    named = [_named(race.name, race) for race in races]
    return Section("limited", f"Cold start with {CORE_PART} of a core", note, named, walls_only=True)


def _named(name: str, race: Race) -> Race:
    return Race(f"{name}, {CORE_PART} core", race.reference, race.standings)


def _described(field: Field) -> dict[str, dict[str, str]]:
    """Also of those that are missing."""
    return {
        entrant.name: {**field.running[entrant.name].versions(), ANSWERS: entrant.answers}
        if entrant.name in field.running
        else {ANSWERS: f"MISSING: {field.missing[entrant.name]}"}
        for entrant in ENTRANTS
    }


def _conditions(effort: Effort) -> dict[str, str]:
    """What the numbers depend on, the load that others put on the machine among it: at best it is near 0."""
    return {
        "CPU": f"{_cpu_model()}, {os.cpu_count()} cores",
        "system": f"{platform.system()} {platform.machine()}",
        "load before the run": f"{os.getloadavg()[0]:.1f}",
        "rounds": (
            f"{effort.rounds} on the stub, {effort.engine_rounds} on the engine, {effort.thread_rounds} with threads, "
            f"{effort.cold_rounds} cold, {effort.limited_rounds} with a part of a core"
        ),
        "Python": platform.python_version(),
    }


def _versions(contenders: Mapping[str, Mapping[str, str]]) -> dict[str, str]:
    ours = contenders.get(LIBRARY, {})
    return {package: ours.get(package, "-") for package in ("boto3", "botocore")}


def _cpu_model() -> str:
    """The processor's name where Linux tells it, else its architecture."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.machine())
