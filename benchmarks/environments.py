"""The contenders and their environments, each made when it is needed: `.venv/bench-...`, apart from one another.

What is installed is in pyproject.toml: the library with its dependencies, where hand-written code and powertools run
too, and a dependency group for each peer.
"""

import subprocess
import sys
import tomllib
import venv
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

CHECKOUT = Path(__file__).resolve().parents[1]
HOME = CHECKOUT / ".venv"
LONGEST_COMPLAINT = 200  # characters

OURS = "library"
INSTALLED = {
    OURS: ("--editable", "."),
    "pynamodb": ("--group", "bench-pynamodb"),
    "pydynox": ("--group", "bench-pydynox"),
    "dyntastic": ("--group", "bench-dyntastic"),
}


class Entrant(NamedTuple):
    """A contender's name, its module and class, its environment, and what it answers with."""

    name: str
    code: str
    environment: str
    answers: str


REFERENCE = "boto3 Table"
RUST = "pydynox"
OUR = "this library"
LIBRARY = f"{OUR}, boto3"
DIRECT = f"{OUR}, direct"
POWERTOOLS = "powertools"
ENTRANTS = (
    Entrant(REFERENCE, "boto3.Table", OURS, "dict, numbers as Decimal"),
    Entrant("boto3 client", "boto3.Client", OURS, "dict, numbers as Decimal"),
    Entrant("PynamoDB", "pynamodb.Jobs", "pynamodb", "model object"),
    Entrant(RUST, "pydynox.Jobs", "pydynox", "dict, numbers as int and float"),
    Entrant("dyntastic", "dyntastic.Jobs", "dyntastic", "pydantic model"),
    Entrant(POWERTOOLS, "powertools.Jobs", OURS, "nothing on completion"),
    Entrant(LIBRARY, "library.Jobs", OURS, "dict, numbers as int and float"),
    Entrant(DIRECT, "library.Direct", OURS, "dict, numbers as int and float"),
)


def python(environment: str) -> Path:
    """Name the interpreter of an environment."""
    return HOME / f"bench-{environment}" / "bin" / "python"


def install() -> dict[str, str]:
    """Make what is missing, two at a time, and say what fails and why."""
    with ThreadPoolExecutor(2) as threads:
        reasons = zip(INSTALLED, threads.map(_make, INSTALLED), strict=True)
        return {environment: reason for environment, reason in reasons if reason}


def _make(environment: str) -> str | None:
    """Make an environment, or say why not; its stamp comes last."""
    folder = python(environment).parents[1]
    stamp, wanted = folder / ".installed", _wanted(environment)
    if stamp.exists() and stamp.read_text(encoding="utf-8") == wanted:
        return None
    print(f"Setting up {folder.relative_to(CHECKOUT)} ...", flush=True)
    venv.create(folder, clear=True, with_pip=False, symlinks=True)
    # This environment's pip installs for the others, which have none.
    pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check", "--python", str(python(environment))]
    command = [*pip, "install", *INSTALLED[environment]]
    done = subprocess.run(command, cwd=CHECKOUT, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    if done.returncode:
        return (done.stderr.strip().rpartition("\n")[2] or "pip failed")[:LONGEST_COMPLAINT]
    stamp.write_text(wanted, encoding="utf-8")
    return None


def _wanted(environment: str) -> str:
    """Say what an environment is made for: this interpreter and its packages."""
    project = tomllib.loads((CHECKOUT / "pyproject.toml").read_text(encoding="utf-8"))
    ours = project["project"]["dependencies"]
    return f"{sys.version}\n{project['dependency-groups'].get(f'bench-{environment}', ours)}\n"
