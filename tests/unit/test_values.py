"""The codec: what it takes reads back equal, what it refuses it refuses by path, and it never fails otherwise."""

from __future__ import annotations

import sys
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from types import MappingProxyType
from typing import Any
from uuid import UUID

import pytest
from boto3.dynamodb.types import Binary, TypeDeserializer, TypeSerializer
from hypothesis import example, given
from hypothesis import strategies as st

from careervp_jobs_dal.codec.values import decode, encode_item
from careervp_jobs_dal.job.instant import instant_text
from careervp_jobs_dal.job.invalid_input import InvalidInputError
from careervp_jobs_dal.job.status import JobStatus
from tests.conftest import CANARY

NUMBERS = st.one_of(
    st.integers(min_value=-(10**38) + 1, max_value=10**38 - 1),
    st.floats(min_value=-9e37, max_value=9e37, allow_nan=False).filter(lambda x: x == 0 or abs(x) >= 1e-130),
)
TEXTS = st.text(st.characters(exclude_categories=["Cs"]))
NAMES = st.text(st.characters(exclude_categories=["Cs"]), min_size=1)
SCALARS = st.one_of(st.none(), st.booleans(), NUMBERS, TEXTS, st.binary())
SETS = st.one_of(st.sets(NUMBERS, min_size=1), st.sets(TEXTS, min_size=1), st.sets(st.binary(), min_size=1))
VALUES = st.recursive(
    st.one_of(SCALARS, SETS),
    lambda inner: st.one_of(st.lists(inner), st.dictionaries(NAMES, inner)),
    max_leaves=20,
)
ITEMS = st.dictionaries(NAMES, VALUES, max_size=6)
ANYTHING = st.recursive(
    st.one_of(
        SCALARS,
        st.floats(),
        st.decimals(),
        st.integers(),
        st.text(st.characters()),
        st.datetimes(),
        st.datetimes(timezones=st.just(UTC)),
        st.dates(),
        st.uuids(),
        st.complex_numbers(),
        st.timedeltas(),
    ),
    lambda inner: st.one_of(
        st.lists(inner), st.tuples(inner), st.dictionaries(st.one_of(st.text(), st.integers()), inner)
    ),
    max_leaves=20,
)


NEIGHBOURS = st.builds(
    lambda whole, fraction: Decimal(whole) + Decimal(fraction).scaleb(-30), st.integers(-3, 3), st.integers(0, 40)
)
"""Numbers of which many are the same float."""


@given(st.sets(st.one_of(NEIGHBOURS, NUMBERS.map(lambda number: encode_item({"n": number}).item["n"])), min_size=1))
@example({Decimal("0.1"), Decimal("0.10000000000000000000001")})
@example({Decimal(10**37 + 1), Decimal(10**37 + 2)})
def test_a_set_reads_back_with_each_of_its_numbers(numbers: set[Decimal]) -> None:
    stored = encode_item({"numbers": numbers, "inner": [{"numbers": numbers}]}).item

    read = decode(through_dynamodb(stored))

    assert len(read["numbers"]) == len(numbers)
    assert read["inner"][0]["numbers"] == read["numbers"]
    assert read["numbers"] in (numbers, {decode(number) for number in numbers})
    assert decode(stored, exact_numbers=True)["numbers"] == numbers


def through_dynamodb(item: dict[str, Any]) -> dict[str, Any]:
    """Serialise and deserialise as boto3's Table does."""
    serialize, deserialize = TypeSerializer().serialize, TypeDeserializer().deserialize
    return {name: deserialize(serialize(value)) for name, value in item.items()}


@given(ITEMS)
def test_what_is_taken_reads_back_equal(item: dict[str, Any]) -> None:
    assert decode(through_dynamodb(encode_item(item).item)) == item


@given(ITEMS)
def test_exact_numbers_read_back_as_the_decimals_that_are_stored(item: dict[str, Any]) -> None:
    stored = encode_item(item).item

    assert decode(through_dynamodb(stored), exact_numbers=True) == stored


@given(ITEMS)
def test_what_is_read_can_be_written_again(item: dict[str, Any]) -> None:
    stored = encode_item(item)

    assert encode_item(decode(stored.item)) == stored


@given(st.dictionaries(NAMES, ANYTHING, max_size=4))
def test_any_value_is_taken_or_refused_by_path(item: dict[str, Any]) -> None:
    try:
        encoded = encode_item(item).item
    except InvalidInputError as refused:
        str(refused).encode()
    else:
        through_dynamodb(encoded)


@given(st.decimals(allow_nan=False, allow_infinity=False))
def test_a_decimal_is_taken_exactly_or_refused(number: Decimal) -> None:
    try:
        stored = encode_item({"n": number}).item["n"]
    except InvalidInputError:
        digits = "".join(map(str, number.as_tuple().digits)).strip("0")
        assert len(digits) > 38 or not -130 <= number.adjusted() <= 37
    else:
        assert through_dynamodb({"n": stored})["n"] == number


@pytest.mark.parametrize(
    ("item", "size"),
    [
        ({}, 0),
        ({"a": ""}, 1),
        ({"é": "é"}, 4),
        ({"a": None, "b": True}, 4),
        ({"a": b"abc"}, 4),
        ({"a": 0}, 2),
        ({"a": 7}, 3),
        ({"a": -12_000}, 5),
        ({"a": 1.5}, 4),
        ({"a": 10.5}, 4),
        ({"a": 1000}, 3),
        ({"a": -12_345}, 6),
        ({"a": int("1" * 38)}, 21),
        ({"a": 123}, 4),
        ({"a": 0.0125}, 4),
        ({"a": []}, 4),
        ({"a": ["bc", 7]}, 10),
        ({"a": {"bc": "d"}}, 8),
        ({"a": {"xyz"}}, 4),
    ],
    ids=repr,
)
def test_the_size_is_counted_by_dynamodbs_rule(item: dict[str, Any], size: int) -> None:
    assert encode_item(item).size == size


@pytest.mark.parametrize(
    ("item", "path"),
    [
        ({"a": {"b": [0, {"c": object()}]}}, "a.b[1].c"),
        ({"a": [[{1: 2}]]}, "a[0][0]"),
        ({"✓": {"\n": object()}}, "\\u2713.\\n"),
        ({"a" * 300: object()}, "a" * 200),
    ],
    ids=["nested", "key", "odd names", "long"],
)
def test_a_refusal_shows_the_path_in_ascii(item: dict[str, Any], path: str) -> None:
    with pytest.raises(InvalidInputError) as refused:
        encode_item(item)

    assert str(refused.value).startswith(f"{path}: ")


@pytest.mark.parametrize(
    "value",
    [CANARY + "\ud800", {CANARY: {CANARY + "x", 1}}.values(), [CANARY, object()], {1: CANARY}, {CANARY, 1}],
    ids=["text", "view", "list", "key", "set"],
)
def test_a_refusal_never_shows_a_value(value: object) -> None:
    with pytest.raises(InvalidInputError) as refused:
        encode_item({"a": value})

    assert CANARY not in f"{refused.value} {refused.value!r}"


class Text(str):
    def __str__(self) -> str:
        return "not this"


def test_subclasses_and_wrappers_are_stored_as_what_they_hold() -> None:
    item = {
        "text": Text("held"),
        "enum": JobStatus.FAILED,
        "float": type("Float", (float,), {})(0.5),
        "int": type("Int", (int,), {})(5),
        "decimal": type("Dec", (Decimal,), {})("0.5"),
        "bytes": memoryview(b"held"),
        "binary": Binary(b"held"),
        "mapping": MappingProxyType({Text("key"): UUID(int=0)}),
    }

    assert encode_item(item).item == {
        "text": "held",
        "enum": "FAILED",
        "float": Decimal("0.5"),
        "int": 5,
        "decimal": Decimal("0.5"),
        "bytes": b"held",
        "binary": b"held",
        "mapping": {"key": "00000000-0000-0000-0000-000000000000"},
    }
    assert type(encode_item(item).item["text"]) is str


def test_a_number_with_many_zeros_behind_its_point_is_stored() -> None:
    assert through_dynamodb(encode_item({"n": Decimal("12." + "0" * 50)}).item) == {"n": 12}


def test_an_instant_at_the_end_of_time_is_refused() -> None:
    with pytest.raises(InvalidInputError, match="years"):
        instant_text(datetime.max.replace(tzinfo=timezone(-timedelta(hours=1))))


@given(st.datetimes(timezones=st.timezones()), st.datetimes(timezones=st.timezones()))
def test_instant_texts_sort_as_the_instants_do(one: datetime, other: datetime) -> None:
    try:
        texts = instant_text(one), instant_text(other)
    except InvalidInputError:
        return

    assert len(texts[0]) == len(texts[1]) == 27
    assert (texts[0] < texts[1]) == (one.astimezone(UTC) < other.astimezone(UTC))


def test_a_value_deep_beyond_the_recursion_limit_is_refused() -> None:
    value: Any = 0
    for _ in range(sys.getrecursionlimit() * 2):
        value = [value]

    with pytest.raises(InvalidInputError, match="31 containers"):
        encode_item({"a": value})
