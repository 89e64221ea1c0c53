"""Compression of a large `input_data` into one Binary attribute, and the decoding of records in either form.

DynamoDB bills every write for the whole item, so each change of status pays for a payload of 11 KB again. Compressed,
the payload has about a third of that size. A payload is packed only if it is equal after unpacking.
"""

from __future__ import annotations

import json
import re
import zlib
from decimal import Decimal
from typing import TYPE_CHECKING, Any, TypeAlias

from careervp_jobs_dal.codec.attribute_value import StrangeItem, examine
from careervp_jobs_dal.codec.values import decode
from careervp_jobs_dal.job.attribute import INPUT_DATA
from careervp_jobs_dal.job.snapshot import CorruptRecordError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from careervp_jobs_dal.job.record import Item, JobRecord

    Decoder: TypeAlias = Callable[[Item], JobRecord]
    """Function that turns a stored item into the record that callers see."""

# The last byte is the version of the format: UTF-8 JSON, compressed by zlib.
MAGIC = b"cvz\x01"
# Level 1 would save 50 µs a payload, but add an eighth more bytes, for which every later write is billed.
_LEVEL = 6
# May be the text of a number that no job has; looking for it is quicker than looking at every number.
_SUSPICIOUS = re.compile(rb"NaN|Infinity|[eE][+-]?\d{3}")


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
    if isinstance(stored, bytes) and stored.startswith(MAGIC):
        record[INPUT_DATA] = _unpack(stored, exact_numbers)
    return record


def _unpack(packed: bytes, exact_numbers: bool) -> Any:
    """Unpack a payload; bytes that only look packed stay as they are."""
    number = Decimal if exact_numbers else None
    try:
        text = zlib.decompress(packed[len(MAGIC) :])
        payload = json.loads(text, parse_int=number, parse_float=number)
    except (zlib.error, ValueError):
        return packed
    except RecursionError:
        raise CorruptRecordError(INPUT_DATA) from None
    # Python's reader takes NaN and Infinity, and gives infinity for a large exponent; DynamoDB stores none of these.
    if _SUSPICIOUS.search(text) and isinstance(examine({INPUT_DATA: payload}), StrangeItem):
        raise CorruptRecordError(INPUT_DATA)
    return payload
