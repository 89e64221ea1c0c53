"""The pages' prose: short sentences, which name the thing that they are about."""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[2]
MOST_WORDS = 28
RECORDS = {"docs/explanation/decisions.md", "docs/changelog.md"}
"""Pages that are looked up, and not read."""
PAGES = sorted(
    {ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").rglob("*.md")} - {ROOT / page for page in RECORDS}
)

NO_PROSE = re.compile(
    r"(?ms)^ *(`{3,}|~{3,}).*?^ *\1 *$|<!--.*?-->|^ *\|.*?$|^(?: {4,}|:::|#|\([\w-]+\)=|:[\w-]+:)[^\n]*$"
)
PICTURE = re.compile(r"!\[[^\]]*\]\([^)]*\)")
LINK = re.compile(r"\[([^\]]*)\](?:\([^)]*\))?")
PARAGRAPH = re.compile(r"\n\s*\n|\n(?=\s*(?:[-*]|\d+\.|:)\s)")
SENTENCE = re.compile(r"(?<=[.!?])[\"'*)]*\s+")
NO_THING = re.compile(
    r"^(?:What|Whatever|Whoever|That which|The ones?|Those) |"
    r"\b(?:is|of|for|from|by|than|with|into|in) what(?:ever)?\b|\bthat which\b|\bthe one (?:that|who|of|in|with)\b"
)
"""Words that stand in the place of a noun."""


class Sentence(NamedTuple):
    """A sentence of a page."""

    page: str
    text: str


def sentences(page: Path) -> list[Sentence]:
    """The sentences of a page, without code, tables and comments."""
    prose = LINK.sub(r"\1", PICTURE.sub("", NO_PROSE.sub("", page.read_text(encoding="utf-8"))))
    paragraphs = (re.sub(r"^\s*(?:[-*:>]|\d+\.)\s+", "", each) for each in PARAGRAPH.split(prose))
    place = str(page).removeprefix(f"{ROOT}/")
    return [
        Sentence(place, " ".join(each.split())) for text in paragraphs for each in SENTENCE.split(text) if each.strip()
    ]


ALL = [each for page in PAGES for each in sentences(page)]


def test_a_sentence_is_short() -> None:
    wrong = [f"{each.page}: {each.text}" for each in ALL if len(each.text.split()) > MOST_WORDS]

    assert wrong == [], f"more than {MOST_WORDS} words:\n" + "\n".join(wrong)


def test_a_sentence_names_the_thing() -> None:
    wrong = [f"{each.page}: {each.text}" for each in ALL if NO_THING.search(each.text) and not each.text.endswith("?")]

    assert wrong == [], "name the thing:\n" + "\n".join(wrong)


def test_the_search_sees_prose_and_no_code_table_or_heading(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(
        "# What it is\n\nA job is\ndone. What is [done](x.md#y) stays.\n\n- One item\n  of two.\n- Another.\n\n"
        "| What is | that |\n\n```python\nprint()\n```\n\n<!-- What is hidden. -->\n\n![What a picture shows](p.svg)\n"
    )

    assert [each.text for each in sentences(page)] == [
        *("A job is done.", "What is done stays.", "One item of two.", "Another."),
    ]
