"""One client for the whole process, one Table for each thread, and whatever the caller injects or patches."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

import boto3
import pytest

from careervp_jobs_dal import JobsRepository, create_table
from careervp_jobs_dal.aws import resource

Job = dict[str, Any]


def test_two_repositories_share_one_resource() -> None:
    assert JobsRepository("one").dynamodb is JobsRepository("two").dynamodb


def test_nothing_is_connected_before_the_first_call(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resource, "_make", lambda: pytest.fail("connected"))

    JobsRepository("jobs")


def test_another_aws_environment_gets_another_resource(monkeypatch: pytest.MonkeyPatch) -> None:
    first = JobsRepository("jobs").dynamodb
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")

    assert JobsRepository("jobs").dynamodb is not first
    assert JobsRepository("jobs").dynamodb.meta.client.meta.region_name == "us-east-1"


def test_the_client_is_configured_on_purpose() -> None:
    config: Any = JobsRepository("jobs").dynamodb.meta.client.meta.config

    assert (config.connect_timeout, config.read_timeout, config.tcp_keepalive) == (1, 3, True)
    assert config.retries["mode"] == "standard"
    assert config.retries["total_max_attempts"] == 3
    assert "careervp-jobs-dal/" in config.user_agent


def test_the_resource_is_made_once_under_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[resource.Shared] = []
    make = resource._make

    def counted() -> resource.Shared:
        made.append(make())
        return made[-1]

    monkeypatch.setattr(resource, "_make", counted)
    monkeypatch.setattr(resource, "_kept", None)
    barrier = threading.Barrier(8)

    def connect(_: int) -> Any:
        barrier.wait()
        return JobsRepository("jobs").dynamodb

    with ThreadPoolExecutor(8) as threads:
        resources = list(threads.map(connect, range(8)))

    assert len(made) == 1
    assert {id(resource) for resource in resources} == {id(resources[0])}


def test_each_thread_has_a_table_of_its_own() -> None:
    repository = JobsRepository("jobs")
    with ThreadPoolExecutor(1) as thread:
        other = thread.submit(lambda: repository.table).result()

    assert repository.table is repository.table
    assert other is not repository.table
    assert other.meta.client is repository.table.meta.client


def test_an_injected_resource_is_used(job: Job) -> None:
    dynamodb = boto3.resource("dynamodb", region_name="us-west-2")
    create_table("jobs", dynamodb=dynamodb).unwrap()
    repository = JobsRepository("jobs", dynamodb=dynamodb)

    assert repository.create_job(job).success
    assert repository.dynamodb is dynamodb
    assert dynamodb.Table("jobs").get_item(Key={"job_id": "vpr-1"})["Item"]["status"] == "PENDING"


def test_a_table_assigned_by_a_test_serves_every_thread(job: Job) -> None:
    class FakeTable:
        items: list[Job] = []  # noqa: RUF012

        def put_item(self, **parameters: Any) -> Job:
            self.items.append(parameters["Item"])
            return {}

    repository = JobsRepository("jobs")
    repository.table = FakeTable()
    with ThreadPoolExecutor(1) as thread:
        assert thread.submit(repository.create_job, job).result().unwrap() == job

    assert len(FakeTable.items) == 1


def test_the_table_name_comes_from_the_argument_or_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("JOBS_TABLE_NAME", raising=False)
    monkeypatch.setenv("VPR_JOBS_TABLE_NAME", "older")
    assert JobsRepository().table_name == "older"

    monkeypatch.setenv("JOBS_TABLE_NAME", "newer")
    assert JobsRepository().table_name == "newer"
    assert JobsRepository("given").table_name == "given"
    assert JobsRepository("given").table.name == "given"


def test_without_a_table_name_both_variables_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JOBS_TABLE_NAME", "")
    monkeypatch.delenv("VPR_JOBS_TABLE_NAME", raising=False)

    with pytest.raises(ValueError, match=r"JOBS_TABLE_NAME or VPR_JOBS_TABLE_NAME"):
        JobsRepository()


@pytest.mark.parametrize("deadline", [0, -1, float("nan")])
def test_a_deadline_is_above_zero(deadline: float) -> None:
    with pytest.raises(ValueError, match="deadline"):
        JobsRepository("jobs", deadline=deadline)


def test_a_misspelt_choice_is_refused() -> None:
    with pytest.raises(ValueError, match="on_read_error"):
        JobsRepository("jobs", on_read_error="None")  # type: ignore[arg-type]


def test_the_index_name_is_public() -> None:
    assert JobsRepository("jobs").idempotency_index == "idempotency-key-index"
    assert JobsRepository("jobs", "other").idempotency_index == "other"


def test_the_clock_tells_the_present_in_utc() -> None:
    before = datetime.now(UTC)

    assert before <= JobsRepository("jobs").clock() <= datetime.now(UTC)
    assert JobsRepository("jobs", clock=lambda: before).clock() is before


def test_callers_of_old_find_the_two_private_methods(job: Job) -> None:
    repository = JobsRepository("jobs")

    assert repository._build_update_expression({"status": "FAILED", "error": "x"}) == (
        "SET #status = :status, #error = :error",
        {"#status": "status", "#error": "error"},
        {":status": "FAILED", ":error": "x"},
    )
    del job["idempotency_key"]
    assert repository._validate_job_data(job) is True
    del job["status"]
    with pytest.raises(ValueError, match=r"^Missing required field: status$"):
        repository._validate_job_data(job)
