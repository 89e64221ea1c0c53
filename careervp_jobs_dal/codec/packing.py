"""Compression of a large `input_data` into one Binary attribute, and the decoding of records in either form.

DynamoDB bills every write for the whole item, so each change of status pays for a payload of 11 KB again. Compressed,
the payload has about a fifth of that size. A payload is packed only if it is equal after unpacking.

A packed payload begins with three bytes that mark it and one for the version of the format. What bears the mark is
either read in full or the record is corrupt, because work that got the bytes in place of its payload would fail for no
fault of its own. A few bytes can unpack to a gigabyte, so a payload has a limit on its way in and on its way out.
"""

from __future__ import annotations

import json
import re
import zlib
from decimal import Decimal
from typing import TYPE_CHECKING, Any, TypeAlias

from careervp_jobs_dal.codec.attribute_value import StrangeItem
from careervp_jobs_dal.codec.values import MAX_CONTAINERS, decode, encode_item
from careervp_jobs_dal.job.attribute import INPUT_DATA, PACKED_MARK
from careervp_jobs_dal.job.snapshot import CorruptRecordError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from careervp_jobs_dal.job.record import Item, JobRecord

    Decoder: TypeAlias = Callable[[Item], JobRecord]
    """Function that turns a stored item into the record that callers see."""

MAX_PAYLOAD_BYTES = 1_048_576
"""The most bytes of JSON that a submitted payload can have, packed or not: 1 MiB."""

# The last byte is the version of the format: UTF-8 JSON, compressed by zlib.
MAGIC = PACKED_MARK + b"\x01"
# Level 1 would save 50 µs a payload, but add an eighth more bytes, for which every later write is billed.
_LEVEL = 6
# May be a number or a text that no job has; looking for it is quicker than looking at every value.
_LONG_NUMBER = re.compile(rb"[0-9](?:[0-9]{38}|[eE][+-]?[0-9]{3})")
_NO_VALUES = (b"NaN", b"Infinity", rb"\ud", rb"\uD")


def pack(text: bytes, *, above: int) -> bytes | None:
    """Pack a payload's canonical text that is longer than `above` bytes.

    The answer is None for a payload that stays a Map: a small one, or one that JSON cannot hold.

    >>> len(pack(b'{"text":"' + b"a" * 5000 + b'"}', above=4096) or b"") < 100
    True
    >>> pack(b'{"text":"short"}', above=4096) is None
    True
    """
    return MAGIC + zlib.compress(text, _LEVEL) if text.startswith(b"{") and len(text) > above else None


def decode_record(item: Mapping[str, Any], *, exact_numbers: bool = False) -> JobRecord:
    """Decode a stored job, and unpack its `input_data`.

    >>> decode_record({"job_id": "vpr-1", "input_data": pack(b'{"text":"short"}', above=0)})
    {'job_id': 'vpr-1', 'input_data': {'text': 'short'}}

    Raises:
        CorruptRecordError: an attribute cannot be read.
    """
    if isinstance(item, StrangeItem):
        raise CorruptRecordError(item.attribute)
    record: JobRecord = decode(dict(item), exact_numbers=exact_numbers)
    stored = record.get(INPUT_DATA)
    if isinstance(stored, bytes) and stored.startswith(PACKED_MARK):
        record[INPUT_DATA] = _unpack(stored, exact_numbers)
    return record


def _unpack(packed: bytes, exact_numbers: bool) -> Any:
    """Unpack a payload.

    Raises:
        CorruptRecordError: it is damaged, of a later version, too large, or none that the library stores.
    """
    number = Decimal if exact_numbers else None
    try:
        json_bytes = _inflated(packed)
        text = json_bytes.decode()
        payload = json.loads(text, parse_int=number, parse_float=number)
        if _LONG_NUMBER.search(json_bytes) or any(word in json_bytes for word in _NO_VALUES):
            # Python's reader takes NaN and Infinity, halves of characters, and numbers of any size and precision.
            exact = json.loads(text, parse_int=Decimal, parse_float=Decimal, parse_constant=Decimal)
            encode_item({INPUT_DATA: exact})
    # A number of very many digits is a ValueError of Python's own.
    except (zlib.error, ValueError, ArithmeticError, RecursionError):
        raise CorruptRecordError(INPUT_DATA) from None
    if type(payload) is not dict or not _is_flat_enough(payload, MAX_CONTAINERS - 1):
        raise CorruptRecordError(INPUT_DATA)
    return payload


def _inflated(packed: bytes) -> bytes:
    """Unpack the text of a payload, up to the limit of a payload.

    Raises:
        ValueError: it is of another version, cut or too large, or something follows it.
        zlib.error: it is damaged.
    """
    inflater = zlib.decompressobj()
    text = inflater.decompress(packed[len(MAGIC) :], MAX_PAYLOAD_BYTES + 1)
    if not packed.startswith(MAGIC) or len(text) > MAX_PAYLOAD_BYTES or not inflater.eof or inflater.unused_data:
        raise ValueError("no packed payload")
    return text


def _is_flat_enough(container: Any, room: int) -> bool:
    """Tell whether no value is nested deeper than DynamoDB's own values can be."""
    for inner in container.values() if type(container) is dict else container:
        if (type(inner) is dict or type(inner) is list) and not (room and _is_flat_enough(inner, room - 1)):
            return False
    return True
