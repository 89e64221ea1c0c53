"""The short way to DynamoDB's JSON and back gives what boto3 gives."""

from __future__ import annotations

import json
from decimal import Decimal, DecimalException
from typing import Any

import pytest
from boto3.dynamodb.types import Binary, TypeDeserializer, TypeSerializer
from hypothesis import given
from hypothesis import strategies as st

from careervp_jobs_dal.codec.attribute_value import StrangeItem, attributes_text, examine, read_answer
from careervp_jobs_dal.codec.values import encode_item
from tests.unit.test_values import NAMES, VALUES

ITEMS = st.dictionaries(NAMES, VALUES, max_size=5).map(lambda item: encode_item(item).item)


def tagged(item: dict[str, Any]) -> dict[str, Any]:
    """An item as boto3 and botocore write it."""
    serialize = TypeSerializer().serialize
    return {name: serialize(value) for name, value in item.items()}


def ordered(value: Any) -> Any:
    """Sets in an order, and bytes as text, so that what was written can be compared."""
    if isinstance(value, dict):
        return {name: sorted(inner) if name in ("SS", "NS") else ordered(inner) for name, inner in value.items()}
    return [ordered(inner) for inner in value] if isinstance(value, list) else value


def as_boto3(tagged_item: dict[str, Any]) -> dict[str, Any]:
    deserialize = TypeDeserializer().deserialize
    return {name: deserialize(value) for name, value in tagged_item.items()}


@given(ITEMS)
def test_what_is_written_reads_back_equal(item: dict[str, Any]) -> None:
    answer = b'{"Item":' + attributes_text(item).encode() + b"}"

    assert read_answer(answer) == {"Item": item}


@pytest.mark.parametrize(
    "value",
    [
        "é",
        "",
        Decimal("1E+2"),
        Decimal("-0.10"),
        True,
        False,
        None,
        {},
        [],
        [[]],
        {"S": {"S": "S"}},
        {"a"},
        {Decimal(1)},
    ],
    ids=repr,
)
def test_it_is_written_as_boto3_writes_it(value: Any) -> None:
    assert ordered(json.loads(attributes_text({"a": value}))) == ordered(tagged({"a": value}))


def test_bytes_are_written_in_base64() -> None:
    assert attributes_text({"a": b"\x00\xff", "b": {b"x"}}) == '{"a":{"B":"AP8="},"b":{"BS":["eA=="]}}'


def test_what_only_boto3_can_write_is_left_to_it() -> None:
    with pytest.raises(KeyError):
        attributes_text({"a": [Binary(b"x")]})


def test_every_shape_of_an_answer_is_read() -> None:
    item = (
        b'{"a":{"L":[{"N":"1.5"},{"NULL":true},{"BOOL":false}]},"b":{"NS":["1"]},"c":{"BS":["eA=="]},"d":{"SS":["x"]}}'
    )
    plain = {"a": [Decimal("1.5"), None, False], "b": {Decimal(1)}, "c": {b"x"}, "d": {"x"}}

    assert read_answer(b'{"Items":[' + item + b'],"LastEvaluatedKey":' + item + b',"Count":1}') == {
        "Items": [plain],
        "LastEvaluatedKey": plain,
        "Count": 1,
    }
    assert read_answer(b'{"Attributes":{}}') == {"Attributes": {}}
    assert read_answer(b"{}") == {}


@pytest.mark.parametrize("text", ["1" * 39, "1E+127"])
def test_a_number_that_boto3_does_not_read_is_not_read(text: str) -> None:
    with pytest.raises(DecimalException):
        as_boto3({"a": {"N": text}})
    item = read_answer(json.dumps({"Item": {"job_id": {"S": "vpr-1"}, "a": {"N": text}}}).encode())["Item"]

    assert isinstance(item, StrangeItem)
    assert (item, item.attribute) == ({"job_id": "vpr-1"}, "a")


@given(st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**29), max_value=10**29, places=8))
def test_numbers_are_read_as_boto3_reads_them(number: Decimal) -> None:
    item = {"a": {"N": str(number)}}

    assert read_answer(json.dumps({"Item": item}).encode())["Item"] == as_boto3(item)


def test_an_item_that_boto3_has_read_is_looked_through() -> None:
    good = {"a": [None, True, Decimal(0), 0.5, {"b": b"x"}], "c": {"x"}, "d": Binary(b"x")}

    assert examine(good) is good
    for strange in (Decimal("NaN"), float("inf"), [{Decimal("Infinity")}], Decimal("1E+131")):
        found = examine({**good, "e": strange})
        assert isinstance(found, StrangeItem)
        assert (found, found.attribute) == (good, "e")


def test_the_name_of_a_strange_attribute_is_shown_in_one_line() -> None:
    assert StrangeItem({}, "a\nb" + "c" * 200).attribute == "a\\nb" + "c" * 96
