"""Reads of many records by their ids: at most 100 a request.

DynamoDB answers a batch with at most 16 MB, and with less where it is short of capacity. It names the unprocessed keys;
they are requested again after a backoff, until the deadline, or until 40 answers in turn had no record.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

from careervp_jobs_dal.job.attribute import JOB_ID
from careervp_jobs_dal.job.record import Item
from careervp_jobs_dal.plans.backoff import RETRIES
from careervp_jobs_dal.plans.plan import Reply, Request

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Mapping

# DynamoDB's limit for the keys of one BatchGetItem.
BATCH_KEYS = 100
MOST_FRUITLESS = 40
"""Answers in turn without a record, after about 18 s: under a clock that stands still, no deadline would end them."""

Found: TypeAlias = dict[str, Item]
"""Records by their ids."""


def read_all(
    table_name: str, job_ids: Iterable[str], options: Mapping[str, Any] | None = None, *, for_job: str | None = None
) -> Generator[Request, Reply, tuple[Found, tuple[str, ...]]]:
    """Read these records; return them, and the ids that could not be read.

    The reads are strongly consistent, unless `options` take that place. Log lines name the job that they are made for.
    """
    found: Found = {}
    # DynamoDB refuses a batch in which a key occurs twice.
    rest = list(dict.fromkeys(job_ids))
    pause = 0.0
    tries = MOST_FRUITLESS
    while rest and tries:
        keys = {"Keys": [{JOB_ID: job_id} for job_id in rest[:BATCH_KEYS]], **(options or {"ConsistentRead": True})}
        asked = {"RequestItems": {table_name: keys}}
        reply = yield Request("batch_get_item", asked, for_job, pause=pause, optional=True)
        if reply.late:
            break
        # The answer has no order, and leaves out keys without a record.
        found |= {item[JOB_ID]: item for item in reply.response.get("Responses", {}).get(table_name, ())}
        left = reply.response.get("UnprocessedKeys", {}).get(table_name, {}).get("Keys", ())
        tries = tries - 1 if len(left) == len(keys["Keys"]) else MOST_FRUITLESS
        rest = [*(key[JOB_ID] for key in left), *rest[BATCH_KEYS:]]
        pause = RETRIES.after(pause) if left else 0.0
    return found, tuple(rest)
