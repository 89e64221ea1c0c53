"""Cold starts: fresh interpreters, from their start to the first answer, with a whole core and with a part of one."""

from collections.abc import Mapping
from functools import partial

from benchmarks.environments import CHECKOUT, ENTRANTS, LIBRARY, OURS, POWERTOOLS, REFERENCE, Entrant, python
from benchmarks.limit import Limit
from benchmarks.race import BrokenError, Cost, Race, judge, race
from benchmarks.records import SMALL_ID

UNLIMITED = Limit()
# These answer with the same as the entrants, but have more to start with, as a real function has.
WITH_LOGGER = "boto3 Table and powertools' Logger"
WITH_QUEUE = "boto3 Table and an SQS client"
LIBRARY_WITH_QUEUE = "this library and an SQS client"
_STARTERS = (
    *(entrant for entrant in ENTRANTS if entrant.name != POWERTOOLS),
    Entrant(WITH_LOGGER, "boto3.Table Logger", OURS, ""),
    Entrant(WITH_QUEUE, "boto3.Table SQS", OURS, ""),
    Entrant(LIBRARY_WITH_QUEUE, "library.Jobs SQS", OURS, ""),
)
# A race's title, its reference, ours, and who else takes part.
_RACES = (
    ("interpreter to first answer", REFERENCE, LIBRARY, [starter.name for starter in _STARTERS[:-3]]),
    ("the same, beside boto3 with powertools' Logger", WITH_LOGGER, LIBRARY, [WITH_LOGGER, LIBRARY]),
    ("the same, both with an SQS client", WITH_QUEUE, LIBRARY_WITH_QUEUE, [WITH_QUEUE, LIBRARY_WITH_QUEUE]),
)


def measure(unavailable: Mapping[str, str], *, rounds: int, limit: Limit = UNLIMITED) -> list[Race]:
    """Race all; where there is a limit, only the wall clock says something."""
    able, missing = {}, {}
    for starter in _STARTERS:
        if starter.environment in unavailable:
            missing[starter.name] = f"not installed: {unavailable[starter.environment]}"
            continue
        try:
            start(starter)  # Unhindered: that shows whether it answers right, and leaves its bytecode for the race.
            able[starter.name] = partial(start, starter, limit)
        except BrokenError as broken:
            missing[starter.name] = str(broken)
    costs, broken_down = race(able, rounds)
    missing |= broken_down
    return [
        judge(
            title,
            reference,
            ours,
            {name: costs[name] for name in names if name in costs},
            {name: missing[name] for name in names if name in missing},
        )
        for title, reference, ours, names in _RACES
    ]


def start(starter: Entrant, limit: Limit = UNLIMITED) -> Cost:
    """Run a program in an interpreter of its own."""
    contender, *more = starter.code.split()
    program = CHECKOUT / "benchmarks" / "starts.py"
    status, cost = limit.run([str(python(starter.environment)), "-P", str(program), contender, SMALL_ID, *more])
    if status:
        raise BrokenError(f"wrong answer: {starter.code} ended with {status}")
    return cost
