"""The engines, and where each of them differs from DynamoDB.

The defaults of ``Engine`` describe DynamoDB itself, so an entry names only what it gets wrong or
leaves out. Every difference was found by asking the engine at the version given here: when a
version is raised, ask again.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True, kw_only=True)
class Engine:
    """One engine, and what a test may expect of it."""

    name: str

    #: The version to install; None for an engine that runs in process, as part of the environment.
    version: str | None

    #: The largest item it stores, by its own way of counting.
    max_item_bytes: int = 409_600
    #: How much room an attribute needs to be replaced by one of the same size.
    room_to_replace: int = 0
    #: Counts numbers by pairs of digits, and three bytes for a container plus one for each entry.
    sizes_like_dynamodb: bool = True
    #: Refuses more than 31 containers around a scalar.
    validates_nesting: bool = True
    #: Refuses more than 38 digits, and magnitudes from 1E126.
    validates_numbers: bool = True
    #: Refuses an expression of more than 4,096 bytes.
    validates_expression_length: bool = True
    #: Refuses overlapping paths, an empty SET, a repeated clause, and adding to a text.
    validates_updates: bool = True
    #: Refuses a key that has another type than the table or the index says.
    validates_key_types: bool = True
    #: Refuses an index key of more than 2,048 bytes.
    validates_index_key_length: bool = True
    #: Refuses an attribute without a name.
    validates_names: bool = True
    #: Refuses a set that holds a value twice.
    validates_sets: bool = True
    #: Refuses ALL_ATTRIBUTES of an index that projects less.
    validates_projection: bool = True

    #: Gives a number back in its shortest form: what was stored as 1.0 comes back as 1.
    normalises_numbers: bool = True
    #: Adds numbers of 38 digits without rounding them.
    adds_exactly: bool = True
    #: Takes a comparison of a number with a text for false; otherwise Python's TypeError comes out.
    compares_mixed_types: bool = True
    #: Sends the stored item along with a refused condition, when asked to.
    sends_item_on_refusal: bool = True
    #: The error code of a query on an index that is not there.
    missing_index_code: str = "ValidationException"

    #: Lets one of many concurrent conditional writes win, and loses no increment.
    atomic_under_threads: bool = True
    #: Takes a transaction repeated under the same ClientRequestToken for the same one.
    honours_request_token: bool = True

    #: Reports the capacity that single writes use, on the table and on each index.
    counts_write_capacity: bool = True
    #: Reports the capacity that reads use, by the size of the item.
    counts_read_capacity: bool = True
    #: Reports the capacity of a query that finds nothing.
    counts_empty_queries: bool = True
    #: Reports the capacity of a transaction: doubled on the table, single on each index.
    counts_transaction_capacity: bool = True

    #: Knows tags on tables.
    has_tags: bool = True
    #: Knows point-in-time recovery.
    has_backups: bool = True
    #: Seconds, at most, until an expired item is deleted from a table with TTL, by the real clock;
    #: None when that never happens. (DynamoDB takes days, so to a test it is None as well.)
    sweeps_expired_within: int | None = None


ENGINES: Mapping[str, Engine] = {
    engine.name: engine
    for engine in (
        Engine(
            name="moto",
            version=None,
            max_item_bytes=405_000,
            room_to_replace=80,  # it counts the old value and the new one
            sizes_like_dynamodb=False,
            validates_nesting=False,
            validates_numbers=False,  # but magnitudes below 1E-130 it does refuse
            validates_expression_length=False,
            validates_key_types=False,
            validates_names=False,
            validates_sets=False,
            normalises_numbers=False,
            compares_mixed_types=False,
            missing_index_code="ResourceNotFoundException",
            atomic_under_threads=False,
            honours_request_token=False,
            counts_write_capacity=False,
            counts_read_capacity=False,
            counts_transaction_capacity=False,
        ),
        Engine(
            name="ministack",
            version="1.5.33",
            validates_updates=False,
            validates_index_key_length=False,
            validates_names=False,
            validates_projection=False,
            adds_exactly=False,
            counts_read_capacity=False,  # one unit at most, whatever the size
            counts_transaction_capacity=False,  # of the indexes only
            sweeps_expired_within=60,
        ),
        Engine(
            name="dynamodb-local",
            version="3.3.1",
            counts_empty_queries=False,
            counts_transaction_capacity=False,  # it doubles the indexes as well
            has_tags=False,
            has_backups=False,
            sweeps_expired_within=10,  # but, as DynamoDB does, not what expired over 5 years ago
        ),
        Engine(
            name="dynoxide",
            version="3.2.0",
            validates_index_key_length=False,
            has_backups=False,
        ),
    )
}
