"""Pages of a scan. DynamoDB reads and bills whole records, also where a page shows a part of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from careervp_jobs_dal.plans.plan import Plan, Request
from careervp_jobs_dal.result import Result

if TYPE_CHECKING:
    from collections.abc import Mapping

    from careervp_jobs_dal.job.record import Item


class ScanPage(NamedTuple):
    """Page of a scan: reduced records, and the key to go on after.

    `following` is None on the last page.
    """

    items: tuple[Item, ...]
    following: Item | None
    scanned: int


def scan(names: tuple[str, ...], start: Item | None, chosen: Mapping[str, Any] | None = None) -> Plan[ScanPage]:
    """Read one page of the table, reduced to these attributes and chosen records."""
    parameters = {**only(names), **(chosen or {}), **({"ExclusiveStartKey": start} if start else {})}
    response = (yield Request("scan", parameters)).response
    # A page ends after 1 MB of records, counted before any filter; `ScannedCount` is their number.
    items = tuple(response.get("Items", ()))
    return Result.success(ScanPage(items, response.get("LastEvaluatedKey"), response.get("ScannedCount", len(items))))


def only(names: tuple[str, ...]) -> dict[str, Any]:
    """Return the parameters that reduce a read to these attributes.

    >>> only(("job_id",))
    {'ProjectionExpression': '#job_id', 'ExpressionAttributeNames': {'#job_id': 'job_id'}}
    """
    aliases = {f"#{name}": name for name in names}
    return {"ProjectionExpression": ", ".join(aliases), "ExpressionAttributeNames": aliases}
