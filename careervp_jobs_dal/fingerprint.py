"""A hash that tells whether two payloads are the same, however their keys are ordered and their numbers written."""

from __future__ import annotations

import json
from decimal import Context, Decimal
from hashlib import sha256
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

_EXACT = Context(prec=40)


def fingerprint(payload: Mapping[str, Any]) -> str:
    """The SHA-256 of an encoded payload's canonical form, in hexadecimal digits.

    >>> fingerprint({"a": Decimal(1), "b": "x"}) == fingerprint({"b": "x", "a": Decimal("1.0")})
    True
    """
    text = json.dumps(_canonical(payload), ensure_ascii=False, separators=(",", ":"))
    return sha256(text.encode()).hexdigest()


def _canonical(value: Any) -> Any:
    """Texts, flags and null stand for themselves; all else is a list that begins with its kind."""
    if isinstance(value, Decimal):
        return ["N", format(value.normalize(_EXACT), "f") if value else "0"]
    if isinstance(value, dict):
        return ["M", *([name, _canonical(value[name])] for name in sorted(value))]
    if isinstance(value, list):
        return ["L", *map(_canonical, value)]
    if isinstance(value, bytes):
        return ["B", value.hex()]
    if isinstance(value, set):
        return ["S", *sorted(map(_canonical, value))]
    return value
