"""What the codec and packing cost in time, and what packing saves in bytes and write units."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import median
from time import process_time
from typing import TYPE_CHECKING, Any

from boto3.dynamodb.types import TypeDeserializer, TypeSerializer

from benchmarks.capacity.rules import WRITE_BYTES
from benchmarks.records import SIZES, deep_record
from careervp_jobs_dal.codec.fingerprint import canonical
from careervp_jobs_dal.codec.packing import decode_record, pack
from careervp_jobs_dal.codec.values import encode_item

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass(frozen=True)
class Stored:
    """A record in one of its two forms: its size by DynamoDB's rule, what a write of it costs, seconds to decode it."""

    size: int
    write_units: int
    decode: float


@dataclass(frozen=True)
class Payload:
    """What one size of request costs, times in seconds of CPU; boto3's own conversions of the Map are the reference."""

    name: str
    encode: float
    pack: float
    as_map: Stored
    packed: Stored
    boto3_serialize: float
    boto3_deserialize: float


def measure(*, rounds: int) -> list[Payload]:
    """Measure each of the example requests."""
    return [_measure_size(size, rounds) for size in SIZES]


def _measure_size(size: str, rounds: int) -> Payload:
    record = deep_record(size)
    item = encode_item(record).item
    packed = {**item, "input_data": _pack(item)}
    on_wire = _serialize(item)
    return Payload(
        name=size,
        encode=_time(lambda: encode_item(record), rounds),
        pack=_time(lambda: _pack(item), rounds),
        as_map=_stored(item, rounds),
        packed=_stored(packed, rounds),
        boto3_serialize=_time(lambda: _serialize(item), rounds),
        boto3_deserialize=_time(lambda: _deserialize(on_wire), rounds),
    )


def _stored(item: dict[str, Any], rounds: int) -> Stored:
    size = encode_item(item).size
    return Stored(size, -(-size // WRITE_BYTES), _time(lambda: decode_record(item), rounds))


def _pack(item: dict[str, Any]) -> bytes:
    """Pack whatever the size, so that all can be compared."""
    packed = pack(canonical(item["input_data"]), above=0)
    if packed is None:
        raise RuntimeError("An example request cannot be packed")
    return packed


def _serialize(item: dict[str, Any]) -> dict[str, Any]:
    serialize = TypeSerializer().serialize
    return {name: serialize(value) for name, value in item.items()}


def _deserialize(item: dict[str, Any]) -> dict[str, Any]:
    deserialize = TypeDeserializer().deserialize
    return {name: deserialize(value) for name, value in item.items()}


def _time(work: Callable[[], object], rounds: int, repeat: int = 5) -> float:
    """The median over rounds of the mean seconds of CPU that one of `repeat` repetitions takes."""
    costs = []
    for _ in range(rounds):
        began = process_time()
        for _ in range(repeat):
            work()
        costs.append((process_time() - began) / repeat)
    return median(costs)
