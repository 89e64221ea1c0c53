"""`make demo` tells the command line's story, then that of real requests, and says by its exit code how it went."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from random import Random
from typing import Any

import pytest

from careervp_jobs_dal.cli import main
from tests.conftest import CANARY
from tests.examples.conftest import EXAMPLES, REQUEST

ELSEWHERE = {"AWS_PROFILE": "nobody", "AWS_ENDPOINT_URL": "http://127.0.0.1:9", "JOBS_TABLE_NAME": "another"}
BROKEN = "import sys, embedded_aws, demo; embedded_aws.call = lambda *_: (500, {}); sys.exit(demo.main())"
STEPS = [*["submit  PENDING"] * 3, "worker  PROCESSING", "worker  COMPLETED", "status  COMPLETED", "worker  COMPLETED"]


def run(*arguments: str | Path, columns: int = 80) -> subprocess.CompletedProcess[str]:
    paths = os.pathsep.join(map(str, (EXAMPLES.parent, EXAMPLES)))
    surroundings = os.environ | ELSEWHERE | {"PYTHONPATH": paths, "COLUMNS": str(columns)}
    done = subprocess.run(
        [sys.executable, *arguments], env=surroundings, capture_output=True, text=True, check=False, timeout=120
    )
    assert CANARY not in done.stdout + done.stderr
    return done


def write(path: Path, content: object) -> Path:
    path.write_text(json.dumps(content))
    return path


def test_it_tells_one_story_and_then_runs_the_invented_requests(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["demo"]) == 0

    told = run(EXAMPLES / "demo.py")

    assert (told.returncode, told.stderr) == (0, "")
    assert told.stdout.startswith(capsys.readouterr().out)
    lines = told.stdout.splitlines()
    assert [line.split(":")[0] for line in lines if ".json" in line] == ["small.json", "typical.json", "large.json"]
    shown = [line[:20].strip() for line in lines if line.startswith(("submit  ", "worker  ", "status  "))]
    assert shown == STEPS * 3
    assert re.fullmatch(r"As promised. Jobs: 3 COMPLETED; reports made: 3; checks passed: \d\d", lines[-1])
    assert max(map(len, lines)) <= 80
    assert "\033" not in told.stdout


def test_a_request_of_ones_own_is_run_and_not_shown(tmp_path: Path) -> None:
    own = write(tmp_path / "own.json", REQUEST | {"user_id": CANARY, "application_id": CANARY, "note": CANARY})

    told = run(EXAMPLES / "demo.py", "--request", own, columns=200)

    assert (told.returncode, told.stderr) == (0, "")
    assert "\nown.json: " in told.stdout
    assert told.stdout.count("\nworker  PROCESSING") == 1
    assert max(map(len, told.stdout.splitlines())) <= 110


def test_a_bad_request_ends_it_before_it_begins(tmp_path: Path) -> None:
    told = run(EXAMPLES / "demo.py", "--request", write(tmp_path / "own.json", [CANARY]))

    assert (told.returncode, told.stdout) == (2, "")
    assert told.stderr == f"demo: {tmp_path}/own.json: The request is not a JSON object\n"


def test_a_request_that_the_service_refuses_is_a_bad_one(tmp_path: Path) -> None:
    own = write(tmp_path / "own.json", REQUEST | {"note": Random(7).randbytes(500_000).hex()})

    told = run(EXAMPLES / "demo.py", "--request", own)

    assert told.returncode == 2
    assert re.fullmatch(r"demo: \S+/own\.json: .+\n", told.stderr)


def test_a_promise_that_is_not_kept_fails_it() -> None:
    told = run("-c", BROKEN)

    assert (told.returncode, told.stderr) == (1, "")
    assert told.stdout.endswith("\nNOT AS PROMISED: a new job is answered 202, not 500\n")


@pytest.mark.parametrize(
    ("raw", "fault"),
    [
        (None, "No such file or directory"),
        (b"\xff", "not UTF-8 text"),
        (CANARY.encode(), "The request is not JSON"),
        (json.dumps({"user_id": CANARY}).encode(), "application_id must be a string"),
        (json.dumps(REQUEST | {"gap_responses": [CANARY]}).encode(), "job_posting or gap_responses has another shape"),
        (
            json.dumps(REQUEST | {"job_posting": {"note": CANARY}}).encode(),
            "The job posting names no responsibilities.",
        ),
    ],
)
def test_a_bad_file_is_told_by_its_fault(queue_url: str, tmp_path: Path, raw: bytes | None, fault: str) -> None:
    from request_file import BadRequestError, read_request

    path = tmp_path / "own.json"
    if raw is not None:
        path.write_bytes(raw)

    with pytest.raises(BadRequestError) as refused:
        read_request(path)
    assert str(refused.value) == f"{path}: {fault}"


@pytest.mark.parametrize(("no_color", "painted"), [("", "\033[33mPENDING     \033[0m"), ("1", "PENDING     ")])
def test_statuses_have_colours_at_a_terminal(
    examples: None, monkeypatch: pytest.MonkeyPatch, capsys: Any, no_color: str, painted: str
) -> None:
    from screen import show_step

    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("NO_COLOR", no_color)
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)

    show_step("submit", "PENDING", "stores a job")

    assert capsys.readouterr().out == f"submit  {painted}stores a job\n"
