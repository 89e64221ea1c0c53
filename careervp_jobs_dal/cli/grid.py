"""Tables of aligned columns, within the terminal's width."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

from careervp_jobs_dal.cli.text import cut, folded, pad, telling_width, width

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence

    from careervp_jobs_dal.cli.screen import Screen

_GAP = "  "
_NARROWEST = 8
_NARROWEST_FOLD = 16
_MOST_LINES = 8
_WIDEST_NAME = 32


class Column(NamedTuple):
    """Column of a table: its heading, and the treatment of its texts.

    `cut` tells how the texts fit a narrow terminal: "never", cut "first" or "last", or
    "fold": broken into several lines before another column is cut, for the last column alone;
    "id": cut before the others, to prefixes that still tell the table's ids apart.
    `status` paints the texts as statuses or states.
    """

    heading: str
    cut: Literal["first", "last", "never", "id", "fold"] = "never"
    status: bool = False


def grid(columns: Sequence[Column], rows: Iterable[Sequence[object]], screen: Screen) -> Iterator[str]:
    """Write the heading and the rows as lines."""
    texts = [[screen.readable("" if cell is None else cell) for cell in row] for row in rows]
    headings = [column.heading for column in columns]
    by_column = list(zip(headings, *texts, strict=True))
    widths = [max(map(width, column)) for column in by_column]
    least = [_least(column, cells[1:], screen) for column, cells in zip(columns, by_column, strict=True)]
    _narrow(columns, widths, least, screen.width)
    yield screen.paint(_line(headings, widths, screen), "dim")
    for row in texts:
        yield from _lines(row, widths, screen, columns)


def pairs(items: Iterable[tuple[str, object]], screen: Screen, whole: Collection[str] = ()) -> Iterator[str]:
    """Write names and values, with the values aligned and broken into lines.

    Values are cut after some lines, but not those of the names in `whole`.
    """
    rows = [(name, screen.readable(name), screen.readable(value)) for name, value in items]
    names = min(max(width(shown) for _, shown, _ in rows), _WIDEST_NAME)
    for name, shown, value in rows:
        if width(shown) > names:  # it stands above its value
            yield from (screen.paint(part, "dim") for part in folded(shown, screen.width))
            shown = ""
        parts = folded(value, max(screen.width - names - len(_GAP), _NARROWEST_FOLD))
        if len(parts) > _MOST_LINES and name not in whole:
            parts = [*parts[: _MOST_LINES - 1], f"{screen.ellipsis} (--json shows all)"]
        for number, part in enumerate(parts):
            label = pad("" if number else shown, names)
            yield f"{screen.paint(label, 'dim')}{_GAP}{screen.paint(part, value.rpartition(', ')[2])}".rstrip()


def _least(column: Column, texts: Sequence[str], screen: Screen) -> int:
    """Return the least width that a column can get."""
    if column.cut == "id":
        return max(_NARROWEST, telling_width(texts, screen.ellipsis))
    return _NARROWEST_FOLD if column.cut == "fold" else _NARROWEST


def _narrow(columns: Sequence[Column], widths: list[int], least: Sequence[int], available: int) -> None:
    """Reduce the widths of columns that may be cut, until the row fits."""
    too_much = sum(widths) + len(_GAP) * (len(widths) - 1) - available
    for when in ("fold", "id", "first", "last"):
        for number, column in enumerate(columns):
            if column.cut == when and too_much > 0:
                taken = min(too_much, max(0, widths[number] - least[number]))
                widths[number] -= taken
                too_much -= taken


def _lines(cells: Sequence[str], widths: Sequence[int], screen: Screen, columns: Sequence[Column]) -> Iterator[str]:
    """Write one row, with more lines for a cell that is folded."""
    last = folded(cells[-1], widths[-1]) if columns[-1].cut == "fold" else [cells[-1]]
    yield _line([*cells[:-1], last[0]], widths, screen, columns)
    for part in last[1:]:
        yield _line([*("" for _ in cells[:-1]), part], widths, screen)


def _line(cells: Sequence[str], widths: Sequence[int], screen: Screen, columns: Sequence[Column] = ()) -> str:
    statuses = {number for number, column in enumerate(columns) if column.status}
    padded = [pad(cut(cell, room, screen.ellipsis), room) for cell, room in zip(cells, widths, strict=True)]
    while padded and not padded[-1].strip():
        padded.pop()
    shown = [screen.paint(cell, cell.strip()) if number in statuses else cell for number, cell in enumerate(padded)]
    return _GAP.join(shown).rstrip()
