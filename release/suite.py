"""Run the test suite on the installed wheel: ``python -m release.suite [--python PYTHON] [--with REQUIREMENT]``.

The wheel and what tests it go into an environment of their own: by version and hash, or, with other requirements, the
group `test` as the index has it. The suite runs in a copy of the checkout that lacks
the package, so that nothing but the installed one can be imported; a test makes sure of that in every run.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from layer.build import LayerError, build_wheel
from release.project import MODULE, ROOT, ReleaseError, python_of, run

if TYPE_CHECKING:
    from collections.abc import Sequence

# The package itself, and what tools leave in a checkout; all else the tests may read.
LEFT_OUT = (MODULE, ".git", ".venv", ".engines", ".hypothesis", "*_cache", "__pycache__", "dist", "_build", ".coverage")


def copy_without_source(checkout: Path, into: Path) -> Path:
    """Copy all that the tests may look at, but not the package."""
    return Path(shutil.copytree(checkout, into, ignore=shutil.ignore_patterns(*LEFT_OUT)))


def version_of_python(python: str) -> str:
    """Ask an interpreter for its version, such as 3.13."""
    return run([python, "-I", "-c", "import sys; print('%d.%d' % sys.version_info[:2])"], ROOT).strip()


def install(wheel: Path, base: str, extra: Sequence[str], environment: Path) -> Path:
    """Make the environment, or bring it up to date, and return its interpreter."""
    run([base, "-m", "venv", environment], ROOT)
    python = python_of(environment)
    pip: list[str | Path] = [python, "-I", "-m", "pip", "--quiet", "--disable-pip-version-check", "install"]
    run([*pip, "--upgrade", "pip"], ROOT)
    if extra:
        run([*pip, wheel, "--group", "test", *extra], ROOT)
    else:
        run([*pip, "--require-hashes", "--requirement", ROOT / "requirements" / "test.txt"], ROOT)
    run([*pip, "--force-reinstall", "--no-deps", wheel], ROOT)  # the same version may have other contents
    return python


def run_suite(python: Path, folder: Path, options: Sequence[str]) -> int:
    """Run pytest in the copy, and return its exit code."""
    engines = os.environ.get("JOBS_ENGINES") or str(ROOT / ".engines")
    settings = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    command = [str(python), "-m", "pytest", "--numprocesses", "auto", "--dist", "worksteal", *options]
    return subprocess.run(  # noqa: S603  # a command of our own
        command, cwd=folder, env={**settings, "JOBS_ENGINES": engines}, check=False
    ).returncode


def arguments() -> argparse.ArgumentParser:
    """Describe the command line."""
    parser = argparse.ArgumentParser(prog="python -m release.suite", description="Test the installed wheel.")
    parser.add_argument("--python", default=sys.executable, help="the interpreter to test on; default: this one")
    parser.add_argument("--with", dest="extra", action="append", default=[], metavar="REQUIREMENT", help="install too")
    parser.add_argument("options", nargs="*", metavar="OPTION", help="for pytest, after --")
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Build, install and test; pytest's exit code."""
    asked = arguments().parse_args(argv)
    try:
        name = "-".join(["wheel", version_of_python(asked.python), *asked.extra]).replace("=", "")
        print(f"== the wheel on {name.removeprefix('wheel-')}", flush=True)
        with TemporaryDirectory(prefix="suite-") as folder:
            python = install(build_wheel(Path(folder)), asked.python, asked.extra, ROOT / ".venv" / name)
            return run_suite(python, copy_without_source(ROOT, Path(folder).resolve() / "checkout"), asked.options)
    except (LayerError, ReleaseError, OSError) as error:
        print(error, file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
