"""An AWS inside the process, made of moto. It uses no settings of the machine, and no request leaves the process."""

from __future__ import annotations

import os
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

from botocore.exceptions import ClientError
from moto import mock_aws
from moto.dynamodb.parsing.executors import UpdateExpressionExecutor
from moto.dynamodb.responses import DynamoHandler

from careervp_jobs_dal.aws.environment import TABLE_NAME_VARIABLES, find_table_name
from careervp_jobs_dal.aws.fork import ForkSafeLock
from careervp_jobs_dal.infrastructure.provision import create_table
from careervp_jobs_dal.repository import JobsRepository
from careervp_jobs_dal.testing.builder import JobBuilder
from careervp_jobs_dal.testing.clock import Clock
from careervp_jobs_dal.testing.faults import Faults
from careervp_jobs_dal.testing.wire import calm

if TYPE_CHECKING:
    from collections.abc import Iterator

    from careervp_jobs_dal.job.index import Projection

AWS_ENVIRONMENT = {
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",
    "AWS_DEFAULT_REGION": "eu-west-1",
    "AWS_EC2_METADATA_DISABLED": "true",
    "AWS_CONFIG_FILE": "/nonexistent",
    "AWS_SHARED_CREDENTIALS_FILE": "/nonexistent",
}
"""The environment of a fake AWS account, in a region, without the machine's configuration files."""

TABLE_NAME = "jobs-test"

_lock = ForkSafeLock()
_moto_action = DynamoHandler.call_action
_moto_update = UpdateExpressionExecutor.execute


@dataclass(frozen=True, slots=True)
class EmbeddedJobs:
    """Jobs table inside the process, and the tools of a test.

    Attributes:
        repository: a repository on the table.
        clock: its clock.
        faults: the faults for the next requests about the table, from any client.
        builder: puts jobs in any state into the table.
    """

    repository: JobsRepository
    clock: Clock
    faults: Faults
    builder: JobBuilder


@contextmanager
def embedded_aws(**environment: str) -> Iterator[None]:
    """Run a block with an AWS inside the process, which several threads may use.

    The environment has a fake account instead of the machine's. Within a `mock_aws` of your own, the block shares its
    AWS.

    Args:
        **environment: further environment variables for the block.

    >>> with embedded_aws(JOBS_TABLE_NAME="jobs-of-mine"):
    ...     create_table("jobs-of-mine").unwrap()
    ...     JobsRepository().find_job("vpr-1").code
    'jobs-of-mine'
    <ResultCode.NOT_FOUND: 'NOT_FOUND'>
    """
    DynamoHandler.call_action = _locked_action  # type: ignore[method-assign]
    UpdateExpressionExecutor.execute = _undone_if_refused  # type: ignore[method-assign, assignment]
    with aws_environment(**environment), mock_aws():
        yield


@contextmanager
def embedded_jobs(
    table_name: str | None = None,
    *,
    clock: Clock | None = None,
    index_projection: Projection = "KEYS_ONLY",
    **options: Any,
) -> Iterator[EmbeddedJobs]:
    """Run a block with a new jobs table in an embedded AWS.

    JOBS_TABLE_NAME holds the table's name, so a service that makes its repository without one finds the table. Retries
    come without pauses. The table is deleted after the block.

    Args:
        table_name: the table's name; without it, that of JOBS_TABLE_NAME or VPR_JOBS_TABLE_NAME, else "jobs-test".
        clock: the repository's clock; without it, one that stands at the present.
        index_projection: as for `create_table`.
        **options: further arguments of the `JobsRepository`, such as `retention`.

    >>> lease = timedelta(minutes=5)
    >>> with embedded_jobs() as jobs:
    ...     claim = jobs.builder.processing(lease=lease)
    ...     jobs.clock.advance(timedelta(minutes=6))
    ...     jobs.repository.claim_job(claim.job_id, lease=lease).unwrap().attempt
    2
    """
    name = table_name or find_table_name() or TABLE_NAME
    clock = clock or Clock()
    with embedded_aws(**{TABLE_NAME_VARIABLES[0]: name}), _eager_retries():
        repository = JobsRepository(name, clock=clock, **options)
        with calm():
            create_table(
                name, repository.idempotency_index, index_projection=index_projection, dynamodb=repository.dynamodb
            ).unwrap()
        faults = Faults(table_name=name)
        try:
            yield EmbeddedJobs(repository, clock, faults, JobBuilder(repository))
        finally:
            faults.stop()
            with calm(), suppress(ClientError):  # the test may have deleted the table
                repository.dynamodb.meta.client.delete_table(TableName=name)


@contextmanager
def aws_environment(**environment: str) -> Iterator[None]:
    """Run a block with the variables of a fake AWS account and further ones."""
    before = dict(os.environ)
    changed = {**AWS_ENVIRONMENT, **environment}
    _clear(changed)
    os.environ.update(changed)
    try:
        yield
    finally:
        _clear(changed)
        os.environ.update({name: before[name] for name in before if name.startswith("AWS_") or name in changed})


def _clear(names: dict[str, str]) -> None:
    for name in [name for name in os.environ if name.startswith("AWS_") or name in names]:
        del os.environ[name]


def _locked_action(handler: DynamoHandler) -> Any:
    """Run one request at a time.

    moto checks a condition and writes in two steps, so two threads could both win; the lock makes them one.
    """
    with _lock:
        return _moto_action(handler)


def _undone_if_refused(executor: UpdateExpressionExecutor, node: Any = None) -> None:
    """Run an update; undo a refused one.

    moto writes one attribute after the other, and keeps the first ones where a later one makes the item too large.
    """
    attributes = executor.item.attrs
    before = dict(attributes)
    try:
        _moto_update(executor, node)
    except Exception:
        attributes.clear()
        dict.update(attributes, before)
        raise


@contextmanager
def _eager_retries() -> Iterator[None]:
    """Run a block in which botocore retries at once, and without a quota.

    botocore retries less often after many failures, which would let one test change another.
    """
    with (
        patch("botocore.retries.standard.ExponentialBackoff.delay_amount", lambda *_: 0),
        patch("botocore.retries.quota.RetryQuota.acquire", lambda *_: True),
    ):
        yield
