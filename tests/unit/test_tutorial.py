"""The tutorial, block after block in one file, as a reader runs it."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

PAGE = (Path(__file__).parents[2] / "docs" / "tutorial.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
NOWHERE = "http://127.0.0.1:9"
SETTINGS = {
    "none": {},
    "profile": {"AWS_PROFILE": "work", "AWS_REGION": "us-east-1"},
    "endpoint": {"AWS_ENDPOINT_URL": NOWHERE, "AWS_ENDPOINT_URL_DYNAMODB": NOWHERE, "AWS_ENDPOINT_URL_SQS": NOWHERE},
    "jobs": {"JOBS_TABLE_NAME": "another", "JOBS_QUEUE_URL": NOWHERE, "JOBS_TRANSPORT": "direct"},
}
OUTPUTS = re.findall(r"```output\n(.*?)```", PAGE, re.DOTALL)


@pytest.mark.parametrize("of_the_machine", SETTINGS)
def test_the_tutorial_prints_what_stands_below_its_blocks(tmp_path: Path, of_the_machine: str) -> None:
    script = tmp_path / "tutorial.py"
    script.write_text("\n".join(BLOCKS), encoding="utf-8")
    own = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "JOBS_"))}
    environment = {**own, **SETTINGS[of_the_machine]}

    run = subprocess.run([sys.executable, script], env=environment, capture_output=True, text=True, check=False)

    assert run.returncode == 0, run.stderr
    assert run.stdout == "".join(OUTPUTS)
    raised, stays = run.stderr.splitlines()
    assert (" raised TimeoutError in attempt 1" in raised, "A message stays in the queue" in stays) == (True, True)


def test_each_block_that_prints_has_its_output_below_it() -> None:
    followed = re.findall(r"```python\n(.*?)```\n(.{0,10})", PAGE, re.DOTALL)

    assert [after.startswith("\n```output") for _, after in followed] == ["print(" in block for block, _ in followed]
