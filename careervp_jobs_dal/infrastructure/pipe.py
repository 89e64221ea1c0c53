"""The pipe of EventBridge that fills the queue from the table's stream: what it lets through, and what it sends.

    submit ----> table ----> stream ----> pipe ----> queue ----> worker
              one write                 at least once

The write alone decides that a job has its message, so nobody can die between the two. The pipe lets through each job
that begins a life and is due within the delay of a queue. A job that its worker puts back has its message still, and
the sweep sends those that are due later or whose message is lost.
"""

from __future__ import annotations

import json
from typing import Any

from careervp_jobs_dal.job.attribute import ACTIVE_SHARD, ATTEMPT, AVAILABLE_AT, JOB_ID, STATUS
from careervp_jobs_dal.job.index import Wait
from careervp_jobs_dal.job.status import JobStatus

_ABSENT, _PRESENT = {"exists": False}, {"exists": True}
_WAITS = {STATUS: {"S": [JobStatus.PENDING.value]}}
# A job that is due later stands in other partitions of the active index, and the sweep sends its id.
_IS_DUE = {ACTIVE_SHARD: {"S": [{"prefix": f"{Wait.QUEUED}-"}]}}


def pipe_parameters(*, put_back: bool = False) -> dict[str, Any]:
    """Return the parameters of a pipe from the table's stream to the queue.

    They are those of CloudFormation's `AWS::Pipes::Pipe` and of EventBridge's CreatePipe. The stream needs the view
    NEW_AND_OLD_IMAGES (see `cloudformation`). Add name, role, source and target.

    Args:
        put_back: also jobs that were put back, for a worker that acknowledges their messages. `JobWorker` leaves them
            in the queue.

    Returns:
        `SourceParameters`, with a filter for jobs that begin, and `TargetParameters`, whose message is a JSON object
        with the `job_id`.

    >>> pipe_parameters()["TargetParameters"]
    {'InputTemplate': '{"job_id": <$.dynamodb.Keys.job_id.S>}'}
    """
    filters = [{"Pattern": json.dumps(pattern)} for pattern in _patterns(put_back)]
    return {
        "SourceParameters": {
            "DynamoDBStreamParameters": {
                "StartingPosition": "TRIM_HORIZON",
                "BatchSize": 10,
                # Some record cannot be sent at all: the sweep finds its job.
                "MaximumRetryAttempts": 20,
                "MaximumRecordAgeInSeconds": 3600,
            },
            "FilterCriteria": {"Filters": filters},
        },
        "TargetParameters": {"InputTemplate": f'{{"{JOB_ID}": <$.dynamodb.Keys.{JOB_ID}.S>}}'},
    }


def _patterns(put_back: bool) -> list[dict[str, Any]]:
    """Return the patterns, of which one must match."""
    patterns = [
        _pattern("INSERT", {**_WAITS, **_IS_DUE}),
        # `create_job` writes no place on the active index.
        _pattern("INSERT", {**_WAITS, ACTIVE_SHARD: {"S": [_ABSENT]}}),
        # A retry, and a submission in the place of a finished or expired job. No attempt has begun.
        _pattern("MODIFY", {**_WAITS, **_IS_DUE, ATTEMPT: {"N": [_ABSENT]}, AVAILABLE_AT: {"S": [_PRESENT]}}),
    ]
    if put_back:
        worked_on = {"OldImage": {STATUS: {"S": [JobStatus.PROCESSING.value]}}}
        patterns.append(_pattern("MODIFY", {**_WAITS, ATTEMPT: {"N": [_PRESENT]}}, worked_on))
    return patterns


def _pattern(event_name: str, new: dict[str, Any], more: dict[str, Any] | None = None) -> dict[str, Any]:
    return {"eventName": [event_name], "dynamodb": {"NewImage": new, **(more or {})}}
