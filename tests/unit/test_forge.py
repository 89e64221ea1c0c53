"""The pages can be read on a forge too: its Markdown shows all code, and every link leads somewhere."""

from __future__ import annotations

import re
from functools import cache
from itertools import pairwise
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md"]
PAGES += sorted(path for path in (ROOT / "docs").rglob("*.md") if path.name[0] != "_" and "_build" not in path.parts)
MADE_BY_SPHINX = {"{eval-rst}", "{summary}"}  # the API, which is written from the docstrings
FENCE = re.compile(r"^( *)```(.*?)$(.*?)^\1```$", re.M | re.S)
CODE = re.compile(r"(`+)(?!`).+?(?<!`)\1(?!`)", re.S)
HEADING = re.compile(r"^#{1,6} +(.+?) *$", re.M)
LINK = re.compile(r"\]\(<?([^)\s>]+)>?\)")
ONLY_SPHINX = {
    "a label": re.compile(r"^\([\w-]+\)=$", re.M),
    "a role": re.compile(r"(?<![^\s(])\{[\w:.-]+\}`"),
    "a colon fence": re.compile(r"^:::", re.M),
    "a definition": re.compile(r"^: ", re.M),
    "a comment": re.compile(r"^%", re.M),
    "a substitution": re.compile(r"\{\{"),
}


@cache
def prose(page: Path) -> str:
    """The page without its blocks of code."""
    return FENCE.sub("", page.read_text(encoding="utf-8"))


@cache
def anchors(page: Path) -> set[str]:
    """The anchors of the headings, as GitHub makes them."""
    names: list[str] = []
    for heading in HEADING.findall(prose(page)):
        shown = LINK.sub("]", heading).lower().replace("`", "").replace("*", "")
        name = re.sub(r"[^\w\- ]", "", shown).replace(" ", "-")
        again = names.count(name)
        names.append(name)
        if again:
            names.append(f"{name}-{again}")
    return set(names)


def named(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_each_link_of_a_page_leads_to_a_file_and_a_heading_that_are_there(page: Path) -> None:
    broken = []
    for link in LINK.findall(CODE.sub("", prose(page))):
        if re.match(r"[a-z]+:", link):
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        if not target.exists() or (anchor and anchor not in anchors(target)):
            broken.append(link)

    assert broken == []


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_a_forge_shows_a_page_s_code_as_code(page: Path) -> None:
    directives = {
        language.split()[0] for _, language, _ in FENCE.findall(page.read_text(encoding="utf-8")) if "{" in language
    }

    if page.name == "changelog.md":
        assert directives == {"{include}"}
    else:
        assert directives <= (MADE_BY_SPHINX if "reference" in page.parts else set())


@pytest.mark.parametrize("kind", ONLY_SPHINX)
@pytest.mark.parametrize("page", PAGES, ids=named)
def test_a_forge_shows_nothing_raw_that_only_sphinx_knows(page: Path, kind: str) -> None:
    without_blocks = prose(page)
    text = without_blocks if kind == "a role" else CODE.sub("code", without_blocks)

    assert ONLY_SPHINX[kind].findall(text) == []


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_all_rows_of_a_table_have_the_cells_of_its_head(page: Path) -> None:
    tables = re.findall(r"(?:^\|.*\n)+", prose(page), re.M)
    cells = [{len(re.findall(r"(?<!\\)\|", row)) for row in table.splitlines()} for table in tables]

    assert [sizes for sizes in cells if len(sizes) != 1] == []


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_a_page_has_one_title_and_no_heading_skips_a_level(page: Path) -> None:
    levels = [len(marks) for marks in re.findall(r"^(#+) ", prose(page), re.M)]

    assert levels[:1] == ([] if page.name == "changelog.md" else [1])
    assert levels.count(1) <= 1
    assert all(below - above <= 1 for above, below in pairwise(levels))


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_a_picture_is_described_and_a_link_says_where_it_leads(page: Path) -> None:
    links = re.findall(r"(!?)\[((?:[^\[\]]|\[[^\]]*\])*)\]\(", CODE.sub("code", prose(page)))

    assert [text for is_picture, text in links if is_picture and len(text.split()) < 4] == []
    assert [text for _, text in links if text.strip().lower() in {"", "here", "this", "link", "click here"}] == []
