"""`completion`: what each shell offers, asked of the shell itself where it is on the machine."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from careervp_jobs_dal.cli.commands import COMMANDS
from tests.cli.conftest import Run

# How each shell is asked for the words that can stand in the last place of a command line.
ASK = {
    "bash": """
        source "$1"; shift
        COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _careervp_jobs; printf '%s\\n' "${COMPREPLY[@]}"
    """,
    "zsh": """
        compdef() { :; }; compadd() { shift; print -l -- "$@"; }; _files() { print -l -- *(N); }
        source "$1"; shift
        words=("$@"); CURRENT=$#; _careervp_jobs
    """,
    "fish": """
        source $argv[1]; complete -C (string join ' ' -- $argv[2..]) | string replace -r '\\t.*' ''
    """,
}


def offered(shell: str, run: Run, folder: Path, *typed: str) -> set[str]:
    if shutil.which(shell) is None:
        pytest.skip(f"{shell} is not on this machine")
    script = folder / "script"
    ran = run("completion", shell)
    script.write_text(ran.out)
    place = folder / "place"
    place.mkdir(exist_ok=True)
    (place / "request.json").touch()
    options = {"bash": ["--norc", "-c", ASK[shell], "bash"], "zsh": ["-f", "-c", ASK[shell], "zsh"]}
    words = ["careervp-jobs", *typed]
    arguments = options.get(shell, ["--no-config", "-c", ASK[shell]])
    done = subprocess.run([shell, *arguments, script, *words], cwd=place, capture_output=True, text=True, check=False)
    assert done.stderr == ""
    # zsh and bash differ in who leaves out the words that do not begin like the one that is typed.
    return {word for word in done.stdout.split("\n") if word.startswith(typed[-1]) and word}


@pytest.mark.parametrize("shell", ASK)
@pytest.mark.parametrize(
    ("typed", "wanted"),
    [
        (("",), {command.words.split()[0] for command in COMMANDS}),
        (("re",), {"recover", "retry"}),
        (("--table", "jobs", "wa"), {"watch"}),
        (("table", ""), {"create", "verify", "export"}),
        (("dead-letters", "re"), {"redrive"}),
        (("show", "--show"), {"--show-input"}),
        (("table", "export", "--format", ""), {"cloudformation", "terraform", "iam"}),
        (("list", "--user", "u", "--status", "P"), {"PENDING", "PROCESSING"}),
        (("submit", "--input", "req"), {"request.json"}),
        (("init", "req"), {"request.json"}),
        (("init", "--ser"), {"--service"}),
        (("completion", "b"), {"bash"}),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else None,
)
def test_a_shell_offers_what_can_stand_there(
    shell: str, typed: tuple[str, ...], wanted: set[str], run: Run, tmp_path: Path
) -> None:
    found = offered(shell, run, tmp_path, *typed)

    if not typed[-1]:
        found = {word for word in found if not word.startswith("-")}
    assert found == wanted


@pytest.mark.parametrize("shell", ASK)
def test_a_value_of_any_form_is_not_guessed(shell: str, run: Run, tmp_path: Path) -> None:
    assert offered(shell, run, tmp_path, "show", "--user", "") == set()


def test_another_shell_is_refused(run: Run) -> None:
    ran = run("completion", "fsh")

    assert ran.code == 2
    assert ran.err.startswith("careervp-jobs: argument SHELL: there is no 'fsh', did you mean fish?")
