"""The answer for an optional index that the table does not have."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from careervp_jobs_dal.infrastructure.aws_command import add_index
from careervp_jobs_dal.job.index import OPTIONAL_INDEXES
from careervp_jobs_dal.result import Failure, Result, ResultCode

if TYPE_CHECKING:
    from careervp_jobs_dal.job.index import Index
    from careervp_jobs_dal.result import Success

T = TypeVar("T")
_ADVICE = ". A new table gets it by"

# Our own text for DynamoDB's refusal of a query, and the message of an engine.
_SIGNS = ("the index that is asked for", "Invalid index")


def is_index_missing(result: Result[Any]) -> bool:
    """Tell whether a query was refused because the table lacks its index.

    >>> is_index_missing(Result.failure("The region is missing", ResultCode.CONFIG_ERROR))
    False
    """
    return result.code is ResultCode.CONFIG_ERROR and any(sign in str(result.error) for sign in _SIGNS)


def index_missing(table_name: str, index: Index) -> Failure:
    """Answer that an optional index is missing, and how to add it."""
    text = (
        f"The table {table_name} does not have the optional index {index.name}{_ADVICE}"
        f" create_table(optional_indexes=True), this one by: {add_index(table_name, index)}"
    )
    return Result.failure(text, ResultCode.CONFIG_ERROR)


def read_missing_index(text: str) -> tuple[str, Index] | None:
    """Read the reason and the index from the text of `index_missing`.

    None for any other text.

    >>> reason, index = read_missing_index(index_missing("jobs", OPTIONAL_INDEXES[0]).error)
    >>> reason, index.name
    ('The table jobs does not have the optional index user-jobs-index', 'user-jobs-index')
    """
    for index in OPTIONAL_INDEXES:
        reason, found, _ = text.partition(f" {index.name}{_ADVICE}")
        if found:
            return f"{reason} {index.name}", index
    return None


def with_index(result: Success[T] | Failure, table_name: str, index: Index) -> Success[T] | Failure:
    """Explain how to add an optional index, if the table lacks it."""
    return index_missing(table_name, index) if is_index_missing(result) else result
