"""Cold starts: fresh interpreters, from their start to the first answer, with a whole core and with a part of one.

A fraction of a core, as a small Lambda function has it, comes by the best means that this machine has.
"""

import os
import shutil
import signal
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks.environments import (
    CHECKOUT,
    DIRECT,
    ENTRANTS,
    LIBRARY,
    OURS,
    POWERTOOLS,
    REFERENCE,
    RUST,
    Entrant,
    python,
)
from benchmarks.race import BrokenError, Cost, Race, judge, race
from benchmarks.records import SMALL_ID

PERIOD = 0.02  # seconds
_CGROUPS = Path("/sys/fs/cgroup")
# Taking the interpreter down is not part of a start, so it ends hard, with 0 where the job is the right one.
PROGRAM = """
import os, sys
sys.path.insert(0, sys.argv[1])
from benchmarks.contenders.by_{} import {} as Jobs
{}
jobs = Jobs()
job = jobs.plain(jobs.get(sys.argv[2]))
{}
os._exit(0 if job["job_id"] == sys.argv[2] else 1)
"""
LOGGER = "from aws_lambda_powertools import Logger; Logger(service='bench')"
QUEUE = "import boto3; boto3.client('sqs')"
# These answer with the same as the entrants, but have more to start with, as a real function has.
WITH_LOGGER = "boto3 Table and powertools' Logger"
WITH_QUEUE = "boto3 Table and an SQS client"
LIBRARY_WITH_QUEUE = f"{LIBRARY} and an SQS client"
DIRECT_WITH_QUEUE = f"{DIRECT} and an SQS client"
_CODE = {entrant.name: entrant.code for entrant in ENTRANTS}
_ALONE = [entrant for entrant in ENTRANTS if entrant.name != POWERTOOLS]
# Whom to start, and what it does before the first answer and after it.
_STARTERS = (
    *((entrant, "", "") for entrant in _ALONE),
    (Entrant(WITH_LOGGER, _CODE[REFERENCE], OURS, ""), LOGGER, ""),
    (Entrant(WITH_QUEUE, _CODE[REFERENCE], OURS, ""), "", QUEUE),
    (Entrant(LIBRARY_WITH_QUEUE, _CODE[LIBRARY], OURS, ""), "", QUEUE),
    (Entrant(DIRECT_WITH_QUEUE, _CODE[DIRECT], OURS, ""), "", QUEUE),
)
BESIDE_LOGGER = "cold start, beside boto3 with powertools' Logger"
# A race's title, its reference, ours, and all who take part.
_RACES = (
    ("cold start", REFERENCE, (LIBRARY, DIRECT), [entrant.name for entrant in _ALONE]),
    (BESIDE_LOGGER, WITH_LOGGER, (LIBRARY, DIRECT), [WITH_LOGGER, RUST, LIBRARY, DIRECT]),
    (
        "cold start, all with an SQS client",
        WITH_QUEUE,
        (LIBRARY_WITH_QUEUE, DIRECT_WITH_QUEUE),
        [WITH_QUEUE, LIBRARY_WITH_QUEUE, DIRECT_WITH_QUEUE],
    ),
)


class Limit(NamedTuple):
    """A way to give a program less than a core: a prefix, or pauses."""

    means: str = "none"
    prefix: tuple[str, ...] = ()
    cores: float = 1

    def run(self, command: Sequence[str]) -> tuple[int, Cost]:
        """Run a program, and ask the system how it ended and what it took."""
        whole, stopped = (*self.prefix, *command), self.cores < 1
        began = time.perf_counter()
        child = os.posix_spawn(whole[0], whole, os.environ)
        while not (ended := os.wait4(child, os.WNOHANG if stopped else 0))[0]:
            time.sleep(PERIOD * self.cores)
            os.kill(child, signal.SIGSTOP)
            time.sleep(PERIOD * (1 - self.cores))
            os.kill(child, signal.SIGCONT)
        _, status, usage = ended
        wall = time.perf_counter() - began
        return os.waitstatus_to_exitcode(status), Cost(usage.ru_utime + usage.ru_stime, wall)


UNLIMITED = Limit()


def measure(unavailable: Mapping[str, str], *, rounds: int, limit: Limit = UNLIMITED) -> list[Race]:
    """Race all; where there is a limit, only the wall clock says something."""
    able, missing = {}, {}
    for starter, before, after in _STARTERS:
        if starter.environment in unavailable:
            missing[starter.name] = f"not installed: {unavailable[starter.environment]}"
            continue
        program = PROGRAM.format(*starter.code.split("."), before, after)
        command = [str(python(starter.environment)), "-P", "-c", program, str(CHECKOUT), SMALL_ID]
        try:
            start(command)  # Unhindered: that shows whether it answers right, and leaves its bytecode for the race.
            able[starter.name] = partial(start, command, limit)
        except BrokenError as broken:
            missing[starter.name] = str(broken)
    costs, broken_down = race(able, rounds)
    missing |= broken_down
    return [
        judge(title, reference, ours, _of(names, costs), _of(names, missing))
        for title, reference, ours, names in _RACES
    ]


def _of(names: list[str], found: Mapping[str, Any]) -> dict[str, Any]:
    return {name: found[name] for name in names if name in found}


def start(command: list[str], limit: Limit = UNLIMITED) -> Cost:
    """Run a program in an interpreter of its own."""
    status, cost = limit.run(command)
    if status:
        raise BrokenError(f"wrong answer: the program ended with {status}")
    return cost


@contextmanager
def limited(cores: float) -> Iterator[Limit]:
    """Find the first means that works here."""
    for means, mark, quota in _quotas(cores):
        if folder := _group(_CGROUPS / mark, quota):
            # A shell puts itself into the group and becomes the program, so that nothing of it runs outside.
            script = f'echo $$ > "{folder}/cgroup.procs" && exec "$@"'
            try:
                yield Limit(means, ("/bin/sh", "-c", script, "sh"))
            finally:
                with suppress(OSError):
                    folder.rmdir()
            return
    if command := shutil.which("cpulimit"):
        yield Limit("cpulimit", (command, "--quiet", "--foreground", f"--limit={round(cores * 100)}", "--"))
    else:
        yield Limit("SIGSTOP and SIGCONT by the parent", cores=cores)


def _quotas(cores: float) -> list[tuple[str, str, dict[str, str]]]:
    """List the kinds of control groups: in words, a file of theirs, their settings."""
    period, quota = round(PERIOD * 1_000_000), round(PERIOD * 1_000_000 * cores)
    v1 = {"cpu.cfs_period_us": str(period), "cpu.cfs_quota_us": str(quota)}
    return [
        ("cgroup v2, cpu.max", "cgroup.controllers", {"cpu.max": f"{quota} {period}"}),
        ("cgroup v1, cpu.cfs_quota_us", "cpu/cpu.cfs_quota_us", v1),
    ]


def _group(mark: Path, settings: Mapping[str, str]) -> Path | None:
    """Make a control group of this process's own, where one can be made."""
    folder = mark.with_name(f"careervp-bench-{os.getpid()}")
    with suppress(OSError):
        if mark.exists():
            folder.mkdir()
            for name, value in settings.items():
                (folder / name).write_text(value)
            return folder
    with suppress(OSError):
        folder.rmdir()
    return None
