"""The contenders and their environments, each made when it is needed: `.venv/bench-...`, apart from one another.

What is installed is in pyproject.toml: the library with its dependencies, where hand-written code and powertools run
too, and a dependency group for each peer.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tomllib
import venv
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

CHECKOUT = Path(__file__).resolve().parents[1]
HOME = CHECKOUT / ".venv"
STAMP = ".installed"
LONGEST_COMPLAINT = 200  # characters

OURS = "library"
INSTALLED: dict[str, tuple[str, ...]] = {
    OURS: ("--editable", "."),
    "pynamodb": ("--group", "bench-pynamodb"),
    "pydynox": ("--group", "bench-pydynox"),
    "dyntastic": ("--group", "bench-dyntastic"),
}


@dataclass(frozen=True)
class Entrant:
    """A contender before it has started: its name in the tables, its module, its environment, what it answers with."""

    name: str
    module: str
    environment: str
    answers: str


REFERENCE = "boto3 Table"
LIBRARY = "this library"
ENTRANTS = (
    Entrant(REFERENCE, "table", OURS, "dict, numbers as Decimal"),
    Entrant("boto3 client", "client", OURS, "dict, numbers as Decimal"),
    Entrant("PynamoDB", "pynamodb", "pynamodb", "model object"),
    Entrant("pydynox", "pydynox", "pydynox", "dict, numbers as int and float"),
    Entrant("dyntastic", "dyntastic", "dyntastic", "pydantic model"),
    Entrant("powertools", "powertools", OURS, "nothing on completion"),
    Entrant(LIBRARY, "library", OURS, "dict, numbers as int and float"),
)


class MissingError(Exception):
    """An environment could not be made; the text says why."""


def python(environment: str) -> Path:
    """The interpreter of an environment."""
    return HOME / f"bench-{environment}" / "bin" / "python"


def install() -> dict[str, str]:
    """Make what is not there yet, two at a time; the answer says of which environments there are none, and why."""
    with ThreadPoolExecutor(2) as threads:
        reasons = dict(zip(INSTALLED, threads.map(_why_not, INSTALLED), strict=True))
    return {environment: reason for environment, reason in reasons.items() if reason}


def _why_not(environment: str) -> str | None:
    try:
        _make(environment)
    except MissingError as missing:
        return str(missing)
    return None


def _make(environment: str) -> None:
    """An interrupted installation begins anew, for its stamp is written last."""
    folder = python(environment).parents[1]
    stamp, wanted = folder / STAMP, _wanted(environment)
    if stamp.exists() and stamp.read_text(encoding="utf-8") == wanted:
        return
    print(f"Setting up {folder.relative_to(CHECKOUT)} ...", flush=True)
    venv.create(folder, clear=True, with_pip=False, symlinks=True)
    _pip(python(environment), INSTALLED[environment])
    stamp.write_text(wanted, encoding="utf-8")


def _wanted(environment: str) -> str:
    """What an environment is made for: this interpreter and what pyproject.toml asks for now."""
    project = tomllib.loads((CHECKOUT / "pyproject.toml").read_text(encoding="utf-8"))
    ours = project["project"]["dependencies"]
    return f"{sys.version}\n{project['dependency-groups'].get(f'bench-{environment}', ours)}\n"


def _pip(interpreter: Path, packages: Sequence[str]) -> None:
    """This environment's pip installs for the others, which have none."""
    quiet = ["--quiet", "--disable-pip-version-check", "--python", str(interpreter)]
    done = subprocess.run(
        [sys.executable, "-m", "pip", *quiet, "install", *packages],
        cwd=CHECKOUT,
        env={name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
    )
    if done.returncode:
        last = next((line for line in reversed(done.stderr.splitlines()) if line.strip()), "pip failed")
        raise MissingError(last.strip()[:LONGEST_COMPLAINT])
