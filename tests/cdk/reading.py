"""What a synthesised template says, in forms that can be compared."""

from __future__ import annotations

import json
from typing import Any, cast

from aws_cdk import App, Environment, Stack
from aws_cdk import aws_lambda as lambda_
from aws_cdk.assertions import Template

from careervp_jobs_dal.infrastructure.permission import needed

Properties = dict[str, Any]
ROLES_POLICY = "AWS::IAM::Policy"


def new_stack() -> Stack:
    """A stack for one Region, as the CDK wants it for a table with a key of the account."""
    return Stack(App(), "Stack", env=Environment(account="123456789012", region="eu-west-1"))


def template_of(stack: Stack) -> Properties:
    """The template as JSON. The CDK refuses further constructs afterwards."""
    return dict(Template.from_stack(stack).to_json())


def resources(template: Properties, kind: str) -> dict[str, Properties]:
    """The resources of a type, by their logical ids."""
    return {name: each for name, each in template["Resources"].items() if each["Type"] == kind}


def only(template: Properties, kind: str) -> Properties:
    """The properties of the only resource of a type."""
    (resource,) = resources(template, kind).values()
    return dict(resource["Properties"])


def new_function(stack: Stack, name: str = "Function", **settings: Any) -> lambda_.Function:
    return lambda_.Function(
        stack,
        name,
        handler="index.handler",
        runtime=lambda_.Runtime.PYTHON_3_13,
        code=lambda_.Code.from_inline("def handler(event, context): ..."),
        **settings,
    )


def permitted(template: Properties, service: str) -> set[tuple[str, str]]:
    """All that the template's only policy permits of a service: pairs of an action and a resource."""
    return {
        (action, json.dumps(resource))
        for statement in only(template, ROLES_POLICY)["PolicyDocument"]["Statement"]
        for action in as_list(statement["Action"])
        for resource in as_list(statement["Resource"])
        if action.startswith(f"{service}:")
    }


def declared(who: Any, table: Any, names: dict[str, str] | None = None) -> set[tuple[str, str]]:
    """All that the declaration says a role needs, on a table with this reference as its ARN."""
    pairs: set[tuple[str, str]] = set()
    for permission in needed(who):
        index = (names or {}).get(permission.on_index, permission.on_index)
        pairs.add((f"dynamodb:{permission.action}", json.dumps(joined(table, f"/index/{index}") if index else table)))
    return pairs


def joined(reference: Any, text: str) -> Any:
    """A reference with text behind it, as the CDK writes it."""
    if isinstance(reference, str):
        return reference + text
    if "Fn::Join" in reference:
        parts = reference["Fn::Join"][1]
        return {"Fn::Join": ["", [*parts[:-1], f"{parts[-1]}{text}"]]}
    return {"Fn::Join": ["", [reference, text]]}


def as_list(value: Any) -> list[Any]:
    return cast("list[Any]", value) if isinstance(value, list) else [value]
