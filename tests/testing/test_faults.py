"""Faults: which requests they strike, and what these then come to."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError, ConnectTimeoutError

from careervp_jobs_dal import JobsRepository, ResultCode, create_table
from careervp_jobs_dal.testing import EmbeddedJobs, Faults, JobBuilder

LEASE = timedelta(minutes=5)


def test_whoever_sends_a_request_meets_the_fault(jobs_embedded: EmbeddedJobs, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_LAMBDA_FUNCTION_NAME", "submit")  # gives a repository another client
    others = [JobsRepository(), JobsRepository(dynamodb=boto3.resource("dynamodb", region_name="eu-west-1"))]
    jobs_embedded.faults.answer("AccessDeniedException")

    assert len({id(each.dynamodb) for each in (jobs_embedded.repository, *others)}) == 3
    assert {each.find_job("vpr-1").code for each in others} == {ResultCode.ACCESS_DENIED}


def test_other_tables_and_services_are_spared(jobs_faults: Faults) -> None:
    create_table("orders").unwrap()
    jobs_faults.fail()

    assert JobsRepository("orders").submit_job("key", {}).success
    assert boto3.client("sts").get_caller_identity()["Account"]
    assert jobs_faults.sent == []


@pytest.mark.parametrize("operation", ["batch_get_item", "transact_write_items"])
def test_a_request_for_several_tables_is_about_each(
    jobs_repository: JobsRepository, jobs_faults: Faults, operation: str
) -> None:
    keys = {"Keys": [{"job_id": "vpr-1"}]}
    put = {"Put": {"TableName": jobs_repository.table_name, "Item": {"job_id": "vpr-1"}}}
    arguments: dict[str, dict[str, Any]] = {
        "batch_get_item": {"RequestItems": {jobs_repository.table_name: keys}},
        "transact_write_items": {"TransactItems": [put]},
    }
    jobs_faults.answer("AccessDeniedException")

    with pytest.raises(ClientError, match="AccessDenied"):
        getattr(jobs_repository.dynamodb.meta.client, operation)(**arguments[operation])


def test_a_fault_of_one_operation_waits_for_it(
    jobs_repository: JobsRepository, jobs_faults: Faults, jobs_builder: JobBuilder
) -> None:
    job_id = jobs_builder.pending()["job_id"]
    jobs_faults.answer("AccessDeniedException", operation="UpdateItem", times=2)

    assert jobs_repository.find_job(job_id).success
    assert jobs_repository.claim_job(job_id, lease=LEASE).code is ResultCode.ACCESS_DENIED
    assert jobs_repository.find_job(job_id).success
    assert jobs_repository.cancel_job(job_id).code is ResultCode.ACCESS_DENIED
    assert jobs_repository.cancel_job(job_id).success


def test_faults_come_one_after_the_other(jobs_repository: JobsRepository, jobs_faults: Faults) -> None:
    jobs_faults.throttle(times=3)
    jobs_faults.pass_through()
    jobs_faults.fail(lambda: ConnectTimeoutError(endpoint_url="https://dynamodb.invalid"))

    codes = [jobs_repository.submit_job("key", {}).code for _ in range(3)]
    assert codes == [ResultCode.THROTTLED, ResultCode.SUCCESS, ResultCode.UNAVAILABLE]


def test_many_failures_do_not_end_the_retries(jobs_repository: JobsRepository, jobs_faults: Faults) -> None:
    jobs_faults.fail(times=300)

    codes = {jobs_repository.find_job("vpr-1").code for _ in range(100)}
    assert codes == {ResultCode.UNAVAILABLE}
    assert len(jobs_faults.sent) == 300


def test_building_jobs_meets_no_fault(
    jobs_repository: JobsRepository, jobs_faults: Faults, jobs_builder: JobBuilder
) -> None:
    jobs_faults.throttle(times=3)

    assert jobs_builder.completed()["status"] == "COMPLETED"
    assert jobs_faults.sent == []
    assert jobs_repository.find_job("vpr-1").code is ResultCode.THROTTLED


def test_unread_keys_can_be_asked_for_again(
    jobs_repository: JobsRepository, jobs_faults: Faults, jobs_builder: JobBuilder
) -> None:
    job_ids = [jobs_builder.pending()["job_id"] for _ in range(3)]
    asked: Any = {jobs_repository.table_name: {"Keys": [{"job_id": job_id} for job_id in job_ids]}}
    asked[jobs_repository.table_name]["ConsistentRead"] = True
    jobs_faults.leave_unprocessed(times=None)

    read = []
    while asked:
        answer = jobs_repository.dynamodb.batch_get_item(RequestItems=asked)
        read += [item["job_id"] for item in answer["Responses"][jobs_repository.table_name]]
        asked = answer["UnprocessedKeys"]
        assert all(wanted["ConsistentRead"] for wanted in asked.values())
    assert read == job_ids
