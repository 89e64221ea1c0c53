"""The README's Python runs as it stands."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from careervp_jobs_dal import create_table

README = (Path(__file__).parents[2] / "README.md").read_text()
BLOCKS = re.findall(r"```python\n(.*?)```", README, re.DOTALL)


@pytest.mark.parametrize("number", range(len(BLOCKS)))
def test_a_block_of_the_readme_runs(number: int, capsys: pytest.CaptureFixture[str]) -> None:
    create_table("careervp-jobs-table-dev").unwrap()

    exec(compile(BLOCKS[number], "README.md", "exec"), {})

    assert capsys.readouterr().out.splitlines()[-1].startswith(("COMPLETED", "{'UpdateExpression': 'SET #status"))


def test_the_readme_has_code() -> None:
    assert len(BLOCKS) == 2
