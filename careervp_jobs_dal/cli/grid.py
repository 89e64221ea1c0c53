"""Tables of aligned columns, cut to the terminal's width."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

from careervp_jobs_dal.cli.text import cut, pad, width
from careervp_jobs_dal.job.line import printable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from careervp_jobs_dal.cli.screen import Screen

_GAP = "  "
_NARROWEST = 8


class Column(NamedTuple):
    """Column of a table: its heading, and the treatment of its texts.

    `cut` tells whether the texts are cut first, last or never; `status` paints them as statuses.
    """

    heading: str
    cut: Literal["first", "last", "never"] = "never"
    status: bool = False


def grid(columns: Sequence[Column], rows: Iterable[Sequence[object]], screen: Screen) -> Iterator[str]:
    """Write the heading and the rows as lines."""
    texts = [[printable("" if cell is None else cell) for cell in row] for row in rows]
    headings = [column.heading for column in columns]
    widths = [max(map(width, column)) for column in zip(headings, *texts, strict=True)]
    _narrow(columns, widths, screen.width)
    yield screen.paint(_line(headings, widths, screen), "dim")
    for row in texts:
        yield _line(row, widths, screen, columns)


def pairs(items: Iterable[tuple[str, object]], screen: Screen) -> Iterator[str]:
    """Write names and values, one line each, with the values aligned."""
    rows = [(name, printable(value)) for name, value in items]
    names = max(width(name) for name, _ in rows)
    for name, value in rows:
        text = cut(value, screen.width - names - len(_GAP), screen.ellipsis)
        yield f"{screen.paint(pad(name, names), 'dim')}{_GAP}{screen.paint(text, value)}"


def _narrow(columns: Sequence[Column], widths: list[int], available: int) -> None:
    """Reduce the widths of columns that may be cut, until the row fits."""
    too_much = sum(widths) + len(_GAP) * (len(widths) - 1) - available
    for when in ("first", "last"):
        for number, column in enumerate(columns):
            if column.cut == when and too_much > 0:
                taken = min(too_much, max(0, widths[number] - _NARROWEST))
                widths[number] -= taken
                too_much -= taken


def _line(cells: Sequence[str], widths: Sequence[int], screen: Screen, columns: Sequence[Column] = ()) -> str:
    statuses = {number for number, column in enumerate(columns) if column.status}
    padded = [pad(cut(cell, room, screen.ellipsis), room) for cell, room in zip(cells, widths, strict=True)]
    while padded and not padded[-1].strip():
        padded.pop()
    shown = [screen.paint(cell, cell.strip()) if number in statuses else cell for number, cell in enumerate(padded)]
    return _GAP.join(shown).rstrip()
