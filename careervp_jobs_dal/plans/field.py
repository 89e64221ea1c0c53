"""Fields that a caller gives with a call: gathered, encoded, put into UTC, and checked."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from careervp_jobs_dal.codec.values import Encoded, encode_item
from careervp_jobs_dal.job.attribute import COMPLETED_AT, CREATED_AT, IDEMPOTENCY_KEY, JOB_ID, STARTED_AT, TTL, USER_ID
from careervp_jobs_dal.job.instant import epoch_seconds, in_utc
from careervp_jobs_dal.job.invalid_input import InvalidInputError
from careervp_jobs_dal.job.misspelling import FIELDS, refuse_misspelled
from careervp_jobs_dal.job.validation import check_fields, read_key

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from careervp_jobs_dal.plans.plan import Plan

T = TypeVar("T")

# Callers may give these instants, in any form of ISO 8601; an index sorts by the first of them.
_INSTANTS = (CREATED_AT, STARTED_AT, COMPLETED_AT)
# Read before they are encoded: the encoder makes texts of dates and enums too.
_IDS = (JOB_ID, IDEMPOTENCY_KEY, USER_ID)


class Given(NamedTuple):
    """Fields of one call, as they were given.

    Attributes:
        further: the keyword arguments that are no options; a misspelled option is refused.
        fields: the argument `fields`, which takes any name.
        options: the names of the method's options.
        arguments: the names of attributes that the call's other arguments set.
    """

    further: Mapping[str, Any]
    fields: Mapping[str, Any] | None
    options: tuple[str, ...]
    arguments: tuple[str, ...] = ()


def with_fields(given: Given, begin: Callable[[Mapping[str, Any]], Plan[T]]) -> Plan[T]:
    """Begin a plan with a call's fields, if their names are no mistakes."""
    if not isinstance(given.fields, Mapping | None):
        raise InvalidInputError(f"{FIELDS} must be a dict, not {type(given.fields).__name__}")
    refuse_misspelled(given.further, given.options)
    chosen = given.fields or {}
    for name in chosen:
        if name in given.further or name in given.arguments:
            raise InvalidInputError(f"{name} is given twice, once in {FIELDS}")
    return (yield from begin({**given.further, **chosen}))


def refuse_past_ttl(item: Mapping[str, Any], now: datetime) -> None:
    """Refuse a `ttl` that is over: the record would be gone at once.

    Raises:
        InvalidInputError: the encoded item has such a `ttl`.
    """
    if TTL in item and item[TTL] <= epoch_seconds(now):
        raise InvalidInputError(f"{TTL} must lie in the future")


def encode_fields(fields: Mapping[str, Any]) -> Encoded:
    """Encode fields, and check those that the library interprets.

    An instant that DynamoDB would not compare as one is written in UTC.

    Raises:
        InvalidInputError: a field cannot be stored, or has no valid value.
    """
    for name in _IDS:
        if name in fields:
            read_key(fields[name], name)
    encoded = encode_item(fields)
    for name in _INSTANTS:
        if name in fields:
            text = encoded.item[name]
            encoded = encoded.with_text(name, in_utc(text)) if isinstance(text, str) else encoded
    check_fields(encoded.item)
    return encoded
