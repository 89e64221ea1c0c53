"""Draws the statuses and their transitions, as `careervp_jobs_dal.job.transition` has them.

Run it after a change of `TRANSITIONS`: `python docs/draw_statuses.py` writes `docs/_static/statuses.svg`. The picture
is part of the page, so it takes the colour of the page's text, in light and dark.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from careervp_jobs_dal.job.status import JobStatus
from careervp_jobs_dal.job.transition import TRANSITIONS

PICTURE = Path(__file__).parent / "_static" / "statuses.svg"

PENDING, PROCESSING, COMPLETED, FAILED = JobStatus
WIDTH, HEIGHT = 430, 428
BOX_WIDTH, BOX_HEIGHT = 124, 40
LINE_HEIGHT = 19


class Box(NamedTuple):
    """Where a status stands, by its centre, and its colour, on which white text can be read."""

    x: int
    y: int
    colour: str


class Arrow(NamedTuple):
    """The way of an arrow, and where the first of its labels stands."""

    path: str
    x: int
    y: int
    anchor: str


BOXES = {
    PENDING: Box(205, 24, "#8a6100"),
    PROCESSING: Box(205, 184, "#0b62b8"),
    COMPLETED: Box(78, 404, "#1a7433"),
    FAILED: Box(336, 404, "#b3242b"),
}
ARROWS = {
    (PENDING, PROCESSING): Arrow("M190 44 V162", 182, 96, "end"),
    (PROCESSING, PENDING): Arrow("M222 164 V46", 230, 96, "start"),
    (PROCESSING, PROCESSING): Arrow("M143 176 C100 152 100 216 141 194", 104, 180, "end"),
    (PENDING, COMPLETED): Arrow("M143 24 C10 34 16 240 50 382", 60, 96, "start"),
    (PROCESSING, COMPLETED): Arrow("M184 204 C176 280 130 300 104 382", 146, 272, "end"),
    (PROCESSING, FAILED): Arrow("M226 204 C234 280 282 300 308 382", 236, 284, "end"),
    (PENDING, FAILED): Arrow("M267 30 C330 50 332 240 334 382", 334, 132, "start"),
    (FAILED, PENDING): Arrow("M372 384 C432 220 438 10 269 16", 396, 254, "end"),
}


def draw() -> str:
    """The picture, as the text of an SVG file."""
    verbs: dict[tuple[JobStatus, JobStatus], list[str]] = {}
    for step in TRANSITIONS:
        verbs.setdefault((step.source, step.target), []).append(step.verb)
    lines = [line for ends, names in verbs.items() for line in _arrow(ARROWS[ends], names)]
    lines += [line for status, box in BOXES.items() for line in _box(box, status)]
    told = "; ".join(f"{source} to {target} by {', '.join(names)}" for (source, target), names in verbs.items())
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" class="statuses"'
            ' font-family="sans-serif" font-size="15" fill="none" stroke-width="1.5">',
            f"<title>The statuses of a job: {told}</title>",
            "<style>@media (prefers-color-scheme: dark) { svg:root { color: #d1d7e0 } }</style>",
            '<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="9" markerHeight="9" orient="auto"'
            ' markerUnits="userSpaceOnUse"><path d="M0 0 L8 4 L0 8 Z" fill="currentColor"/></marker></defs>',
            *lines,
            "</svg>",
            "",
        ]
    )


def _arrow(arrow: Arrow, names: list[str]) -> list[str]:
    path = f'<path d="{arrow.path}" stroke="currentColor" marker-end="url(#tip)"/>'
    return [path, *(_text(arrow.x, arrow.y + row * LINE_HEIGHT, arrow.anchor, name) for row, name in enumerate(names))]


def _text(x: int, y: int, anchor: str, text: str) -> str:
    return f'<text x="{x}" y="{y}" text-anchor="{anchor}" fill="currentColor">{text}</text>'


def _box(box: Box, status: JobStatus) -> list[str]:
    left, top = box.x - BOX_WIDTH // 2, box.y - BOX_HEIGHT // 2
    shape = f'x="{left}" y="{top}" width="{BOX_WIDTH}" height="{BOX_HEIGHT}" rx="8" fill="{box.colour}"'
    name = f'x="{box.x}" y="{box.y + 5}" text-anchor="middle" fill="#fff" font-weight="600"'
    return [f"<rect {shape}/>", f"<text {name}>{status}</text>"]


if __name__ == "__main__":
    PICTURE.write_text(draw(), encoding="utf-8")
