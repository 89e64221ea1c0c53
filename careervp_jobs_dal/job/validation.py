"""Checks of arguments and fields that need no network; each refusal names the argument, never its value."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import timedelta
from decimal import Decimal
from typing import Any, TypeGuard
from uuid import UUID

from careervp_jobs_dal.job.attribute import (
    ACTIVE_SHARD,
    ATTEMPT,
    AVAILABLE_AT,
    CANCEL_REQUESTED_AT,
    CANCELLED_AT,
    CLAIM_ID,
    CLAIMED_BY,
    CREATED_AT,
    DUE_AT,
    FINGERPRINT,
    IDEMPOTENCY_KEY,
    INPUT_DATA,
    JOB_ID,
    KIND,
    LEASE_EXPIRES_AT,
    MAX_ATTEMPTS,
    OWNED,
    PACKED_MARK,
    RESERVE,
    STATUS,
    SUBMISSION_ID,
    TTL,
    USER_ID,
)
from careervp_jobs_dal.job.index import Wait, shards
from careervp_jobs_dal.job.instant import is_instant_text, parse_instant
from careervp_jobs_dal.job.invalid_input import InvalidInputError
from careervp_jobs_dal.job.record import Claim
from careervp_jobs_dal.job.status import JobStatus, parse_status

REQUIRED_FIELDS = (JOB_ID, STATUS, CREATED_AT)
# DynamoDB leaves an item without `idempotency_key` out of the index, so no look-up by key would find the job.
REQUIRED_TO_CREATE = (*REQUIRED_FIELDS, IDEMPOTENCY_KEY)

# DynamoDB's limit for a partition key, in bytes of UTF-8; an empty key is refused as well.
MAX_KEY_BYTES = 2048
# Keys that begin so hold users' quotas: nobody may create a job with such an id.
QUOTA_PREFIX = "active-jobs/"
MAX_COUNT = 1_000_000_000
_END_OF_YEAR_9999 = 253_402_300_800
_OLDEST = timedelta(days=36_525)
# DynamoDB's rule for the names of tables and indexes; a request can name a table by its ARN as well.
_RESOURCE_NAME = re.compile(r"[a-zA-Z0-9_.-]{3,255}")
RESOURCE_NAME = "text of 3 to 255 letters, digits, dots, hyphens and underscores"
_TABLE_ARN = re.compile(r"arn:[^\s:]+:dynamodb:[^\s:]*:[^\s:]*:table/[a-zA-Z0-9_.-]{3,255}")


def require(job_data: object, names: tuple[str, ...]) -> None:
    """Check that `job_data` is a mapping with these fields.

    >>> require({"job_id": "vpr-1"}, REQUIRED_FIELDS)
    Traceback (most recent call last):
    careervp_jobs_dal.job.invalid_input.InvalidInputError: Missing required field: status

    Raises:
        InvalidInputError: it is no mapping, or a field is missing.
    """
    if not isinstance(job_data, Mapping):
        raise InvalidInputError(f"Expected a dict, not {type(job_data).__name__}")
    for name in names:
        if name not in job_data:
            raise InvalidInputError(f"Missing required field: {name}")


def check_fields(item: Mapping[str, Any]) -> None:
    """Check the encoded fields that the library interprets.

    >>> check_fields({"status": "DONE"})
    Traceback (most recent call last):
    careervp_jobs_dal.job.invalid_input.InvalidInputError: status must be one of PENDING, PROCESSING, COMPLETED, FAILED

    Raises:
        InvalidInputError: a field has no valid value; the message names the field and its rule.
    """
    for name, (valid, expected) in _RULES.items():
        if name in item and not valid(item[name]):
            raise InvalidInputError(f"{name} must be {expected}")


def check_owned(item: Mapping[str, Any]) -> None:
    """Check the encoded attributes of the lifecycle in a record that a caller brings.

    DynamoDB compares them as they stand, so each must have the form that the library writes.

    >>> check_owned({"lease_expires_at": "2026-02-03T07:30:00-08:00"})
    Traceback (most recent call last):
    careervp_jobs_dal.job.invalid_input.InvalidInputError: lease_expires_at must be UTC text such as \
2026-02-03T13:05:32.000000Z, or an aware datetime

    Raises:
        InvalidInputError: an attribute has another form; the message names the attribute and its form.
    """
    for name, (valid, expected) in _OWNED_RULES.items():
        if name in item and not valid(item[name]):
            raise InvalidInputError(f"{name} must be {expected}")


def refuse_owned(fields: Mapping[str, Any], *more: str) -> None:
    """Refuse fields that only the library writes.

    >>> refuse_owned({"attempt": 7})
    Traceback (most recent call last):
    careervp_jobs_dal.job.invalid_input.InvalidInputError: attempt is written by the library only

    Raises:
        InvalidInputError: there is such a field; the message names the first.
    """
    for name in fields:
        if name in OWNED or name in more:
            raise InvalidInputError(f"{name} is written by the library only")


def check_max_attempts(max_attempts: object) -> None:
    """Check a limit of attempts.

    Raises:
        InvalidInputError: it is not a whole number from 1 to a billion.
    """
    if not _is_count(max_attempts, MAX_COUNT):
        raise InvalidInputError("max_attempts must be a whole number of at least 1, and at most a billion")


def read_id(value: object, name: str) -> str:
    """Read an id, which is text or a UUID.

    >>> read_id(UUID(int=7), "job_id")
    '00000000-0000-0000-0000-000000000007'

    Raises:
        InvalidInputError: it is anything else; the message names the argument.
    """
    if isinstance(value, str):
        return str.__str__(value)  # the text of a StrEnum's member, even if the class shows another one
    if isinstance(value, UUID):
        return str(value)
    raise InvalidInputError(f"{name} must be text or a UUID, not {type(value).__name__}")


def read_key(value: object, name: str) -> str:
    """Read an id that is a key of the table or of an index.

    Raises:
        InvalidInputError: it is no id, or none that DynamoDB takes as a key; the message names the argument.
    """
    key = value if type(value) is str else read_id(value, name)
    valid, expected = _RULES[name]
    if not valid(key):
        raise InvalidInputError(f"{name} must be {expected}")
    return key


def read_user(user_id: object) -> str | None:
    """Read a user's id, where one is given.

    Raises:
        InvalidInputError: it cannot be a user's id; the message says why.
    """
    return None if user_id is None else read_key(user_id, USER_ID)


def check_text(value: object, name: str) -> None:
    """Check an argument that is stored as text.

    Raises:
        InvalidInputError: it is no text; the message names the argument.
    """
    if not isinstance(value, str):
        raise InvalidInputError(f"{name} must be text")


def check_kind(kind: object) -> None:
    """Check the kind of the jobs that a call is restricted to.

    Raises:
        InvalidInputError: it is neither None nor text with at least one character.
    """
    if not isinstance(kind, str | None) or kind == "":
        raise InvalidInputError(f"{KIND} must be the name of a kind, or None")


def is_table_name(name: object) -> bool:
    """Tell whether a table can have this name, or be named by this ARN.

    >>> is_table_name("careervp-jobs-table-dev"), is_table_name("jobs table"), is_table_name("x")
    (True, False, False)
    """
    return isinstance(name, str) and bool(_RESOURCE_NAME.fullmatch(name) or _TABLE_ARN.fullmatch(name))


def is_index_name(name: object) -> bool:
    """Tell whether an index can have this name.

    >>> is_index_name("idempotency-key-index"), is_index_name("")
    (True, False)
    """
    return isinstance(name, str) and bool(_RESOURCE_NAME.fullmatch(name))


def check_claim(claim: object) -> None:
    """Check that the argument is a `Claim`.

    Raises:
        InvalidInputError: it is not.
    """
    if not isinstance(claim, Claim):
        raise InvalidInputError(f"Expected a Claim, not {type(claim).__name__}")


def check_limit(limit: object, most: int) -> None:
    """Check a limit on the number of jobs.

    Raises:
        InvalidInputError: it is not a whole number from 1 to `most`.
    """
    if not _is_count(limit, most):
        raise InvalidInputError(f"limit must be a whole number from 1 to {most:,}")


def check_age(older_than: object) -> None:
    """Check an age.

    Raises:
        InvalidInputError: it is not a timedelta from 0 to 100 years.
    """
    if not isinstance(older_than, timedelta) or not timedelta(0) <= older_than <= _OLDEST:
        raise InvalidInputError("older_than must be a timedelta from 0 to 100 years")


def is_key(value: object) -> TypeGuard[str]:
    """Tell whether DynamoDB takes this as a key: text of 1 to 2,048 bytes.

    >>> is_key("vpr-1"), is_key(""), is_key(None), is_key("a" * 2049)
    (True, False, False, False)
    """
    if not isinstance(value, str):
        return False
    try:
        return 1 <= len(value.encode()) <= MAX_KEY_BYTES
    except UnicodeEncodeError:
        return False


def _is_count(value: object, most: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= most


def _is_status(value: object) -> bool:
    return parse_status(value) is not None


def _is_instant(value: object) -> bool:
    return parse_instant(value) is not None


def _is_epoch_seconds(value: object) -> bool:
    """Tell whether this is a whole number of seconds before the year 10000.

    Milliseconds of this century are refused: taken as seconds, they lie far beyond it.
    """
    return isinstance(value, Decimal) and 0 <= value < _END_OF_YEAR_9999 and value == int(value)


def _is_whole(value: object) -> bool:
    return isinstance(value, Decimal) and 0 <= value <= MAX_COUNT and value == int(value)


def _is_limit(value: object) -> bool:
    return _is_whole(value) and value != 0


def _is_text(value: object) -> bool:
    return isinstance(value, str)


def _is_mark(value: object) -> bool:
    return isinstance(value, str | bytes) and len(value) > 0


def _is_shard(value: object) -> bool:
    return isinstance(value, str) and value in _SHARDS


def _is_unpacked(value: object) -> bool:
    """Tell whether no read would take this for a packed payload."""
    return not (isinstance(value, bytes) and value.startswith(PACKED_MARK))


_SHARDS = frozenset(shard for wait in Wait for shard in shards(wait))
_A_KEY = f"text of 1 to {MAX_KEY_BYTES:,} bytes"
_Rules = dict[str, tuple[Callable[[object], bool], str]]
_RULES: _Rules = {
    JOB_ID: (is_key, _A_KEY),
    STATUS: (_is_status, f"one of {', '.join(JobStatus)}"),
    CREATED_AT: (_is_instant, "an ISO 8601 date and time"),
    IDEMPOTENCY_KEY: (is_key, _A_KEY),
    # Nothing in a write says which indexes the table has.
    USER_ID: (is_key, f"{_A_KEY}, because it is the key of the index of a user's jobs"),
    TTL: (_is_epoch_seconds, "a whole number of seconds since 1970"),
    INPUT_DATA: (_is_unpacked, "a value that does not begin with the bytes of a packed payload"),
}
_AN_INSTANT = (is_instant_text, "UTC text such as 2026-02-03T13:05:32.000000Z, or an aware datetime")
_OWNED_RULES: _Rules = {
    ATTEMPT: (_is_whole, "a whole number from 0 to a billion"),
    MAX_ATTEMPTS: (_is_limit, "a whole number from 1 to a billion"),
    CLAIM_ID: (is_key, _A_KEY),
    CLAIMED_BY: (_is_text, "text"),
    LEASE_EXPIRES_AT: _AN_INSTANT,
    AVAILABLE_AT: _AN_INSTANT,
    CANCEL_REQUESTED_AT: _AN_INSTANT,
    CANCELLED_AT: _AN_INSTANT,
    SUBMISSION_ID: (_is_mark, "the mark of a submission"),
    FINGERPRINT: (_is_mark, "the hash of a payload"),
    DUE_AT: _AN_INSTANT,
    ACTIVE_SHARD: (_is_shard, "a partition of the active index, such as q5"),
    RESERVE: (_is_text, "text"),
}
