"""DynamoDB's documented rules, one at a time."""

from __future__ import annotations

from typing import Any

import pytest
from boto3.dynamodb.types import TypeSerializer

from benchmarks.capacity.rules import (
    Index,
    Layout,
    item_size,
    read_units,
    refused_write_units,
    transaction_units,
    write_units,
)
from careervp_jobs_dal.codec.values import encode_item

LAYOUT = Layout(("job_id",), (Index("all", ("key",), True), Index("keys", ("key",), False)))
KEYS_ONLY = Layout(("job_id",), (Index("keys", ("key",), False),))


def item(length: int, **texts: str) -> dict[str, Any]:
    """An item with a text of this length, a key of the indexes and further texts."""
    content = {"job_id": "vpr-1", "key": "k", "text": "a" * length, **texts}
    return {name: {"S": text} for name, text in content.items()}


def without(name: str, of: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in of.items() if key != name}


def test_a_write_is_billed_by_the_kilobyte_of_the_whole_item() -> None:
    exactly_1_kb = 1024 - item_size(item(0))

    assert write_units(None, without("key", item(exactly_1_kb)), LAYOUT) == {"table": 1}
    assert write_units(None, item(exactly_1_kb), KEYS_ONLY) == {"table": 1, "keys": 1}
    assert write_units(None, item(exactly_1_kb + 1), KEYS_ONLY) == {"table": 2, "keys": 1}


def test_a_write_is_billed_by_the_larger_of_the_item_before_and_after() -> None:
    assert write_units(item(5000), item(10), LAYOUT)["table"] == 5
    assert write_units(item(10), item(5000), LAYOUT)["table"] == 5


def test_an_index_is_billed_only_where_its_projection_changes() -> None:
    assert write_units(item(10), item(5000), LAYOUT) == {"table": 5, "all": 5}
    assert write_units(item(10), item(10), LAYOUT) == {"table": 1}


def test_a_changed_index_key_is_a_delete_and_a_put() -> None:
    assert write_units(item(3000), item(10, key="other"), LAYOUT) == {"table": 3, "all": 4, "keys": 2}


def test_an_entry_that_appears_or_goes_is_one_write() -> None:
    absent = without("key", item(10))

    assert write_units(absent, item(10), KEYS_ONLY) == {"table": 1, "keys": 1}
    assert write_units(item(10), absent, KEYS_ONLY) == {"table": 1, "keys": 1}


def test_a_transaction_is_billed_twice_on_the_table_and_once_on_an_index() -> None:
    assert transaction_units([{"table": 3, "keys": 1}, {"table": 1}]) == {"table": 8, "keys": 1}


def test_a_refused_write_is_billed_on_the_table_by_the_larger_item() -> None:
    assert refused_write_units(item(2500), item(10)) == {"table": 3}
    assert refused_write_units(item(10), item(2500)) == {"table": 3}
    assert refused_write_units(None, None) == {"table": 1}


def test_a_read_is_billed_by_4_kb_and_half_when_eventually_consistent() -> None:
    assert [read_units(size, consistent=True) for size in (0, 1, 4096, 4097)] == [1, 1, 1, 2]
    assert [read_units(size, consistent=False) for size in (0, 1, 4096, 4097)] == [0.5, 0.5, 0.5, 1]


@pytest.mark.parametrize(
    "value",
    [
        "",
        "naïve",
        0,
        7,
        -7,
        100,
        12345,
        0.05,
        -120.5,
        1e-7,
        True,
        None,
        b"\x00\x01",
        [],
        {},
        [1, "a", {"b": None}],
        {"ä"},
    ],
    ids=repr,
)
def test_a_size_is_what_the_library_takes_it_for(value: Any) -> None:
    encoded = encode_item({"name": value})

    assert item_size({"name": TypeSerializer().serialize(encoded.item["name"])}) == encoded.size


def test_an_index_that_projects_some_attributes_is_refused() -> None:
    index = {"IndexName": "i", "KeySchema": [{"AttributeName": "key"}], "Projection": {"ProjectionType": "INCLUDE"}}

    with pytest.raises(ValueError, match="INCLUDE"):
        Layout.of({"KeySchema": [{"AttributeName": "job_id"}], "GlobalSecondaryIndexes": [index]})
