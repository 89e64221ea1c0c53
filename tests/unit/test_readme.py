"""The README's Python runs as it stands."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from careervp_jobs_dal import JobsRepository, create_table
from careervp_jobs_dal.testing import EmbeddedQueue, LambdaContext, sqs_event

ROOT = Path(__file__).parents[2]
BLOCKS = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text(encoding="utf-8"), re.DOTALL)


def ran(block: str) -> dict[str, object]:
    names: dict[str, object] = {}
    exec(compile(block, "README.md", "exec"), names)
    return names


def test_the_readme_has_three_blocks_of_code() -> None:
    assert len(BLOCKS) == 3


def test_the_first_block_submits_a_job_and_shows_its_status(capsys: pytest.CaptureFixture[str]) -> None:
    create_table("careervp-jobs-table-dev").unwrap()

    names = ran(BLOCKS[0])

    assert capsys.readouterr().out == "PENDING\n"
    job_id = names["submission"].job_id  # type: ignore[attr-defined]
    answer = names["worker_handler"](sqs_event(job_id), LambdaContext())  # type: ignore[operator]
    assert answer == {"batchItemFailures": []}
    assert names["jobs"].find_job(job_id).unwrap()["length"] == 3  # type: ignore[attr-defined]


def test_the_second_block_is_a_test_that_passes(
    jobs_repository: JobsRepository, jobs_queue: EmbeddedQueue, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(str(ROOT / "examples"))

    ran(BLOCKS[1])["test_a_letter_is_written_once"](jobs_repository, jobs_queue)  # type: ignore[operator]


def test_the_third_block_shows_the_arguments_of_an_update(capsys: pytest.CaptureFixture[str]) -> None:
    ran(BLOCKS[2])

    assert capsys.readouterr().out.startswith("{'UpdateExpression': 'SET #status = :status")
