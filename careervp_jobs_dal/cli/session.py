"""From the command's options to the objects that do the work; boto3 is imported on first use."""

from __future__ import annotations

import json
import os
from argparse import ArgumentTypeError
from typing import TYPE_CHECKING, Any

from careervp_jobs_dal.cli.command import table
from careervp_jobs_dal.cli.exits import Exit, StopError, usage
from careervp_jobs_dal.records import TABLE_NAME_VARIABLES

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Callable

    from types_boto3_dynamodb.service_resource import DynamoDBServiceResource

    from careervp_jobs_dal.operations import JobsOperator
    from careervp_jobs_dal.repository import JobsRepository

CONNECT_SECONDS = 3.0
READ_SECONDS = 10.0
ATTEMPTS = 3


def table_name(options: Namespace) -> str:
    """The table that is meant.

    Raises:
        StopError: none is.
    """
    found = [options.table, *map(os.environ.get, TABLE_NAME_VARIABLES)]
    name: str | None = next(filter(None, found), None)
    if name is None:
        raise usage(f"No table: pass --table, or set {' or '.join(TABLE_NAME_VARIABLES)}")
    try:
        return table(name)
    except ArgumentTypeError as refused:
        raise usage(f"The table's name {refused}") from None


def repository(options: Namespace) -> JobsRepository:
    """The repository of the table that is meant."""
    from careervp_jobs_dal.repository import JobsRepository

    return JobsRepository(table_name(options), dynamodb=resource(options))


def operator(jobs: JobsRepository) -> JobsOperator:
    """What people who run it need."""
    from careervp_jobs_dal.operations import JobsOperator

    return JobsOperator(jobs)


def resource(options: Namespace) -> DynamoDBServiceResource:
    """A boto3 resource with the profile, the region and the endpoint of the options.

    Raises:
        StopError: there is no region, or one of them cannot be used.
    """
    made: DynamoDBServiceResource = _made(lambda: _session(options).resource("dynamodb", **_settings(options)))
    return made


def sender(options: Namespace) -> Callable[[str], object] | None:
    """Sends a job's id to the queue of the options, in the form that `JobWorker` reads; None without a queue."""
    url: str | None = options.queue_url
    if url is None:
        return None
    endpoint = _endpoint_of(url)
    client: Any = _made(lambda: _session(options).client("sqs", endpoint_url=endpoint, config=_config()))
    return lambda job_id: client.send_message(QueueUrl=url, MessageBody=json.dumps({"job_id": job_id}))


def _endpoint_of(queue_url: str) -> str:
    """A queue's address begins with its service's, on AWS and on local engines."""
    from urllib.parse import urlsplit

    try:
        parts = urlsplit(queue_url)
    except ValueError:
        parts = urlsplit("")
    if parts.scheme not in ("http", "https") or not parts.netloc:
        raise usage("--queue-url must be the whole address of a queue, https://…")
    return f"{parts.scheme}://{parts.netloc}"


def _session(options: Namespace) -> Any:
    from boto3.session import Session

    return Session(profile_name=options.profile, region_name=options.region)


def _settings(options: Namespace) -> dict[str, Any]:
    return {"endpoint_url": options.endpoint_url, "config": _config()}


def _config() -> Any:
    from botocore.config import Config

    retries: Any = {"mode": "standard", "total_max_attempts": ATTEMPTS}
    return Config(connect_timeout=CONNECT_SECONDS, read_timeout=READ_SECONDS, retries=retries)


def _made(make: Callable[[], Any]) -> Any:
    """Nothing is sent yet, so botocore's text is about the set-up and can be shown."""
    from botocore.exceptions import BotoCoreError, NoRegionError

    try:
        return make()
    except NoRegionError:
        raise StopError("No AWS region: pass --region, or set AWS_DEFAULT_REGION", Exit.WORLD, "CONFIG_ERROR") from None
    except (BotoCoreError, ValueError) as error:
        raise StopError(str(error), Exit.WORLD, "CONFIG_ERROR") from None
