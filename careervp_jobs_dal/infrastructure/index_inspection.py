"""The inspection of a live table's indexes: the library's own, and those that somebody else has added."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, get_args

from careervp_jobs_dal.infrastructure import aws_command as command
from careervp_jobs_dal.infrastructure.description import key_schema
from careervp_jobs_dal.infrastructure.finding import Finding
from careervp_jobs_dal.job.attribute import APPLICATION_ID, CLAIMED_BY, ERROR, KIND, PUBLIC_ERROR
from careervp_jobs_dal.job.index import OPTIONAL_INDEXES, Index, Projection
from careervp_jobs_dal.job.schema import ANY, ATTRIBUTES

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

_WRITTEN = {attribute.name: attribute.types for attribute in ATTRIBUTES}
_FREE_TEXT = frozenset({APPLICATION_ID, CLAIMED_BY, ERROR, KIND, PUBLIC_ERROR})
"""Attributes that are empty texts where the caller gives such."""


class Expected(NamedTuple):
    """Expected indexes of a table.

    Attributes:
        table_name: the table's name.
        required: the index on the idempotency key.
        wanted: the optional indexes that must exist.
        one_region_writes: whether replicas in other Regions are only read.
    """

    table_name: str
    required: Index
    wanted: tuple[Index, ...] = ()
    one_region_writes: bool = False


def inspect_indexes(expected: Expected, table: Mapping[str, Any]) -> Iterator[Finding]:
    """Inspect the indexes: needed ones must exist, existing ones must be right.

    >>> from careervp_jobs_dal.job.index import idempotency_index
    >>> [finding.what for finding in inspect_indexes(Expected("jobs", idempotency_index()), {})]
    ['The index idempotency-key-index is missing']
    """
    name, types = expected.table_name, types_of(table)
    found = {index["IndexName"]: index for index in table.get("GlobalSecondaryIndexes", [])}
    for index in (expected.required, *OPTIONAL_INDEXES):
        needed = index is expected.required or index in expected.wanted
        present = found.pop(index.name, None)
        if present is None and needed:
            yield Finding("error", f"The index {index.name} is missing", command.add_index(name, index))
        elif present is not None and present.get("IndexStatus") == "DELETING":
            yield _deleting(name, index, needed=needed)
        elif present is not None:
            yield from _index(name, index, present, types, optional=index is not expected.required)
    for index_name, foreign in found.items():
        yield from _foreign(name, index_name, foreign, types)


def _deleting(name: str, index: Index, *, needed: bool) -> Finding:
    what = f"The index {index.name} is DELETING"
    if needed:
        return Finding("error", what, f"When it is gone {command.add_index(name, index)}")
    return Finding("advice", what, "Look again when it is gone")


def _index(
    name: str, index: Index, found: Mapping[str, Any], types: Mapping[str, str], *, optional: bool
) -> Iterator[Finding]:
    anew = f"{command.delete_index(name, index.name)}; when it is gone {command.add_index(name, index)}"
    wanted, keys = key_words(key_schema(index.partition, index.sort)), key_words(found["KeySchema"], types)
    if keys != wanted:
        yield Finding("error", f"The key of the index {index.name} is {keys} instead of {wanted}", anew)
    yield from _projection(index, found["Projection"]["ProjectionType"], anew, optional=optional)
    status = found.get("IndexStatus", "ACTIVE")
    if status == "CREATING":
        filled = ", and is being filled from the records that are there" if found.get("Backfilling") else ""
        yield Finding("error", f"The index {index.name} is CREATING{filled}", "Wait until it is ACTIVE")
    elif status not in {"ACTIVE", "UPDATING"}:
        yield Finding("error", f"The index {index.name} is {status}", "Find out why")


def _projection(index: Index, found: str, anew: str, *, optional: bool) -> Iterator[Finding]:
    """Inspect the projection of an index.

    Jobs are read from the table, so a larger projection than the keys only costs more, unless other code reads it.
    """
    if optional and found != index.projection:
        what = f"The index {index.name} projects {found} instead of {index.projection}: every write pays for that"
        yield Finding("advice", what, anew)
    elif not optional and found not in get_args(Projection):
        what = f"The index {index.name} projects {found}: its matches would be taken for whole records"
        yield Finding("error", what, anew)
    elif not optional and found == "ALL":
        what = f"The index {index.name} projects ALL: every write is billed twice, for code that reads it if any"
        yield Finding("advice", what, anew)


def _foreign(name: str, index_name: str, found: Mapping[str, Any], types: Mapping[str, str]) -> Iterator[Finding]:
    """Inspect the key of an index that is not the library's.

    DynamoDB refuses a write that does not fit the key of an index. Attributes that the library does not know are their
    writers' matter.
    """
    drop = command.delete_index(name, index_name)
    for key in found["KeySchema"]:
        attribute, wanted = key["AttributeName"], types.get(key["AttributeName"])
        written = _WRITTEN.get(attribute)
        if written is None:
            continue
        place = f"The index {index_name} has the key {attribute} ({wanted})"
        if written == ANY:
            yield Finding("advice", f"{place}: a write with another type in {attribute} is refused", drop)
        elif written != (wanted,):
            what = f"{place}, which the library writes as {' or '.join(written)}: such writes are refused"
            yield Finding("error", what, drop)
        elif attribute in _FREE_TEXT:
            yield Finding("advice", f"{place}: a write with an empty text in {attribute} is refused", drop)


def types_of(table: Mapping[str, Any]) -> dict[str, str]:
    """Return the types of the key attributes, by name.

    >>> types_of({"AttributeDefinitions": [{"AttributeName": "job_id", "AttributeType": "S"}]})
    {'job_id': 'S'}
    """
    return {each["AttributeName"]: each["AttributeType"] for each in table.get("AttributeDefinitions", [])}


def key_words(schema: Iterable[Mapping[str, str]], types: Mapping[str, str] | None = None) -> str:
    """Write a key in words, partition key first; without types, all are texts.

    >>> key_words(key_schema("user_id", "created_at"))
    'user_id (S), created_at (S)'
    """
    # "HASH" sorts before "RANGE".
    ordered = sorted(schema, key=lambda key: key["KeyType"])
    names = [key["AttributeName"] for key in ordered]
    return ", ".join(f"{name} ({'S' if types is None else types.get(name, '?')})" for name in names) or "unknown"
