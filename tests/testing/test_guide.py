"""The tests that the guide shows pass, as a reader would copy them."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SHOWN = re.findall(r"^```python\n(.*?)^```$", (ROOT / "docs/guides/testing.md").read_text("utf-8"), re.M | re.S)
BLOCKS = [block for block in SHOWN if "def test_" in block]
STRICT = ("-p", "no:cacheprovider", "-W", "error", "--disable-socket")
MOST_LINES = 10


def test_the_tests_of_the_guide_pass(pytester: pytest.Pytester) -> None:
    shutil.copy(ROOT / "examples/letters.py", pytester.path)
    for number, block in enumerate(BLOCKS):
        pytester.path.joinpath(f"test_{number}.py").write_text(block, encoding="utf-8")

    assert all("def test_" in block for block in BLOCKS)
    pytester.runpytest_subprocess(*STRICT).assert_outcomes(passed=len(BLOCKS))


def test_the_first_test_has_ten_lines() -> None:
    assert len([line for line in BLOCKS[0].splitlines() if line]) == MOST_LINES


@pytest.mark.parametrize("block", BLOCKS)
def test_no_line_of_a_sample_is_cut_off(block: str) -> None:
    assert max(map(len, block.splitlines())) <= 88
