"""Packing: smaller in the table, equal to everyone who reads it."""

from __future__ import annotations

import json
import tracemalloc
import zlib
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from careervp_jobs_dal.codec.fingerprint import canonical
from careervp_jobs_dal.codec.packing import MAGIC, MAX_PAYLOAD_BYTES, decode_record, pack
from careervp_jobs_dal.codec.values import encode_item
from careervp_jobs_dal.job.snapshot import CorruptRecordError
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


@given(st.binary().filter(lambda stored: not stored.startswith(MAGIC[:3])))
@example(b"")
@example(b"cv")
@example(zlib.compress(b"{}"))
def test_bytes_without_the_mark_are_shown_as_they_are(stored: bytes) -> None:
    assert decode_record({"input_data": stored}) == {"input_data": stored}


def is_corrupt(stored: bytes) -> bool:
    """Whether the record is refused, with and without exact numbers, by the name of the attribute and nothing else."""
    told = []
    for exact in (False, True):
        try:
            decode_record({"job_id": "vpr-1", "input_data": stored}, exact_numbers=exact)
        except CorruptRecordError as refused:
            told.append(str(refused))
    assert told in ([], ["input_data"] * 2)
    return bool(told)


@given(st.integers(0, 255).filter(lambda version: version != MAGIC[3]), st.binary())
def test_a_payload_of_a_later_version_is_corrupt(version: int, rest: bytes) -> None:
    payload = zlib.compress(b"{}")

    assert is_corrupt(MAGIC[:3] + bytes([version]) + payload)
    assert is_corrupt(MAGIC[:3] + bytes([version]) + rest)


@given(st.dictionaries(NAMES, JSON_VALUES), st.data())
def test_a_cut_payload_and_one_with_something_behind_it_are_corrupt(
    payload: dict[str, Any], data: st.DataObject
) -> None:
    packed = pack(text(payload), above=-1) or b""

    assert is_corrupt(packed[: data.draw(st.integers(len(MAGIC) - 1, len(packed) - 1))])
    assert is_corrupt(packed + data.draw(st.binary(min_size=1)))


@given(st.dictionaries(NAMES, JSON_VALUES, min_size=1), st.data())
def test_a_damaged_payload_is_corrupt_or_still_the_same(payload: dict[str, Any], data: st.DataObject) -> None:
    packed = bytearray(pack(text(payload), above=-1) or b"")
    packed[data.draw(st.integers(len(MAGIC), len(packed) - 1))] ^= data.draw(st.integers(1, 255))

    assert is_corrupt(bytes(packed)) or decode_record({"input_data": bytes(packed)}) == {"input_data": payload}


DEEP = b"[" * 200_000 + b"]" * 200_000
NEVER_STORED = {
    "nothing": b"",
    "no JSON": b"no json",
    "a list": b"[1]",
    "a text": b'"x"',
    "null": b"null",
    "no UTF-8": b'{"a":"\xff"}',
    "UTF-16": '{"a":1}'.encode("utf-16"),
    "a byte order mark": b'\xef\xbb\xbf{"a":1}',
    "half a character": b'{"a":"\\ud800"}',
    "half a character in a name": b'{"\\uD800":1}',
    "32 containers": b'{"a":' + b"[" * 31 + b"]" * 31 + b"}",
    "thousands of containers": b'{"a":' + b'{"a":' * 5_000 + b"1" + b"}" * 5_001,
    "no end of containers": b'{"a":' + DEEP + b"}",
    "39 digits": b'{"a":1' + b"0" * 38 + b"}",
    "5,000 digits": b'{"a":' + b"9" * 5_000 + b"}",
    "39 digits of a fraction": b'{"a":0.' + b"1" * 39 + b"}",
    "a large exponent": b'{"a":1e400}',
    "a small exponent": b'{"a":1e-131}',
    "NaN": b'{"a":NaN}',
    "infinity": b'{"a":[-Infinity]}',
}


@pytest.mark.parametrize("content", NEVER_STORED.values(), ids=NEVER_STORED)
def test_what_the_library_never_packs_is_corrupt(content: bytes) -> None:
    assert is_corrupt(MAGIC + zlib.compress(content))


@pytest.mark.parametrize("inner", ["1e400 NaN \\ud800", "9" * 50, "\\" + "ud800", "Infinity"], ids=repr)
def test_a_text_that_only_looks_like_such_a_number_is_read(inner: str) -> None:
    payload = {"a": inner, "deep": nested(30)}

    assert decode_record({"input_data": pack(text(payload), above=0)}) == {"input_data": payload}


def nested(containers: int) -> Any:
    value: Any = "scalar"
    for _ in range(containers):
        value = [value]
    return value


def test_a_payload_unpacks_to_its_limit_and_not_beyond() -> None:
    longest = b'{"a":"' + b"a" * (MAX_PAYLOAD_BYTES - 8) + b'"}'

    assert len(decode_record({"input_data": pack(longest, above=0)})["input_data"]["a"]) == MAX_PAYLOAD_BYTES - 8
    assert is_corrupt(pack(longest.replace(b"aa", b"aaa", 1), above=0) or b"")


def test_a_small_record_does_not_unpack_to_a_hundred_megabytes() -> None:
    bomb = pack(b'{"a":"' + b"a" * 100_000_000 + b'"}', above=0) or b""
    assert len(bomb) < 100_000

    tracemalloc.start()
    assert is_corrupt(bomb)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert peak < 5 * MAX_PAYLOAD_BYTES


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
