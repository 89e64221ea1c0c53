"""What the release scripts share: where the project is, what it is called, and how a command is run."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

ROOT = Path(__file__).resolve().parents[1]
NAME = "careervp-jobs-dal"
MODULE = "careervp_jobs_dal"
VERSION_FILE = f"{MODULE}/version.py"
LONGEST_COMMAND = 300.0  # seconds
COMPLAINT_LINES = 20


class ReleaseError(Exception):
    """A release cannot go on; the text says why."""


def version_of(root: Path) -> str:
    """Read the version of the project at `root`."""
    found = re.search(r'^__version__ = "(.+)"$', (root / VERSION_FILE).read_text(), re.MULTILINE)
    if found is None:
        raise ReleaseError(f"{VERSION_FILE} has no line with __version__")
    return found[1]


def tool(module: str, *arguments: str | Path) -> list[str]:
    """The command that runs a tool of this environment; `-P` keeps the folder it runs in from hiding the tool."""
    return [sys.executable, "-P", "-m", module, *map(str, arguments)]


def python_of(environment: Path) -> Path:
    """The interpreter of a virtual environment."""
    return environment / ("Scripts" if os.name == "nt" else "bin") / "python"


def run(
    command: Sequence[str | Path],
    folder: Path,
    settings: Mapping[str, str] | None = None,
    *,
    seconds: float = LONGEST_COMMAND,
) -> str:
    """Run a command and return what it printed, or raise with the end of that."""
    shown = " ".join(map(str, command[:6]))
    try:
        done = subprocess.run(  # noqa: S603  # the commands are this package's own
            [str(word) for word in command],
            cwd=folder,
            env=dict(settings) if settings is not None else None,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            timeout=seconds,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise ReleaseError(f"{shown} … took longer than {seconds:.0f} s") from error
    if done.returncode:
        complaint = "\n".join(done.stdout.splitlines()[-COMPLAINT_LINES:])
        raise ReleaseError(f"{shown} … ended with {done.returncode}:\n{complaint}")
    return done.stdout
