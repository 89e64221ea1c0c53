"""The history of a job's failed attempts, and the notes that an end sheds where its record is full.

An item has at most 400 KB. A job that can be claimed must be able to end, so a write that ends an attempt sheds its
notes until it fits: first the history, then most of the error. The least of them fits into the room that the end itself
makes, because it removes the lease and the job's place in the active index.
"""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING, Any

from careervp_jobs_dal.codec.values import encode_item
from careervp_jobs_dal.job.attribute import ATTEMPT, CLAIM_ID, ERROR, ERRORS
from careervp_jobs_dal.job.instant import instant_text
from careervp_jobs_dal.job.invalid_input import InvalidInputError
from careervp_jobs_dal.plans.plan import write

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Mapping
    from datetime import datetime

    from careervp_jobs_dal.plans.plan import Reply, Request

# Error texts are cut, because every later write is billed for the whole item, and an item has at most 400 KB.
MAX_ERROR_BYTES = 2048
MAX_HISTORY = 10
MAX_HISTORY_ERROR_BYTES = 512
AT = "at"


class Size(IntEnum):
    """Size of a write's notes, from the largest to the smallest."""

    WHOLE = 0
    SHORT = 1
    LEAST = 2
    BARE = 3


def write_fitting(
    job_id: str, update_of: Callable[[Size], Mapping[str, Any]], smallest: Size
) -> Generator[Request, Reply, Reply]:
    """Write an update in the largest size that fits."""
    size = Size.WHOLE
    while True:
        reply = yield write(job_id, update_of(size), shrinkable=size is not smallest)
        if not reply.too_large:
            return reply
        size = Size(size + 1)


_ERROR_BYTES = {Size.WHOLE: MAX_ERROR_BYTES, Size.SHORT: 256, Size.LEAST: 40, Size.BARE: 8}


def clip(text: str, limit: int) -> str:
    """Cut a text to this many bytes of valid UTF-8.

    >>> clip("naïve", 3)
    'na'
    """
    return text.encode("utf-8", "replace")[:limit].decode("utf-8", "ignore")


def clip_error(text: str, size: Size = Size.WHOLE) -> str:
    """Cut an error's text for a write of this size."""
    return clip(text, _ERROR_BYTES[size])


def attempt_entry(attempt: int, claim_id: str | None, error: str, now: datetime) -> dict[str, Any]:
    """Make the history's entry of one attempt.

    The fencing token tells the attempts before a retry from those after it.
    """
    said = clip(error, MAX_HISTORY_ERROR_BYTES)
    return {ATTEMPT: attempt, CLAIM_ID: claim_id, ERROR: said, AT: instant_text(now)}


def history_with(entries: Iterable[Any], entry: Mapping[str, Any]) -> dict[str, Any]:
    """Add an entry to the history.

    A list that a caller stored under that name and that cannot be stored again is replaced.
    """
    # The whole list is written, because DynamoDB's list_append cannot cut a list to its last entries.
    kept = [*(each for each in entries if isinstance(each, dict)), entry][-MAX_HISTORY:]
    try:
        return encode_item({ERRORS: kept}).item
    except InvalidInputError:
        return encode_item({ERRORS: [entry]}).item


def history_of(record: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Read the errors of earlier attempts; entries of any other form are left out."""
    entries = record.get(ERRORS)
    return [entry for entry in entries if isinstance(entry, dict)] if isinstance(entries, list) else []
