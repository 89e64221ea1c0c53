"""The README's Python runs as it stands."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from careervp_jobs_dal import create_table

README = (Path(__file__).parents[2] / "README.md").read_text()
LAST_LINES = ("PENDING", "{'UpdateExpression': 'SET #status = :status")
BLOCKS = re.findall(r"```python\n(.*?)```", README, re.DOTALL)


@pytest.mark.parametrize("number", range(len(BLOCKS)))
def test_a_block_of_the_readme_runs(number: int, capsys: pytest.CaptureFixture[str]) -> None:
    create_table("careervp-jobs-table-dev").unwrap()

    exec(compile(BLOCKS[number], "README.md", "exec"), {})

    assert capsys.readouterr().out.splitlines()[-1].startswith(LAST_LINES[number])


def test_the_readme_has_code() -> None:
    assert len(BLOCKS) == len(LAST_LINES)
