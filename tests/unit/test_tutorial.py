"""The tutorial, block after block in one file, as a reader runs it."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

PAGE = (Path(__file__).parents[2] / "docs" / "tutorial.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
OUTPUTS = re.findall(r"```output\n(.*?)```", PAGE, re.DOTALL)


def test_the_tutorial_prints_what_stands_below_its_blocks(tmp_path: Path) -> None:
    script = tmp_path / "tutorial.py"
    script.write_text("\n".join(BLOCKS), encoding="utf-8")
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "JOBS_"))}

    run = subprocess.run([sys.executable, script], env=environment, capture_output=True, text=True, check=False)

    assert run.returncode == 0, run.stderr
    assert run.stdout == "".join(OUTPUTS)


def test_each_block_that_prints_has_its_output_below_it() -> None:
    followed = re.findall(r"```python\n(.*?)```\n(.{0,10})", PAGE, re.DOTALL)

    assert [after.startswith("\n```output") for _, after in followed] == ["print(" in block for block, _ in followed]
