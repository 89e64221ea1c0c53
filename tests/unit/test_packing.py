"""Packing: smaller in the table, equal to everyone who reads it."""

from __future__ import annotations

import json
import zlib
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from careervp_jobs_dal.codec.fingerprint import canonical
from careervp_jobs_dal.codec.packing import MAGIC, decode_record, pack
from careervp_jobs_dal.codec.values import encode_item
from tests.unit.test_values import NAMES, NUMBERS, TEXTS, VALUES

REQUESTS = sorted((Path(__file__).parents[2] / "examples" / "requests").glob("*.json"))
JSON_VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), NUMBERS, TEXTS),
    lambda inner: st.one_of(st.lists(inner), st.dictionaries(NAMES, inner)),
    max_leaves=20,
)


def encoded(payload: dict[str, Any]) -> dict[str, Any]:
    return encode_item(payload).item


def text(payload: dict[str, Any]) -> bytes:
    return canonical(encoded(payload))


@given(st.dictionaries(NAMES, JSON_VALUES))
def test_every_json_payload_can_be_packed_and_reads_back_equal(payload: dict[str, Any]) -> None:
    packed = pack(text(payload), above=-1)

    assert packed is not None
    assert decode_record({"input_data": packed}) == {"input_data": payload}


@given(st.dictionaries(NAMES, VALUES))
def test_both_forms_read_back_the_same(payload: dict[str, Any]) -> None:
    as_map = encoded(payload)
    packed = pack(text(payload), above=-1)

    for exact in (False, True):
        whole = decode_record({"input_data": as_map}, exact_numbers=exact)
        assert packed is None or decode_record({"input_data": packed}, exact_numbers=exact) == whole


@pytest.mark.parametrize("value", [b"bytes", {"a"}, {1}, Decimal("0.12345678901234567890123")], ids=repr)
def test_what_json_cannot_hold_equal_stays_a_map(value: object) -> None:
    assert pack(text({"a": ["x" * 9000, value]}), above=4096) is None


def test_only_what_is_longer_than_the_threshold_is_packed() -> None:
    payload = {"a": "é" * 10}
    size = len(json.dumps(payload, ensure_ascii=False, separators=(",", ":")).encode())

    assert pack(text(payload), above=size) is None
    assert pack(text(payload), above=size - 1) is not None


@pytest.mark.parametrize(
    "stored",
    [b"", b"bytes", MAGIC, MAGIC + b"no zlib", MAGIC + zlib.compress(b"no json"), MAGIC + zlib.compress(b"\xff")],
    ids=repr,
)
def test_bytes_that_only_look_packed_are_shown_as_they_are(stored: bytes) -> None:
    assert decode_record({"input_data": stored}) == {"input_data": stored}


def test_only_input_data_is_unpacked() -> None:
    packed = pack(text({"a": 1}), above=0)

    assert decode_record({"other": packed}) == {"other": packed}


@pytest.mark.parametrize("request_file", REQUESTS, ids=lambda path: path.stem)
def test_a_real_request_is_stored_in_less_than_half(request_file: Path) -> None:
    payload = json.loads(request_file.read_text())
    packed = pack(text(payload), above=0)

    assert packed is not None
    assert len(packed) < encode_item(payload).size / 2
    assert decode_record({"input_data": packed})["input_data"] == payload
