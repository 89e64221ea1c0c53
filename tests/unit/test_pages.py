"""The pages are whole: nothing that a reader looks up is missing."""

from __future__ import annotations

import builtins
import re
import runpy
import symtable
import textwrap
from pathlib import Path

import pytest

import careervp_jobs_dal
from careervp_jobs_dal import JobsOperator, JobsRepository, ResultCode, testing
from careervp_jobs_dal.aws import failure

DOCS = Path(__file__).parents[2] / "docs"
PAGES = sorted(
    str(path.relative_to(DOCS))
    for path in DOCS.rglob("*.md")
    if not path.name.startswith("_") and "_build" not in path.parts and path.name not in {"index.md", "changelog.md"}
)
API = "".join(path.read_text(encoding="utf-8") for path in (DOCS / "reference" / "api").glob("*.md"))


SAMPLE = re.compile(
    r"^(?P<excerpt><!-- copied from [^>]*: [^>]*-->\n\n?)?^ *```(?P<language>python|pycon)\n(?P<code>.*?)^ *```$",
    re.M | re.S,
)


def text_of(page: str) -> str:
    return (DOCS / page).read_text(encoding="utf-8")


def python_of(language: str, code: str) -> str:
    """The statements of a sample, or of a session."""
    if language == "python":
        return textwrap.dedent(code)
    lines = [line[4:] for line in code.splitlines() if line.lstrip().startswith((">>>", "..."))]
    return "\n".join(lines)


def names_of(code: str) -> tuple[set[str], set[str]]:
    """The names that a sample defines at its top, and those that it takes from there."""
    top = symtable.symtable(code, "sample", "exec")
    defined = {each.get_name() for each in top.get_symbols() if each.is_assigned() or each.is_imported()}
    tables = [top]
    for table in tables:
        tables += table.get_children()
    used = {
        each.get_name()
        for table in tables
        for each in table.get_symbols()
        if each.is_referenced() and (table is top or each.is_global())
    }
    return defined, used


@pytest.mark.parametrize("name", [*careervp_jobs_dal.__all__, *testing.__all__])
def test_a_public_name_is_on_a_page_about_the_api(name: str) -> None:
    directive = rf"^\.\. (?:auto\w+|data):: {name}(?:\(\))?$"

    assert name == "__version__" or re.search(directive, API, re.M)


@pytest.mark.parametrize("owner", [JobsOperator, JobsRepository])
def test_a_public_method_is_on_a_page_about_the_api(owner: type) -> None:
    public = [name for name in dir(owner) if name[0] != "_"]

    assert [name for name in public if f":: {owner.__name__}.{name}" not in API] == []


@pytest.mark.parametrize("code", ResultCode)
def test_a_result_code_has_an_anchor_one_meaning_one_cause_and_one_fix(code: ResultCode) -> None:
    page = text_of("reference/result-codes.md")

    part = page.partition(f"\n### {code}\n")[2].partition("\n### ")[0]
    assert part
    assert f"| [{code}](#{code.lower()}) |" in page
    assert re.findall(r"^\*\*(\w+):\*\* ", part, re.M) == ["Meaning", "Cause", "Fix"]


def test_each_error_of_aws_stands_beside_its_code() -> None:
    table = text_of("reference/result-codes.md").partition("\n## Codes of AWS\n")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| (`.*) \| \[(\w+)\]", table, re.M)

    assert {error: code for errors, code in rows for error in re.findall(r"`(\w+)`", errors)} == {
        **{error: str(code) for error, code in failure._BY_AWS_CODE.items()},
        "ValidationException": ResultCode.ITEM_TOO_LARGE,
    }


@pytest.mark.parametrize("page", PAGES)
def test_a_page_is_in_the_menu(page: str) -> None:
    name = page.removeprefix("reference/") if page.startswith("reference/api/") or page == "reference/cdk.md" else page
    menu = text_of("_menu.md") if name == page else text_of("reference/_menu.md")

    assert re.search(rf"^{re.escape(name.removesuffix('.md'))}$", menu, re.M)


@pytest.mark.parametrize("page", PAGES)
def test_a_page_shows_the_examples_as_they_are(page: str) -> None:
    copying = runpy.run_path(str(DOCS / "copy_examples.py"))

    assert copying["written"](text_of(page)) == text_of(page), "run: python docs/copy_examples.py"


@pytest.mark.parametrize("page", PAGES)
def test_the_samples_of_a_page_define_each_name_that_they_use(page: str) -> None:
    known, missing = {"__file__", *dir(builtins)}, list[str]()
    for sample in SAMPLE.finditer(text_of(page)):
        if sample["excerpt"]:
            continue
        defined, used = names_of(python_of(sample["language"], sample["code"]))
        known |= defined
        missing += sorted(used - known)

    assert missing == []


def test_the_names_of_a_sample_are_found_in_functions_too() -> None:
    code = "import json\n\n\ndef f(a, *, b=B):\n    c = a\n    return json.dumps(c), later\n\n\nD = f"

    assert names_of(code) == ({"json", "f", "D"}, {"B", "json", "later", "f"})
    assert python_of("pycon", ">>> for a in b:\n...     a\n1\n") == "for a in b:\n    a"


def test_an_example_is_copied_by_its_names_or_from_one_to_the_end_or_whole() -> None:
    part = runpy.run_path(str(DOCS / "copy_examples.py"))["part"]
    source = '"""Doc."""\n\nimport json\n\nA = 1\nB = 2\n\n\ndef f():\n    pass\n\n\n@wrap\ndef g():\n    pass\n'

    assert part(source, ["A", "B", "f"], False) == "A = 1\nB = 2\n\n\ndef f():\n    pass\n"
    assert part(source, ["g"], False) == "@wrap\ndef g():\n    pass\n"
    assert part(source, ["f"], True) == "def f():\n    pass\n\n\n@wrap\ndef g():\n    pass\n"
    assert part(source, [""], False) == source.partition("\n\n")[2]


def test_each_decision_says_why_what_was_rejected_and_the_consequence() -> None:
    form = ["Why", "Rejected", "Consequence"]
    parts = re.split(r"^### ", text_of("explanation/decisions.md").partition("\n## Index\n")[2], flags=re.M)[1:]

    incomplete = [part.partition("\n")[0] for part in parts if re.findall(r"^- \*\*(\w+)\.\*\*", part, re.M) != form]

    assert len(parts) > 50
    assert incomplete == []


def test_each_decision_is_in_the_index_of_its_page() -> None:
    index, _, decisions = text_of("explanation/decisions.md").partition("\n## Index\n")[2].partition("\n## ")
    headings = re.findall(r"^### (.+)$", decisions, re.M)

    expected = [f"[{one}](#{re.sub(r'[^a-z0-9_ -]', '', one.lower()).replace(' ', '-')})" for one in headings]
    assert re.findall(r"^- (.+)$", index, re.M) == expected
    assert re.findall(r"^\*\*(.+)\*\*$", index, re.M) == re.findall(r"^## (.+)$", f"## {decisions}", re.M)
