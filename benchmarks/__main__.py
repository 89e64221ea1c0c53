"""Run every part and print a table for each; nothing here passes or fails."""

from __future__ import annotations

import argparse
import json
import os
import platform
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import boto3
import botocore

from benchmarks import cold, payload, stub, warm
from benchmarks.tables import cold_table, payload_table, warm_table


@dataclass(frozen=True)
class Effort:
    """How often each part is repeated."""

    warm_rounds: int
    calls_per_round: int
    cold_rounds: int
    payload_rounds: int


FULL = Effort(warm_rounds=200, calls_per_round=20, cold_rounds=45, payload_rounds=200)
QUICK = Effort(warm_rounds=10, calls_per_round=5, cold_rounds=3, payload_rounds=10)


def main() -> None:
    """Read the arguments, run, print, and write the numbers to a file where one is asked for."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a short run that shows that everything works")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all numbers to FILE too, times in seconds")
    arguments = parser.parse_args()
    results = run(QUICK if arguments.quick else FULL)
    if arguments.json:
        arguments.json.write_text(json.dumps(results, indent=2) + "\n", encoding="utf-8")


def run(effort: Effort) -> dict[str, Any]:
    """Run every part, print each table when it is there, and return all numbers."""
    machine = _machine()
    print(", ".join(f"{name} {value}" for name, value in machine.items()))
    with stub.running() as address:
        environment = stub.environment(address)
        os.environ.clear()
        os.environ.update(environment)
        warm_lines = warm.measure(rounds=effort.warm_rounds, calls=effort.calls_per_round)
        _print("Warm calls, ratios as median (quartiles) of rounds", warm_table(warm_lines))
        cold_lines = cold.measure(environment, rounds=effort.cold_rounds)
        _print("Cold starts, from the interpreter's start to the first answer", cold_table(cold_lines))
    payloads = payload.measure(rounds=effort.payload_rounds)
    _print("Payloads, a whole record with each of the example requests", payload_table(payloads))
    return {
        "machine": machine,
        "warm": [asdict(line) for line in warm_lines],
        "cold": [asdict(line) for line in cold_lines],
        "payload": [asdict(line) for line in payloads],
    }


def _print(title: str, table: str) -> None:
    print(f"\n{title}\n\n{table}", flush=True)


def _machine() -> dict[str, str]:
    return {
        "CPU": f"{_cpu_model()}, {os.cpu_count()} cores",
        "Python": platform.python_version(),
        "boto3": boto3.__version__,
        "botocore": botocore.__version__,
    }


def _cpu_model() -> str:
    """The processor's name where Linux tells it, else its architecture."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.machine())


if __name__ == "__main__":
    main()
