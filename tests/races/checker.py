"""Is there an order of these calls, true to when they were made, in which each answer is the right one?

The search of Wing and Gong: take any call that no other had ended before, see whether the model gives that answer,
go on from there; and remember where it led to nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Protocol, TypeVar


class Timed(Protocol):
    """A call that happened at one instant between these two."""

    @property
    def began(self) -> float: ...

    @property
    def ended(self) -> float: ...


S = TypeVar("S")
E = TypeVar("E", bound=Timed)


def obstacle(history: Sequence[E], first: S, step: Callable[[S, E], S | None]) -> tuple[S, list[E]] | None:
    """None where there is such an order; else the state where the longest try ended, and the calls that fit it not.

    `step` gives the state after a call, or None where the call cannot have been answered so.
    """
    calls = sorted(history, key=lambda call: call.began)
    everything = (1 << len(calls)) - 1
    been: set[tuple[int, S]] = set()
    todo = [(0, first)]  # which calls are done, as bits, and the state after them
    furthest = todo[0]
    while todo:
        place = done, state = todo.pop()
        if done == everything:
            return None
        furthest = max(furthest, place, key=lambda place: place[0].bit_count())
        if place not in been:
            been.add(place)
            todo.extend(_onwards(calls, done, state, step))
    return furthest[1], [calls[number] for number in _next(calls, furthest[0])]


def _onwards(calls: Sequence[E], done: int, state: S, step: Callable[[S, E], S | None]) -> Sequence[tuple[int, S]]:
    places = []
    for number in _next(calls, done):
        after = step(state, calls[number])
        place = None if after is None else (done | 1 << number, after)
        if place and after == state:
            # It changes nothing, so to take it now spoils no order that takes it later.
            return [place]
        if place:
            places.append(place)
    return places


def _next(calls: Sequence[Timed], done: int) -> Iterator[int]:
    """The calls that can be the next one: no other that is still to come had ended before they began."""
    first_end = float("inf")
    lowest = (~done & (done + 1)).bit_length() - 1
    for number in range(lowest, len(calls)):
        if done >> number & 1:
            continue
        if calls[number].began > first_end:
            return
        first_end = min(first_end, calls[number].ended)
        yield number
