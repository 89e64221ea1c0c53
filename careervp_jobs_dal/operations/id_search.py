"""Sweep that finds jobs by the first characters of their ids.

A table's ids cannot be searched without a scan. The keys of an index can: those of a user's jobs, or those of the jobs
that need somebody's attention. An index lags behind its table, so the caller reads the job itself.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from careervp_jobs_dal.job.attribute import JOB_ID
from careervp_jobs_dal.job.index import Wait, shards
from careervp_jobs_dal.operations.listing import user_query
from careervp_jobs_dal.operations.partition import shard_query
from careervp_jobs_dal.operations.scan import ScanPage, read_parts
from careervp_jobs_dal.plans.plan import Plan, Request, Sweep
from careervp_jobs_dal.result import Result

if TYPE_CHECKING:
    from collections.abc import Callable

    from careervp_jobs_dal.job.record import Item


def find_ids(prefix: str, user_id: str | None) -> Sweep[list[str]]:
    """Find the ids with this beginning, in their order, each once.

    The user's jobs are searched, or without a user the unfinished and the failed ones of anybody.
    """
    queries: list[Callable[[Item | None], dict[str, Any]]] = [
        partial(shard_query, shard) for wait in Wait for shard in shards(wait)
    ]
    if user_id is not None:
        queries = [partial(user_query, user_id)]
    found: set[str] = set()

    def take(keys: tuple[Item, ...]) -> None:
        found.update(key[JOB_ID] for key in keys if key[JOB_ID].startswith(prefix))

    failure = yield from read_parts([partial(_read, query) for query in queries], take)
    return Result.success(sorted(found)) if failure is None else failure


def _read(query: Callable[[Item | None], dict[str, Any]], start: Item | None) -> Plan[ScanPage]:
    response = (yield Request("query", query(start))).response
    keys = tuple(response.get("Items", ()))
    return Result.success(ScanPage(keys, response.get("LastEvaluatedKey"), len(keys)))
