"""The CloudFormation template of the table, made from its description."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from careervp_jobs_dal.infrastructure.description import STREAM_VIEW, create_table_request, time_to_live_request
from careervp_jobs_dal.infrastructure.permission import ROLES, Role, needed
from careervp_jobs_dal.infrastructure.policy import policy_document
from careervp_jobs_dal.job.index import IDEMPOTENCY_INDEX, Projection

if TYPE_CHECKING:
    from collections.abc import Iterable

_TABLE = "JobsTable"


def cloudformation(
    table_name: str | None = None,
    idempotency_index_name: str = IDEMPOTENCY_INDEX,
    *,
    index_projection: Projection = "KEYS_ONLY",
    optional_indexes: bool | Iterable[str] = False,
    policies: bool = False,
    stream: bool = False,
) -> str:
    """Make a CloudFormation template of the table.

    The table has point-in-time recovery and deletion protection, and stays when its stack is deleted. The outputs are
    exported under the stack's name.

    Args:
        table_name: the table's name; without it CloudFormation makes one.
        idempotency_index_name: the name of the index on `idempotency_key`.
        index_projection: as for `create_table`.
        optional_indexes: as for `create_table`.
        policies: add a managed policy for each role (see `iam_policy`); the stack then needs CAPABILITY_IAM.
        stream: switch the table's stream on, for `read_changes` or a pipe; the output `TableStreamArn` names it.

    Returns:
        The template as JSON, the same for the same arguments.

    Raises:
        ValueError: there is no such optional index.

    >>> import json
    >>> table = json.loads(cloudformation("jobs"))["Resources"]["JobsTable"]
    >>> table["Properties"]["BillingMode"]
    'PAY_PER_REQUEST'
    """
    table = _table(table_name, create_table_request("", idempotency_index_name, index_projection, optional_indexes))
    if stream:
        table["Properties"]["StreamSpecification"] = {"StreamViewType": STREAM_VIEW}
    resources = {_TABLE: table}
    outputs = {"TableName": _output("TableName", {"Ref": _TABLE}), "TableArn": _output("TableArn", _ARN)}
    if stream:
        outputs["TableStreamArn"] = _output("TableStreamArn", {"Fn::GetAtt": [_TABLE, "StreamArn"]})
    for role in ROLES if policies else ():
        name = f"Jobs{role.capitalize()}Policy"
        resources[name] = _policy(role, idempotency_index_name)
        outputs[f"{name}Arn"] = _output(f"{name}Arn", {"Ref": name})
    return json.dumps({"AWSTemplateFormatVersion": "2010-09-09", "Resources": resources, "Outputs": outputs}, indent=2)


_ARN = {"Fn::GetAtt": [_TABLE, "Arn"]}


def _table(name: str | None, request: dict[str, Any]) -> dict[str, Any]:
    """Make the table's resource; its properties are named like CreateTable's parameters."""
    properties = {
        **({"TableName": name} if name else {}),
        **{key: value for key, value in request.items() if key != "TableName"},
        "TimeToLiveSpecification": time_to_live_request("")["TimeToLiveSpecification"],
        "PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": True},
        "DeletionProtectionEnabled": True,
    }
    return {
        "Type": "AWS::DynamoDB::Table",
        "DeletionPolicy": "Retain",
        "UpdateReplacePolicy": "Retain",
        "Properties": properties,
    }


def _policy(role: Role, idempotency_index_name: str) -> dict[str, Any]:
    document = policy_document(needed(role), _ARN, _index_arn, idempotency_index_name)
    properties = {"Description": f"The {role} role of {_TABLE}", "PolicyDocument": document}
    return {"Type": "AWS::IAM::ManagedPolicy", "Properties": properties}


def _index_arn(index_name: str) -> dict[str, str]:
    return {"Fn::Sub": f"${{{_TABLE}.Arn}}/index/{index_name}"}


def _output(name: str, value: Any) -> dict[str, Any]:
    """Make an output, exported so that the functions' stacks can import it."""
    return {"Value": value, "Export": {"Name": {"Fn::Sub": f"${{AWS::StackName}}-{name}"}}}
