"""`release.suite` runs the tests where the package's source is not, and nowhere else does the run differ."""

from __future__ import annotations

from pathlib import Path

import pytest

from release import suite


def test_the_copy_has_all_but_the_package_and_what_tools_leave(tmp_path: Path) -> None:
    checkout = tmp_path / "checkout"
    kept = {"README.md", "tests/unit/test_it.py", "docs/index.md", "examples/requests/small.json", ".ci/run"}
    left = {"careervp_jobs_dal/job.py", ".venv/bin/python", "docs/_build/index.html", "tests/__pycache__/x.pyc", ".git"}
    for name in kept | left:
        (checkout / name).parent.mkdir(parents=True, exist_ok=True)
        (checkout / name).touch()

    copy = suite.copy_without_source(checkout, tmp_path / "copy")

    assert {path.relative_to(copy).as_posix() for path in copy.rglob("*") if path.is_file()} == kept


def test_the_suite_runs_in_the_copy_with_pytests_exit_code(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    python = tmp_path / "python"
    python.write_text('#!/bin/sh\necho "$PWD $PYTHONPATH $JOBS_ENGINES $*" > asked\nexit 5\n')
    python.chmod(0o755)
    monkeypatch.setenv("PYTHONPATH", "a-source-tree")
    monkeypatch.setenv("JOBS_ENGINES", "engines")

    assert suite.run_suite(python, tmp_path, ["-q"]) == 5
    assert (tmp_path / "asked").read_text().split() == [
        str(tmp_path),
        "engines",
        *["-m", "pytest", "--numprocesses", "auto", "--dist", "worksteal", "-q"],
    ]


def test_a_python_that_is_not_there_is_said_in_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert suite.main(["--python", "/nonexistent/python"]) == 1
    assert "/nonexistent/python" in capsys.readouterr().err
