"""The README's Python runs as it stands."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from careervp_jobs_dal import ResultError
from careervp_jobs_dal.testing import Clock, embedded_jobs, embedded_queue

STRICT = ("-p", "no:cacheprovider", "-W", "error", "--disable-socket")
MOST_LINES = 10
ROOT = Path(__file__).parents[2]
BLOCKS = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text(encoding="utf-8"), re.DOTALL)


def ran(block: str) -> dict[str, object]:
    names: dict[str, object] = {}
    exec(compile(block, "README.md", "exec"), names)
    return names


def test_the_readme_has_three_blocks_of_code() -> None:
    assert len(BLOCKS) == 3


def test_the_first_block_submits_works_and_answers(jobs_clock: Clock) -> None:
    with embedded_jobs(clock=jobs_clock) as jobs, embedded_queue(clock=jobs_clock) as queue:
        names: dict[str, Any] = ran(BLOCKS[0])
        job_id = names["submit"]("user-1", "application-7", "a text")
        assert names["submit"]("user-1", "application-7", "a text") == job_id
        assert len(queue) == 2  # the first request may have died before it sent
        assert names["status"]("user-1", job_id)["status"] == "PENDING"
        assert queue.deliver(names["worker_handler"]) == 2
        assert names["submit"]("user-1", "application-7", "a text") == job_id
        assert len(queue) == 0
        done = names["status"]("user-1", job_id)
        assert (done["status"], done["report"]) == ("COMPLETED", "A TEXT")
        assert names["status"]("user-2", job_id) == {"error": "NOT_FOUND"}
        jobs.faults.throttle()
        with pytest.raises(ResultError, match="THROTTLED"):
            names["submit"]("user-1", "application-8", "a text")


def test_the_second_block_is_a_test_of_the_first_that_passes(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(service=BLOCKS[0], test_service=BLOCKS[1])

    pytester.runpytest_subprocess(*STRICT).assert_outcomes(passed=1)
    assert len([line for line in BLOCKS[1].splitlines() if line]) <= MOST_LINES


def test_the_third_block_shows_the_arguments_of_an_update(capsys: pytest.CaptureFixture[str]) -> None:
    ran(BLOCKS[2])

    assert capsys.readouterr().out.startswith("{'UpdateExpression': 'SET #status = :status")
