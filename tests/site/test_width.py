"""No line of code is cut on a desktop: a page shows 88 columns."""

from __future__ import annotations

import html
import re
from pathlib import Path

COLUMNS = 88


def test_no_line_of_code_has_more_than_88_columns(folder: Path) -> None:
    long = [
        f"{page.relative_to(folder)}: {line}"
        for page in sorted(folder.rglob("*.html"))
        for block in re.findall(r"<pre[^>]*>(.*?)</pre>", page.read_text(encoding="utf-8"), re.DOTALL)
        for line in html.unescape(re.sub(r"<[^>]+>", "", block)).splitlines()
        if len(line) > COLUMNS
    ]

    assert long == []
