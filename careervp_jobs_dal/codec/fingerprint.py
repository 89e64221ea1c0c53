"""A payload's canonical text, and its hash: they tell whether two payloads are the same, however they are written.

The text is JSON with sorted keys where JSON can hold the payload, so that it serves to store it as well. Any other
payload, with bytes, sets or numbers that no int or float equals, is a list in which values bear the name of their kind.
"""

from __future__ import annotations

import json
from decimal import Context, Decimal
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from careervp_jobs_dal.codec.values import plain_number

if TYPE_CHECKING:
    from collections.abc import Mapping

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
    """The SHA-256 of a canonical text, in hexadecimal digits.

    >>> fingerprint(b"{}")[:8]
    '44136fa3'
    """
    return sha256(text).hexdigest()


def _number(value: object) -> int | float:
    """The equal number that JSON has; TypeError for one without, and for what is no number."""
    if isinstance(value, Decimal):
        plain = plain_number(value)
        if isinstance(plain, int) or Decimal(repr(plain)) == value:
            return plain
    raise TypeError


def _by_kind(value: Any) -> Any:
    """Texts, flags and null stand for themselves; all else is a list that begins with its kind."""
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
