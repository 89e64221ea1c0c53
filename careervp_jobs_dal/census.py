"""The plans that go through a whole table or the whole active index: to count jobs, and to delete finished ones.

A scan reads every record and is billed for all of it, whatever it shows; it goes page by page, each a request.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from careervp_jobs_dal import condition
from careervp_jobs_dal.batch import Found, read_all
from careervp_jobs_dal.expressions import condition_kwargs
from careervp_jobs_dal.job import parse_instant
from careervp_jobs_dal.overdue import shard_query
from careervp_jobs_dal.plan import Item, Plan, Reply, Step
from careervp_jobs_dal.refusal import explain
from careervp_jobs_dal.result import Result, ResultCode
from careervp_jobs_dal.table import (
    ATTEMPT,
    CLAIM_ID,
    COMPLETED_AT,
    CREATED_AT,
    JOB_ID,
    LEASE_EXPIRES_AT,
    STATUS,
    SUBMISSION_ID,
    TTL,
)

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from careervp_jobs_dal.status import JobStatus

_AS_READ = (STATUS, CREATED_AT, COMPLETED_AT, ATTEMPT, CLAIM_ID, SUBMISSION_ID)
_COUNTED = (JOB_ID, STATUS, CREATED_AT, LEASE_EXPIRES_AT, TTL)


class Page(NamedTuple):
    """Some records, in part, and where to go on; `following` is None at the end."""

    items: tuple[Item, ...]
    following: Item | None
    scanned: int


def scan_finished(statuses: Iterable[JobStatus], start: Item | None) -> Plan[Page]:
    """Scan for finished jobs."""
    placeholders = {f":s{number}": status.value for number, status in enumerate(statuses)}
    chosen = {
        "FilterExpression": f"#status IN ({', '.join(placeholders)})",
        "ExpressionAttributeValues": placeholders,
    }
    return _scan("purge", (JOB_ID, *_AS_READ), chosen, start)


def scan_all(start: Item | None) -> Plan[Page]:
    """Scan for whatever there is."""
    return _scan("stats", _COUNTED, {}, start)


def read_shard(table_name: str, shard: str, start: Item | None) -> Plan[Page]:
    """Read what is counted of some active jobs of one partition, eventually consistent, which is half as dear."""

    def read(reply: Reply) -> Step[Page]:
        ids = tuple(dict.fromkeys(item[JOB_ID] for item in reply.response.get("Items", ())))
        following = reply.response.get("LastEvaluatedKey")
        return read_all(
            "stats", table_name, ids, lambda found, unread: _page_of(found, unread, following), _only(_COUNTED)
        )

    return Plan("stats", "query", {**shard_query(shard, start), "Limit": 1000}, read)


def delete(stored: Item) -> Plan[bool]:
    """Delete a job that is still as it was read; True where it is gone."""
    job_id: str = stored[JOB_ID]

    def read(reply: Reply) -> Step[bool]:
        if not reply.refused:
            return Result.success(True)
        return explain("purge", reply, job_id, lambda refusing, _: Result.success(refusing is None))

    parameters = {
        "Key": {JOB_ID: job_id},
        **condition_kwargs(condition.as_read(stored, _AS_READ)),
        "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
    }
    return Plan("purge", "delete_item", parameters, read, job_id)


def is_older(item: Item, before: datetime) -> bool:
    """Whether a finished job had its end before this instant; one that does not say when began before it."""
    at = parse_instant(item.get(COMPLETED_AT)) or parse_instant(item.get(CREATED_AT))
    return at is not None and at < before


def _scan(verb: str, names: tuple[str, ...], chosen: dict[str, Any], start: Item | None) -> Plan[Page]:
    def read(reply: Reply) -> Step[Page]:
        response = reply.response
        items = tuple(response.get("Items", ()))
        return Result.success(Page(items, response.get("LastEvaluatedKey"), response.get("ScannedCount", len(items))))

    parameters = {**_only(names), **chosen, **({"ExclusiveStartKey": start} if start else {})}
    return Plan(verb, "scan", parameters, read)


def _only(names: tuple[str, ...]) -> dict[str, Any]:
    return {
        "ProjectionExpression": ", ".join(f"#{name}" for name in names),
        "ExpressionAttributeNames": {f"#{name}": name for name in names},
    }


def _page_of(found: Found, unread: tuple[str, ...], following: Item | None) -> Result[Page]:
    """A count that lacks some jobs would be a wrong one."""
    if unread:
        return Result.failure(f"{len(unread)} jobs could not be read before the deadline", ResultCode.UNAVAILABLE)
    return Result.success(Page(tuple(found.values()), following, len(found)))
