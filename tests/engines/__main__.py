"""Run the suite on each engine, over both ways: ``python -m tests.engines ministack dynoxide``.

With ``--brief``, the first engine alone has the command line and the direct way, which no engine changes.

An engine that runs already (``JOBS_URL_DYNAMODB_LOCAL=http://127.0.0.1:8000``) is used where it is. One that cannot be
had is skipped out loud; where the variable CI is set it is a failure.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence

from .catalogue import ENGINES
from .install import main as install
from .server import address_of, why_not

DIRECT = ("tests/contract", "tests/lifecycle", "tests/operations", "tests/races")
"""The suite of the direct way; everything else goes through boto3 whatever the setting."""

SUITES = {"boto3": (*DIRECT, "tests/capacity", "tests/cli", "tests/table"), "direct": DIRECT}


BRIEF = {"boto3": (*DIRECT, "tests/capacity", "tests/table")}


def run_suites(name: str, suites: Mapping[str, Sequence[str]]) -> int:
    """Run these suites on one engine; give pytest's exit code, the worse one."""
    codes = []
    for transport, suite in suites.items():
        print(f"== {name} {ENGINES[name].version}, {transport}", flush=True)
        options = ["--numprocesses", "auto", "--dist", "worksteal", "--engine", name, "--transport", transport]
        codes.append(subprocess.run([sys.executable, "-m", "pytest", *options, *suite], check=False).returncode)
    return max(codes)


def main(names: list[str], *, brief: bool) -> int:
    """Install the engines, run the suite on each, and say what became of it."""
    in_ci = bool(os.environ.get("CI"))
    missing = [name for name in names if not address_of(name)]
    if missing:
        install([*missing, *([] if in_ci else ["--optional"])])
    suites = [SUITES if name == names[0] or not brief else BRIEF for name in names]
    outcomes = {
        name: "SKIPPED" if why_not(name) else run_suites(name, suite) for name, suite in zip(names, suites, strict=True)
    }
    print("Engines:", ", ".join(f"{name} {'passed' if code == 0 else code}" for name, code in outcomes.items()))
    return int(any(code != 0 and (in_ci or code != "SKIPPED") for code in outcomes.values()))


if __name__ == "__main__":
    asked = sys.argv[1:]
    raise SystemExit(main([name for name in asked if name != "--brief"], brief="--brief" in asked))
