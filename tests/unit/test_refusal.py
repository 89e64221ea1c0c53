"""The same call or another one: values are compared as DynamoDB has them, where True is not 1."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from boto3.dynamodb.types import Binary, TypeDeserializer, TypeSerializer
from hypothesis import given
from hypothesis import strategies as st

from careervp_jobs_dal.codec.values import encode_item
from careervp_jobs_dal.plans.refusal import holds, same

SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-2, 2),
    st.sampled_from([0.0, 1.0, 0.5, Decimal("1.0"), Decimal("0.50"), "1", "True", "", b"", b"1"]),
)
SETS = st.one_of(
    st.sets(st.integers(0, 2), min_size=1), st.sets(st.sampled_from("01"), min_size=1), st.just({b"0"}), st.just({b"1"})
)
VALUES = st.recursive(
    st.one_of(SCALARS, SETS),
    lambda inner: st.one_of(st.lists(inner, max_size=2), st.dictionaries(st.sampled_from("ab"), inner, max_size=2)),
    max_leaves=5,
)


def in_dynamodb(value: Any) -> Any:
    """The value as DynamoDB has it: with its type, numbers without needless zeros, sets without an order."""
    serialized: dict[str, Any] = dict(TypeSerializer().serialize(value))
    ((tag, content),) = serialized.items()
    if tag == "M":
        return tag, {name: in_dynamodb(TypeDeserializer().deserialize(inner)) for name, inner in content.items()}
    if tag == "L":
        return tag, [in_dynamodb(TypeDeserializer().deserialize(inner)) for inner in content]
    if tag == "N":
        return tag, Decimal(content)
    if tag in ("NS", "SS", "BS"):
        return tag, set(map(Decimal, content)) if tag == "NS" else set(content)
    return tag, content


@given(VALUES, VALUES)
def test_values_are_the_same_if_dynamodb_takes_them_for_the_same(one: Any, other: Any) -> None:
    stored, written = encode_item({"a": one}).item["a"], encode_item({"a": other}).item["a"]

    assert same(stored, written) is (in_dynamodb(stored) == in_dynamodb(written))
    assert same(stored, stored)


@pytest.mark.parametrize(
    ("stored", "written"),
    [(Decimal(1), 1), (Decimal("0.50"), Decimal("0.5")), (Binary(b"x"), b"x"), ({Binary(b"x")}, {b"x"})],
    ids=repr,
)
def test_a_value_as_boto3_reads_it_is_the_same(stored: Any, written: Any) -> None:
    assert same(stored, written)
    assert same([{"a": stored}], [{"a": written}])


def test_an_absent_attribute_holds_nothing() -> None:
    assert not holds({}, {"a": None})
    assert holds({"a": None, "b": 1}, {"a": None})
