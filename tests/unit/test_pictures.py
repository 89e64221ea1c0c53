"""Pictures that are drawn from the code are as the code is."""

from __future__ import annotations

import runpy
from pathlib import Path

DOCS = Path(__file__).parents[2] / "docs"


def test_the_picture_of_the_statuses_is_drawn_from_the_transitions() -> None:
    drawn = runpy.run_path(str(DOCS / "draw_statuses.py"))

    assert drawn["draw"]() == (DOCS / "_static" / "statuses.svg").read_text(), "run: python docs/draw_statuses.py"
