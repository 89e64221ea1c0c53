"""Nonces: random texts by which a write is told from every other one."""

from __future__ import annotations

import os
from base64 import b32encode

_BYTES = 15


def new_nonce() -> str:
    """Make a nonce of 24 lower-case letters and digits, 120 random bits.

    It can be part of a file's name, also where upper and lower case are the same.

    >>> len(new_nonce()), new_nonce() == new_nonce()
    (24, False)
    """
    # Base32 and not hexadecimal digits: every later write of the job is billed for these bytes.
    return b32encode(os.urandom(_BYTES)).decode().lower()
