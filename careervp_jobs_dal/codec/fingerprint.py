"""A payload's canonical text, and the hash of that text: the fingerprint. Equal payloads have equal fingerprints.

Where JSON can hold the payload, the text is JSON with sorted keys; the packed payload is made of the same text. Any
other payload (with bytes, sets, or numbers that no int or float equals) becomes a list in which each value follows the
name of its type.
"""

from __future__ import annotations

import json
from decimal import Context, Decimal
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from careervp_jobs_dal.codec.values import plain_number

if TYPE_CHECKING:
    from collections.abc import Mapping

# More than the 38 digits of DynamoDB's numbers, so that `normalize` never rounds.
_EXACT = Context(prec=40)


def canonical(payload: Mapping[str, Any]) -> bytes:
    """Write an encoded payload in its canonical form.

    >>> canonical({"b": "x", "a": Decimal("1.0")})
    b'{"a":1,"b":"x"}'
    >>> canonical({"a": {Decimal(1)}})
    b'["M",["a",["S",["N","1"]]]]'
    """
    try:
        text = _JSON.encode(payload)
    except TypeError:
        text = json.dumps(_by_kind(payload), ensure_ascii=False, separators=(",", ":"))
    return text.encode()


def fingerprint(text: bytes) -> str:
    """Return the SHA-256 of a canonical text, in hexadecimal digits.

    >>> fingerprint(b"{}")[:8]
    '44136fa3'
    """
    return sha256(text).hexdigest()


def _number(value: object) -> int | float:
    """Convert a Decimal to the equal int or float.

    Raises:
        TypeError: no int or float equals it, or it is no Decimal.
    """
    if isinstance(value, Decimal):
        plain = plain_number(value)
        if isinstance(plain, int) or Decimal(repr(plain)) == value:
            return plain
    raise TypeError


def _by_kind(value: Any) -> Any:
    """Convert a value to a list that begins with the name of its type.

    Texts, booleans and null stay as they are.
    """
    if isinstance(value, Decimal):
        return ["N", format(value.normalize(_EXACT), "f") if value else "0"]
    if isinstance(value, dict):
        return ["M", *([name, _by_kind(value[name])] for name in sorted(value))]
    if isinstance(value, list):
        return ["L", *map(_by_kind, value)]
    if isinstance(value, bytes):
        return ["B", value.hex()]
    if isinstance(value, set):
        return ["S", *sorted(map(_by_kind, value))]
    return value


_JSON = json.JSONEncoder(default=_number, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
