"""What DynamoDB's developer guide says a request consumes, for items in the form that they have on the wire.

No code of the library is used here, so that a mistake in its own sizes shows.
"""

import base64
from collections.abc import Iterable, Mapping
from decimal import Decimal
from math import ceil
from typing import Any, NamedTuple, TypeAlias

WRITE_BYTES = 1024
READ_BYTES = 4096
TABLE = "table"
DOLLARS = {"write": 0.625, "read": 0.125}
"""The price of a million units."""
PRICED = "on-demand capacity, table class Standard, us-east-1, as of November 2024"

Item: TypeAlias = Mapping[str, Mapping[str, Any]]
"""An item in DynamoDB's JSON: each value behind the letter of its type."""

Units: TypeAlias = dict[str, float]
"""Capacity units by place: the table, or an index by its name."""


class Index(NamedTuple):
    """A global secondary index, of whole items or of keys only."""

    name: str
    keys: tuple[str, ...]
    projects_all: bool


class Layout(NamedTuple):
    """A table's key attributes and its indexes."""

    keys: tuple[str, ...]
    indexes: tuple[Index, ...]

    @classmethod
    def of(cls, description: Mapping[str, Any]) -> "Layout":
        """Read it from what DescribeTable answers."""
        indexes = []
        for index in description.get("GlobalSecondaryIndexes", []):
            kind = index["Projection"]["ProjectionType"]
            if kind not in ("ALL", "KEYS_ONLY"):
                raise ValueError(f"An index that projects {kind} is not computed here")
            indexes.append(Index(index["IndexName"], _keys(index), kind == "ALL"))
        return cls(_keys(description), tuple(indexes))


def item_size(item: Item | None) -> int:
    """Count the bytes of the names and the values."""
    return sum(len(name.encode()) + _value_size(value) for name, value in (item or {}).items())


def write_units(before: Item | None, after: Item | None, layout: Layout) -> Units:
    """Bill the larger size on the table, and what changes in each index."""
    units = refused_write_units(before, after)
    for index in layout.indexes:
        if consumed := _index_units(_entry(before, index, layout), _entry(after, index, layout), index):
            units[index.name] = consumed
    return units


def refused_write_units(stored: Item | None, offered: Item | None) -> Units:
    """Bill the larger of what is there and what was offered; no index."""
    return {TABLE: _write_units(max(item_size(stored), item_size(offered)))}


def transaction_units(writes: Iterable[Units]) -> Units:
    """Bill the writes of a transaction: twice on the table, which prepares and commits them, and once on an index."""
    units: Units = {}
    for write in writes:
        for place, consumed in write.items():
            units[place] = units.get(place, 0) + consumed * (2 if place == TABLE else 1)
    return units


def read_units(size: int, *, consistent: bool) -> float:
    """Bill a read of so many bytes in all; nothing counts as 4 KB."""
    return max(1, ceil(size / READ_BYTES)) * (1.0 if consistent else 0.5)


def _keys(described: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(key["AttributeName"] for key in described["KeySchema"])


def _write_units(size: int) -> int:
    return max(1, ceil(size / WRITE_BYTES))


def _entry(item: Item | None, index: Index, layout: Layout) -> Item | None:
    """Tell what an index holds of an item, if it has the keys."""
    if item is None or not set(index.keys) <= item.keys():
        return None
    return item if index.projects_all else {name: item[name] for name in {*layout.keys, *index.keys}}


def _index_units(old: Item | None, new: Item | None, index: Index) -> int:
    """Bill one write, or two where the key changes: a delete and a put."""
    if old == new:
        return 0
    if old and new and any(old[key] != new[key] for key in index.keys):
        return _write_units(item_size(old)) + _write_units(item_size(new))
    return _write_units(max(item_size(old), item_size(new)))


def _value_size(value: Mapping[str, Any]) -> int:
    ((kind, content),) = value.items()
    match kind:
        case "S":
            return len(content.encode())
        case "N":
            return _number_size(Decimal(content))
        case "B":
            return len(content if isinstance(content, bytes) else base64.b64decode(content))
        case "BOOL" | "NULL":
            return 1
        case "M":
            return 3 + len(content) + item_size(content)
        case "L":
            return 3 + len(content) + sum(map(_value_size, content))
        case "SS" | "NS" | "BS":
            return sum(_value_size({kind[0]: element}) for element in content)
    raise ValueError(f"DynamoDB has no type {kind}")


def _number_size(number: Decimal) -> int:
    """Count a byte, one for each pair of digits, and one for a minus."""
    if not number:
        return 1
    sign, digits, exponent = number.normalize().as_tuple()
    lowest = int(exponent)
    highest = lowest + len(digits) - 1
    return 1 + (highest // 2 - lowest // 2 + 1) + sign
