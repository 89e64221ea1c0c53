"""`verify_table`: it reads a live table and compares it with its description."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from careervp_jobs_dal.aws.connection import Connection
from careervp_jobs_dal.aws.environment import table_name_from_environment
from careervp_jobs_dal.aws.gateway import Gateway
from careervp_jobs_dal.aws.route import Route
from careervp_jobs_dal.infrastructure.finding import Finding, by_severity
from careervp_jobs_dal.infrastructure.index_inspection import Expected
from careervp_jobs_dal.infrastructure.inspection import (
    inspect_backups,
    inspect_table,
    inspect_time_to_live,
)
from careervp_jobs_dal.job.index import IDEMPOTENCY_INDEX, idempotency_index
from careervp_jobs_dal.job.index import optional_indexes as indexes_named
from careervp_jobs_dal.job.verb import Verb
from careervp_jobs_dal.plans.plan import Plan, Request, Sweep
from careervp_jobs_dal.result import Answer, Failure, Result, ResultCode, Success

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from careervp_jobs_dal.aws.boto3_type import DynamoDBServiceResource
    from careervp_jobs_dal.job.index import Index

_DEADLINE_SECONDS = 10.0
_UNANSWERED = frozenset({ResultCode.ACCESS_DENIED, ResultCode.DYNAMODB_ERROR})
"""Codes of a read that is not allowed, or that an engine does not know. The other reads may still have findings."""


class _Look(NamedTuple):
    """Look at a live table: operation, subject in words, inspection of the answer."""

    operation: str
    action: str
    about: str
    inspect: Callable[[Expected, Mapping[str, Any]], list[Finding]]


_LOOKS = (
    _Look("describe_table", "DescribeTable", "The keys, the indexes and the billing", inspect_table),
    _Look("describe_time_to_live", "DescribeTimeToLive", "The time to live", inspect_time_to_live),
    _Look("describe_continuous_backups", "DescribeContinuousBackups", "Point-in-time recovery", inspect_backups),
)


def verify_table(
    table_name: str | None = None,
    idempotency_index_name: str = IDEMPOTENCY_INDEX,
    *,
    optional_indexes: bool | Iterable[str] = False,
    one_region_writes: bool = False,
    dynamodb: DynamoDBServiceResource | None = None,
) -> Success[list[Finding]] | Failure:
    """Compare the live table with its description; nothing is changed.

    Args:
        table_name: the table; without it JOBS_TABLE_NAME, then VPR_JOBS_TABLE_NAME is read from the environment.
        idempotency_index_name: the name of the index on `idempotency_key`.
        optional_indexes: the optional indexes that must exist, as for `create_table`. An existing one is always
            checked.
        one_region_writes: True where the functions of one Region alone write; replicas in other Regions are no error
            then.
        dynamodb: a ready boto3 resource; without it the process's shared one is used.

    Returns:
        The findings, errors first; an empty list where all is as described. A part that may not be read, or that a
        local engine does not know, gives a finding of severity "unchecked". Or VALIDATION_ERROR (there is no such
        optional index), CONFIG_ERROR (no such table, among others), ACCESS_DENIED (nothing may be read), THROTTLED,
        UNAVAILABLE, DYNAMODB_ERROR.

    Raises:
        ValueError: no table name is given or set.

    >>> for finding in verify_table(repository.table_name).unwrap():
    ...     print(finding.severity, "-", finding.what.partition(":")[0])
    advice - Deletion protection is off
    advice - Point-in-time recovery is off
    """
    name = table_name or table_name_from_environment()
    gateway = Gateway(Route("boto3", Connection(name, dynamodb), name), name, _DEADLINE_SECONDS)
    index = idempotency_index(idempotency_index_name)
    return verify(gateway, name, index, optional_indexes, one_region_writes=one_region_writes)


def verify(
    gateway: Gateway,
    table_name: str,
    required: Index,
    optional_indexes: bool | Iterable[str] = False,
    *,
    one_region_writes: bool = False,
) -> Answer[list[Finding]]:
    """Verify the table through an existing gateway."""
    expected = Expected(table_name, required, one_region_writes=one_region_writes)
    return gateway.sweep(Verb.VERIFY_TABLE, _verify(expected, optional_indexes))


def _verify(expected: Expected, optional_indexes: bool | Iterable[str]) -> Sweep[list[Finding]]:
    expected = expected._replace(wanted=indexes_named(optional_indexes))
    answers: dict[_Look, Answer[list[Finding]]] = {}
    for look in _LOOKS:
        answers[look] = yield _inspect(look, expected)
    failures = [answer for answer in answers.values() if not answer]
    fatal = [answer for answer in failures if answer.code not in _UNANSWERED]
    if fatal or len(failures) == len(_LOOKS):
        return (fatal or failures)[0]
    return Result.success(by_severity(finding for look, answer in answers.items() for finding in _found(look, answer)))


def _inspect(look: _Look, expected: Expected) -> Plan[list[Finding]]:
    reply = yield Request(look.operation, {"TableName": expected.table_name})
    try:
        return Result.success(look.inspect(expected, reply.response))
    except (AttributeError, KeyError, TypeError):  # a proxy can answer in DynamoDB's place
        return Result.failure(f"The answer to {look.action} cannot be read", ResultCode.UNAVAILABLE)


def _found(look: _Look, answer: Answer[list[Finding]]) -> list[Finding]:
    if answer:
        return answer.unwrap()
    may_not = answer.code is ResultCode.ACCESS_DENIED
    why = f"dynamodb:{look.action} is not allowed" if may_not else "the read failed"
    remedy = f"Allow dynamodb:{look.action} on the table" if may_not else "A local engine may not know it"
    return [Finding("unchecked", f"{look.about} could not be checked: {why}", remedy)]
