"""Cold starts: fresh interpreters, from their start to the first answer."""

from __future__ import annotations

import os
import sys
from functools import partial
from time import perf_counter
from typing import TYPE_CHECKING

from benchmarks.race import Cost, Line, compare, race
from benchmarks.records import SMALL_ID

if TYPE_CHECKING:
    from collections.abc import Mapping

_LIBRARY = """
from careervp_jobs_dal import JobsRepository

job = JobsRepository("jobs").get_job({job_id!r})
"""

_BY_HAND = """
import boto3

table = boto3.resource("dynamodb").Table("jobs")
job = table.get_item(Key={{"job_id": {job_id!r}}}, ConsistentRead=True).get("Item")
"""

_LOGGER = """
from aws_lambda_powertools import Logger

logger = Logger()
"""

# A service rarely has one client; the next one of the same session is cheap, the first of another is not.
_QUEUE = """
import boto3

queue = boto3.client("sqs")
"""

# Every process ends with its first answer; taking the interpreter down is not part of a start.
_END = """
import os

os._exit(0 if job["job_id"] == {job_id!r} else 1)
"""

_PROGRAMS = {
    "library": _LIBRARY,
    "library and queue": _LIBRARY + _QUEUE,
    "by hand": _BY_HAND,
    "by hand and Logger": _LOGGER + _BY_HAND,
    "by hand and queue": _BY_HAND + _QUEUE,
}
_PAIRS = {
    "by hand": ("by hand", "library"),
    "by hand with powertools' Logger": ("by hand and Logger", "library"),
    "by hand, both with an SQS client": ("by hand and queue", "library and queue"),
}


def measure(environment: Mapping[str, str], *, rounds: int) -> list[Line]:
    """Race the library with hand-written code; before that each runs once, so that its bytecode is there."""
    programs = {name: (program + _END).format(job_id=SMALL_ID) for name, program in _PROGRAMS.items()}
    costs = race({name: partial(_start, program, environment) for name, program in programs.items()}, rounds)
    return [compare(name, costs[other], costs[library]) for name, (other, library) in _PAIRS.items()]


def _start(program: str, environment: Mapping[str, str]) -> Cost:
    """Run a program in an interpreter of its own, and ask the system what it took."""
    began = perf_counter()
    child = os.posix_spawn(sys.executable, [sys.executable, "-c", program], environment)
    _, status, usage = os.wait4(child, 0)
    wall = perf_counter() - began
    if status:
        raise RuntimeError(f"This program ended with status {status}:\n{program}")
    return Cost(usage.ru_utime + usage.ru_stime, wall)
