"""Lambda's Python runtimes: for each Python of this machine an environment with what Lambda adds to it."""

from __future__ import annotations

import os
import shutil
import subprocess
from functools import cache
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[2]
SUPPORTED = ("3.11", "3.12", "3.13", "3.14")
# AWS's runtime client, which is compiled for each Python, and the SDK that a runtime brings along.
ADDED_BY_LAMBDA = ("awslambdaric>=3,<5", "boto3")
STAMP = "lambda-runtime"


def runs(python: str, version: str) -> bool:
    """Tell whether this is a Python of that version; a version manager's stand-in for a missing one only complains."""
    program = f"import sys; sys.exit('%d.%d' % sys.version_info[:2] != '{version}')"
    try:
        return subprocess.run([python, "-I", "-c", program], capture_output=True, check=False).returncode == 0
    except OSError:
        return False


@cache
def find_python(version: str) -> str | None:
    """Look for a Python on the path and where pyenv keeps its own."""
    on_path = shutil.which(f"python{version}")
    kept = sorted(Path.home().glob(f".pyenv/versions/{version}.*/bin/python"), reverse=True)
    candidates = [*([on_path] if on_path else []), *(str(each) for each in kept)]
    return next((each for each in candidates if runs(each, version)), None)


def run(*command: str) -> None:
    """Run a command; its output is shown when it fails only."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "PYTHON"))}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)} failed:\n{done.stdout}{done.stderr}")


@cache
def runtime(version: str) -> Path:
    """Give the interpreter of a runtime's environment, which is made the first time and kept."""
    home = CHECKOUT / ".venv" / f"lambda-{version}"
    python, stamp = home / "bin" / "python", home / STAMP
    wanted = "\n".join(ADDED_BY_LAMBDA)
    if not (stamp.is_file() and stamp.read_text() == wanted and runs(str(python), version)):
        base = find_python(version)
        assert base is not None, f"python{version} is not on this machine"
        run(base, "-m", "venv", "--clear", str(home))
        pip = [str(python), "-I", "-m", "pip", "--quiet", "--disable-pip-version-check", "install"]
        run(*pip, "--upgrade", "pip")
        run(*pip, *ADDED_BY_LAMBDA)
        stamp.write_text(wanted)
    return python
