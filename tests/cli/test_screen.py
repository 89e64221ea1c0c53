"""What a terminal, a pipe and a poor terminal get."""

from __future__ import annotations

import io
import re
import sys
from collections.abc import Callable

import pytest

from careervp_jobs_dal.cli.grid import Column, grid, pairs
from careervp_jobs_dal.cli.help_text import split_command
from careervp_jobs_dal.cli.screen import Screen
from careervp_jobs_dal.cli.text import cut, folded, pad, width

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


def printed(screen: Screen, rows: list[tuple[str, str, str]]) -> str:
    """What standard output gets."""
    for line in grid(COLUMNS, rows, screen):
        screen.line(line)
    sys.stdout.flush()
    assert isinstance(sys.stdout.buffer, io.BytesIO)
    return sys.stdout.buffer.getvalue().decode()


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
    assert "\x1b[31mFAILED\x1b[0m" in printed(screen(), ROWS)
    assert "\x1b" not in printed(screen(NO_COLOR="1"), ROWS)
    assert "\x1b" not in printed(screen(TERM="dumb"), ROWS)


def test_a_value_cannot_bring_a_colour_of_its_own(screen: Callable[..., Screen]) -> None:
    painter = screen()
    mark = painter.paint("", "FAILED").partition("<")[0]
    assert mark not in screen().paint("", "FAILED")

    shown = printed(painter, [("\x1b[32mvpr-1", "FAILED", "\x1b[0m")])

    assert re.findall("\x1b[^m]*m", shown) == ["\x1b[2m", "\x1b[0m", "\x1b[31m", "\x1b[0m"]
    assert "\\x1b[32mvpr-1" in shown


def test_empty_cells_at_the_end_leave_no_space(screen: Callable[..., Screen]) -> None:
    assert list(grid(COLUMNS, [("a", "FAILED", None)], screen(NO_COLOR="1")))[1] == "a    FAILED"


def test_values_are_aligned_and_broken_between_words(screen: Callable[..., Screen]) -> None:
    narrow = screen(34, NO_COLOR="1")

    assert list(pairs([("job_id", "vpr-1"), ("error", "a long text of an error that says why")], narrow)) == [
        "job_id  vpr-1",
        "error   a long text of an error",
        "        that says why",
    ]


def test_only_a_very_long_value_is_cut_and_says_so(screen: Callable[..., Screen]) -> None:
    narrow, items = screen(34, NO_COLOR="1"), [("note", "word " * 100), ("input_data", "word " * 100)]

    note, payload = "\n".join(pairs(items, narrow, whole=("input_data",))).split("input_data")

    assert note.splitlines()[-1].endswith("… (--json shows all)")
    assert (note.count("word"), payload.count("word")) == (28, 100)


@pytest.mark.parametrize("columns", [80, 60, 40])
def test_a_shortened_id_still_tells_the_ids_of_a_table_apart(screen: Callable[..., Screen], columns: int) -> None:
    ids = ["5e0c6f7e-3c1d-5a80-9d0b-2f8c7a1b4e55", "5e0c6f7e-3c1d-1180-9d0b-2f8c7a1b4e55", "5e0c6f7e-3c1d"]
    columns_of_jobs = (Column("JOB", cut="id"), Column("STATUS"), Column("OUTCOME", cut="fold"))

    lines = list(grid(columns_of_jobs, [(each, "FAILED", "a word " * 5) for each in ids], screen(columns)))

    shown = [line.split()[0].rstrip("…") for line in lines[1:] if not line.startswith(" ")]
    matches = [[each for each in ids if each.startswith(cut)] for cut in shown[:2]]
    assert (matches, shown[2]) == ([[ids[0]], [ids[1]]], ids[2])
    assert (len(shown[0]) < 36) is (columns < 80)
    assert "".join(lines).count("word") == 15


def test_a_folded_line_keeps_its_words_and_its_width() -> None:
    text = "a lease lapsed 履歴書 " + "x" * 30

    lines = folded(text, 12)

    assert max(map(width, lines)) <= 12
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")
    assert folded("ab cd  ", 4) == ["ab", "cd"]


def test_a_poor_encoding_gets_poor_characters(screen: Callable[..., Screen]) -> None:
    poor = screen(encoding="ascii")

    assert (poor.bar(0.5, 4), poor.ellipsis) == ("##--", "~")
    poor.line("Zürich \x1b]0;")
    sys.stdout.flush()
    written = sys.stdout.buffer
    assert isinstance(written, io.BytesIO)
    assert written.getvalue() == b"Z\\xfcrich \\x1b]0;\n"


def test_the_columns_of_a_poor_encoding_are_those_of_its_escapes(screen: Callable[..., Screen]) -> None:
    poor = screen(50, encoding="ascii", NO_COLOR="1")

    lines = [*pairs([("note", "läng " * 9)], poor), *grid(COLUMNS, [("läng", "FAILED", "läng")], poor)]

    assert all(line.isascii() and len(line) <= 50 for line in lines)
    assert lines[-1] == "l\\xe4ng  FAILED  l\\xe4ng"


def test_wide_and_combining_characters_are_measured() -> None:
    assert width("e\u0301") == 1
    assert cut("履歴書の", 6) == "履歴…"
    assert pad("履歴", 6) == "履歴  "


def test_a_long_name_stands_above_its_value(screen: Callable[..., Screen]) -> None:
    lines = list(pairs([("x" * 100, "a value"), ("kind", "letter")], screen(60, NO_COLOR="1")))

    assert lines[:3] == ["x" * 60, "x" * 40, f"{'':<32}  a value"]
    assert lines[3] == f"{'kind':<32}  letter"


def test_marks_and_the_later_letters_of_a_syllable_take_no_column() -> None:
    assert (width("\u0915\u0902"), width("\u1112\u1161\u11ab"), width("e\u0301")) == (1, 2, 1)


@pytest.mark.parametrize(
    ("line", "parts"),
    [
        ("  careervp-jobs show vpr-1", ["  careervp-jobs show vpr-1"]),
        ("  careervp-jobs show --table a-name --json", ["  careervp-jobs show \\", "      --table a-name --json"]),
        ("careervp-jobs " + "x" * 40, ["careervp-jobs " + "x" * 40]),
    ],
)
def test_an_example_is_broken_before_an_option(line: str, parts: list[str]) -> None:
    assert list(split_command(line, 32)) == parts
