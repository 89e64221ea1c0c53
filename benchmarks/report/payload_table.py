"""The table of the codec: it belongs to the library alone, so it has no contenders."""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks.report.text import table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from benchmarks.payload import Payload


def payload_table(payloads: Sequence[Payload]) -> str:
    """Microseconds of the codec, bytes and write units, a column for each size."""
    header = ["µs of CPU, bytes and write units", *(payload.name for payload in payloads)]
    rows = [
        ["encode_item", *(_micro(payload.encode) for payload in payloads)],
        ["  boto3's TypeSerializer", *(_micro(payload.boto3_serialize) for payload in payloads)],
        ["decode_record of a Map", *(_micro(payload.as_map.decode) for payload in payloads)],
        ["  boto3's TypeDeserializer", *(_micro(payload.boto3_deserialize) for payload in payloads)],
        ["pack", *(_micro(payload.pack) for payload in payloads)],
        ["decode_record of a packed one", *(_micro(payload.packed.decode) for payload in payloads)],
        ["bytes as a Map", *(f"{payload.as_map.size:,}" for payload in payloads)],
        ["bytes packed", *(f"{payload.packed.size:,}" for payload in payloads)],
        ["write units as a Map", *(str(payload.as_map.write_units) for payload in payloads)],
        ["write units packed", *(str(payload.packed.write_units) for payload in payloads)],
    ]
    return table([header, *rows])


def _micro(seconds: float) -> str:
    return f"{seconds * 1e6:,.0f}"
