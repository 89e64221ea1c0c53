"""Pictures as the text of SVG files: groups of bars, and line charts; the same bytes for the same numbers.

They are part of a page: text and axes take the colour of its text, in light and in dark, and the other colours can be
seen on both; dashes and markers tell lines apart without colour. They are as wide as a phone.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from math import ceil, floor, log10
from typing import NamedTuple
from xml.sax.saxutils import escape

from benchmarks.race import Spread

BLUE, ORANGE, GREEN, PURPLE, GREY, RED = "#3b82d6", "#d9730d", "#2f9e5b", "#a45bd0", "#8a8a8a", "#d43c3c"
INK = "currentColor"

BARS_WIDTH = 440
BARS_LEFT, BARS_RIGHT = 124, 348  # where the axis begins and ends
ROW, TITLE, BAR, NOTE = 20, 30, 11, 17

WIDTH = 430
LEFT, RIGHT, TOP, BOTTOM = 66, 416, 34, 264
LEGEND = 308
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


def bars(title: str, notes: Sequence[str], groups: Sequence[Group], mark: float = 1.0) -> str:
    """Draw groups of bars along one axis, with a line at the mark; the notes say what is drawn, and what is better."""
    lengths = [bar.length for group in groups for bar in group.bars if bar.length]
    ticks = _ticks([mark, *(max(length.high, length.median) for length in lengths)], log=False)
    scale = (BARS_RIGHT - BARS_LEFT) / ticks[-1]
    parts = [_words(0, 16, title, style='font-size="15" font-weight="600"')]
    parts += [_words(0, 36 + NOTE * number, note) for number, note in enumerate(notes)]
    top = 36 + NOTE * len(notes)
    bottom = top + 22 + sum(TITLE + ROW * len(group.bars) + 8 for group in groups)
    places = {tick: _near(BARS_LEFT + tick * scale) for tick in [*ticks, mark]}
    for tick in ticks:
        parts += [_words(places[tick], y, _number(tick), anchor="middle") for y in (top + 12, bottom + 12)]
    y = top + 22
    for group in groups:
        lines = f"{y + TITLE - 3} v{ROW * len(group.bars)}"
        parts += [_stroke(f"M{places[tick]} {lines}", width=1, opacity=0.2) for tick in ticks if tick != mark]
        parts += [_stroke(f"M{places[mark]} {lines}", width=1, dashes="2 3"), *_group(group, y, scale)]
        y += TITLE + ROW * len(group.bars) + 8
    return _picture("bars", (BARS_WIDTH, bottom + 20), 12, " ".join([f"{title}.", *notes]), parts)


def _group(group: Group, top: int, scale: float) -> list[str]:
    parts = [_words(0, top + 18, group.title, style='font-weight="600"')]
    for number, bar in enumerate(group.bars):
        parts += _bar(bar, top + TITLE + ROW * number, scale)
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
        _words(BARS_LEFT + max(high, length) + 6, y + 10, bar.text),
    ]


@dataclass(frozen=True)
class Chart:
    """What a line chart shows: lines through points, and limits, by name.

    `told` is for those who hear it, and `x_ticks` stand where powers of 10 say little.
    """

    title: str
    told: str
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
        x, y = _scale(x_ticks, LEFT, RIGHT, self.x_log), _scale(y_ticks, BOTTOM, TOP, self.y_log)
        parts = [_words(4, 18, self.title, style='font-weight="600"'), *_grid(x_ticks, y_ticks, x, y)]
        parts.append(_words((LEFT + RIGHT) // 2, BOTTOM + 39, self.x_name, anchor="middle"))
        for name, limit in self.limits.items():
            parts.append(_stroke(f"M{LEFT} {y(limit)} H{RIGHT}", RED))
            parts.append(_words(LEFT + 8, y(limit) - 6, name))
        for number, points in enumerate(self.lines.values()):
            parts += _line(number, [(x(across), y(up)) for across, up in points])
        for number, name in enumerate(self.lines):
            down = LEGEND + LEGEND_ROW * number + 12
            sample = _styled(number, f"M{LEFT} {down} h36")
            parts += [sample, _marker(number, LEFT + 18, down), _words(LEFT + 46, down + 5, name)]
        size = (WIDTH, LEGEND + LEGEND_ROW * len(self.lines) + 8)
        return _picture("plot", size, 14, f"{self.title}: {self.told}", parts)


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


def _grid(x_ticks: Sequence[float], y_ticks: Sequence[float], x: Scale, y: Scale) -> list[str]:
    parts = []
    for tick in y_ticks:
        parts.append(_stroke(f"M{LEFT} {y(tick)} H{RIGHT}", width=1, opacity=0.2))
        parts.append(_words(LEFT - 7, y(tick) + 5, _number(tick), anchor="end"))
    for tick in x_ticks:
        anchor = "end" if tick == x_ticks[-1] and len(_number(tick)) > 3 else "middle"
        parts.append(_stroke(f"M{x(tick)} {BOTTOM} v5", width=1))
        parts.append(_words(x(tick) + (8 if anchor == "end" else 0), BOTTOM + 20, _number(tick), anchor=anchor))
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


def _picture(kind: str, size: tuple[float, float], font_size: int, told: str, parts: Iterable[str]) -> str:
    """Write a file; the page's style knows its kind, and `told` is heard."""
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {size[0]} {size[1]}" role="img" class="{kind}"'
        f' font-family="sans-serif" font-size="{font_size}" fill="none" stroke-width="2">'
    )
    return "\n".join([head, f"<title>{escape(told)}</title>", *parts, "</svg>", ""])


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
    return f"{value:,.0f}" if value == int(value) else f"{value:g}"
