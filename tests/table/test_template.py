"""The templates: valid, the same each time, and a table made of them is as described."""

from __future__ import annotations

import json
import subprocess
import sys
from itertools import count
from typing import Any

import hcl2
import pytest
from cfnlint.api import lint  # type: ignore[import-untyped]

from careervp_jobs_dal import JobsRepository, cloudformation, iam_policy, terraform, verify_table
from careervp_jobs_dal.infrastructure.permission import ROLES
from careervp_jobs_dal.job.index import ACTIVE_JOBS_INDEX
from tests.engines.catalogue import Engine
from tests.table.recording import TABLE_ARN

ACTIVE = [ACTIVE_JOBS_INDEX]
WAYS: dict[str, dict[str, Any]] = {
    "plain": {},
    "all": {"idempotency_index_name": "by-key", "index_projection": "KEYS_ONLY", "optional_indexes": True},
    "some": {"optional_indexes": ACTIVE, "policies": True, "stream": True},
}
_numbers = count()


@pytest.fixture
def name() -> str:
    return f"templated-{next(_numbers)}"


@pytest.mark.parametrize("way", WAYS)
def test_the_linter_of_cloudformation_has_no_objection(way: str) -> None:
    template = cloudformation(None if way == "plain" else "jobs", **WAYS[way])

    assert [str(match) for match in lint(template, regions=["eu-west-1", "us-east-1"])] == []


def test_the_linter_would_object() -> None:
    broken = cloudformation("jobs").replace('"BillingMode"', '"Billing"')

    assert [match.rule.id for match in lint(broken)] != []


@pytest.mark.parametrize("way", WAYS)
def test_a_table_of_the_cloudformation_template_is_as_described(name: str, engine: Engine, way: str) -> None:
    table = json.loads(cloudformation(name, **WAYS[way]))["Resources"]["JobsTable"]
    make(table["Properties"], engine)

    assert without_recovery(engine, name, WAYS[way]) == []
    assert (table["DeletionPolicy"], table["UpdateReplacePolicy"]) == ("Retain", "Retain")


@pytest.mark.parametrize("way", WAYS)
def test_a_table_of_the_terraform_configuration_is_as_described(name: str, engine: Engine, way: str) -> None:
    table = parsed(terraform(name, **WAYS[way]))["resource"][0]["aws_dynamodb_table"]["jobs"]
    make(properties_of(table), engine)

    assert without_recovery(engine, name, WAYS[way]) == []
    assert table["lifecycle"] == [{"prevent_destroy": True}]


def test_cloudformation_names_a_table_that_has_no_name() -> None:
    template = json.loads(cloudformation())

    assert "TableName" not in template["Resources"]["JobsTable"]["Properties"]
    assert template["Outputs"]["TableName"]["Value"] == {"Ref": "JobsTable"}


def test_the_policies_of_the_cloudformation_template_are_those_of_iam_policy() -> None:
    template = json.loads(cloudformation("jobs", "by-key", policies=True))

    for role in ROLES:
        resource = template["Resources"][f"Jobs{role.capitalize()}Policy"]
        assert resource["Type"] == "AWS::IAM::ManagedPolicy"
        assert resolved(resource["Properties"]["PolicyDocument"]) == json.loads(iam_policy(role, TABLE_ARN, "by-key"))
        name = f"Jobs{role.capitalize()}PolicyArn"
        assert template["Outputs"][name] == {
            "Value": {"Ref": name.removesuffix("Arn")},
            "Export": {"Name": {"Fn::Sub": f"${{AWS::StackName}}-{name}"}},
        }


def test_the_policies_of_the_terraform_configuration_are_those_of_iam_policy() -> None:
    configuration = parsed(terraform("jobs", "by-key", policies=True))
    documents = {name: each for data in configuration["data"] for name, each in data["aws_iam_policy_document"].items()}
    policies = {
        name: each for data in configuration["resource"] for name, each in data.get("aws_iam_policy", {}).items()
    }

    for role in ROLES:
        wanted = json.loads(iam_policy(role, TABLE_ARN, "by-key"))["Statement"]
        written = [
            {"Sid": each["sid"], "Effect": "Allow", "Action": each["actions"], "Resource": located(each["resources"])}
            for each in documents[f"jobs_{role}"]["statement"]
        ]
        assert written == wanted
        assert policies[f"jobs_{role}"] == {
            "name": f"jobs-{role}",
            "policy": f"${{data.aws_iam_policy_document.jobs_{role}.json}}",
        }


def test_the_stream_is_on_by_choice_and_has_its_output() -> None:
    template, plain = json.loads(cloudformation("jobs", stream=True)), json.loads(cloudformation("jobs"))
    configuration = parsed(terraform("jobs", stream=True))

    specification = template["Resources"]["JobsTable"]["Properties"]["StreamSpecification"]
    assert specification == {"StreamViewType": "NEW_AND_OLD_IMAGES"}
    assert template["Outputs"]["TableStreamArn"]["Value"] == {"Fn::GetAtt": ["JobsTable", "StreamArn"]}
    table = configuration["resource"][0]["aws_dynamodb_table"]["jobs"]
    assert (table["stream_enabled"], table["stream_view_type"]) == (True, "NEW_AND_OLD_IMAGES")
    assert "table_stream_arn" in json.dumps(configuration["output"])
    assert "Stream" not in json.dumps(plain)
    assert "stream" not in terraform("jobs")


def test_a_name_can_have_a_variable_of_terraform_in_it() -> None:
    table = parsed(terraform("jobs-${var.stage}"))["resource"][0]["aws_dynamodb_table"]["jobs"]

    assert table["name"] == "jobs-${var.stage}"


@pytest.mark.parametrize("make_text", [cloudformation, terraform])
def test_an_unknown_optional_index_is_refused(make_text: Any) -> None:
    with pytest.raises(ValueError, match="user-jobs-index and active-jobs-index"):
        make_text("jobs", optional_indexes=["no-such-index"])


def test_the_texts_are_the_same_in_every_process() -> None:
    """Sets and hashes differ from one process to the next."""
    code = (
        "from careervp_jobs_dal import *\n"
        "for make in (cloudformation, terraform): print(make('jobs', optional_indexes=True, policies=True))\n"
        "for role in ('submit', 'worker', 'status', 'operator'): print(iam_policy(role, 'arn'))"
    )
    texts = {
        subprocess.run(
            [sys.executable, "-c", code], env={"PYTHONHASHSEED": seed}, capture_output=True, text=True, check=True
        ).stdout
        for seed in ("1", "2")
    }

    assert len(texts) == 1


def make(properties: dict[str, Any], engine: Engine) -> None:
    """What CloudFormation does with them."""
    client = JobsRepository("any").dynamodb.meta.client
    properties = dict(properties)
    time_to_live = properties.pop("TimeToLiveSpecification")
    recovery = properties.pop("PointInTimeRecoverySpecification")
    if stream := properties.get("StreamSpecification"):  # CloudFormation switches it on
        properties["StreamSpecification"] = {"StreamEnabled": True, **stream}
    table_name = properties["TableName"]
    client.create_table(**properties)
    client.get_waiter("table_exists").wait(TableName=table_name)
    client.update_time_to_live(TableName=table_name, TimeToLiveSpecification=time_to_live)
    if engine.has_backups:
        client.update_continuous_backups(TableName=table_name, PointInTimeRecoverySpecification=recovery)


def without_recovery(engine: Engine, name: str, options: dict[str, Any]) -> list[Any]:
    """The findings; an engine without backups cannot be asked for them."""
    index = options.get("idempotency_index_name", "idempotency-key-index")
    found = verify_table(name, index, optional_indexes=options.get("optional_indexes", False)).unwrap()
    return [each for each in found if engine.has_backups or each.severity != "unchecked"]


def parsed(configuration: str) -> Any:
    return unquoted(hcl2.loads(configuration + "\n"))


def unquoted(value: Any) -> Any:
    """The parser keeps the quotes of a text, and marks blocks."""
    if isinstance(value, dict):
        return {unquoted(name): unquoted(each) for name, each in value.items() if name != "__is_block__"}
    if isinstance(value, list):
        return [unquoted(each) for each in value]
    return value.removeprefix('"').removesuffix('"') if isinstance(value, str) else value


def properties_of(table: dict[str, Any]) -> dict[str, Any]:
    """What the provider asks of DynamoDB."""
    (time_to_live,), (recovery,) = table["ttl"], table["point_in_time_recovery"]
    return {
        "TableName": table["name"],
        "BillingMode": table["billing_mode"],
        "DeletionProtectionEnabled": table["deletion_protection_enabled"],
        "AttributeDefinitions": [
            {"AttributeName": each["name"], "AttributeType": each["type"]} for each in table["attribute"]
        ],
        "KeySchema": key_of(table),
        "GlobalSecondaryIndexes": [
            {
                "IndexName": each["name"],
                "KeySchema": key_of(each),
                "Projection": {"ProjectionType": each["projection_type"]},
            }
            for each in table["global_secondary_index"]
        ],
        "TimeToLiveSpecification": {
            "AttributeName": time_to_live["attribute_name"],
            "Enabled": time_to_live["enabled"],
        },
        "PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": recovery["enabled"]},
    }


def key_of(block: dict[str, Any]) -> list[dict[str, str]]:
    kinds = (("hash_key", "HASH"), ("range_key", "RANGE"))
    return [{"AttributeName": block[name], "KeyType": kind} for name, kind in kinds if name in block]


def resolved(document: Any) -> Any:
    """With the table's ARN where CloudFormation puts it."""
    if isinstance(document, list):
        return [resolved(each) for each in document]
    if not isinstance(document, dict):
        return document
    if document == {"Fn::GetAtt": ["JobsTable", "Arn"]}:
        return TABLE_ARN
    if set(document) == {"Fn::Sub"}:
        return document["Fn::Sub"].replace("${JobsTable.Arn}", TABLE_ARN)
    return {name: resolved(each) for name, each in document.items()}


def located(resources: list[str]) -> list[str]:
    """With the table's ARN where Terraform puts it."""
    return [each.replace("${aws_dynamodb_table.jobs.arn}", TABLE_ARN) for each in resources]
