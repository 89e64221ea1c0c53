"""Line charts: dashes and markers tell the lines apart without colour."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, floor, log10
from typing import TYPE_CHECKING, NamedTuple

from benchmarks.svg import BLUE, GREEN, GREY, ORANGE, PURPLE, RED, heading, near, picture, stroke, words

if TYPE_CHECKING:
    from collections.abc import Sequence

WIDTH = 430
LEFT, RIGHT, TOP, BOTTOM = 66, 14, 34, 44
PLOT_HEIGHT = 230
LEGEND_ROW = 22
FONT_SIZE = 14
TICKS = 5
STYLES = ((BLUE, ""), (ORANGE, "7 4"), (GREEN, "2 4"), (PURPLE, "10 4 2 4"), (GREY, "1 5"))
_MARKERS = (
    '<circle cx="{x}" cy="{y}" r="4"/>',
    '<rect x="{left}" y="{top}" width="8" height="8"/>',
    '<path d="M{x} {above} L{right} {bottom} L{left} {bottom} Z"/>',
    '<path d="M{x} {above} L{right} {y} L{x} {bottom} L{left} {y} Z"/>',
    '<path d="M{left} {top} L{right} {bottom} M{right} {top} L{left} {bottom}"/>',
)


class Line(NamedTuple):
    """A named line through points, from left to right."""

    name: str
    points: Sequence[tuple[float, float]]


class Limit(NamedTuple):
    """A horizontal line, and what it says."""

    name: str
    value: float


@dataclass(frozen=True)
class Axis:
    """A scale from its first tick to its last, and where these lie in the picture."""

    ticks: Sequence[float]
    first: float
    last: float
    log: bool

    def __call__(self, value: float) -> float:
        """Where a value lies."""
        low, high, at = (self._scale(number) for number in (self.ticks[0], self.ticks[-1], value))
        return round(self.first + (self.last - self.first) * (at - low) / (high - low), 1)

    def _scale(self, value: float) -> float:
        return log10(value) if self.log else value


@dataclass(frozen=True)
class Chart:
    """What a chart shows; `told` is for those who hear it, and `x_ticks` stand where the powers of 10 say little."""

    title: str
    told: str
    x_name: str
    lines: Sequence[Line]
    limits: Sequence[Limit] = ()
    x_log: bool = False
    y_log: bool = False
    x_ticks: Sequence[float] = ()

    def draw(self) -> str:
        """The picture."""
        height = TOP + PLOT_HEIGHT + BOTTOM + LEGEND_ROW * len(self.lines) + 8
        x, y = self._axes()
        parts = [
            heading(4, 18, self.title),
            *_grid(x, y, self.x_name),
            *(part for limit in self.limits for part in _limit(limit, y)),
            *(part for number, line in enumerate(self.lines) for part in _line(number, line, x, y)),
            *(part for number, line in enumerate(self.lines) for part in _legend(number, line)),
        ]
        return picture("plot", (WIDTH, height), FONT_SIZE, f"{self.title}: {self.told}", parts)

    def _axes(self) -> tuple[Axis, Axis]:
        xs = [x for line in self.lines for x, _ in line.points]
        ys = [y for line in self.lines for _, y in line.points] + [limit.value for limit in self.limits]
        x_ticks = self.x_ticks or (_decades(xs) if self.x_log else _even(max(xs)))
        y_ticks = _decades(ys) if self.y_log else _even(max(ys))
        return (
            Axis(x_ticks, LEFT, WIDTH - RIGHT, self.x_log),
            Axis(y_ticks, TOP + PLOT_HEIGHT, TOP, self.y_log),
        )


def _even(highest: float) -> list[float]:
    """Ticks from 0 to the next round number."""
    rough = highest / TICKS
    power = 10.0 ** floor(log10(rough))
    step = next(power * factor for factor in (1, 2, 2.5, 5, 10) if power * factor >= rough)
    return [round(step * number, 6) for number in range(ceil(highest / step) + 1)]


def _decades(values: Sequence[float]) -> list[float]:
    """Powers of ten around all values."""
    lowest, highest = floor(log10(min(values))), ceil(log10(max(values)))
    return [10.0**power for power in range(lowest, max(highest, lowest + 1) + 1)]


def _grid(x: Axis, y: Axis, x_name: str) -> list[str]:
    bottom = TOP + PLOT_HEIGHT
    parts = [
        part
        for tick in y.ticks
        for part in (
            stroke(f"M{LEFT} {y(tick)} H{WIDTH - RIGHT}", width=1, opacity=0.2),
            words(LEFT - 7, y(tick) + 5, _number(tick), anchor="end"),
        )
    ]
    for tick in x.ticks:
        anchor = "end" if tick == x.ticks[-1] and len(_number(tick)) > 3 else "middle"
        parts.append(stroke(f"M{x(tick)} {bottom} v5", width=1))
        parts.append(words(x(tick) + (8 if anchor == "end" else 0), bottom + 20, _number(tick), anchor=anchor))
    return [*parts, words((LEFT + WIDTH - RIGHT) // 2, bottom + 39, x_name, anchor="middle")]


def _limit(limit: Limit, y: Axis) -> list[str]:
    at = y(limit.value)
    return [stroke(f"M{LEFT} {at} H{WIDTH - RIGHT}", RED), words(LEFT + 8, at - 6, limit.name)]


def _line(number: int, line: Line, x: Axis, y: Axis) -> list[str]:
    places = [(x(at), y(value)) for at, value in line.points]
    path = "M" + " L".join(f"{across} {down}" for across, down in places)
    return [_styled(number, path), *(_marker(number, *place) for place in places)]


def _legend(number: int, line: Line) -> list[str]:
    down = TOP + PLOT_HEIGHT + BOTTOM + LEGEND_ROW * number + 12
    sample = _styled(number, f"M{LEFT} {down} h36")
    return [sample, _marker(number, LEFT + 18, down), words(LEFT + 46, down + 5, line.name)]


def _styled(number: int, path: str) -> str:
    colour, dashes = STYLES[number]
    return stroke(path, colour, dashes=dashes)


def _marker(number: int, x: float, y: float) -> str:
    places = {
        "left": near(x - 4),
        "right": near(x + 4),
        "top": near(y - 4),
        "bottom": near(y + 4),
        "above": near(y - 5),
    }
    colour = STYLES[number][0]
    fill = f' stroke="{colour}"/>' if number == len(_MARKERS) - 1 else f' fill="{colour}"/>'
    return _MARKERS[number].format(x=x, y=y, **places).replace("/>", fill)


def _number(value: float) -> str:
    return f"{value:,.0f}" if value == int(value) else f"{value:g}"
