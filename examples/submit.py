"""Submit handler: POST /vpr makes one job for each user and idempotency key, and queues it.

The job's id is derived from the user and the key. Two requests that race meet on one id, and the
conditional write in `create_job` lets one of them win. A look-up before the write could not do
that: both would look before either wrote.
"""

from __future__ import annotations

import hashlib
import json
import os
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any
from uuid import UUID, uuid5

import boto3
from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.data_classes import APIGatewayProxyEvent
from aws_lambda_powertools.utilities.typing import LambdaContext
from botocore.exceptions import BotoCoreError, ClientError

from careervp_jobs_dal import JobsRepository, JobStatus, Result, ResultCode

# Read at import: a missing setting stops the deployment, not the first customer.
QUEUE_URL = os.environ["JOBS_QUEUE_URL"]

# Part of every job id: with another namespace, a repeated request would miss the job it made.
JOB_ID_NAMESPACE = UUID("8d82f971-b347-4041-a025-e170aca15747")
RETENTION = timedelta(hours=24)

REQUEST_SHAPE: dict[str, tuple[type, str]] = {
    "application_id": (str, "a string"),
    "user_id": (str, "a string"),
    "job_posting": (dict, "an object"),
    "gap_responses": (list, "a list"),
    "company_context": (dict, "an object"),
}

logger = Logger(service="vpr-submit")
jobs = JobsRepository()


@cache
def sqs() -> Any:
    """Connect on first use; a warm Lambda keeps the client."""
    return boto3.client("sqs")


def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Answer 202 for a new job, and 200 with the same id for a repeated request."""
    post = APIGatewayProxyEvent(event)
    try:
        request = parse_request(post.decoded_body)
    except ValueError as error:
        return response(400, {"error": str(error)})

    key = post.headers.get("Idempotency-Key") or body_hash(request)
    created = jobs.create_job(new_job(request, key))
    job = created.record if created.code is ResultCode.ALREADY_EXISTS else created.data
    if job is None:
        return refusal(created)

    # A repeated request queues a PENDING job too: the one before may have died between its write
    # and the queue. A message too many can cost a second report where two workers take the job at
    # once (see worker.py); a message too few loses the job.
    if job["status"] == JobStatus.PENDING and not enqueue(job["job_id"]):
        return response(503, {"error": "The job is stored but not queued; repeat the request"})
    return response(202 if created else 200, {"job_id": job["job_id"], "status": job["status"]})


def parse_request(body: str | None) -> dict[str, Any]:
    """Return the request, or raise a ValueError that names the wrong field and shows no value."""
    try:
        request = json.loads(body or "")
    except (ValueError, RecursionError):
        raise ValueError("The request is not JSON") from None
    if not isinstance(request, dict):
        raise ValueError("The request is not a JSON object")
    for name, (kind, description) in REQUEST_SHAPE.items():
        if not isinstance(request.get(name), kind):
            raise ValueError(f"{name} must be {description}")
    return request


def body_hash(request: dict[str, Any]) -> str:
    """Stand in for a missing key: the same request, its fields in any order, is the same job."""
    return hashlib.sha256(json.dumps(request, sort_keys=True).encode()).hexdigest()


def new_job(request: dict[str, Any], key: str) -> dict[str, Any]:
    """Lay out the record; the table adds nothing of its own."""
    now = datetime.now(UTC)
    # In production the user comes from the authorizer in `requestContext`, never from the body.
    user_id = request["user_id"]
    # A JSON array, because joined texts collide: "a|b" and "c" would meet "a" and "b|c".
    job_id = uuid5(JOB_ID_NAMESPACE, json.dumps([user_id, key]))
    return {
        "job_id": str(job_id),
        "idempotency_key": key,
        "user_id": user_id,
        "application_id": request["application_id"],
        "status": JobStatus.PENDING,
        "created_at": now.isoformat(),
        "ttl": int((now + RETENTION).timestamp()),
        "input_data": request,
    }


def enqueue(job_id: str) -> bool:
    """Send the id alone: the payload stays in the table, and a message is limited in size."""
    try:
        sqs().send_message(QueueUrl=QUEUE_URL, MessageBody=json.dumps({"job_id": job_id}))
    except (BotoCoreError, ClientError) as error:
        logger.warning("Job not queued", extra={"job_id": job_id, "reason": type(error).__name__})
        return False
    return True


def refusal(created: Result[dict[str, Any]]) -> dict[str, Any]:
    """Tell the client whether to repeat the request, to correct it, or to call us."""
    logger.warning("Job not created", extra={"code": created.code, "reason": created.error})
    if created.retryable:
        return response(503, {"error": "Try again in a moment"})
    if created.code in (ResultCode.VALIDATION_ERROR, ResultCode.ITEM_TOO_LARGE):
        return response(400, {"error": created.error})
    return response(500, {"error": "Internal error"})


def response(status_code: int, body: dict[str, Any]) -> dict[str, Any]:
    """Lay out an API Gateway proxy response."""
    return {
        "statusCode": status_code,
        "headers": {"Content-Type": "application/json"},
        "body": json.dumps(body),
    }
