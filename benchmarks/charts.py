"""Pictures as the text of SVG files: groups of bars, and line charts; the same bytes for the same numbers.

Each begins with its conclusion, and says at its axis which way is better. A picture is part of a page: text and axes
take the colour of the page's text, in light and in dark, and the other colours can be seen on both. Dashes and markers
tell lines apart without colour, also in print. A picture is as wide as a phone, and so is its text.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from math import ceil, floor, log10
from textwrap import wrap
from typing import NamedTuple
from xml.sax.saxutils import escape

from benchmarks.race import Spread

BLUE, ORANGE, GREEN, PURPLE, GREY, RED = "#3b82d6", "#d9730d", "#2f9e5b", "#a45bd0", "#8a8a8a", "#d43c3c"
INK = "currentColor"
# Within a page nothing matches it; a forge shows the file by itself, and tells it whether the page is dark.
DARK = "<style>@media (prefers-color-scheme: dark) { svg:root { color: #d1d7e0 } }</style>"

WIDTH = 360
FONT = 13
HEADLINE = 15
LETTERS = {HEADLINE: 46, FONT: 58}  # that fit into a line, by the size of the font
BOLD = 'font-weight="600"'

BARS_LEFT, BARS_RIGHT = 122, 248  # where the axis begins and ends
VALUES = BARS_RIGHT + 8  # where the numbers beside the bars begin
DIGIT = 8  # at most, and room between two numbers
ROW, TITLE, BAR, GAP = 18, 17, 11, 23  # the gap is above a group

LEFT, RIGHT, HEIGHT = 56, 346, 230
LEGEND_ROW = 22
TICKS = 5
STYLES = ((BLUE, ""), (ORANGE, "7 4"), (GREEN, "2 4"), (PURPLE, "10 4 2 4"), (GREY, "1 5"))

Scale = Callable[[float], float]
Points = Sequence[tuple[float, float]]


class Bar(NamedTuple):
    """A bar: its words, and its length and quartiles unless it is missing."""

    label: str
    text: str
    length: Spread | None = None
    colour: str = GREEN


class Group(NamedTuple):
    """Bars under a title."""

    title: str
    bars: list[Bar]


def bars(title: str, notes: Sequence[str], groups: Sequence[Group], axis: str, mark: float = 1.0) -> str:
    """Draw groups of bars along one axis, with a line at the mark; the axis' words say which way is better."""
    lengths = [bar.length for group in groups for bar in group.bars if bar.length]
    ticks = _ticks([mark, *(max(length.high, length.median) for length in lengths)], log=False)
    scale = (BARS_RIGHT - BARS_LEFT) / ticks[-1]
    parts, top = _heading(title, [*notes, axis])
    bottom = top + sum(_height(group) for group in groups) + GAP
    places = {tick: _near(BARS_LEFT + tick * scale) for tick in [*ticks, mark]}
    for tick in _apart(ticks, (BARS_RIGHT - BARS_LEFT) / (len(ticks) - 1)):
        parts += [_words(places[tick], y, _number(tick), anchor="middle") for y in (top + 12, bottom + 6)]
    y = top + 12
    for group in groups:
        first, y = y + _height(group) - ROW * len(group.bars), y + _height(group)
        lines = f"{first - 3} V{y - 3}"
        parts += [_stroke(f"M{places[tick]} {lines}", width=1, opacity=0.2) for tick in ticks if tick != mark]
        parts += [_stroke(f"M{places[mark]} {lines}", width=1, dashes="2 3"), *_group(group, first, scale)]
    return _picture("bars", bottom + 14, " ".join([f"{title}.", *notes, axis]), parts)


def _apart(ticks: Sequence[float], gap: float) -> Sequence[float]:
    """Leave out every second tick where their numbers would touch."""
    widest = max(len(_number(tick)) for tick in ticks) * DIGIT
    return ticks if widest < gap else ticks[::2]


def _height(group: Group) -> int:
    """Add up a group's gap, the lines of its title, and its bars."""
    return GAP + TITLE * (len(_title(group)) - 1) + 9 + ROW * len(group.bars)


def _title(group: Group) -> list[str]:
    return wrap(group.title, LETTERS[FONT] - 4)


def _heading(title: str, notes: Sequence[str]) -> tuple[list[str], int]:
    """Write the conclusion, and beneath it the notes, and tell where they end."""
    parts, y = [], 0
    for line in wrap(title, LETTERS[HEADLINE]):
        y += 19
        parts.append(_words(0, y, line, style=f'font-size="{HEADLINE}" {BOLD}'))
    for line in (line for note in notes for line in wrap(note, LETTERS[FONT])):
        y += 18
        parts.append(_words(0, y, line))
    return parts, y + 8


def _group(group: Group, first: int, scale: float) -> list[str]:
    """Write the title above the place of the first bar, and draw the bars."""
    title = _title(group)
    parts = [_words(0, first - 12 - TITLE * (len(title) - 1 - at), line, style=BOLD) for at, line in enumerate(title)]
    for number, bar in enumerate(group.bars):
        parts += _bar(bar, first + ROW * number, scale)
    return parts


def _bar(bar: Bar, y: int, scale: float) -> list[str]:
    label = _words(BARS_LEFT - 8, y + 10, bar.label, anchor="end")
    if bar.length is None:
        return [label, _words(BARS_LEFT, y + 10, bar.text, style='font-style="italic"')]
    length, low, high = (_near(size * scale) for size in (bar.length.median, bar.length.low, bar.length.high))
    return [
        label,
        f'<rect x="{BARS_LEFT}" y="{y}" width="{length}" height="{BAR}" rx="2" fill="{bar.colour}"/>',
        _stroke(f"M{_near(BARS_LEFT + low)} {y + BAR / 2} H{_near(BARS_LEFT + high)}", width=1),
        _words(VALUES, y + 10, bar.text),
    ]


@dataclass(frozen=True)
class Chart:
    """What a line chart shows: its conclusion, and lines through points, and limits, by name.

    `y_name` says which way is better, and `x_ticks` stand where powers of 10 say little.
    """

    title: str
    y_name: str
    x_name: str
    lines: Mapping[str, Points]
    limits: Mapping[str, float] = field(default_factory=dict)
    x_log: bool = False
    y_log: bool = False
    x_ticks: Sequence[float] = ()

    def draw(self) -> str:
        """Draw it."""
        xs, ys = zip(*(point for points in self.lines.values() for point in points), strict=True)
        x_ticks = self.x_ticks or _ticks(xs, self.x_log)
        y_ticks = _ticks([*ys, *self.limits.values()], self.y_log)
        parts, top = _heading(self.title, [self.y_name])
        top += 6
        bottom = top + HEIGHT
        x, y = _scale(x_ticks, LEFT, RIGHT, self.x_log), _scale(y_ticks, bottom, top, self.y_log)
        parts += _grid(x_ticks, y_ticks, x, y, bottom)
        parts.append(_words((LEFT + RIGHT) // 2, bottom + 39, self.x_name, anchor="middle"))
        for name, limit in self.limits.items():
            parts.append(_stroke(f"M{LEFT} {y(limit)} H{RIGHT}", RED))
            parts.append(_words(LEFT + 8, y(limit) - 6, name))
        for number, points in enumerate(self.lines.values()):
            parts += _line(number, [(x(across), y(up)) for across, up in points])
        for number, name in enumerate(self.lines):
            down = bottom + 64 + LEGEND_ROW * number
            sample = _styled(number, f"M2 {down} h36")
            parts += [sample, _marker(number, 20, down), _words(46, down + 5, name)]
        height = bottom + 56 + LEGEND_ROW * len(self.lines)
        return _picture("plot", height, f"{self.title}. {self.y_name} Across: {self.x_name}.", parts)


def _ticks(values: Sequence[float], log: bool) -> list[float]:
    """Choose powers of ten around all values, or round steps from 0."""
    if log:
        lowest, highest = floor(log10(min(values))), ceil(log10(max(values)))
        return [10.0**power for power in range(lowest, max(highest, lowest + 1) + 1)]
    rough = max(values) / TICKS
    power = 10.0 ** floor(log10(rough))
    step = next(power * factor for factor in (1, 2, 2.5, 5, 10) if power * factor >= rough)
    return [round(step * number, 6) for number in range(ceil(max(values) / step) + 1)]


def _scale(ticks: Sequence[float], first: float, last: float, log: bool) -> Scale:
    """Map values to places, from the first tick's to the last one's."""

    def place(value: float) -> float:
        low, high, at = (log10(number) if log else number for number in (ticks[0], ticks[-1], value))
        return _near(first + (last - first) * (at - low) / (high - low))

    return place


def _grid(x_ticks: Sequence[float], y_ticks: Sequence[float], x: Scale, y: Scale, bottom: float) -> list[str]:
    parts = []
    for tick in y_ticks:
        parts.append(_stroke(f"M{LEFT} {y(tick)} H{RIGHT}", width=1, opacity=0.2))
        parts.append(_words(LEFT - 7, y(tick) + 5, _number(tick), anchor="end"))
    for tick in x_ticks:
        anchor = "end" if tick == x_ticks[-1] and len(_number(tick)) > 3 else "middle"
        parts.append(_stroke(f"M{x(tick)} {bottom} v5", width=1))
        parts.append(_words(x(tick) + (8 if anchor == "end" else 0), bottom + 20, _number(tick), anchor=anchor))
    return parts


def _line(number: int, places: Sequence[tuple[float, float]]) -> list[str]:
    path = "M" + " L".join(f"{across} {down}" for across, down in places)
    return [_styled(number, path), *(_marker(number, *place) for place in places)]


def _styled(number: int, path: str) -> str:
    colour, dashes = STYLES[number]
    return _stroke(path, colour, dashes=dashes)


def _marker(number: int, x: float, y: float) -> str:
    left, right, top, bottom, above = map(_near, (x - 4, x + 4, y - 4, y + 4, y - 5))
    shapes = (
        f'circle cx="{x}" cy="{y}" r="4"',
        f'rect x="{left}" y="{top}" width="8" height="8"',
        f'path d="M{x} {above} L{right} {bottom} L{left} {bottom} Z"',
        f'path d="M{x} {above} L{right} {y} L{x} {bottom} L{left} {y} Z"',
        f'path d="M{left} {top} L{right} {bottom} M{right} {top} L{left} {bottom}"',
    )
    return f'<{shapes[number]} {"stroke" if number == 4 else "fill"}="{STYLES[number][0]}"/>'


def _picture(kind: str, height: float, told: str, parts: Iterable[str]) -> str:
    """Write a file; the page's style knows its kind, and `told` is heard."""
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img" class="{kind}"'
        f' font-family="sans-serif" font-size="{FONT}" fill="none" stroke-width="2">'
    )
    return "\n".join([head, f"<title>{escape(told)}</title>", DARK, *parts, "</svg>", ""])


def _words(x: float, y: float, text: str, *, anchor: str = "start", style: str = "") -> str:
    more = f" {style}" if style else ""
    return f'<text x="{_near(x)}" y="{_near(y)}" text-anchor="{anchor}" fill="{INK}"{more}>{escape(text)}</text>'


def _stroke(path: str, colour: str = INK, *, width: float = 2, dashes: str = "", opacity: float = 1) -> str:
    more = f' stroke-width="{width}"' if width != 2 else ""
    more += f' stroke-dasharray="{dashes}"' if dashes else ""
    more += f' stroke-opacity="{opacity}"' if opacity != 1 else ""
    return f'<path d="{path}" stroke="{colour}"{more}/>'


def _near(value: float) -> float:
    """Round to a tenth of a point, which is exact enough."""
    return round(value, 1)


def _number(value: float) -> str:
    if value >= 1_000_000:
        return f"{value / 1_000_000:g}M"
    return f"{value:,.0f}" if value == int(value) else f"{value:g}"
