"""The README's Python runs as it stands."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from careervp_jobs_dal import JobsRepository, ResultError
from careervp_jobs_dal.testing import Clock, EmbeddedQueue, embedded_jobs, embedded_queue

ROOT = Path(__file__).parents[2]
BLOCKS = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text(encoding="utf-8"), re.DOTALL)


def ran(block: str) -> dict[str, object]:
    names: dict[str, object] = {}
    exec(compile(block, "README.md", "exec"), names)
    return names


def test_the_readme_has_three_blocks_of_code() -> None:
    assert len(BLOCKS) == 3


def test_the_first_block_submits_works_and_answers(jobs_clock: Clock) -> None:
    with embedded_jobs("careervp-jobs-table-dev", clock=jobs_clock) as jobs, embedded_queue(clock=jobs_clock) as queue:
        names: dict[str, Any] = ran(BLOCKS[0])
        assert names["queue"].queue_url == queue.url

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


def test_the_second_block_is_a_test_that_passes(
    jobs_repository: JobsRepository, jobs_queue: EmbeddedQueue, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(str(ROOT / "examples"))

    ran(BLOCKS[1])["test_a_letter_is_written_once"](jobs_repository, jobs_queue)  # type: ignore[operator]


def test_the_third_block_shows_the_arguments_of_an_update(capsys: pytest.CaptureFixture[str]) -> None:
    ran(BLOCKS[2])

    assert capsys.readouterr().out.startswith("{'UpdateExpression': 'SET #status = :status")
