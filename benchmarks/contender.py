"""The parent's end of a contender: starts its process, sends commands, reads answers; and the field of all of them."""

import json
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from subprocess import PIPE, Popen
from typing import Any, NamedTuple

from benchmarks.environments import CHECKOUT, ENTRANTS, Entrant, python
from benchmarks.race import BrokenError, Cost


class Contender:
    """A running contender."""

    def __init__(self, process: Popen[str]) -> None:
        self._process = process
        self.workloads: list[str] = self.ask(describe=True)["workloads"]

    def ask(self, **command: Any) -> dict[str, Any]:
        """Send a command and wait for the answer."""
        line = ""
        with suppress(OSError):
            print(json.dumps(command), file=self._process.stdin, flush=True)
            line = self._process.stdout.readline() if self._process.stdout else ""
        answer: dict[str, Any] = json.loads(line) if line else {"error": "its process has ended"}
        if "error" in answer:
            raise BrokenError(answer["error"])
        return answer

    def sample(self, workload: str, calls: int, threads: int = 1) -> Cost:
        """Take the mean cost of one of `calls` calls of each thread."""
        return Cost(**self.ask(sample=workload, calls=calls, threads=threads))

    def wrong(self, workload: str) -> str | None:
        """Say what is wrong with the contender's answer; None where all is right."""
        try:
            return str(wrong) if (wrong := self.ask(verify=workload)["wrong"]) else None
        except BrokenError as broken:
            return str(broken)

    def versions(self) -> dict[str, str]:
        """List what it has used so far; nothing of one that has broken down."""
        with suppress(BrokenError):
            return dict(self.ask(describe=True)["versions"])
        return {}


class Field(NamedTuple):
    """Who takes part, and who is missing and why."""

    running: dict[str, Contender]
    missing: dict[str, str]

    def split(self, workload: str) -> tuple[dict[str, Contender], dict[str, str]]:
        """Tell those that do work right from the missing and the wrong."""
        able = {name: one for name, one in self.running.items() if workload in one.workloads}
        wrong = {name: complaint for name, one in able.items() if (complaint := one.wrong(workload))}
        return {name: one for name, one in able.items() if name not in wrong}, {**self.missing, **wrong}


@contextmanager
def gathered(unavailable: Mapping[str, str]) -> Iterator[Field]:
    """Start everyone whose environment is there; all end with this block."""
    everyone = Field({}, {})
    with ExitStack() as stack:
        for entrant in ENTRANTS:
            if entrant.environment in unavailable:
                everyone.missing[entrant.name] = f"not installed: {unavailable[entrant.environment]}"
                continue
            try:
                everyone.running[entrant.name] = Contender(stack.enter_context(_process(entrant)))
            except BrokenError as broken:
                everyone.missing[entrant.name] = f"does not start: {broken}"
        yield everyone


@contextmanager
def _process(entrant: Entrant) -> Iterator[Popen[str]]:
    """Start a contender's process; the end of its input ends it."""
    command = [str(python(entrant.environment)), "-m", "benchmarks.contenders.child", entrant.code]
    process = Popen(command, stdin=PIPE, stdout=PIPE, cwd=CHECKOUT, text=True)
    try:
        yield process
    finally:
        with suppress(OSError), process:
            pass
