"""What a terminal, a pipe and a poor terminal get."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable

import pytest

from careervp_jobs_dal.cli.grid import Column, grid, pairs
from careervp_jobs_dal.cli.screen import Screen
from careervp_jobs_dal.cli.text import cut, pad, width

ROWS = [("vpr-1-with-a-long-id", "FAILED", "user-1-with-a-long-id")]
COLUMNS = (Column("JOB", cut="last"), Column("STATUS", status=True), Column("USER", cut="first"))


@pytest.fixture
def screen(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Screen]:
    def make(columns: int = 80, *, terminal: bool = True, encoding: str = "utf-8", **variables: str) -> Screen:
        output = io.TextIOWrapper(io.BytesIO(), encoding=encoding)
        monkeypatch.setattr(output, "isatty", lambda: terminal)
        monkeypatch.setattr(sys, "stdout", output)
        for name, value in ({"COLUMNS": str(columns), "TERM": "xterm", "NO_COLOR": ""} | variables).items():
            monkeypatch.setenv(name, value)
        return Screen(as_json=False)

    return make


@pytest.mark.parametrize(
    ("columns", "row"),
    [
        (80, "vpr-1-with-a-long-id  FAILED  user-1-with-a-long-id"),
        (44, "vpr-1-with-a-long-id  FAILED  user-1-with-a…"),
        (30, "vpr-1-with…  FAILED  user-1-w…"[:30]),
        (10, "vpr-1-w…  FAILED  user-1-…"),
    ],
)
def test_the_least_important_column_is_cut_first(screen: Callable[..., Screen], columns: int, row: str) -> None:
    lines = list(grid(COLUMNS, ROWS, screen(columns, NO_COLOR="1")))

    assert lines[1] == row if columns != 30 else len(lines[1]) == 30
    assert lines[0].split() == ["JOB", "STATUS", "USER"]


def test_a_pipe_gets_whole_lines_without_colours(screen: Callable[..., Screen]) -> None:
    assert list(grid(COLUMNS, ROWS, screen(10, terminal=False)))[1] == "  ".join(ROWS[0])


def test_statuses_have_colours_unless_they_are_not_wanted(screen: Callable[..., Screen]) -> None:
    assert "\x1b[31mFAILED\x1b[0m" in list(grid(COLUMNS, ROWS, screen()))[1]
    assert "\x1b" not in "".join(grid(COLUMNS, ROWS, screen(NO_COLOR="1")))
    assert "\x1b" not in "".join(grid(COLUMNS, ROWS, screen(TERM="dumb")))


def test_empty_cells_at_the_end_leave_no_space(screen: Callable[..., Screen]) -> None:
    assert list(grid(COLUMNS, [("a", "FAILED", None)], screen(NO_COLOR="1")))[1] == "a    FAILED"


def test_values_are_cut_and_aligned(screen: Callable[..., Screen]) -> None:
    lines = list(pairs([("job_id", "vpr-1"), ("error", "a long text of an error")], screen(20, NO_COLOR="1")))

    assert lines == ["job_id  vpr-1", "error   a long text…"]


def test_a_poor_encoding_gets_poor_characters(screen: Callable[..., Screen]) -> None:
    poor = screen(encoding="ascii")

    assert (poor.bar(0.5, 4), poor.ellipsis) == ("##--", "~")
    poor.line("Zürich")
    sys.stdout.flush()
    written = sys.stdout.buffer
    assert isinstance(written, io.BytesIO)
    assert written.getvalue() == b"Z\\xfcrich\n"


def test_wide_and_combining_characters_are_measured() -> None:
    assert width("e\u0301") == 1
    assert cut("履歴書の", 6) == "履歴…"
    assert pad("履歴", 6) == "履歴  "
