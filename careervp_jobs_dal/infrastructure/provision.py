"""`create_table`: it makes the table from its description, for local engines, tests and small set-ups."""

from __future__ import annotations

from typing import TYPE_CHECKING

from careervp_jobs_dal.aws.connection import Connection
from careervp_jobs_dal.aws.gateway import Gateway
from careervp_jobs_dal.aws.route import Route
from careervp_jobs_dal.infrastructure.description import create_table_request, time_to_live_request
from careervp_jobs_dal.job.index import IDEMPOTENCY_INDEX, Projection
from careervp_jobs_dal.job.verb import Verb
from careervp_jobs_dal.plans.plan import Plan, Request
from careervp_jobs_dal.result import Failure, Result, Success

if TYPE_CHECKING:
    from collections.abc import Iterable

    from careervp_jobs_dal.aws.boto3_type import DynamoDBServiceResource

_DEADLINE_SECONDS = 60.0


def create_table(
    table_name: str,
    idempotency_index_name: str = IDEMPOTENCY_INDEX,
    *,
    index_projection: Projection = "KEYS_ONLY",
    optional_indexes: bool | Iterable[str] = False,
    dynamodb: DynamoDBServiceResource | None = None,
) -> Success[str] | Failure:
    """Create the jobs table with indexes and time to live, and wait for it.

    Args:
        table_name: the table's name.
        idempotency_index_name: the name of the index on `idempotency_key`.
        index_projection: the projection of the index on `idempotency_key`. With "ALL", every write of a job is billed
            twice; choose it if other code reads whole records from the index. With "KEYS_ONLY", a look-up by key costs
            one more read for each match.
        optional_indexes: True for the indexes that `JobsOperator` needs, or the names of some of them:
            "user-jobs-index" to list a user's jobs, "active-jobs-index" to find stuck jobs.
        dynamodb: a ready boto3 resource; without it the process's shared one is used.

    Returns:
        The table's name, or ALREADY_EXISTS (the existing table was not changed), VALIDATION_ERROR (there is no such
        optional index; nothing was sent), or the code of a failure of AWS.

    >>> create_table("careervp-jobs-table-dev").data
    'careervp-jobs-table-dev'
    >>> create_table("careervp-jobs-table-dev").code
    <ResultCode.ALREADY_EXISTS: 'ALREADY_EXISTS'>
    """
    gateway = Gateway(Route("boto3", Connection(table_name, dynamodb), table_name), table_name, _DEADLINE_SECONDS)
    plan = _create(table_name, idempotency_index_name, index_projection, optional_indexes)
    return gateway.run(Verb.CREATE_TABLE, plan)


def _create(
    table_name: str, index_name: str, projection: Projection, optional_indexes: bool | Iterable[str]
) -> Plan[str]:
    yield Request("create_table", create_table_request(table_name, index_name, projection, optional_indexes))
    yield Request("wait_until_exists", {})
    # DynamoDB refuses a time to live while it still creates the table.
    yield Request("update_time_to_live", time_to_live_request(table_name))
    return Result.success(table_name)
