"""Groups of bars, each with a scale of its own, and the quartiles as a line along each bar."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from benchmarks.svg import GREEN, heading, near, picture, stroke, words

if TYPE_CHECKING:
    from collections.abc import Sequence

WIDTH = 440
LEFT = 104  # where the bars begin
RIGHT = 368  # where the longest one ends
ROW = 20
TITLE = 30
BAR = 11
FONT_SIZE = 12


@dataclass(frozen=True)
class Bar:
    """One bar: its length with the quartiles around it, and the words beside it; no length where it is missing."""

    label: str
    text: str
    low: float = 0.0
    value: float | None = None
    high: float = 0.0
    colour: str = GREEN


@dataclass(frozen=True)
class Group:
    """Bars with one scale; a line where the reference is, if wanted."""

    title: str
    bars: Sequence[Bar]
    mark: float | None = None


def draw(title: str, groups: Sequence[Group]) -> str:
    """The picture, as the text of an SVG file."""
    parts, y = list[str](), 0
    for group in groups:
        parts += _group(group, y)
        y += TITLE + ROW * len(group.bars) + 8
    return picture("bars", (WIDTH, y), FONT_SIZE, title, parts)


def _group(group: Group, top: int) -> list[str]:
    longest = max([group.mark or 0.0, *(max(bar.high, bar.value or 0.0) for bar in group.bars)]) or 1.0
    scale = (RIGHT - LEFT) / longest
    rows = [part for number, bar in enumerate(group.bars) for part in _bar(bar, top + TITLE + ROW * number, scale)]
    return [heading(0, top + 18, group.title), *_mark(group, top, scale), *rows]


def _mark(group: Group, top: int, scale: float) -> list[str]:
    if group.mark is None:
        return []
    x, bottom = near(LEFT + group.mark * scale), top + TITLE + ROW * len(group.bars) - 4
    return [stroke(f"M{x} {top + TITLE - 3} V{bottom}", width=1, dashes="2 3", opacity=0.6)]


def _bar(bar: Bar, y: int, scale: float) -> list[str]:
    label = words(LEFT - 8, y + 10, bar.label, anchor="end")
    if bar.value is None:
        return [label, words(LEFT, y + 10, bar.text, style='font-style="italic"')]
    length, low, high = (near(size * scale) for size in (bar.value, bar.low, bar.high))
    return [
        label,
        f'<rect x="{LEFT}" y="{y}" width="{length}" height="{BAR}" rx="2" fill="{bar.colour}"/>',
        stroke(f"M{near(LEFT + low)} {y + BAR / 2} H{near(LEFT + high)}", width=1),
        words(LEFT + max(high, length) + 6, y + 10, bar.text),
    ]
