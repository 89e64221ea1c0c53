"""The Terraform configuration of the table, made from its description."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from careervp_jobs_dal.infrastructure.description import STREAM_VIEW, create_table_request
from careervp_jobs_dal.infrastructure.hcl import Block, Expression, written
from careervp_jobs_dal.infrastructure.permission import ROLES, Role, needed
from careervp_jobs_dal.infrastructure.policy import policy_document
from careervp_jobs_dal.job.attribute import JOB_ID, TTL
from careervp_jobs_dal.job.index import IDEMPOTENCY_INDEX, Index, Projection, idempotency_index
from careervp_jobs_dal.job.index import optional_indexes as indexes_named

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

_ARN = "aws_dynamodb_table.jobs.arn"


def terraform(
    table_name: str,
    idempotency_index_name: str = IDEMPOTENCY_INDEX,
    *,
    index_projection: Projection = "KEYS_ONLY",
    optional_indexes: bool | Iterable[str] = False,
    policies: bool = False,
    stream: bool = False,
) -> str:
    """Make a Terraform configuration of the table, for the provider hashicorp/aws.

    The table has point-in-time recovery, deletion protection and `prevent_destroy`.

    Args:
        table_name: the table's name; Terraform's `${var.stage}` can be part of it.
        idempotency_index_name: the name of the index on `idempotency_key`.
        index_projection: as for `create_table`.
        optional_indexes: as for `create_table`.
        policies: add a policy for each role (see `iam_policy`).
        stream: switch the table's stream on, for `read_changes` or a pipe; the output `table_stream_arn` names it.

    Returns:
        The configuration in HCL, the same for the same arguments.

    Raises:
        ValueError: there is no such optional index.

    >>> for line in terraform("jobs").splitlines()[:5]:
    ...     print(line)
    resource "aws_dynamodb_table" "jobs" {
      name                        = "jobs"
      billing_mode                = "PAY_PER_REQUEST"
      hash_key                    = "job_id"
      deletion_protection_enabled = true
    """
    indexes = (idempotency_index(idempotency_index_name, index_projection), *indexes_named(optional_indexes))
    request = create_table_request(table_name, idempotency_index_name, index_projection, optional_indexes)
    outputs = ("name", "arn", *(["stream_arn"] if stream else []))
    blocks = [('resource "aws_dynamodb_table" "jobs"', _table(request, indexes, stream)), *_outputs(outputs)]
    for role in ROLES if policies else ():
        blocks += _policy(role, table_name, idempotency_index_name)
    return written(blocks)


def _table(request: Mapping[str, Any], indexes: Iterable[Index], stream: bool) -> Block:
    attributes = [
        ("attribute", Block([("name", each["AttributeName"]), ("type", each["AttributeType"])]))
        for each in request["AttributeDefinitions"]
    ]
    return Block(
        [
            ("name", request["TableName"]),
            ("billing_mode", request["BillingMode"]),
            ("hash_key", JOB_ID),
            ("deletion_protection_enabled", True),
            *([("stream_enabled", True), ("stream_view_type", STREAM_VIEW)] if stream else []),
            *attributes,
            *(("global_secondary_index", _index(index)) for index in indexes),
            ("ttl", Block([("attribute_name", TTL), ("enabled", True)])),
            ("point_in_time_recovery", Block([("enabled", True)])),
            ("lifecycle", Block([("prevent_destroy", True)])),
        ]
    )


def _index(index: Index) -> Block:
    key = [("hash_key", index.partition), *([("range_key", index.sort)] if index.sort else [])]
    return Block([("name", index.name), *key, ("projection_type", index.projection)])


def _policy(role: Role, table_name: str, idempotency_index_name: str) -> Iterator[tuple[str, Block]]:
    document = policy_document(needed(role), Expression(_ARN), _index_arn, idempotency_index_name)
    statements = [
        ("statement", Block([("sid", each["Sid"]), ("actions", each["Action"]), ("resources", each["Resource"])]))
        for each in document["Statement"]
    ]
    name = f"jobs_{role}"
    policy = [
        ("name", f"{table_name}-{role}"),
        ("policy", Expression(f"data.aws_iam_policy_document.{name}.json")),
    ]
    yield f'data "aws_iam_policy_document" "{name}"', Block(statements)
    yield f'resource "aws_iam_policy" "{name}"', Block(policy)


def _index_arn(index_name: str) -> str:
    return f"${{{_ARN}}}/index/{index_name}"


def _outputs(names: Iterable[str]) -> Iterator[tuple[str, Block]]:
    for name in names:
        yield f'output "table_{name}"', Block([("value", Expression(f"aws_dynamodb_table.jobs.{name}"))])
