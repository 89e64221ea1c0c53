"""The repository, operator, resource, queue and results of a command; boto3 is imported on first use."""

from __future__ import annotations

from argparse import ArgumentTypeError
from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeVar

from careervp_jobs_dal.aws.environment import (
    QUEUE_URL_VARIABLE,
    TABLE_NAME_VARIABLES,
    debug_from_environment,
    find_table_name,
    queue_url_from_environment,
)
from careervp_jobs_dal.cli.command import table
from careervp_jobs_dal.cli.debug import say_debug
from careervp_jobs_dal.cli.exits import Exit, StopError, usage
from careervp_jobs_dal.job.line import hide_password

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Callable, Iterator

    from careervp_jobs_dal.aws.boto3_type import DynamoDBServiceResource
    from careervp_jobs_dal.aws.client import Settings
    from careervp_jobs_dal.aws.failure import Place
    from careervp_jobs_dal.aws.job_sender import JobSender
    from careervp_jobs_dal.operations.operator import JobsOperator
    from careervp_jobs_dal.repository import JobsRepository
    from careervp_jobs_dal.worker.result_store import S3Results

T = TypeVar("T")
_FIXES = {
    "profile": "aws configure list-profiles shows the profiles",
    "region": "write --region like eu-west-1",
    "endpoint": "write --endpoint-url like http://127.0.0.1:8000",
}


def table_name(options: Namespace) -> str:
    """Return the table of the options, or of the environment.

    Raises:
        StopError: neither names a table.
    """
    name: str | None = options.table or find_table_name()
    if name is None:
        raise usage(f"No table: pass --table, or set {' or '.join(TABLE_NAME_VARIABLES)}")
    try:
        return table(name)
    except ArgumentTypeError as refused:
        raise usage(f"The table's name {refused}") from None


def repository(options: Namespace) -> JobsRepository:
    """Make a repository of the options' table."""
    from careervp_jobs_dal.repository import JobsRepository

    return JobsRepository(table_name(options), dynamodb=resource(options))


def operator(jobs: JobsRepository) -> JobsOperator:
    """Make an operator of a repository's jobs."""
    from careervp_jobs_dal.operations.operator import JobsOperator

    return JobsOperator(jobs)


def resource(options: Namespace) -> DynamoDBServiceResource:
    """Make a boto3 resource with the options' profile, region and endpoint.

    Raises:
        StopError: no region is given, or one of these options cannot be used.
    """
    from careervp_jobs_dal.aws.client import open_dynamodb

    with told_settings():
        return open_dynamodb(settings(options))


def find_place(options: Namespace) -> Place:
    """Return the table, region and endpoint of the options.

    The endpoint is None for AWS's own, and has no password.
    """
    from careervp_jobs_dal.aws.client import locate
    from careervp_jobs_dal.aws.failure import Place

    region, endpoint = locate(settings(options))
    return Place(options.table or find_table_name() or "", region, endpoint and hide_password(endpoint))


def sender(options: Namespace) -> Callable[[str], None] | None:
    """Return a function that sends a job's id to the named queue, if any."""
    from careervp_jobs_dal.aws.client import open_queue

    return _opened(options, open_queue)


def bulk_sender(options: Namespace) -> JobSender | None:
    """Return a sender of many jobs to the named queue, if any."""
    from careervp_jobs_dal.aws.client import open_sqs
    from careervp_jobs_dal.aws.job_sender import JobSender

    return _opened(options, lambda queue_url, given: JobSender(queue_url, sqs=open_sqs(queue_url, given)))


def _opened(options: Namespace, open_it: Callable[[str, Settings], T]) -> T | None:
    """Open the queue of the options or the environment.

    None where no queue is named, or it is left out.
    """
    queue_url = options.queue_url
    if queue_url is None and not options.no_queue:
        queue_url = queue_url_from_environment()
    if queue_url is None:
        return None
    with told_settings(QUEUE_URL_VARIABLE if options.queue_url is None else "--queue-url"):
        return open_it(queue_url, settings(options))


def results(options: Namespace) -> S3Results | None:
    """Return the store of results in the options' bucket, if any."""
    from careervp_jobs_dal.aws.client import open_results

    if options.results_bucket is None:
        return None
    from careervp_jobs_dal.worker.result_store import S3Results

    with told_settings():
        client = open_results(settings(options))
    return S3Results(options.results_bucket, prefix=options.results_prefix, client=client)


def settings(options: Namespace) -> Settings:
    """Return the profile, region and endpoint of the options."""
    from careervp_jobs_dal.aws.client import Settings

    say = say_debug if options.debug or debug_from_environment() else None
    return Settings(options.profile, options.region, options.endpoint_url, say)


@contextmanager
def told_settings(queue: str = "--queue-url") -> Iterator[None]:
    """Turn errors of the settings into those of the command; nothing is sent yet.

    `queue` names where the queue's address comes from.
    """
    from careervp_jobs_dal.aws.client import NoRegionGivenError, QueueAddressError, SettingsError

    try:
        yield
    except QueueAddressError:
        raise usage(f"{queue} must be the whole address of a queue, https://…") from None
    except NoRegionGivenError:
        fix = "pass --region, or set AWS_DEFAULT_REGION"
        raise StopError("No AWS region is given", Exit.WORLD, "CONFIG_ERROR", fix=fix) from None
    except SettingsError as error:
        raise StopError(str(error), Exit.WORLD, "CONFIG_ERROR", fix=_FIXES.get(error.what)) from None
