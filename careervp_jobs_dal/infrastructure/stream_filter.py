"""The changes of jobs that a pipe of EventBridge brings from the table's stream to the workers' queue.

    submit -- write --> table -- stream --> pipe -- {"job_id": …} --> queue --> worker

A message belongs to each beginning of a job: new, retried, or in place of one that ended or expired. A job that starts
later than a queue can wait has none until the sweep sends it. A job that its worker puts back has one already, which
the worker leaves in the queue. A second one for each return would double the messages of a job that is put back again
and again. A beginning has no `attempt`, which every claim writes; and if there was a record before, `available_at`.

A pattern compares no two images. So a change of a field of a job that was retried, or begun in place of another one,
is taken for a beginning while it waits. Its second message does no harm.
"""

from __future__ import annotations

import json
from typing import Any, Final

from careervp_jobs_dal.job.attribute import ACTIVE_SHARD, ATTEMPT, AVAILABLE_AT, JOB_ID, STATUS
from careervp_jobs_dal.job.index import Wait
from careervp_jobs_dal.job.status import JobStatus

INPUT_TEMPLATE: Final = f'{{"{JOB_ID}": <$.dynamodb.Keys.{JOB_ID}.S>}}'
"""The message that the pipe makes of a change, as a worker's `job_id_from_json` reads it.

Without quotation marks around it, EventBridge writes a text as JSON.
"""

_ABSENT, _PRESENT = {"exists": False}, {"exists": True}
_QUEUED = {ACTIVE_SHARD: {"S": [{"prefix": Wait.QUEUED.value}]}}


def stream_filters(*, put_back: bool = False) -> tuple[str, ...]:
    """Return the patterns of the changes that lead to a message.

    One that fits is enough. The stream needs NEW_AND_OLD_IMAGES.

    >>> json.loads(stream_filters()[0])["eventName"]
    ['INSERT']
    """
    patterns = [
        _pattern("INSERT", _QUEUED),
        # A job of `create_job` is in no active index.
        _pattern("INSERT", {ACTIVE_SHARD: {"S": [_ABSENT]}}),
        _pattern("MODIFY", {**_QUEUED, ATTEMPT: {"N": [_ABSENT]}, AVAILABLE_AT: {"S": [_PRESENT]}}),
    ]
    if put_back:
        held = {"OldImage": {STATUS: {"S": [JobStatus.PROCESSING.value]}}}
        patterns.append(_pattern("MODIFY", {ATTEMPT: {"N": [_PRESENT]}}, held))
    return tuple(map(json.dumps, patterns))


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
    return {
        "SourceParameters": {
            "DynamoDBStreamParameters": {
                # With LATEST the changes between the pipe's making and its first read would be left out.
                "StartingPosition": "TRIM_HORIZON",
                "BatchSize": 10,
                "OnPartialBatchItemFailure": "AUTOMATIC_BISECT",
            },
            "FilterCriteria": {"Filters": [{"Pattern": pattern} for pattern in stream_filters(put_back=put_back)]},
        },
        "TargetParameters": {"InputTemplate": INPUT_TEMPLATE},
    }


def _pattern(event_name: str, new: dict[str, Any], more: dict[str, Any] | None = None) -> dict[str, Any]:
    image = {STATUS: {"S": [JobStatus.PENDING.value]}, **new}
    return {"eventName": [event_name], "dynamodb": {"NewImage": image, **(more or {})}}
