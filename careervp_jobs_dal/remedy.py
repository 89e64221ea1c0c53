"""What to do about an optional index that the table does not have."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Never

from careervp_jobs_dal.result import Result, ResultCode
from careervp_jobs_dal.table import index_request

if TYPE_CHECKING:
    from careervp_jobs_dal.table import Index

_SIGNS = ("the index that is asked for", "Invalid index")


def is_index_missing(result: Result[Any]) -> bool:
    """Whether a query was refused because its index is not there.

    >>> is_index_missing(Result.failure("The region is missing", ResultCode.CONFIG_ERROR))
    False
    """
    return result.code is ResultCode.CONFIG_ERROR and any(sign in str(result.error) for sign in _SIGNS)


def index_missing(table_name: str, index: Index) -> Result[Never]:
    """Say which index is missing, and how to add it to a new table and to one that is there."""
    text = (
        f"The table {table_name} does not have the optional index {index.name}. A new table gets it by"
        f" create_table(optional_indexes=True), this one by: {add_command(table_name, index)}"
    )
    return Result.failure(text, ResultCode.CONFIG_ERROR)


def add_command(table_name: str, index: Index) -> str:
    """The command that adds an index to a table with on-demand billing.

    >>> from careervp_jobs_dal.table import ACTIVE_JOBS
    >>> add_command("jobs", ACTIVE_JOBS).partition(" --attribute")[0]
    'aws dynamodb update-table --table-name jobs'
    """
    names = [name for name in (index.partition, index.sort) if name]
    attributes = " ".join(f"AttributeName={name},AttributeType=S" for name in names)
    update = json.dumps([{"Create": index_request(index)}], separators=(",", ":"))
    return (
        f"aws dynamodb update-table --table-name {table_name} --attribute-definitions {attributes}"
        f" --global-secondary-index-updates '{update}'"
    )
