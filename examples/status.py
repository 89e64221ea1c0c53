"""Status handler: GET /vpr/{job_id} tells how far a job is and links to its result."""

from __future__ import annotations

import json
import os
from datetime import timedelta
from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.utilities.data_classes import APIGatewayProxyEvent
from aws_lambda_powertools.utilities.typing import LambdaContext

from careervp_jobs_dal import JobMetrics, JobsRepository, ResultCode, S3Results

# Read at import: a missing setting stops the deployment, not the first customer.
RESULTS_BUCKET = os.environ["VPR_RESULTS_BUCKET"]
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
results = S3Results(RESULTS_BUCKET)


@metrics.log_metrics
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Answer 200 with the job, 404 where this user has none, 503 when AWS failed."""
    get = APIGatewayProxyEvent(event)
    # The API's access log has the same id.
    logger.set_correlation_id(get.request_context.get("requestId"))
    # An id alone is no permission.
    user_id = get.request_context.authorizer.claims["sub"]
    found = jobs.find_status(
        get.path_parameters["job_id"], user_id=user_id, fields=["result_key"]
    )
    if found:
        return response(200, view(found.unwrap()), found.retry_after)
    if found.code is ResultCode.NOT_FOUND:
        return response(404, {"error": "No such job"})
    logger.warning("Job not read", extra={"code": found.code, "reason": found.error})
    return response(503, {"error": "Try again in a moment"})


def view(job: dict[str, Any]) -> dict[str, Any]:
    """Show the result as a link, with which the client fetches it from S3 itself.

    The key means nothing to the client. Of an error it sees the `public_error` alone.
    """
    url = results.url(job)
    return {name: value for name, value in job.items() if name != "result_key"} | (
        {"result_url": url} if url else {}
    )


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
