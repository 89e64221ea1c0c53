"""The type of boto3's resource in the library's own signatures.

boto3 has no types of its own. Those of the package `types-boto3-dynamodb` are unknown to the type checker of a service
that has not installed it, and then so is every function that names them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable


class DynamoDBServiceResource(Protocol):
    """Resource of boto3: not a client, and not a session."""

    @property
    def meta(self) -> Any:
        """Return the data about the resource, with its client."""
        ...

    @property
    def Table(self) -> Callable[[str], Any]:  # noqa: N802
        """Return the maker of Tables."""
        ...
