"""Signature Version 4 for requests to DynamoDB: AWS's proof of who sent a request, and that nobody changed it.

secret key -> day -> region -> service -> signing key      the same all day, so it is kept
method, path, headers, hash of the body -> request text
signing key, request text -> signature
"""

from __future__ import annotations

import hashlib
import hmac
from typing import NamedTuple

_ALGORITHM = "AWS4-HMAC-SHA256"
_SERVICE = "dynamodb"


class Keys(NamedTuple):
    """Keys of an AWS identity, with its session's token if any."""

    access_key: str
    secret_key: str
    token: str | None = None

    def __repr__(self) -> str:
        return "Keys(...)"


class Signer:
    """Signer of requests to one host with one set of keys."""

    def __init__(self, keys: Keys, region: str, host: str, content_type: str) -> None:
        self._keys = keys
        self._region = region
        self._signing_key = ("", b"")  # and its day
        token = "" if keys.token is None else f"x-amz-security-token:{_trimmed(keys.token)}\n"
        self._above = f"POST\n/\n\ncontent-type:{content_type}\nhost:{host}\nx-amz-date:"
        self._between = f"\n{token}x-amz-target:"
        names = "content-type;host;x-amz-date;" + ("x-amz-security-token;" if token else "") + "x-amz-target"
        self._below = f"\n\n{names}\n"
        self._names = names

    def authorization(self, target: str, body: bytes, date: str) -> str:
        """Return the value of the Authorization header.

        Args:
            target: the value of the X-Amz-Target header.
            body: the body.
            date: the value of the X-Amz-Date header, such as "20260203T130532Z".
        """
        text = f"{self._above}{date}{self._between}{target}{self._below}{hashlib.sha256(body).hexdigest()}"
        day = date[:8]
        scope = f"{day}/{self._region}/{_SERVICE}/aws4_request"
        hashed = hashlib.sha256(text.encode()).hexdigest()
        signature = _hmac(self._key_of(day), f"{_ALGORITHM}\n{date}\n{scope}\n{hashed}").hex()
        credential = f"{self._keys.access_key}/{scope}"
        return f"{_ALGORITHM} Credential={credential}, SignedHeaders={self._names}, Signature={signature}"

    def _key_of(self, day: str) -> bytes:
        known, key = self._signing_key
        if known != day:
            key = f"AWS4{self._keys.secret_key}".encode()
            for part in (day, self._region, _SERVICE, "aws4_request"):
                key = _hmac(key, part)
            # One assignment, so that another thread never sees the key of another day.
            self._signing_key = (day, key)
        return key


def _hmac(key: bytes, text: str) -> bytes:
    return hmac.digest(key, text.encode(), "sha256")


def _trimmed(value: str) -> str:
    """Reduce each run of white space in a header's value to one space."""
    return " ".join(value.split())
