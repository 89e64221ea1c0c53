"""Cold starts: fresh interpreters, from their start to the first answer, with a whole core and with a part of one."""

from __future__ import annotations

import os
from functools import partial
from time import perf_counter
from typing import TYPE_CHECKING, NamedTuple

from benchmarks.environments import CHECKOUT, ENTRANTS, LIBRARY, OURS, REFERENCE, Entrant, python
from benchmarks.race import Cost, Race, judge, race
from benchmarks.records import SMALL_ID

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from benchmarks.limit import Limit

# These answer with the same as the entrants, but have more to start with, as a real function has.
WITH_LOGGER = "boto3 Table and powertools' Logger"
WITH_QUEUE = "boto3 Table and an SQS client"
LIBRARY_WITH_QUEUE = "this library and an SQS client"
_MORE = (
    Entrant(WITH_LOGGER, "table_with_logger", OURS, ""),
    Entrant(WITH_QUEUE, "table_with_queue", OURS, ""),
    Entrant(LIBRARY_WITH_QUEUE, "library_with_queue", OURS, ""),
)
_EVERYONE = tuple(entrant.name for entrant in ENTRANTS if entrant.name != "powertools")


class _Start(NamedTuple):
    """Whom a race compares with whom."""

    title: str
    reference: str
    ours: str
    names: tuple[str, ...]


_RACES = (
    _Start("interpreter to first answer", REFERENCE, LIBRARY, _EVERYONE),
    _Start("the same, beside boto3 with powertools' Logger", WITH_LOGGER, LIBRARY, (WITH_LOGGER, LIBRARY)),
    _Start("the same, both with an SQS client", WITH_QUEUE, LIBRARY_WITH_QUEUE, (WITH_QUEUE, LIBRARY_WITH_QUEUE)),
)


def measure(environment: Mapping[str, str], unavailable: Mapping[str, str], *, rounds: int) -> list[Race]:
    """Race all, each with a core of its own as far as the machine has one."""
    return _measure(partial(_start, environment=environment), environment, unavailable, rounds)


def measure_limited(
    environment: Mapping[str, str], unavailable: Mapping[str, str], limit: Limit, *, rounds: int
) -> list[Race]:
    """The same with a part of a core; only the wall clock says something."""
    return _measure(partial(_start_limited, limit=limit, environment=environment), environment, unavailable, rounds)


def _measure(
    start: Callable[[Sequence[str]], Cost],
    environment: Mapping[str, str],
    unavailable: Mapping[str, str],
    rounds: int,
) -> list[Race]:
    entrants = {entrant.name: entrant for entrant in (*ENTRANTS, *_MORE)}
    wanted = dict.fromkeys(name for one in _RACES for name in one.names)
    checked = {name: _why_not(entrants[name], environment, unavailable) for name in wanted}
    missing = {name: reason for name, reason in checked.items() if reason}
    contenders = {name: partial(start, _command(entrants[name])) for name in wanted if name not in missing}
    costs = race(contenders, rounds)
    return [_judge(one, costs, missing) for one in _RACES]


def _why_not(entrant: Entrant, environment: Mapping[str, str], unavailable: Mapping[str, str]) -> str | None:
    """Run it once, unhindered: that shows whether it answers right, and leaves its bytecode for the race."""
    if entrant.environment in unavailable:
        return f"not installed: {unavailable[entrant.environment]}"
    try:
        _start(_command(entrant), environment)
    except WrongAnswerError as wrong:
        return str(wrong)
    return None


def _judge(one: _Start, costs: Mapping[str, Sequence[Cost]], missing: Mapping[str, str]) -> Race:
    taken = {name: costs[name] for name in one.names if name in costs}
    absent = {name: missing[name] for name in one.names if name in missing}
    return judge(one.title, one.reference, one.ours, taken, absent)


def _command(entrant: Entrant) -> list[str]:
    program = CHECKOUT / "benchmarks" / "starts" / f"by_{entrant.module}.py"
    return [str(python(entrant.environment)), "-P", str(program), SMALL_ID]


class WrongAnswerError(Exception):
    """A program did not end with the right job."""


def _start(command: Sequence[str], environment: Mapping[str, str]) -> Cost:
    """Run a program in an interpreter of its own, and ask the system what it took."""
    began = perf_counter()
    child = os.posix_spawn(command[0], list(command), environment)
    _, status, usage = os.wait4(child, 0)
    wall = perf_counter() - began
    _check(os.waitstatus_to_exitcode(status), command)
    return Cost(usage.ru_utime + usage.ru_stime, wall)


def _start_limited(command: Sequence[str], limit: Limit, environment: Mapping[str, str]) -> Cost:
    """The wall clock stands in for the CPU, which is the same as without a limit."""
    began = perf_counter()
    status = limit.run(command, environment)
    wall = perf_counter() - began
    _check(status, command)
    return Cost(wall, wall)


def _check(status: int, command: Sequence[str]) -> None:
    if status:
        raise WrongAnswerError(f"wrong answer: {command[2].rpartition('/')[2]} ended with {status}")
