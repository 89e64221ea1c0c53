"""Each page of the site has one title, an order of headings, and no anchor twice."""

from __future__ import annotations

import re
from itertools import pairwise
from pathlib import Path

import pytest


@pytest.fixture(scope="module")
def pages(folder: Path) -> dict[str, str]:
    """All but the theme's own page of search."""
    paths = sorted(path for path in folder.rglob("*.html") if path.name != "search.html")
    return {str(path.relative_to(folder)): path.read_text(encoding="utf-8") for path in paths}


def test_each_page_has_one_title_and_no_heading_skips_a_level(pages: dict[str, str]) -> None:
    levels = {page: [int(level) for level in re.findall(r"<h([1-6])\b", text)] for page, text in pages.items()}

    assert [page for page, found in levels.items() if found.count(1) != 1] == []
    assert [page for page, found in levels.items() if any(b - a > 1 for a, b in pairwise(found))] == []


def test_no_page_has_an_anchor_twice(pages: dict[str, str]) -> None:
    twice = {}
    for page, text in pages.items():
        anchors = re.findall(r'\bid="([^"]+)"', text)
        twice[page] = {anchor for anchor in anchors if anchors.count(anchor) > 1}

    assert {page: anchors for page, anchors in twice.items() if anchors} == {}


def test_each_picture_of_a_page_is_described(pages: dict[str, str]) -> None:
    pictures = [(page, image) for page, text in pages.items() for image in re.findall(r"<img\b[^>]*>", text)]

    assert [(page, image) for page, image in pictures if not re.search(r'alt="[^"]+"', image)] == []


def test_a_name_breaks_only_at_its_joints(folder: Path) -> None:
    page = (folder / "reference" / "record.html").read_text(encoding="utf-8")

    assert '<span class="pre">idempotency_</span><wbr><span class="pre">key</span>' in page
    assert '<span class="option"><span class="pre">--dry-run</span></span>' in (
        folder / "reference" / "command-line.html"
    ).read_text(encoding="utf-8")
