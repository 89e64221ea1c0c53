"""Sweep that finds jobs by the first characters of their ids.

A table's ids cannot be searched without a scan. The keys of an index can: those of a user's jobs, or those of the jobs
that need somebody's attention. An index lags behind its table, so the caller reads the job itself.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from careervp_jobs_dal.job.attribute import JOB_ID, USER_ID
from careervp_jobs_dal.job.index import USER_JOBS, Wait, shards
from careervp_jobs_dal.operations.partition import shard_query
from careervp_jobs_dal.plans.plan import MOST_AT_ONCE, Plan, Request, Sweep
from careervp_jobs_dal.plans.refusal import failed
from careervp_jobs_dal.result import Result

if TYPE_CHECKING:
    from collections.abc import Callable

    from careervp_jobs_dal.job.record import Item
    from careervp_jobs_dal.result import Answer

_Query: TypeAlias = "Callable[[Item | None], dict[str, Any]]"


class _Page(NamedTuple):
    """Page of a partition: the ids that begin so, and the key to go on after."""

    ids: tuple[str, ...]
    following: Item | None


def find_ids(prefix: str, user_id: str | None) -> Sweep[list[str]]:
    """Find the ids that begin so, among a user's jobs or among the active ones.

    They come in their order, each once.
    """
    queries: list[_Query] = [partial(shard_query, shard) for wait in Wait for shard in shards(wait)]
    if user_id is not None:
        queries = [partial(_user_query, user_id)]
    parts: list[tuple[_Query, Item | None]] = [(query, None) for query in queries]
    found: set[str] = set()
    while parts:
        wave, parts = parts[:MOST_AT_ONCE], parts[MOST_AT_ONCE:]
        pages: list[Answer[_Page]] = yield [_read(query(start), prefix) for query, start in wave]
        for (query, _), page in zip(wave, pages, strict=True):
            if page.data is None:
                return failed(page)
            found.update(page.data.ids)
            if page.data.following is not None:
                parts.append((query, page.data.following))
    return Result.success(sorted(found))


def _read(query: dict[str, Any], prefix: str) -> Plan[_Page]:
    response = (yield Request("query", query)).response
    ids = tuple(key[JOB_ID] for key in response.get("Items", ()) if key[JOB_ID].startswith(prefix))
    return Result.success(_Page(ids, response.get("LastEvaluatedKey")))


def _user_query(user_id: str, start: Item | None) -> dict[str, Any]:
    return {
        "IndexName": USER_JOBS.name,
        "KeyConditionExpression": "#user = :user",
        "ExpressionAttributeNames": {"#user": USER_ID},
        "ExpressionAttributeValues": {":user": user_id},
        **({"ExclusiveStartKey": start} if start else {}),
    }
