"""The help and the page about the command line are what the parser does."""

from __future__ import annotations

import re
import runpy
import shlex
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules

import pytest

from careervp_jobs_dal.cli import commands
from careervp_jobs_dal.cli.command import Command
from careervp_jobs_dal.cli.commands import COMMANDS
from careervp_jobs_dal.cli.exits import MEANINGS, Exit
from careervp_jobs_dal.cli.parser import make_parser
from careervp_jobs_dal.version import __version__
from tests.cli.conftest import Run

DOCS = Path(__file__).parents[2] / "docs"
DESCRIBED = runpy.run_path(str(DOCS / "describe_commands.py"))
PARSERS = dict(DESCRIBED["parsers"](make_parser()))
PAGE = (DOCS / "reference" / "command-line.md").read_text()


def test_the_page_is_made_from_the_parser() -> None:
    assert DESCRIBED["page"]() == PAGE, "run: python docs/describe_commands.py"


def test_the_page_names_every_command_option_and_exit_code() -> None:
    assert set(PARSERS) == {command.words for command in COMMANDS}
    for words, parser in PARSERS.items():
        part = PAGE.partition(f"\n### {words}\n")[2].partition("\n### ")[0] + PAGE.partition("## Commands")[0]
        options = {name for action in parser._actions for name in action.option_strings} - {"-h", "--help"}
        assert {option for option in options if f"`{option}" not in part and f", {option}" not in part} == set()
    assert set(MEANINGS) == set(Exit)
    assert all(re.search(rf"^\| {code:d} \| {re.escape(text)} \|$", PAGE, re.M) for code, text in MEANINGS.items())


def test_every_command_is_reached_and_has_an_example() -> None:
    rooms = [import_module(f"{commands.__name__}.{room.name}") for room in iter_modules(commands.__path__)]
    defined = {each for room in rooms for each in vars(room).values() if isinstance(each, Command)}

    unreached = {command.words for command in defined} - {command.words for command in COMMANDS}
    assert unreached == set(), "add it to COMMANDS in careervp_jobs_dal/cli/commands/__init__.py"
    assert {command.words for command in COMMANDS if not command.examples} == set(), "give it an example"


@pytest.mark.parametrize("example", sorted({example for command in COMMANDS for example in command.examples}))
def test_an_example_is_understood(example: str) -> None:
    words = shlex.split(example.partition(" >")[0])

    options = make_parser().parse_args(words)

    assert " ".join(words).startswith(options.command.words)


@pytest.mark.parametrize("words", ["", "table", *PARSERS])
def test_each_help_is_short_and_fits(
    words: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", "80")

    with pytest.raises(SystemExit, match="0"):
        make_parser().parse_args([*words.split(), "--help"])

    lines = capsys.readouterr().out.splitlines()
    assert len(lines) <= 50
    if words in PARSERS:
        assert "examples:" in lines
        assert lines[0].startswith(f"usage: careervp-jobs {words} ")
    assert [line for line in lines if len(line) > 80] == []


def test_the_version_is_the_package_s(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="0"):
        make_parser().parse_args(["--version"])

    assert capsys.readouterr().out == f"careervp-jobs {__version__}\n"


@pytest.mark.parametrize("place", [0, 2], ids=["before the command", "after it"])
def test_a_shared_option_can_stand_before_or_after_the_command(run: Run, place: int) -> None:
    words = ["show", "no such job"]
    words[place:place] = ["--table", "no-such-table", "--json"]

    ran = run(*words)

    assert ran.code == 3
    assert '"code": "CONFIG_ERROR"' in ran.err
    assert "no-such-table" in ran.err
