"""Cursors of a listing: opaque texts, each bound to one query, and refused once changed.

A cursor replaces DynamoDB's `LastEvaluatedKey`, which holds the user's id and has no protection against changes. It
holds the place where a page ended, and never the user: the query names the user. Its mark is an HMAC under the
repository's secret for ids. Without a secret, anybody who knows this code can forge a cursor. A forged cursor only
leads to another place in the same user's list; the mark then merely keeps the cursors of different queries apart.
"""

from __future__ import annotations

import binascii
import hmac
import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from hashlib import sha256
from typing import NamedTuple

from careervp_jobs_dal.job.invalid_input import InvalidInputError

_MARK_BYTES = 16
_PURPOSE = b"careervp-jobs-dal cursor 1"
_INVALID = "the cursor is not one of this query"


class Place(NamedTuple):
    """Place in the index where a page ended."""

    job_id: str
    instant: str


class Query(NamedTuple):
    """Query that a cursor belongs to."""

    table: str
    index_name: str
    user_id: str
    status: str | None


def seal(place: Place, query: Query, secret: str | None) -> str:
    """Make the cursor of a place.

    >>> query = Query("jobs", "user-jobs-index", "user-1", None)
    >>> unseal(seal(Place("vpr-1", "2026-02-03T13:05:32.000000Z"), query, None), query, None).job_id
    'vpr-1'
    """
    text = _json(place)
    return urlsafe_b64encode(_mark(text, query, secret) + text).decode().rstrip("=")


def unseal(cursor: object, query: Query, secret: str | None) -> Place:
    """Read the place from a cursor.

    Raises:
        InvalidInputError: the text is no cursor, was changed, or belongs to another query.
    """
    sealed = _bytes(cursor)
    mark, text = sealed[:_MARK_BYTES], sealed[_MARK_BYTES:]
    if not hmac.compare_digest(mark, _mark(text, query, secret)):
        raise InvalidInputError(_INVALID)
    try:
        job_id, instant = json.loads(text)
    except (ValueError, TypeError, RecursionError):
        raise InvalidInputError(_INVALID) from None
    if text != _json((job_id, instant)) or not (isinstance(job_id, str) and isinstance(instant, str)):
        raise InvalidInputError(_INVALID)
    return Place(job_id, instant)


def _bytes(cursor: object) -> bytes:
    if not isinstance(cursor, str):
        raise InvalidInputError(_INVALID)
    try:
        return urlsafe_b64decode(cursor.encode("ascii") + b"=" * (-len(cursor) % 4))
    except (ValueError, binascii.Error):
        raise InvalidInputError(_INVALID) from None


def _mark(text: bytes, query: Query, secret: str | None) -> bytes:
    key = hmac.digest((secret or "").encode(), _PURPOSE, "sha256")
    return hmac.digest(key, sha256(_json(query)).digest() + text, "sha256")[:_MARK_BYTES]


def _json(values: tuple[str | None, ...]) -> bytes:
    return json.dumps(values, separators=(",", ":")).encode()
