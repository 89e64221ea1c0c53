"""The Terraform configuration of the table, made from its description."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from careervp_jobs_dal.infrastructure.description import create_table_request
from careervp_jobs_dal.infrastructure.permission import ROLES, Role, needed
from careervp_jobs_dal.infrastructure.policy import policy_document
from careervp_jobs_dal.job.attribute import JOB_ID, TTL
from careervp_jobs_dal.job.index import IDEMPOTENCY_INDEX, Index, Projection, idempotency_index
from careervp_jobs_dal.job.index import optional_indexes as indexes_named

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

_ARN = "aws_dynamodb_table.jobs.arn"


class _Expression(str):
    """Reference in HCL, which is written without quotes."""

    __slots__ = ()


class _Block(list[tuple[str, Any]]):
    """Body of a block in HCL: arguments and further blocks, in order.

    A name can occur several times, so this is no dict.
    """

    __slots__ = ()


def terraform(
    table_name: str,
    idempotency_index_name: str = IDEMPOTENCY_INDEX,
    *,
    index_projection: Projection = "KEYS_ONLY",
    optional_indexes: bool | Iterable[str] = False,
    policies: bool = False,
) -> str:
    """Make a Terraform configuration of the table, for the provider hashicorp/aws.

    The table has point-in-time recovery, deletion protection and `prevent_destroy`.

    Args:
        table_name: the table's name; Terraform's `${var.stage}` can be part of it.
        idempotency_index_name: the name of the index on `idempotency_key`.
        index_projection: as for `create_table`.
        optional_indexes: as for `create_table`.
        policies: add a policy for each role (see `iam_policy`).

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
    blocks = [('resource "aws_dynamodb_table" "jobs"', _table(request, indexes)), *_outputs()]
    for role in ROLES if policies else ():
        blocks += _policy(role, table_name, idempotency_index_name)
    return "\n\n".join("\n".join(_written(head, body)) for head, body in blocks)


def _table(request: Mapping[str, Any], indexes: Iterable[Index]) -> _Block:
    attributes = [
        ("attribute", _Block([("name", each["AttributeName"]), ("type", each["AttributeType"])]))
        for each in request["AttributeDefinitions"]
    ]
    return _Block(
        [
            ("name", request["TableName"]),
            ("billing_mode", request["BillingMode"]),
            ("hash_key", JOB_ID),
            ("deletion_protection_enabled", True),
            *attributes,
            *(("global_secondary_index", _index(index)) for index in indexes),
            ("ttl", _Block([("attribute_name", TTL), ("enabled", True)])),
            ("point_in_time_recovery", _Block([("enabled", True)])),
            ("lifecycle", _Block([("prevent_destroy", True)])),
        ]
    )


def _index(index: Index) -> _Block:
    key = [("hash_key", index.partition), *([("range_key", index.sort)] if index.sort else [])]
    return _Block([("name", index.name), *key, ("projection_type", index.projection)])


def _policy(role: Role, table_name: str, idempotency_index_name: str) -> Iterator[tuple[str, _Block]]:
    document = policy_document(needed(role), _Expression(_ARN), _index_arn, idempotency_index_name)
    statements = [
        ("statement", _Block([("sid", each["Sid"]), ("actions", each["Action"]), ("resources", each["Resource"])]))
        for each in document["Statement"]
    ]
    name = f"jobs_{role}"
    policy = [
        ("name", f"{table_name}-{role}"),
        ("policy", _Expression(f"data.aws_iam_policy_document.{name}.json")),
    ]
    yield f'data "aws_iam_policy_document" "{name}"', _Block(statements)
    yield f'resource "aws_iam_policy" "{name}"', _Block(policy)


def _index_arn(index_name: str) -> str:
    return f"${{{_ARN}}}/index/{index_name}"


def _outputs() -> Iterator[tuple[str, _Block]]:
    for name in ("name", "arn"):
        yield f'output "table_{name}"', _Block([("value", _Expression(f"aws_dynamodb_table.jobs.{name}"))])


def _written(head: str, body: _Block, indent: str = "") -> Iterator[str]:
    """Write a block in the format of `terraform fmt`.

    The equals signs are aligned, and an empty line precedes each block within.
    """
    inner = indent + "  "
    width = max((len(name) for name, value in body if not isinstance(value, _Block)), default=0)
    yield f"{indent}{head} {{"
    for number, (name, value) in enumerate(body):
        if isinstance(value, _Block):
            yield from [""] if number else []
            yield from _written(name, value, inner)
        else:
            yield f"{inner}{name:{width}} = {_value(value)}"
    yield f"{indent}}}"


def _value(value: Any) -> str:
    if isinstance(value, list):
        return f"[{', '.join(map(_value, value))}]"
    return str(value) if isinstance(value, _Expression) else json.dumps(value)
