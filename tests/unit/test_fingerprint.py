"""The fingerprint: the same for the same payload however it is written, another for any other."""

from __future__ import annotations

import hmac
import json
from base64 import urlsafe_b64decode
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from careervp_jobs_dal.codec.fingerprint import canonical, fingerprint
from careervp_jobs_dal.codec.values import decode, encode_item
from tests.unit.test_values import NAMES, VALUES

PAYLOADS = st.dictionaries(NAMES, VALUES, max_size=5)


def taken(payload: dict[str, Any]) -> str:
    return fingerprint(canonical(encode_item(payload).item))


def reordered(value: Any) -> Any:
    """The same value with the keys of every dict the other way round."""
    if isinstance(value, dict):
        return {name: reordered(value[name]) for name in reversed(list(value))}
    return [reordered(inner) for inner in value] if isinstance(value, list) else value


@given(PAYLOADS)
def test_the_order_of_keys_does_not_matter(payload: dict[str, Any]) -> None:
    assert taken(reordered(payload)) == taken(payload)


@given(PAYLOADS)
def test_what_was_stored_and_read_is_still_the_same(payload: dict[str, Any]) -> None:
    assert taken(decode(encode_item(payload).item)) == taken(payload)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"a": 1}, {"a": True}),
        ({"a": 1}, {"a": "1"}),
        ({"a": "N"}, {"a": ["N"]}),
        ({"a": 1}, {"a": ["N", "1"]}),
        ({"a": {"b": 1}}, {"a": ["M", ["b", 1]]}),
        ({"a": [1, 2]}, {"a": {1, 2}}),
        ({"a": b"1"}, {"a": "31"}),
        ({"a": None}, {}),
        ({"a": 0.1}, {"a": Decimal("0.1000000000000000000000000000000000001")}),
    ],
    ids=repr,
)
def test_what_only_looks_alike_has_another_fingerprint(one: dict[str, Any], other: dict[str, Any]) -> None:
    assert taken(one) != taken(other)


@pytest.mark.parametrize("number", [1, 1.0, Decimal("1.000")], ids=repr)
def test_how_a_number_is_written_does_not_matter(number: Any) -> None:
    assert taken({"a": [number, -0.0, {number}]}) == taken({"a": [1, 0, {1}]})


def test_it_never_changes() -> None:
    """Records in live tables hold fingerprints: another form would turn duplicates into mismatches."""
    payload = {"b": [1, 0.5, None, True], "a": {"é": b"\x00", "s": {"y", "x"}}}

    text = canonical(encode_item(payload).item)
    assert (fingerprint(text), fingerprint(text, "secret")) == ("L1Hl1SQpIfjeUxfqtuAo6Q", "p14jJe0Um8NBL2ofMSzImA")
    assert canonical(encode_item({"b": [1, 0.5, None, True], "a": {"é": 1e-7}}).item) == (
        '{"a":{"é":1e-07},"b":[1,0.5,null,true]}'.encode()
    )


@given(PAYLOADS, st.text(min_size=1, max_size=20, alphabet="ab"))
def test_nobody_can_test_a_guess_at_a_payload_without_the_secret(payload: dict[str, Any], secret: str) -> None:
    text = canonical(encode_item(payload).item)

    keyed = fingerprint(text, secret)

    assert keyed == fingerprint(text, secret)
    assert len({keyed, fingerprint(text), fingerprint(text, f"{secret}c")}) == 3
    # Whoever may see ids knows the HMAC of texts under the secret itself.
    assert urlsafe_b64decode(keyed + "==") != hmac.digest(secret.encode(), text, "sha256")[:16]


@given(PAYLOADS)
def test_the_canonical_text_of_what_json_can_hold_is_json(payload: dict[str, Any]) -> None:
    text = canonical(encode_item(payload).item)

    assert text.startswith(b"[") or json.loads(text) == decode(encode_item(payload).item)
