"""The page "Extend the library", tried: with all steps done the tests pass, and each forgotten step fails one.

An attribute, an operation and a command are added to a copy of the checkout. The test of a forgotten step says what
to do.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.house.source import PACKAGE

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "contribute" / "extend.md"
LIBRARY = PACKAGE.name


class Step(NamedTuple):
    """One edit of one file, the test that misses it, and the advice of that test.

    A step without a test is one that nobody can forget: without it nothing can be imported.
    """

    file: str
    old: str
    new: str
    missed_by: str = ""
    advice: str = ""


class Page(NamedTuple):
    """A file that a program of the docs writes, likewise."""

    program: str
    missed_by: str
    advice: str


SCHEMA = "tests/lifecycle/test_schema.py"
VERBS = "tests/lifecycle/test_verbs.py"
REFERENCE = "tests/cli/test_reference.py"
SURFACE = "tests/unit/test_surface.py"
PERMISSION = "tests/table/test_permission.py"
ASYNCHRONOUS = "tests/asynchronous/test_current.py"

ATTRIBUTE = (
    Step(f"{LIBRARY}/job/attribute.py", "CLAIMED_BY: Final", 'CLAIMED_AT: Final = "claimed_at"\nCLAIMED_BY: Final'),
    Step(
        f"{LIBRARY}/job/attribute.py",
        "        CLAIMED_BY,\n",
        "        CLAIMED_AT,\n        CLAIMED_BY,\n",
        f"{SCHEMA}::test_each_attribute_belongs_to_the_library_or_to_its_callers",
        "add it to OWNED",
    ),
    Step(
        f"{LIBRARY}/job/schema.py",
        "CLAIMS = (\n",
        'CLAIMS = (\n    Attribute("claimed_at", _TEXT, ("claim_job",), "when this attempt was claimed"),\n',
        f"{SCHEMA}::test_each_attribute_that_the_library_knows_by_name_is_described_once",
        "describe it in",
    ),
    Step(
        f"{LIBRARY}/job/record.py",
        '        "claimed_by",\n',
        '        "claimed_at",\n        "claimed_by",\n',
        f"{SCHEMA}::test_a_type_checker_knows_each_attribute_by_the_type_that_is_described",
        "name it in JobRecord",
    ),
    Step(
        f"{LIBRARY}/plans/lease.py",
        "        .remove(PROGRESS)\n",
        '        .remove(PROGRESS)\n        .set("claimed_at", Given(STARTED_AT))\n',
        f"{SCHEMA}::test_whole_lives_write_just_what_is_described_with_its_type_and_by_the_method_that_is_named",
        "say what the library writes",
    ),
    Step(
        f"{LIBRARY}/operations/retrying.py",
        "OF_A_LIFE = (\n",
        'OF_A_LIFE = (\n    "claimed_at",\n',
        f"{SCHEMA}::test_a_retry_takes_away_what_belongs_to_the_attempts",
        "add it to OF_A_LIFE",
    ),
    Page("docs/write_reference.py", "tests/unit/test_pictures.py", "run: python docs/write_reference.py"),
)

METHOD = '''    def touch_job(self, job_id: str) -> Success[JobRecord] | Failure:
        """Read one job once more.

        Returns:
            The record, or a code of `find_job`.
{example}        """
        return self._gateway.run(Verb.TOUCH, lookup.find(job_id, None, self._now(), self._decode))

    def complete_job('''
EXAMPLE = """
        >>> repository.touch_job("vpr-1").unwrap()["status"]
        'PENDING'
"""
OPERATION = (
    Step(f"{LIBRARY}/job/verb.py", '    WAIT = "wait"\n', '    WAIT = "wait"\n    TOUCH = "touch"\n'),
    Step(f"{LIBRARY}/repository.py", "    def complete_job(", METHOD.format(example="EXAMPLE\n")),
    Step(
        f"{LIBRARY}/repository.py",
        "EXAMPLE\n",
        EXAMPLE,
        "tests/unit/test_docstrings.py::test_every_public_method_has_an_example",
        "give it an example",
    ),
    Step(
        VERBS,
        '    "find_job": PublicCall(',
        '    "touch_job": PublicCall(Verb.TOUCH, lambda jobs, _: jobs.touch_job("vpr-1"), None),\n'
        '    "find_job": PublicCall(',
        f"{VERBS}::test_each_public_method_and_each_verb_stands_here",
        "has its calls in this file",
    ),
    Step(
        "docs/reference/configuration.md",
        "`wait`, ",
        "`wait`, `touch`, ",
        f"{VERBS}::test_the_docs_list_each_verb",
        "list it in docs/reference/configuration.md",
    ),
    Step(
        f"{LIBRARY}/infrastructure/permission.py",
        '    "find_job": (_GET,),\n',
        '    "find_job": (_GET,),\n    "touch_job": (_GET,),\n',
        f"{PERMISSION}::test_every_method_is_declared_and_recorded",
        "declare what it sends",
    ),
    Step(
        "tests/table/scenarios.py",
        '    "find_job": ',
        '    "touch_job": lambda world: world.repository.touch_job(world.job()),\n    "find_job": ',
        f"{PERMISSION}::test_every_method_is_declared_and_recorded",
        "call it on each of its ways",
    ),
    Page(
        "release/asynchronous.py",
        f"{ASYNCHRONOUS}::test_the_file_is_current",
        "run: python -m release.asynchronous",
    ),
    Step(
        "tests/typing/api.py",
        '"""\n',
        '"""\n# touch_job\n',
        f"{SURFACE}::test_the_type_tests_use_every_public_name_and_every_method_that_does_something",
        "add them to tests/typing/api.py",
    ),
    Page(
        "tests/unit/test_surface.py",
        f"{SURFACE}::test_the_public_surface_is_the_recorded_one",
        "python -m tests.unit.test_surface",
    ),
)

MODULE = '''"""`peek`: one job's status."""

from __future__ import annotations

from careervp_jobs_dal.cli.command import Command, nothing
from careervp_jobs_dal.cli.exits import Exit

PEEK = Command("peek", "say nothing", "It is made for a test.", (), nothing, lambda *_: Exit.OK)
'''
COMMANDS = f"{LIBRARY}/cli/commands/__init__.py"
COMMAND = (
    Step(f"{LIBRARY}/cli/commands/peek.py", "", MODULE),
    Step(COMMANDS, "\nCOMMANDS = (", "from careervp_jobs_dal.cli.commands.peek import PEEK\n\nCOMMANDS = ("),
    Step(
        COMMANDS,
        "    DEMO,\n",
        "    DEMO,\n    PEEK,\n",
        f"{REFERENCE}::test_every_command_is_reached_and_has_an_example",
        "add it to COMMANDS",
    ),
    Step(
        f"{LIBRARY}/cli/commands/peek.py",
        'test.", (), ',
        'test.", ("peek",), ',
        f"{REFERENCE}::test_every_command_is_reached_and_has_an_example",
        "give it an example",
    ),
    Step(
        VERBS,
        'VIEWS = {"show", ',
        'VIEWS = {"peek", "show", ',
        f"{VERBS}::test_a_command_is_called_like_its_verb",
        "name the command after its verb",
    ),
    Page(
        "docs/describe_commands.py",
        f"{REFERENCE}::test_the_page_is_made_from_the_parser",
        "run: python docs/describe_commands.py",
    ),
)
ADDITIONS: dict[str, tuple[Step | Page, ...]] = {
    "an attribute": ATTRIBUTE,
    "an operation": OPERATION,
    "a command": COMMAND,
}
FORGETTABLE = [(title, step) for title, steps in ADDITIONS.items() for step in steps if step.missed_by]


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A copy of the checkout."""
    kept_out = shutil.ignore_patterns("__pycache__", "_build", ".*")
    for folder in ("tests", "docs", "examples", "release"):
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=kept_out)
    shutil.copytree(PACKAGE, tmp_path / LIBRARY, ignore=kept_out)
    for file in ("pyproject.toml", "CHANGELOG.md", "README.md"):
        shutil.copy(ROOT / file, tmp_path)
    return tmp_path


def do(step: Step | Page, checkout: Path) -> None:
    """Take one step."""
    if isinstance(step, Page):
        module = step.program.removesuffix(".py").replace("/", ".")
        run(checkout, "-c", f"import runpy; runpy.run_module({module!r}, run_name='__main__')")
        return
    path = checkout / step.file
    text = path.read_text(encoding="utf-8") if path.exists() else ""
    assert step.old in text, f"{step.file} has changed: take the step on the new text"
    path.write_text(text.replace(step.old, step.new, 1), encoding="utf-8")


def run(checkout: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run Python in the copy."""
    return subprocess.run([sys.executable, *arguments], cwd=checkout, capture_output=True, text=True, check=False)


def missed(checkout: Path, tests: list[str]) -> subprocess.CompletedProcess[str]:
    """Run the tests that guard the steps."""
    return run(checkout, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:xdist", *tests)


@pytest.mark.parametrize("title", ADDITIONS)
def test_with_all_steps_done_the_tests_pass(checkout: Path, title: str) -> None:
    for step in ADDITIONS[title]:
        do(step, checkout)

    done = missed(checkout, sorted({step.missed_by for step in ADDITIONS[title] if step.missed_by}))

    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("title", "forgotten"), FORGETTABLE, ids=[f"{title}: {step.advice}" for title, step in FORGETTABLE]
)
def test_a_forgotten_step_fails_a_test_that_says_what_to_do(checkout: Path, title: str, forgotten: Step | Page) -> None:
    for step in ADDITIONS[title]:
        if step is not forgotten:
            do(step, checkout)

    done = missed(checkout, [forgotten.missed_by])

    assert done.returncode == 1, done.stdout + done.stderr
    assert forgotten.advice in done.stdout


@pytest.mark.parametrize(("title", "step"), FORGETTABLE, ids=[f"{title}: {step.advice}" for title, step in FORGETTABLE])
def test_the_page_names_the_step(title: str, step: Step | Page) -> None:
    part = PAGE.read_text(encoding="utf-8").partition(f"## Add {title}\n")[2].partition("\n## ")[0]

    assert (step.file if isinstance(step, Step) else step.program).rpartition("/")[2] in part
