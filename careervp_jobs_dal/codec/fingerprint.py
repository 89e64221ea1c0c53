"""A payload's canonical text, and the digest of that text: the fingerprint. Equal payloads have equal fingerprints.

Where there is a secret for ids, the digest is an HMAC. The key of that HMAC is the secret's own HMAC of the purpose, so
that no fingerprint can be taken for an id or for a cursor's mark. A plain hash would let whoever reads a record without
its payload test guesses at the payload.

Where JSON can hold the payload, the text is JSON with sorted keys; the packed payload is made of the same text. Any
other payload (with bytes, sets, or numbers that no int or float equals) becomes a list in which each value follows the
name of its type.
"""

from __future__ import annotations

import hmac
import json
from base64 import urlsafe_b64encode
from decimal import Context, Decimal
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from careervp_jobs_dal.codec.values import plain_number

if TYPE_CHECKING:
    from collections.abc import Mapping

# More than the 38 digits of DynamoDB's numbers, so that `normalize` never rounds.
_EXACT = Context(prec=40)
_PURPOSE = b"careervp-jobs-dal fingerprint 1"
# Half of the digest, because every later write is billed for its bytes: 128 bits tell any two payloads apart.
_DIGEST_BYTES = 16


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


def fingerprint(text: bytes, secret: str | None = None) -> str:
    """Return 128 bits of the digest of a canonical text, in URL-safe Base64.

    The digest is SHA-256, or with a secret HMAC-SHA256.

    >>> fingerprint(b"{}")
    'RBNvo1WzZ4oRRq0W9-hkng'
    >>> fingerprint(b"{}", "secret") == fingerprint(b"{}")
    False
    """
    if secret is None:
        digest = sha256(text).digest()
    else:
        digest = hmac.digest(hmac.digest(secret.encode(), _PURPOSE, "sha256"), text, "sha256")
    return urlsafe_b64encode(digest[:_DIGEST_BYTES]).decode().rstrip("=")


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
