"""Draws groups of bars as an SVG picture: the same text for the same numbers.

It is part of the page, so its text takes the colour of the page's text, in light and in dark; the colours of the bars
can be seen on both. It is narrow enough for a phone.
"""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

WIDTH = 440
LEFT = 104  # where the bars begin
RIGHT = 368  # where the longest one ends
ROW = 20
TITLE = 30
BAR = 11

GREY, BLUE, GREEN = "#8a8f98", "#2f7fd1", "#4f9d86"


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
    parts, y = [], 0
    for group in groups:
        parts.append(_group(group, y))
        y += TITLE + ROW * len(group.bars) + 8
    head = (
        f'<svg class="bars" xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {y}" role="img" '
        f'aria-label="{escape(title)}" font-family="system-ui, sans-serif" font-size="12" fill="currentColor">'
    )
    return "\n".join([head, f"<title>{escape(title)}</title>", *parts, "</svg>"]) + "\n"


def _group(group: Group, top: int) -> str:
    longest = max([group.mark or 0.0, *(max(bar.high, bar.value or 0.0) for bar in group.bars)]) or 1.0
    scale = (RIGHT - LEFT) / longest
    rows = [_bar(bar, top + TITLE + ROW * number, scale) for number, bar in enumerate(group.bars)]
    title = f'<text x="0" y="{top + 18}" font-weight="600">{escape(group.title)}</text>'
    return "\n".join([title, *_mark(group, top, scale), *rows])


def _mark(group: Group, top: int, scale: float) -> list[str]:
    if group.mark is None:
        return []
    x, bottom = _number(LEFT + group.mark * scale), top + TITLE + ROW * len(group.bars) - 4
    return [f'<path d="M{x} {top + TITLE - 3} V{bottom}" stroke="currentColor" stroke-dasharray="2 3" opacity="0.6"/>']


def _bar(bar: Bar, y: int, scale: float) -> str:
    label = f'<text x="{LEFT - 8}" y="{y + 10}" text-anchor="end">{escape(bar.label)}</text>'
    if bar.value is None:
        return f'{label}\n<text x="{LEFT}" y="{y + 10}" font-style="italic">{escape(bar.text)}</text>'
    length, low, high = (_number(size * scale) for size in (bar.value, bar.low, bar.high))
    ends = _number(LEFT + max(bar.high, bar.value) * scale + 6)
    middle = y + BAR / 2
    return "\n".join(
        [
            label,
            f'<rect x="{LEFT}" y="{y}" width="{length}" height="{BAR}" rx="2" fill="{bar.colour}"/>',
            f'<path d="M{_number(LEFT + float(low))} {middle} H{_number(LEFT + float(high))}" stroke="currentColor"/>',
            f'<text x="{ends}" y="{y + 10}">{escape(bar.text)}</text>',
        ]
    )


def _number(value: float) -> str:
    """A tenth of a point is exact enough."""
    return f"{value:.1f}"
