"""The changes of jobs that a pipe of EventBridge brings from the table's stream to the workers' queue.

    submit -- write --> table -- stream --> pipe -- {"job_id": …} --> queue --> worker

A message belongs to each beginning of a job: new, retried, or in place of one that ended or expired. A job that starts
later than a queue can wait has none until the sweep sends it. A job that its worker puts back has one already, which
the worker leaves in the queue. A second one for each return would double the messages of a job that is put back again
and again. A return is told from a beginning by `attempt`, which every claim writes and every new record lacks.

One beginning cannot be told from an update, because a pattern compares no two images: that of a job in place of one
that expired before anybody claimed it. The sweep sends its message.
"""

from __future__ import annotations

import json
from typing import Any, Final

from careervp_jobs_dal.job.attribute import ACTIVE_SHARD, ATTEMPT, JOB_ID, STATUS
from careervp_jobs_dal.job.index import Wait
from careervp_jobs_dal.job.status import JobStatus

INPUT_TEMPLATE: Final = json.dumps({JOB_ID: f"<$.dynamodb.Keys.{JOB_ID}.S>"})
"""The message that the pipe makes of a change, as a worker's `job_id_from_json` reads it."""

_FINISHED = sorted(status.value for status in JobStatus if status.finished)
_QUEUED = {"S": [{"prefix": f"{Wait.QUEUED}-"}]}
# A job of `create_job` is in no active index.
_NOWHERE = {"S": [{"exists": False}]}


def stream_filters() -> tuple[str, ...]:
    """Return the patterns of the changes that lead to a message.

    One that fits is enough. The stream needs NEW_AND_OLD_IMAGES.

    >>> json.loads(stream_filters()[0])["eventName"]
    ['INSERT']
    """
    patterns = (
        _pattern("INSERT", _QUEUED),
        _pattern("INSERT", _NOWHERE),
        _pattern("MODIFY", _QUEUED, old={STATUS: {"S": _FINISHED}}),
        _pattern(
            "MODIFY", _QUEUED, old={ATTEMPT: {"N": [{"exists": True}]}}, new={ATTEMPT: {"N": [{"exists": False}]}}
        ),
    )
    return tuple(map(json.dumps, patterns))


def _pattern(
    event_name: str, shard: dict[str, Any], *, old: dict[str, Any] | None = None, new: dict[str, Any] | None = None
) -> dict[str, Any]:
    image = {STATUS: {"S": [JobStatus.PENDING.value]}, ACTIVE_SHARD: shard, **(new or {})}
    return {"eventName": [event_name], "dynamodb": {"NewImage": image, **({"OldImage": old} if old else {})}}
