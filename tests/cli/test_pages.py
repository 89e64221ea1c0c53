"""Each command that a page shows is one that the program takes."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from careervp_jobs_dal.cli.parser import make_parser

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *(path for path in (ROOT / "docs").rglob("*.md") if "_build" not in path.parts)]
SYNOPSIS = "command-line.md"  # it shows the forms of commands
COMMAND = re.compile(r"^ *\$ (careervp-jobs (?:.*\\\n)*.*)$", re.MULTILINE)
SHOWN = sorted(
    {
        " ".join(shown.replace("\\\n", " ").split())
        for page in PAGES
        if page.name != SYNOPSIS
        for shown in COMMAND.findall(page.read_text(encoding="utf-8"))
    }
)


@pytest.mark.parametrize("shown", SHOWN)
def test_a_command_on_a_page_is_taken(shown: str) -> None:
    words = shlex.split(shown, comments=True)[1:]
    end = next((number for number, word in enumerate(words) if word in {">", "|", "&&", "<"}), len(words))

    assert make_parser().parse_args(words[:end])
