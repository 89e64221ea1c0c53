"""Pictures that are drawn from the code, and pages written from it, are as the code is."""

from __future__ import annotations

import runpy
from pathlib import Path

import pytest

DOCS = Path(__file__).parents[2] / "docs"


def test_the_picture_of_the_statuses_is_drawn_from_the_transitions() -> None:
    drawn = runpy.run_path(str(DOCS / "draw_statuses.py"))

    assert drawn["draw"]() == (DOCS / "_static" / "statuses.svg").read_text(), "run: python docs/draw_statuses.py"


@pytest.mark.parametrize("page", ["table.md", "record.md", "iam.md"])
def test_the_reference_is_written_from_the_descriptions_and_the_permissions(page: str) -> None:
    module = runpy.run_path(str(DOCS / "write_reference.py"))

    assert set(module["PARTS"]) == {"table.md", "record.md", "iam.md"}
    current = (DOCS / "reference" / page).read_text()
    assert module["written"](page) == current, "run: python docs/write_reference.py"


def test_a_page_without_a_place_for_a_part_is_an_error(tmp_path: Path) -> None:
    module = runpy.run_path(str(DOCS / "write_reference.py"))
    (tmp_path / "iam.md").write_text("no place")
    module["written"].__globals__["PAGES"] = tmp_path

    with pytest.raises(ValueError, match=r"iam\.md has no place for permissions"):
        module["written"]("iam.md")
