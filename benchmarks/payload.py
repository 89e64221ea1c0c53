"""What the codec and packing cost in time, and what packing saves in bytes and write units."""

from collections.abc import Callable
from statistics import median
from time import process_time
from timeit import repeat
from typing import Any

from boto3.dynamodb.types import TypeDeserializer, TypeSerializer

from benchmarks.capacity.rules import WRITE_BYTES
from benchmarks.records import SIZES, deep_record
from benchmarks.report import columns
from careervp_jobs_dal.codec.fingerprint import canonical
from careervp_jobs_dal.codec.packing import decode_record, pack
from careervp_jobs_dal.codec.values import encode_item

REPEATED = 5


def table(*, rounds: int) -> str:
    """Lay out the codec's microseconds, bytes and write units for each example request."""
    measured = [_measure(size, rounds) for size in SIZES]
    rows = [[name, *(cells[name] for cells in measured)] for name in measured[0]]
    return columns([["µs of CPU, bytes and write units", *SIZES], *rows])


def _measure(size: str, rounds: int) -> dict[str, str]:
    """Measure a request; boto3's own conversions of the Map are the reference."""
    record = deep_record(size)
    item = encode_item(record).item
    packed = {**item, "input_data": _pack(item)}
    serialize, deserialize = TypeSerializer().serialize, TypeDeserializer().deserialize
    on_wire = _each(serialize, item)
    works: dict[str, Callable[[], object]] = {
        "encode_item": lambda: encode_item(record),
        "  boto3's TypeSerializer": lambda: _each(serialize, item),
        "decode_record of a Map": lambda: decode_record(item),
        "  boto3's TypeDeserializer": lambda: _each(deserialize, on_wire),
        "pack": lambda: _pack(item),
        "decode_record of a packed one": lambda: decode_record(packed),
    }
    sizes = {form: encode_item(stored).size for form, stored in (("as a Map", item), ("packed", packed))}
    return {
        **{name: f"{_seconds(work, rounds) * 1e6:,.0f}" for name, work in works.items()},
        **{f"bytes {form}": f"{number:,}" for form, number in sizes.items()},
        **{f"write units {form}": str(-(-number // WRITE_BYTES)) for form, number in sizes.items()},
    }


def _pack(item: dict[str, Any]) -> bytes | None:
    """Pack whatever the size, so that all can be compared."""
    return pack(canonical(item["input_data"]), above=0)


def _each(convert: Callable[[Any], Any], item: dict[str, Any]) -> dict[str, Any]:
    return {name: convert(value) for name, value in item.items()}


def _seconds(work: Callable[[], object], rounds: int) -> float:
    """Take the median over rounds of the mean seconds of CPU of some repetitions."""
    return median(repeat(work, timer=process_time, repeat=rounds, number=REPEATED)) / REPEATED
