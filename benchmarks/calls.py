"""Calls on warm connections: every contender's work, on the stub or on an engine, by one thread or by many."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from benchmarks.contender import BrokenError
from benchmarks.environments import LIBRARY, REFERENCE
from benchmarks.race import Cost, Race, judge, race

if TYPE_CHECKING:
    from benchmarks.contender import Contender, Field

TITLES = {
    "get small": "get, a small record",
    "get deep": "get, an 11 KB request as a Map",
    "update": "status and two fields, conditional, ALL_NEW",
    "create": "create, the 11 KB request as a Map",
    "submit": "create, the 11 KB request packed where the contender packs",
    "once": "submit, submit again, complete",
    "life": "a whole life: submit, duplicate, claim, complete, 12 polls",
}
LONG = ("life", "once")  # work of several requests, done less often in a sample


def measure(field: Field, *, rounds: int, calls: int) -> list[Race]:
    """Race everyone in every piece of work, one thread each."""
    return [_race(field, work, title, rounds, _calls(work, calls), 1) for work, title in TITLES.items()]


def measure_threads(field: Field, *, rounds: int, calls: int, threads: tuple[int, ...]) -> list[Race]:
    """The same for reads and for whole lives, with more and more threads."""
    return [
        _race(field, work, f"{TITLES[work].partition(':')[0]}, {count} thread{'s' if count > 1 else ''}", rounds,
              max(1, _calls(work, calls) // count), count)
        for work in ("get small", "life")
        for count in threads
    ]  # fmt: skip


def _calls(work: str, calls: int) -> int:
    return max(1, calls // 8) if work in LONG else calls


def _race(field: Field, work: str, title: str, rounds: int, calls: int, threads: int) -> Race:
    """Who fails on the way is missing, and the others race again without it."""
    able, missing = field.split(work)
    while True:
        try:
            costs = race({name: partial(_sample, one, work, calls, threads) for name, one in able.items()}, rounds)
        except _DroppedOut as dropped:
            missing[dropped.name] = str(dropped)
            del able[dropped.name]
        else:
            return judge(title, REFERENCE, LIBRARY, costs, missing)


class _DroppedOut(Exception):  # noqa: N818  # what happened, not a fault of the harness
    def __init__(self, name: str, reason: str) -> None:
        super().__init__(f"broke down: {reason}")
        self.name = name


def _sample(contender: Contender, work: str, calls: int, threads: int) -> Cost:
    try:
        return contender.sample(work, calls, threads)
    except BrokenError as broken:
        raise _DroppedOut(contender.entrant.name, str(broken)) from broken
