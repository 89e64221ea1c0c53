"""`create_table`: the table as it is described, once."""

from __future__ import annotations

from typing import Any

import pytest

from careervp_jobs_dal import JobsRepository, ResultCode, create_table


@pytest.mark.parametrize("projection", ["ALL", "KEYS_ONLY"])
def test_the_table_has_its_key_its_index_and_its_time_to_live(table_name: str, projection: Any) -> None:
    name = create_table(f"{table_name}-{projection}", "by-key", index_projection=projection).unwrap()
    client = JobsRepository(name).dynamodb.meta.client

    table = client.describe_table(TableName=name)["Table"]
    expiry = client.describe_time_to_live(TableName=name)["TimeToLiveDescription"]

    assert table["KeySchema"] == [{"AttributeName": "job_id", "KeyType": "HASH"}]
    (index,) = table["GlobalSecondaryIndexes"]
    assert index["IndexName"] == "by-key"
    assert index["KeySchema"] == [{"AttributeName": "idempotency_key", "KeyType": "HASH"}]
    assert index["Projection"]["ProjectionType"] == projection
    assert table["BillingModeSummary"]["BillingMode"] == "PAY_PER_REQUEST"
    assert (expiry["TimeToLiveStatus"], expiry["AttributeName"]) == ("ENABLED", "ttl")


def test_a_table_that_is_there_is_left_alone(table_name: str) -> None:
    assert create_table(table_name).code is ResultCode.ALREADY_EXISTS


@pytest.mark.parametrize(
    ("wanted", "names"),
    [
        (True, {"user-jobs-index", "active-jobs-index"}),
        (["active-jobs-index"], {"active-jobs-index"}),
        ("user-jobs-index", {"user-jobs-index"}),
        (False, set()),
    ],
)
def test_optional_indexes_are_made_where_they_are_asked_for(table_name: str, wanted: Any, names: set[str]) -> None:
    name = create_table(f"{table_name}-more", optional_indexes=wanted).unwrap()

    table = JobsRepository(name).dynamodb.meta.client.describe_table(TableName=name)["Table"]

    made = {index["IndexName"]: index for index in table["GlobalSecondaryIndexes"]}
    assert set(made) == {"idempotency-key-index", *names}
    for index in names:
        assert made[index]["Projection"]["ProjectionType"] == "KEYS_ONLY"
        by = {"user-jobs-index": "created_at", "active-jobs-index": "due_at"}[index]
        assert made[index]["KeySchema"][1] == {"AttributeName": by, "KeyType": "RANGE"}


def test_an_optional_index_that_there_is_not_is_refused() -> None:
    refused = create_table("jobs-of-no-one", optional_indexes=["users-jobs-index"])

    assert refused.code is ResultCode.VALIDATION_ERROR
    assert refused.error == "The optional indexes are user-jobs-index and active-jobs-index"
