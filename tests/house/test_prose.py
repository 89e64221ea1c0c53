"""The pages' prose: sentences that are short, and that begin with the thing they are about."""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).resolve().parents[2]
MOST_WORDS = 35
RECORDS = {"docs/explanation/decisions.md", "docs/changelog.md"}
"""Pages that are looked up, and not read."""
PAGES = sorted({ROOT / "README.md", *(ROOT / "docs").rglob("*.md")} - {ROOT / page for page in RECORDS})

NO_PROSE = re.compile(r"(?ms)^ *(`{3,}|~{3,}).*?^ *\1 *$|<!--.*?-->|^ *\|.*?$|^(?: {4,}|:::|#|\([\w-]+\)=|:[\w-]+:)[^\n]*$")
LINK = re.compile(r"!?\[([^\]]*)\](?:\([^)]*\))?")
PARAGRAPH = re.compile(r"\n\s*\n|\n(?=\s*(?:[-*]|\d+\.|:)\s)")
SENTENCE = re.compile(r"(?<=[.!?])[\"'*)]*\s+(?=[\"'*(`]*[A-Z`0-9])")
NO_THING = re.compile(r"(?:What|Whatever|Whoever|That which|The ones? (?:that|who|which)|Those (?:that|who|which)) ")


class Sentence(NamedTuple):
    """A sentence of a page."""

    page: str
    text: str


def sentences(page: Path) -> list[Sentence]:
    """The sentences of a page, without code, tables and comments."""
    prose = LINK.sub(r"\1", NO_PROSE.sub("", page.read_text(encoding="utf-8")))
    paragraphs = (re.sub(r"^\s*(?:[-*:>]|\d+\.)\s+", "", each) for each in PARAGRAPH.split(prose))
    place = str(page.relative_to(ROOT))
    return [Sentence(place, " ".join(each.split())) for text in paragraphs for each in SENTENCE.split(text) if each.strip()]


ALL = [each for page in PAGES for each in sentences(page)]


def test_a_sentence_is_short() -> None:
    wrong = [f"{each.page}: {each.text}" for each in ALL if len(each.text.split()) > MOST_WORDS]

    assert wrong == [], f"more than {MOST_WORDS} words:\n" + "\n".join(wrong)


def test_a_sentence_begins_with_the_thing_it_is_about() -> None:
    wrong = [f"{each.page}: {each.text}" for each in ALL if NO_THING.match(each.text) and not each.text.endswith("?")]

    assert wrong == [], "name the thing:\n" + "\n".join(wrong)
