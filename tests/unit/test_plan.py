"""The plans of the contract, looked at without sending them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from careervp_jobs_dal.codec.packing import decode_record
from careervp_jobs_dal.plans import contract
from tests.conftest import CANARY


def read_no_clock() -> datetime:
    raise AssertionError("The clock was read")


def test_a_request_shows_no_value(job: dict[str, Any]) -> None:
    request = next(contract.create(job, decode_record))

    assert repr(request) == "Request(put_item, job_id='vpr-1')"
    assert CANARY in str(request.parameters)


def test_a_status_update_is_written_as_callers_know_it() -> None:
    request = next(contract.update("vpr-1", {"status": "PROCESSING", "note": "begun"}, read_no_clock, decode_record))

    assert request.parameters == {
        "Key": {"job_id": "vpr-1"},
        "UpdateExpression": "SET #status = :status, #note = :note",
        "ConditionExpression": "#status IN (:v0, :v1)",
        "ExpressionAttributeNames": {"#status": "status", "#note": "note"},
        "ExpressionAttributeValues": {":status": "PROCESSING", ":note": "begun", ":v0": "PENDING", ":v1": "PROCESSING"},
        "ReturnValues": "ALL_NEW",
        "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
    }


def test_an_update_that_completes_a_job_takes_it_off_the_active_index_as_well() -> None:
    request = next(contract.update("vpr-1", {"status": "COMPLETED", "note": "done"}, read_no_clock, decode_record))

    expression = request.parameters["UpdateExpression"]
    assert expression == "REMOVE #active_shard, #due_at SET #status = :status, #note = :note"
    assert request.parameters["ExpressionAttributeNames"]["#active_shard"] == "active_shard"
