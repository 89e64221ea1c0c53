"""Nonces: random texts by which a write is told from every other one."""

from __future__ import annotations

import os
from base64 import b32encode

_LETTERS = 12


def new_nonce() -> str:
    """Make a nonce of 12 lower-case letters and digits, 60 random bits.

    A nonce is compared only with the nonces of the same job, which are few. It can be part of a file's name, also where
    upper and lower case are the same.

    >>> len(new_nonce()), new_nonce() == new_nonce()
    (12, False)
    """
    # Few letters, of base32 and not of hexadecimal digits: every later write of the job is billed for these bytes.
    return b32encode(os.urandom(10)).decode()[:_LETTERS].lower()
