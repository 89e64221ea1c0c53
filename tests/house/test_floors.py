"""The house as the linter sees it: every module has a floor, and each forbidden import fails the build."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.house.source import PACKAGE

PYPROJECT = Path(__file__).parents[2] / "pyproject.toml"

STRAYS = {
    "a module without a floor that imports the door": ("utils.py", "from careervp_jobs_dal import JobsRepository"),
    "a module without a floor that imports nothing": ("helpers.py", "NUMBER = 1"),
    "a package without a floor": ("common/__init__.py", "NUMBER = 1"),
    "a plan that meets boto3": ("plans/stray.py", "import boto3"),
    "an operation that meets botocore": ("operations/stray.py", "def run():\n    import botocore.client"),
    "a plan that imports the gateway": ("plans/stray.py", "from careervp_jobs_dal.aws import gateway"),
    "a codec that imports the door": ("codec/stray.py", "from careervp_jobs_dal.repository import JobsRepository"),
    "a worker that meets moto": ("aws/stray.py", "def run():\n    import moto"),
    "two modules in a circle": ("plans/plan.py", "from careervp_jobs_dal.plans import contract"),
}


@pytest.fixture
def house(tmp_path: Path) -> Path:
    """A copy of the package, with the linter's contracts."""
    shutil.copytree(PACKAGE, tmp_path / PACKAGE.name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(PYPROJECT, tmp_path)
    return tmp_path


def lint(house: Path) -> subprocess.CompletedProcess[str]:
    """Run the linter on a copy of the house."""
    program = "import sys; sys.path.insert(0, '.'); from importlinter.cli import lint_imports_command as main; main()"
    command = [sys.executable, "-c", program, "--no-cache"]
    return subprocess.run(command, cwd=house, capture_output=True, text=True, check=False)


def test_the_house_is_in_order(house: Path) -> None:
    done = lint(house)

    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(("name", "code"), STRAYS.values(), ids=STRAYS)
def test_a_stray_fails_the_build(house: Path, name: str, code: str) -> None:
    stray = house / PACKAGE.name / name
    stray.parent.mkdir(exist_ok=True)
    stray.write_text(f"{stray.read_text() if stray.exists() else ''}\n{code}\n")

    done = lint(house)

    assert done.returncode == 1, done.stdout + done.stderr
