"""Both type checkers, run on a service as its authors would run them: strictly, and without boto3's stubs."""

from __future__ import annotations

import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import careervp_jobs_dal
from careervp_jobs_dal import testing

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
PACKAGE = Path(careervp_jobs_dal.__file__).parent
WRITTEN = {path.stem: path for path in (HERE / "service.py", HERE / "mistakes.py", ROOT / "examples" / "letters.py")}
WHAT_A_SERVICE_HAS = (
    *("boto3", "botocore", "s3transfer", "jmespath", "dateutil", "aws_lambda_powertools", "typing_extensions"),
    *("pydantic", "pydantic_core", "annotated_types", "typing_inspection"),
    "moto",  # of the extra `demo`, which the tutorial installs
)

needs_mypy = pytest.mark.skipif(importlib.util.find_spec("mypy") is None, reason="mypy is not installed")
needs_pyright = pytest.mark.skipif(importlib.util.find_spec("pyright") is None, reason="pyright is not installed")


def mypy(path: Path, cache: Path) -> str:
    """What `mypy --strict` finds, or nothing."""
    command = [sys.executable, "-m", "mypy", "--strict", "--config-file=", f"--cache-dir={cache}", str(path)]
    sources = {} if "site-packages" in PACKAGE.parts else {"MYPYPATH": str(PACKAGE.parent)}
    done = subprocess.run(command, env=os.environ | sources, capture_output=True, text=True, check=False)
    return done.stdout + done.stderr if done.returncode else ""


def pyright(project: Path, *files: str) -> list[str]:
    """What pyright in its strict mode finds in a service whose environment has the library, and no stubs for boto3."""
    packages = project / "venv" / "lib" / f"python3.{sys.version_info.minor}" / "site-packages"
    packages.mkdir(parents=True)
    (packages / PACKAGE.name).symlink_to(PACKAGE)
    for name in WHAT_A_SERVICE_HAS:
        found = importlib.util.find_spec(name)
        if found and found.origin:
            origin = Path(found.origin)
            origin = origin.parent if found.submodule_search_locations else origin
            (packages / origin.name).symlink_to(origin)
    settings = {"venvPath": ".", "venv": "venv", "typeCheckingMode": "strict", "include": files}
    (project / "pyrightconfig.json").write_text(json.dumps(settings))
    command = [sys.executable, "-m", "pyright", "--outputjson", "--project", str(project)]
    done = subprocess.run(command, cwd=project, capture_output=True, text=True, check=False)
    report: dict[str, Any] = json.loads(done.stdout)
    assert report["summary"]["filesAnalyzed"] == len(files), done.stdout
    return [f"{each['range']['start']['line'] + 1}: {each['message']}" for each in report["generalDiagnostics"]]


@pytest.fixture
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.getbasetemp() / "mypy"


@needs_mypy
@pytest.mark.parametrize("name", WRITTEN)
def test_what_is_written_from_the_guide_passes_mypy(name: str, cache: Path) -> None:
    assert mypy(WRITTEN[name], cache) == ""


@needs_pyright
@pytest.mark.parametrize("name", WRITTEN)
def test_what_is_written_from_the_guide_passes_pyright(name: str, tmp_path: Path) -> None:
    shutil.copy(WRITTEN[name], tmp_path / "written.py")

    assert pyright(tmp_path, "written.py") == []


def test_a_service_needs_no_cast_and_quiets_no_checker() -> None:
    for name in ("service", "letters"):
        text = WRITTEN[name].read_text(encoding="utf-8").partition('"""\n\n')[2]
        assert not re.search(r"\bcast\b|\bignore\b", text), name


@needs_mypy
@needs_pyright
@pytest.mark.parametrize(
    "line", ['print("role")  # type: ignore[attr-defined]', "request.rolle"], ids=["right", "wrong"]
)
def test_a_mistake_that_is_missed_and_a_right_line_that_is_blamed_are_found(
    tmp_path: Path, cache: Path, line: str
) -> None:
    text = WRITTEN["mistakes"].read_text(encoding="utf-8")
    written = tmp_path / "written.py"
    written.write_text(f"{text}\nrequest = LetterRequest('CTO')\n{line}\n")

    assert mypy(written, cache).count("error:") == 1
    assert pyright(tmp_path, "written.py")


@needs_pyright
def test_no_public_name_is_unknown_to_a_service_without_the_stubs_of_boto3(tmp_path: Path) -> None:
    rooms = {name: getattr(careervp_jobs_dal, name) for name in careervp_jobs_dal.__all__}
    # A generic class without its argument is unknown anyhow.
    names = [name for name, room in rooms.items() if not getattr(room, "__parameters__", ())]
    members = [
        f"{name}.{member}"
        for name in names
        if isinstance(room := rooms[name], type) and room.__module__.startswith(PACKAGE.name)
        for member in vars(room)
        if not member.startswith("_") and callable(getattr(room, member))
    ]
    assert len(members) > 30
    lines = [
        f"from careervp_jobs_dal import {', '.join(names)}",
        f"from careervp_jobs_dal.testing import {', '.join(testing.__all__)}",
        'jobs = JobsRepository("jobs")',
        "print(jobs.table, jobs.dynamodb, jobs.clock)",
        *(f"print({name})" for name in (*names, *members, *testing.__all__)),
    ]
    (tmp_path / "names.py").write_text("\n".join(lines) + "\n")

    assert pyright(tmp_path, "names.py") == []


@needs_mypy
@needs_pyright
def test_the_tutorial_has_types_that_check(tmp_path: Path, cache: Path) -> None:
    page = (ROOT / "docs" / "tutorial.md").read_text(encoding="utf-8")
    code = "\n".join(re.findall(r"```python\n(.*?)```", page, re.S))
    assert "match result:" in code
    written = tmp_path / "tutorial.py"
    written.write_text(code, encoding="utf-8")

    assert mypy(written, cache) == ""
    assert pyright(tmp_path, "tutorial.py") == []


@needs_mypy
@needs_pyright
def test_the_first_block_of_the_readme_has_types_that_check(tmp_path: Path, cache: Path) -> None:
    page = (ROOT / "README.md").read_text(encoding="utf-8")
    written = tmp_path / "readme.py"
    written.write_text(page.split("```python\n")[1].partition("```")[0], encoding="utf-8")

    assert mypy(written, cache) == ""
    assert pyright(tmp_path, "readme.py") == []
