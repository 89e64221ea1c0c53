"""Submit handler: POST /vpr makes one job for each user and key, and queues it."""

from __future__ import annotations

import hashlib
import json
import os
from datetime import timedelta
from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.utilities.data_classes import APIGatewayProxyEvent
from aws_lambda_powertools.utilities.typing import LambdaContext

from careervp_jobs_dal import (
    JobMetrics,
    JobSender,
    JobsRepository,
    Result,
    ResultCode,
    Submission,
)

# Read at import: a missing setting stops the deployment, not the first customer.
QUEUE_URL = os.environ["JOBS_QUEUE_URL"]

REQUEST_SHAPE: dict[str, tuple[type, str]] = {
    "application_id": (str, "a string"),
    "user_id": (str, "a string"),
    "job_posting": (dict, "an object"),
    "gap_responses": (list, "a list"),
    "company_context": (dict, "an object"),
}
STATUS_CODES = {
    ResultCode.VALIDATION_ERROR: 400,
    ResultCode.ITEM_TOO_LARGE: 413,
    ResultCode.IDEMPOTENCY_MISMATCH: 409,
    ResultCode.TOO_MANY_ACTIVE_JOBS: 429,  # where `jobs` has max_active_per_user
}
# A pipe from the table's stream fills the queue in this function's place.
HAS_OUTBOX = os.environ.get("JOBS_OUTBOX") == "yes"
# Scripts of this origin alone may read the answer, and when to ask again.
CORS = (
    {
        "Access-Control-Allow-Origin": origin,
        "Access-Control-Expose-Headers": "Retry-After",
    }
    if (origin := os.environ.get("ALLOWED_ORIGIN"))
    else {}
)

# Set POWERTOOLS_SERVICE_NAME: by that name the library's log lines find this logger.
logger = Logger()
metrics = Metrics(namespace="CareerVP")
jobs = JobsRepository(on_event=JobMetrics(metrics))
# A message has the id alone. Its group is a pseudonym of the user: SQS shares the
# workers among users.
queue = JobSender(QUEUE_URL)


@metrics.log_metrics
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Answer 202 for a new job, and 200 with the same id for a repeated request."""
    post = APIGatewayProxyEvent(event)
    # The API's access log has the same id.
    logger.set_correlation_id(post.request_context.get("requestId"))
    try:
        request = parse_request(post.decoded_body)
    except ValueError as error:
        return response(400, {"error": str(error)})

    # The user comes from the authorizer, never from the body.
    submitted = jobs.submit_job(
        post.headers.get("Idempotency-Key") or body_hash(request),
        request,
        user_id=post.request_context.authorizer.claims["sub"],
        application_id=request["application_id"],
    )
    if not submitted:
        return refusal(submitted)
    submission = submitted.unwrap()
    # True for a repeated request as well, while the job waits: the request before may
    # have died between its write and the queue.
    if submission.should_enqueue and not HAS_OUTBOX and queue.send([submission]).unsent:
        return response(
            503, {"error": "The job is stored but not queued; repeat the request"}
        )
    logger.info(
        "Job submitted", extra={"job_id": submission.job_id, "new": submission.created}
    )
    body = {"job_id": submission.job_id, "status": submission.job["status"]}
    return response(202 if submission.created else 200, body)


def parse_request(body: str | None) -> dict[str, Any]:
    """Return the request, or raise a ValueError that names the wrong field."""
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
    """Make a key of the request, for a client that sends none."""
    return hashlib.sha256(json.dumps(request, sort_keys=True).encode()).hexdigest()


def refusal(submitted: Result[Submission]) -> dict[str, Any]:
    """Tell the client whether to repeat the request, to correct it, or to call us."""
    logger.warning(
        "Job not submitted", extra={"code": submitted.code, "reason": submitted.error}
    )
    if submitted.code in STATUS_CODES:
        status_code = STATUS_CODES[submitted.code]
        return response(status_code, {"error": submitted.error}, submitted.retry_after)
    if submitted.retryable:
        return response(503, {"error": "Try again in a moment"})
    return response(500, {"error": "Internal error"})


def response(
    status_code: int, body: dict[str, Any], retry_after: timedelta | None = None
) -> dict[str, Any]:
    """Lay out an API Gateway proxy response, with the time to ask again."""
    wait = (
        {}
        if retry_after is None
        else {"Retry-After": f"{retry_after.total_seconds():.0f}"}
    )
    return {
        "statusCode": status_code,
        "headers": {"Content-Type": "application/json", **CORS, **wait},
        "body": json.dumps(body),
    }
