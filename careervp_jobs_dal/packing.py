"""A large `input_data` as one compressed Binary attribute, and records read back whichever form they have.

DynamoDB bills every write of a job for the whole item, so a payload of 11 KB is paid again at each change of status;
compressed it is about a third. Only what comes back equal is packed.
"""

from __future__ import annotations

import json
import zlib
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from careervp_jobs_dal.table import INPUT_DATA
from careervp_jobs_dal.values import decode, plain_number

if TYPE_CHECKING:
    from collections.abc import Mapping

# The last byte is the version of the form: UTF-8 JSON behind zlib.
MAGIC = b"cvz\x01"
# Level 1 saves 50 µs a payload and costs an eighth more bytes, which every later write is billed for.
_LEVEL = 6


def pack(payload: Mapping[str, Any], *, above: int) -> bytes | None:
    """Pack an encoded payload whose JSON is longer than `above` bytes.

    Returns None where it is to stay a Map: a small one, one with bytes or sets, which JSON lacks, and one with a
    Decimal that no int or float equals.

    >>> len(pack({"text": "a" * 5000}, above=4096) or b"") < 100
    True
    >>> pack({"text": "short"}, above=4096) is None
    True
    """
    try:
        text = json.dumps(payload, default=_number, ensure_ascii=False, separators=(",", ":"))
    except TypeError:
        return None
    plain = text.encode()
    return MAGIC + zlib.compress(plain, _LEVEL) if len(plain) > above else None


def decode_record(item: Mapping[str, Any], *, exact_numbers: bool = False) -> dict[str, Any]:
    """Decode a stored job, its `input_data` as a dict in either form.

    >>> decode_record({"job_id": "vpr-1", "input_data": pack({"text": "short"}, above=0)})
    {'job_id': 'vpr-1', 'input_data': {'text': 'short'}}
    """
    record: dict[str, Any] = decode(dict(item), exact_numbers=exact_numbers)
    stored = record.get(INPUT_DATA)
    if isinstance(stored, bytes) and stored.startswith(MAGIC):
        record[INPUT_DATA] = _unpack(stored, exact_numbers)
    return record


def _unpack(packed: bytes, exact_numbers: bool) -> Any:
    """Bytes that only look packed are shown as they are."""
    try:
        text = zlib.decompress(packed[len(MAGIC) :])
        if exact_numbers:
            return json.loads(text, parse_int=Decimal, parse_float=Decimal)
        return json.loads(text)
    except (zlib.error, ValueError):
        return packed


def _number(value: object) -> int | float:
    """For what JSON lacks: a number that is equal, or TypeError, which keeps the payload a Map."""
    if isinstance(value, Decimal):
        plain = plain_number(value)
        if isinstance(plain, int) or Decimal(repr(plain)) == value:
            return plain
    raise TypeError
