"""The changes of jobs that a pipe of EventBridge brings from the table's stream to the workers' queue.

    submit -- write --> table -- stream --> pipe -- {"job_id": …} --> queue --> worker

A job that is PENDING wants a message if a worker is to take it from the queue. One that starts later has none until the
sweep sends it. A pattern cannot compare two images, so that some jobs get a second message: a worker acknowledges it.
"""

from __future__ import annotations

import json
from typing import Any, Final

from careervp_jobs_dal.job.attribute import ACTIVE_SHARD, JOB_ID, STATUS
from careervp_jobs_dal.job.index import Wait
from careervp_jobs_dal.job.status import JobStatus

INPUT_TEMPLATE: Final = json.dumps({JOB_ID: f"<$.dynamodb.Keys.{JOB_ID}.S>"})
"""The message that the pipe makes of a change, as a worker's `job_id_from_json` reads it."""


def stream_filters() -> tuple[str, ...]:
    """Return the patterns of the changes that lead to a message; one that fits is enough.

    >>> json.loads(stream_filters()[0])["dynamodb"]["NewImage"]["status"]
    {'S': ['PENDING']}
    """
    # A job of `create_job` is in no active index.
    shards = ([{"prefix": f"{Wait.QUEUED}-"}], [{"exists": False}])
    return tuple(json.dumps(_pattern(shard)) for shard in shards)


def _pattern(shard: list[dict[str, Any]]) -> dict[str, Any]:
    image = {STATUS: {"S": [JobStatus.PENDING.value]}, ACTIVE_SHARD: {"S": shard}}
    return {"eventName": ["INSERT", "MODIFY"], "dynamodb": {"NewImage": image}}
