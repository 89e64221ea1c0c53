"""Pages of a scan or of a partition. DynamoDB reads and bills whole records, also where a page shows a part of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from careervp_jobs_dal.plans.plan import MOST_AT_ONCE, Plan, Request
from careervp_jobs_dal.plans.refusal import failed
from careervp_jobs_dal.result import Result

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Mapping

    from careervp_jobs_dal.job.record import Item
    from careervp_jobs_dal.result import Answer, Failure


class ScanPage(NamedTuple):
    """Page of reduced records, and the key to go on after.

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


def read_parts(
    parts: Iterable[Callable[[Item | None], Plan[ScanPage]]], take: Callable[[tuple[Item, ...]], object]
) -> Generator[list[Plan[ScanPage]], list[Answer[ScanPage]], Failure | None]:
    """Read all pages of several parts, some parts side by side, until one fails.

    Args:
        parts: read a page of each part, from a key on.
        take: gets the records of each page.

    Returns:
        The failure; None without one.
    """
    left: list[tuple[Callable[[Item | None], Plan[ScanPage]], Item | None]] = [(part, None) for part in parts]
    while left:
        wave, left = left[:MOST_AT_ONCE], left[MOST_AT_ONCE:]
        pages = yield [part(start) for part, start in wave]
        for (part, _), page in zip(wave, pages, strict=True):
            if page.data is None:
                return failed(page)
            take(page.data.items)
            if page.data.following is not None:
                left.append((part, page.data.following))
    return None
