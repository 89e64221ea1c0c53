"""Status handler: GET /vpr/{job_id} tells how far a job is, and where its result lies."""

from __future__ import annotations

import json
import os
from functools import cache
from typing import Any

import boto3
from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.data_classes import APIGatewayProxyEvent
from aws_lambda_powertools.utilities.typing import LambdaContext
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from careervp_jobs_dal import JobsRepository

# Read at import: a missing setting stops the deployment, not the first customer.
RESULTS_BUCKET = os.environ["VPR_RESULTS_BUCKET"]
LINK_SECONDS = 300
# boto3's own default is a signature that newer regions refuse, for a host that redirects.
REGIONAL_LINKS = Config(signature_version="s3v4", s3={"addressing_style": "virtual"})
SHOWN = ("job_id", "status", "created_at", "result_key", "error")

logger = Logger(service="vpr-status")
# By default a refused read gives None, as an absent job does, and the client would be told 404.
jobs = JobsRepository(on_read_error="raise")


@cache
def s3() -> Any:
    """Connect on first use; a warm Lambda keeps the client."""
    return boto3.client("s3", config=REGIONAL_LINKS)


def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Answer 200 with the job's state, 404 when there is no such job, and 503 when AWS failed."""
    job_id = APIGatewayProxyEvent(event).path_parameters.get("job_id", "")
    try:
        job = jobs.get_job(job_id)
    except (BotoCoreError, ClientError) as error:
        logger.warning("Job not read", extra={"job_id": job_id, "reason": type(error).__name__})
        return response(503, {"error": "Try again in a moment"})
    # An id is no permission: where users must not see each other's jobs, compare `job["user_id"]`
    # with the authorizer's user here, and answer 404 for a stranger's job as well.
    if job is None:
        return response(404, {"error": "No such job"})
    return response(200, view(job))


def view(job: dict[str, Any]) -> dict[str, Any]:
    """Show what the client needs; the record holds more than that."""
    shown = {name: job[name] for name in SHOWN if name in job}
    if "result_key" in job:
        shown["result_url"] = link(job["result_key"])
    return shown


def link(key: str) -> str:
    """Sign a link with which the client fetches the report from S3 itself; this sends nothing."""
    place = {"Bucket": RESULTS_BUCKET, "Key": key}
    url: str = s3().generate_presigned_url("get_object", Params=place, ExpiresIn=LINK_SECONDS)
    return url


def response(status_code: int, body: dict[str, Any]) -> dict[str, Any]:
    """Lay out an API Gateway proxy response."""
    return {
        "statusCode": status_code,
        "headers": {"Content-Type": "application/json"},
        "body": json.dumps(body),
    }
