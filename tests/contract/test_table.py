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
