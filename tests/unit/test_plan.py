"""The plans of the contract, looked at without sending them."""

from __future__ import annotations

from typing import Any

from careervp_jobs_dal import contract
from careervp_jobs_dal.packing import decode_record
from careervp_jobs_dal.plan import Plan
from tests.conftest import CANARY


def test_a_plan_shows_no_value(job: dict[str, Any]) -> None:
    plan = contract.create(job, decode_record)

    assert isinstance(plan, Plan)
    assert repr(plan) == "Plan(create, put_item)"
    assert CANARY in str(plan.parameters)


def test_a_status_update_is_written_as_callers_know_it(job: dict[str, Any]) -> None:
    plan = contract.update("vpr-1", {"status": "PROCESSING", "note": "begun"}, decode_record)

    assert isinstance(plan, Plan)
    assert plan.parameters == {
        "Key": {"job_id": "vpr-1"},
        "UpdateExpression": "SET #status = :status, #note = :note",
        "ConditionExpression": "#n0 IN (:v0, :v1)",
        "ExpressionAttributeNames": {"#status": "status", "#note": "note", "#n0": "status"},
        "ExpressionAttributeValues": {":status": "PROCESSING", ":note": "begun", ":v0": "PENDING", ":v1": "PROCESSING"},
        "ReturnValues": "ALL_NEW",
        "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
    }


def test_an_update_that_finishes_a_job_takes_it_off_the_active_index_as_well() -> None:
    plan = contract.update("vpr-1", {"status": "FAILED", "error": "time-out"}, decode_record)

    assert isinstance(plan, Plan)
    expression = plan.parameters["UpdateExpression"]
    assert expression == "SET #status = :status, #error = :error REMOVE #active_shard"
    assert plan.parameters["ExpressionAttributeNames"]["#active_shard"] == "active_shard"
