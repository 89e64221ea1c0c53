"""The installed command, as its users start it, on a real engine."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import AWS_ENVIRONMENT, CANARY
from tests.engines.server import is_installed, running, why_not

ENGINE = "dynoxide"
PROGRAM = Path(sys.executable).with_name("careervp-jobs")
RECORD = {"text": CANARY}

pytestmark = [
    pytest.mark.skipif(not is_installed(ENGINE), reason=str(why_not(ENGINE))),
    pytest.mark.skipif(not PROGRAM.exists(), reason="the command is not installed: pip install --editable ."),
]


@pytest.fixture(scope="module")
def surroundings() -> Iterator[dict[str, str]]:
    with running(ENGINE) as url:
        yield {"PATH": os.environ["PATH"], "JOBS_TABLE_NAME": "installed", "AWS_ENDPOINT_URL_DYNAMODB": url} | (
            AWS_ENVIRONMENT
        )


def call(
    surroundings: dict[str, str], *arguments: str, stdin: str = "", code: int = 0
) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        [PROGRAM, *arguments], env=surroundings, input=stdin, capture_output=True, text=True, check=False, timeout=60
    )
    assert (done.returncode, "Traceback" in done.stderr) == (code, False), done.stderr
    assert CANARY not in done.stdout + done.stderr
    return done


def document(surroundings: dict[str, str], *arguments: str, stdin: str = "") -> Any:
    return json.loads(call(surroundings, *arguments, "--json", stdin=stdin).stdout)


def test_a_job_s_life_on_the_command_line(surroundings: dict[str, str]) -> None:
    call(surroundings, "table", "create", "--optional-indexes")
    job_id = document(
        surroundings, "submit", "--key", "k", "--user", "user-1", "--input", "-", stdin=json.dumps(RECORD)
    )["job_id"]

    assert document(surroundings, "show", job_id)["status"] == "PENDING"
    assert [job["job_id"] for job in document(surroundings, "list", "--user", "user-1")["jobs"]] == [job_id]
    assert [job["job_id"] for job in document(surroundings, "list", "--overdue", "0s")["jobs"]] == [job_id]
    assert document(surroundings, "stats")["counts"] == {"PENDING": 1, "PROCESSING": 0}
    assert document(surroundings, "recover", "--older-than", "0s", "--yes")["to_enqueue"] == [job_id]
    assert document(surroundings, "cancel", job_id, "--yes")["jobs"][0]["status"] == "FAILED"
    assert call(surroundings, "watch", job_id, code=1).stdout.split()[1] == "FAILED"
    assert document(surroundings, "retry", job_id, "--yes")["jobs"][0]["status"] == "PENDING"
    assert call(surroundings, "watch", job_id, "--timeout", "0s", code=1).stderr.startswith("careervp-jobs: Still")
    document(surroundings, "cancel", job_id, "--yes")
    # A copy of a submission may still be on its way, so what is younger than a quarter of an hour stays.
    assert document(surroundings, "purge", "--older-than", "0s")["jobs"] == []
    assert document(surroundings, "purge", "--older-than", "0s", "--no-dry-run", "--yes")["jobs"] == []
    assert document(surroundings, "show", job_id)["status"] == "FAILED"
    assert "Job not found: no such job" in call(surroundings, "show", "no such job", code=1).stderr
    assert document(surroundings, "show", job_id[:8], "--user", "user-1")["job_id"] == job_id
    assert not any(one["severity"] == "error" for one in document(surroundings, "table", "verify")["findings"])


def test_a_reader_that_goes_away_is_no_error(surroundings: dict[str, str]) -> None:
    pipeline = f"'{PROGRAM}' table export | true; echo ${{PIPESTATUS[0]}}"

    done = subprocess.run(["bash", "-c", pipeline], env=surroundings, capture_output=True, text=True, check=True)

    assert done.stdout.strip() in ("141", "0")  # 0 where the pipe took all of it before its reader went
    assert done.stderr == ""


def test_the_package_can_be_run(surroundings: dict[str, str]) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "careervp_jobs_dal", "frob"],
        env=surroundings,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 2
    assert done.stderr.startswith("careervp-jobs: there is no command 'frob'")
