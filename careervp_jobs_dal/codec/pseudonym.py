"""Pseudonyms of users, for places that a user's id must not reach, such as the attributes of a queue's messages.

One user has one pseudonym. Without a secret, whoever has a list of ids can find the one behind a pseudonym; with a
secret, nobody else can.
"""

from __future__ import annotations

import hmac
from base64 import urlsafe_b64encode
from hashlib import sha256

_PURPOSE = b"careervp-jobs-dal user 1"
# 128 bits tell any two users apart.
_DIGEST_BYTES = 16


def pseudonym(user_id: str, secret: str | None = None) -> str:
    """Return 22 letters, digits, `-` and `_` that stand for a user.

    >>> pseudonym("user-1")
    'bme9Ve5DDZfxxC_V4zUocA'
    >>> pseudonym("user-1", "secret") == pseudonym("user-1")
    False
    """
    key = _PURPOSE if secret is None else hmac.digest(secret.encode(), _PURPOSE, "sha256")
    digest = hmac.digest(key, user_id.encode(), sha256)
    return urlsafe_b64encode(digest[:_DIGEST_BYTES]).decode().rstrip("=")
