"""The table of the construct is the one that the library describes."""

from __future__ import annotations

from typing import Any

import pytest
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_kms as kms

from careervp_jobs_dal.infrastructure.cdk import JobsTable
from careervp_jobs_dal.infrastructure.description import create_table_request, time_to_live_request
from tests.cdk.reading import new_stack, only, resources, template_of

TABLE = "AWS::DynamoDB::GlobalTable"
WAYS: dict[str, dict[str, Any]] = {
    "plain": {"optional_indexes": False},
    "all": {"idempotency_index_name": "by-key", "index_projection": "ALL"},
    "some": {"optional_indexes": ["active-jobs-index"]},
}


def synthesised(**options: Any) -> dict[str, Any]:
    stack = new_stack()
    JobsTable(stack, "Jobs", **options)
    return template_of(stack)


@pytest.mark.parametrize("way", WAYS)
def test_the_table_is_as_described(way: str) -> None:
    options = WAYS[way]
    made = only(synthesised(table_name="jobs", **options), TABLE)

    described = create_table_request(
        "jobs",
        options.get("idempotency_index_name", "idempotency-key-index"),
        options.get("index_projection", "KEYS_ONLY"),
        options.get("optional_indexes", True),
    )
    assert {name: made[name] for name in described} == described
    assert made["TimeToLiveSpecification"] == time_to_live_request("jobs")["TimeToLiveSpecification"]


def test_a_table_can_be_brought_back_and_outlives_its_stack() -> None:
    (table,) = resources(synthesised(), TABLE).values()
    (replica,) = table["Properties"]["Replicas"]

    assert replica["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}
    assert replica["DeletionProtectionEnabled"] is True
    assert (table["DeletionPolicy"], table["UpdateReplacePolicy"]) == ("Retain", "Retain")


def test_a_table_of_tests_goes_with_its_stack() -> None:
    (table,) = resources(synthesised(deletion_protection=False), TABLE).values()
    (replica,) = table["Properties"]["Replicas"]

    assert replica["DeletionProtectionEnabled"] is False
    assert table["DeletionPolicy"] == "Delete"


def test_without_a_choice_there_is_no_name_no_stream_and_no_key() -> None:
    made = only(synthesised(), TABLE)

    assert not {"TableName", "StreamSpecification", "SSESpecification"} & made.keys()


def test_a_stream_has_the_chosen_view() -> None:
    made = only(synthesised(stream=dynamodb.StreamViewType.NEW_AND_OLD_IMAGES), TABLE)

    assert made["StreamSpecification"] == {"StreamViewType": "NEW_AND_OLD_IMAGES"}


def test_a_key_of_the_account_encrypts_the_table() -> None:
    stack = new_stack()
    JobsTable(stack, "Jobs", encryption_key=kms.Key(stack, "Key"))
    template = template_of(stack)
    ((key, _),) = resources(template, "AWS::KMS::Key").items()

    made = only(template, TABLE)
    assert made["SSESpecification"] == {"SSEEnabled": True, "SSEType": "KMS"}
    assert made["Replicas"][0]["SSESpecification"] == {"KMSMasterKeyId": {"Fn::GetAtt": [key, "Arn"]}}


def test_an_index_that_does_not_exist_is_refused() -> None:
    with pytest.raises(ValueError, match="The optional indexes are"):
        JobsTable(new_stack(), "Jobs", optional_indexes=["by-colour"])
