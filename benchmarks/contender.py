"""The parent's end of a contender: starts its process, sends commands, reads answers; and the field of all of them."""

from __future__ import annotations

import json
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from subprocess import PIPE, Popen
from typing import TYPE_CHECKING, Any

from benchmarks.environments import CHECKOUT, ENTRANTS, Entrant, python
from benchmarks.race import Cost

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


class BrokenError(Exception):
    """A contender did not answer, or answered with an error; the text says what."""


class Contender:
    """A running contender."""

    def __init__(self, entrant: Entrant, process: Popen[str]) -> None:
        self.entrant = entrant
        self._process = process
        self.workloads: list[str] = self.ask(describe=True)["workloads"]

    def ask(self, **command: Any) -> dict[str, Any]:
        """Send a command and wait for the answer."""
        try:
            print(json.dumps(command), file=self._process.stdin, flush=True)
            line = self._process.stdout.readline() if self._process.stdout else ""
        except OSError:
            line = ""
        answer: dict[str, Any] = json.loads(line) if line else {"error": "its process has ended"}
        if "error" in answer:
            raise BrokenError(answer["error"])
        return answer

    def sample(self, workload: str, calls: int, threads: int = 1) -> Cost:
        """The mean cost of one of `calls` calls of each thread."""
        answer = self.ask(sample=workload, calls=calls, threads=threads)
        return Cost(answer["cpu"], answer["wall"])

    def wrong(self, workload: str) -> str | None:
        """What is wrong with the contender's answer; None where all is right."""
        try:
            wrong: str | None = self.ask(verify=workload)["wrong"]
        except BrokenError as broken:
            return str(broken)
        return wrong

    def versions(self) -> dict[str, str]:
        """What it has used so far; nothing of one that has broken down."""
        try:
            versions: dict[str, str] = self.ask(describe=True)["versions"]
        except BrokenError:
            return {}
        return versions

    def stop(self) -> None:
        """End it, by the end of its input."""
        with suppress(OSError):
            if self._process.stdin:
                self._process.stdin.close()
        if self._process.stdout:
            self._process.stdout.close()
        self._process.wait()


@dataclass
class Field:
    """Who takes part, and who is missing and why."""

    running: dict[str, Contender] = field(default_factory=dict)
    missing: dict[str, str] = field(default_factory=dict)

    def split(self, workload: str) -> tuple[dict[str, Contender], dict[str, str]]:
        """Those that do a piece of work right, and those that are missing or do it wrong."""
        able = {name: one for name, one in self.running.items() if workload in one.workloads}
        complaints = {name: one.wrong(workload) for name, one in able.items()}
        wrong = {name: complaint for name, complaint in complaints.items() if complaint}
        return {name: one for name, one in able.items() if name not in wrong}, {**self.missing, **wrong}


@contextmanager
def gathered(environment: Mapping[str, str], unavailable: Mapping[str, str]) -> Iterator[Field]:
    """Start everyone whose environment is there; all end with this block."""
    everyone = Field()
    try:
        for entrant in ENTRANTS:
            if entrant.environment in unavailable:
                everyone.missing[entrant.name] = f"not installed: {unavailable[entrant.environment]}"
                continue
            try:
                everyone.running[entrant.name] = Contender(entrant, _start(entrant, environment))
            except BrokenError as broken:
                everyone.missing[entrant.name] = f"does not start: {broken}"
        yield everyone
    finally:
        for contender in everyone.running.values():
            contender.stop()


def _start(entrant: Entrant, environment: Mapping[str, str]) -> Popen[str]:
    command = [str(python(entrant.environment)), "-m", "benchmarks.contenders.child", entrant.module]
    return Popen(command, cwd=CHECKOUT, env=environment, stdin=PIPE, stdout=PIPE, text=True)
