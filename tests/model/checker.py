"""A breadth-first explorer of every state a protocol can reach, which shows the shortest way to a broken promise."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Hashable, Iterable
from typing import Generic, NamedTuple, TypeVar

S = TypeVar("S", bound=Hashable)


class Step(NamedTuple, Generic[S]):
    """What can happen next: its name, the state it leads to, and the promise that it breaks, if any."""

    label: str
    state: S
    broken: str | None = None


class Counterexample(NamedTuple, Generic[S]):
    """How a promise comes to be broken, in as few steps as can be."""

    broken: str
    trace: tuple[tuple[str, S], ...]

    def __str__(self) -> str:
        lines = [f"Broken: {self.broken}", *(f"{n:3}. {label}" for n, (label, _) in enumerate(self.trace))]
        return "\n".join([*lines, f"     {self.trace[-1][1]}"])


class Explored(NamedTuple, Generic[S]):
    """Every state that can be reached, in the order it was met; `ways` says for each where it came from."""

    states: list[S]
    ways: list[tuple[int, str]]
    edges: list[tuple[int, ...]]
    counterexample: Counterexample[S] | None

    def trace(self, index: int) -> tuple[tuple[str, S], ...]:
        """The shortest way to a state."""
        steps: list[tuple[str, S]] = []
        while index >= 0:
            came_from, label = self.ways[index]
            steps.append((label, self.states[index]))
            index = came_from
        return tuple(reversed(steps))


def explore(initial: S, steps: Callable[[S], Iterable[Step[S]]], only: str | None = None) -> Explored[S]:
    """Visit every state, nearest first; stop at the first step that breaks a promise, or `only` that promise."""
    known = {initial: 0}
    found: Explored[S] = Explored([initial], [(-1, "at first")], [], None)
    for index, state in enumerate(found.states):  # grows while it is walked
        targets = []
        for label, target, broken in steps(state):
            if broken and only in (None, broken):
                trace = (*found.trace(index), (label, target))
                return found._replace(counterexample=Counterexample(broken, trace))
            number = known.setdefault(target, len(found.states))
            if number == len(found.states):
                found.states.append(target)
                found.ways.append((index, label))
            targets.append(number)
        found.edges.append(tuple(targets))
    return found


def stuck(found: Explored[S], settled: Callable[[S], bool]) -> Counterexample[S] | None:
    """The nearest state from which no settled one can be reached any more."""
    sources: list[list[int]] = [[] for _ in found.states]
    for source, targets in enumerate(found.edges):
        for target in targets:
            sources[target].append(source)
    hopeful = {index for index, state in enumerate(found.states) if settled(state)}
    waiting = deque(hopeful)
    while waiting:
        fresh = [source for source in sources[waiting.popleft()] if source not in hopeful]
        hopeful.update(fresh)
        waiting.extend(fresh)
    for index in range(len(found.states)):
        if index not in hopeful:
            return Counterexample("nothing that can still happen finishes the job", found.trace(index))
    return None
