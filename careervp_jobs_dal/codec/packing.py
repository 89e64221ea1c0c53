"""A large `input_data` as one compressed Binary attribute, and records read back whichever form they have.

DynamoDB bills every write of a job for the whole item, so a payload of 11 KB is paid again at each change of status;
compressed it is about a third. Only what comes back equal is packed.
"""

from __future__ import annotations

import json
import zlib
from decimal import Decimal
from typing import TYPE_CHECKING, Any, TypeAlias

from careervp_jobs_dal.codec.values import decode
from careervp_jobs_dal.job.attribute import INPUT_DATA

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from careervp_jobs_dal.job.record import Item, JobRecord

    Decoder: TypeAlias = Callable[[Item], JobRecord]
    """Makes the record that callers see of a stored one."""

# The last byte is the version of the form: UTF-8 JSON behind zlib.
MAGIC = b"cvz\x01"
# Level 1 saves 50 µs a payload and costs an eighth more bytes, which every later write is billed for.
_LEVEL = 6


def pack(text: bytes, *, above: int) -> bytes | None:
    """Pack a payload's canonical text that is longer than `above` bytes.

    Returns None where the payload is to stay a Map: a small one, and one that JSON cannot hold.

    >>> len(pack(b'{"text":"' + b"a" * 5000 + b'"}', above=4096) or b"") < 100
    True
    >>> pack(b'{"text":"short"}', above=4096) is None
    True
    """
    return MAGIC + zlib.compress(text, _LEVEL) if text.startswith(b"{") and len(text) > above else None


def decode_record(item: Mapping[str, Any], *, exact_numbers: bool = False) -> dict[str, Any]:
    """Decode a stored job, its `input_data` as a dict in either form.

    >>> decode_record({"job_id": "vpr-1", "input_data": pack(b'{"text":"short"}', above=0)})
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
