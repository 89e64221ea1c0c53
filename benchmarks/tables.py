"""The tables that are printed: plain text, one for each part."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from benchmarks.payload import Payload
    from benchmarks.race import Line

_MICRO = 1e6
_MILLI = 1e3


def warm_table(lines: Sequence[Line]) -> str:
    """Microseconds of a warm call."""
    return _line_table(lines, "µs per call", "by hand", _MICRO)


def cold_table(lines: Sequence[Line]) -> str:
    """Milliseconds of a cold start."""
    return _line_table(lines, "ms per start, library beside", "other", _MILLI)


def payload_table(payloads: Sequence[Payload]) -> str:
    """Microseconds of the codec, bytes and write units, a column for each size."""
    header = ["µs of CPU, bytes and write units", *(payload.name for payload in payloads)]
    rows = [
        ["encode_item", *(_scaled(payload.encode, _MICRO) for payload in payloads)],
        ["  boto3's TypeSerializer", *(_scaled(payload.boto3_serialize, _MICRO) for payload in payloads)],
        ["decode_record of a Map", *(_scaled(payload.as_map.decode, _MICRO) for payload in payloads)],
        ["  boto3's TypeDeserializer", *(_scaled(payload.boto3_deserialize, _MICRO) for payload in payloads)],
        ["pack", *(_scaled(payload.pack, _MICRO) for payload in payloads)],
        ["decode_record of a packed one", *(_scaled(payload.packed.decode, _MICRO) for payload in payloads)],
        ["bytes as a Map", *(f"{payload.as_map.size:,}" for payload in payloads)],
        ["bytes packed", *(f"{payload.packed.size:,}" for payload in payloads)],
        ["write units as a Map", *(str(payload.as_map.write_units) for payload in payloads)],
        ["write units packed", *(str(payload.packed.write_units) for payload in payloads)],
    ]
    return _table([header, *rows])


def _line_table(lines: Sequence[Line], title: str, other: str, scale: float) -> str:
    header = [title, f"CPU {other}", "CPU library", "CPU ratio", f"wall {other}", "wall library", "wall ratio"]
    return _table([header, *(_line_cells(line, scale) for line in lines)])


def _line_cells(line: Line, scale: float) -> list[str]:
    cells = [line.name]
    for kind in (line.cpu, line.wall):
        cells += [_scaled(kind.other.median, scale), _scaled(kind.library.median, scale), str(kind.ratio)]
    return cells


def _scaled(seconds: float, scale: float) -> str:
    return f"{seconds * scale:,.0f}"


def _table(rows: Sequence[Sequence[str]]) -> str:
    """Lay out rows of cells, the first column to the left and the others to the right."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    head, *body = ([row[0].ljust(widths[0]), *map(str.rjust, row[1:], widths[1:])] for row in rows)
    rule = ["-" * width for width in widths]
    return "\n".join("  ".join(cells) for cells in (head, rule, *body))
