"""Status handler: GET /vpr/{job_id} tells how far a job is, and where its result lies."""

from __future__ import annotations

import json
import os
from datetime import timedelta
from functools import cache
from typing import Any

import boto3
from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.data_classes import APIGatewayProxyEvent
from aws_lambda_powertools.utilities.typing import LambdaContext
from botocore.config import Config

from careervp_jobs_dal import JobsRepository, ResultCode

# Read at import: a missing setting stops the deployment, not the first customer.
RESULTS_BUCKET = os.environ["VPR_RESULTS_BUCKET"]
LINK_SECONDS = 300
# boto3's own default is a signature that newer regions refuse, for a host that redirects.
REGIONAL_LINKS = Config(signature_version="s3v4", s3={"addressing_style": "virtual"})

# The function's environment sets POWERTOOLS_SERVICE_NAME: by that name alone the library's log lines find this logger.
logger = Logger()
jobs = JobsRepository()


@cache
def s3() -> Any:
    """Connect on first use; a warm Lambda keeps the client."""
    return boto3.client("s3", config=REGIONAL_LINKS)


def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Answer 200 with the job's state, 404 when this user has no such job, 503 when AWS failed."""
    get = APIGatewayProxyEvent(event)
    user_id = get.request_context.authorizer.claims["sub"]  # an id alone is no permission
    found = jobs.find_status(get.path_parameters["job_id"], user_id=user_id, fields=["result_key"])
    if found:
        return response(200, view(found.unwrap()), found.retry_after)
    if found.code is ResultCode.NOT_FOUND:
        return response(404, {"error": "No such job"})
    logger.warning("Job not read", extra={"code": found.code, "reason": found.error})
    return response(503, {"error": "Try again in a moment"})


def view(job: dict[str, Any]) -> dict[str, Any]:
    """Show where the result lies as a link; the key means nothing to the client."""
    result_key = job.pop("result_key", None)
    return {**job, "result_url": link(result_key)} if result_key else job


def link(key: str) -> str:
    """Sign a link with which the client fetches the report from S3 itself; this sends nothing."""
    place = {"Bucket": RESULTS_BUCKET, "Key": key}
    url: str = s3().generate_presigned_url("get_object", Params=place, ExpiresIn=LINK_SECONDS)
    return url


def response(status_code: int, body: dict[str, Any], retry_after: timedelta | None = None) -> dict[str, Any]:
    """Lay out an API Gateway proxy response, which tells a client when it is worth asking again."""
    wait = {} if retry_after is None else {"Retry-After": f"{retry_after.total_seconds():.0f}"}
    return {
        "statusCode": status_code,
        "headers": {"Content-Type": "application/json", **wait},
        "body": json.dumps(body),
    }
