"""One record that cannot be read, among others: it is reported, and the others are given."""

from __future__ import annotations

import json
import zlib
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import boto3
import pytest

from careervp_jobs_dal import JobsOperator, JobsRepository, ResultCode
from careervp_jobs_dal.codec.packing import MAGIC
from tests.conftest import Clock
from tests.engines.catalogue import Engine
from tests.faults import Faults
from tests.operations.conftest import Seed

MINUTE = timedelta(minutes=1)
Change = Callable[[bytes, bytes], tuple[int, bytes]]


@pytest.fixture(autouse=True)
def only_in_process(engine: Engine) -> None:
    if engine.name != "moto":
        pytest.skip("The answers are changed inside the process")


def with_strange(job_id: str, attribute: str, value: bytes = b'{"N":"NaN"}') -> Change:
    """Gives the job this value wherever an answer shows the record."""

    def mark(item: Any) -> Any:
        return {**item, attribute: "MARK"} if item.get("job_id") == {"S": job_id} else item

    def change(_: bytes, answer: bytes) -> tuple[int, bytes]:
        return 200, json.dumps(json.loads(answer, object_hook=mark)).encode().replace(b'"MARK"', value)

    return change


def lines(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records]


def test_a_page_names_it_and_goes_on(
    operator: JobsOperator, seed: Seed, faults: Faults, caplog: pytest.LogCaptureFixture
) -> None:
    jobs = seed(5)
    faults.garble(with_strange(jobs[2], "note"), operation="BatchGetItem")

    page = operator.list_jobs(user_id="user-1", limit=4).unwrap()

    assert [job["job_id"] for job in page.jobs] == [jobs[4], jobs[3], jobs[1], jobs[0]]
    assert (page.unread, page.complete) == ((jobs[2],), True)
    assert repr(page) == "JobPage(4 jobs, 1 unread, more=False, complete=True)"
    assert lines(caplog) == [f"CORRUPT_RECORD: job '{jobs[2]}' was left out, because its attribute note cannot be read"]


@pytest.mark.parametrize("attribute", ["user_id", "status", "created_at", "ttl"])
def test_an_attribute_that_cannot_be_read_hides_no_job_from_a_page(
    operator: JobsOperator, seed: Seed, faults: Faults, attribute: str
) -> None:
    (job,) = seed(1)
    faults.garble(with_strange(job, attribute), operation="BatchGetItem")

    assert operator.list_jobs(user_id="user-1", status="PENDING").unwrap().unread == (job,)


def test_a_page_does_not_name_another_users_or_another_statuss(
    operator: JobsOperator, seed: Seed, faults: Faults
) -> None:
    (job,) = seed(1)
    faults.garble(with_strange(job, "note"), operation="BatchGetItem")

    assert operator.list_jobs(user_id="user-1", status="FAILED").unwrap().unread == ()


def test_a_batch_names_it_and_gives_the_others(operator: JobsOperator, seed: Seed, faults: Faults) -> None:
    jobs = seed(3)
    faults.garble(with_strange(jobs[1], "cost_usd"))

    batch = operator.get_jobs([*jobs, "absent"]).unwrap()

    assert (list(batch.jobs), batch.missing, batch.unread) == ([jobs[0], jobs[2]], ("absent",), (jobs[1],))


def test_a_recovery_names_it_and_recovers_the_others(operator: JobsOperator, seed: Seed, faults: Faults) -> None:
    jobs = seed(3)
    faults.garble(with_strange(jobs[1], "input_data"), operation="BatchGetItem")

    recovery = operator.recover_jobs(older_than=MINUTE).unwrap()

    assert (recovery.waiting, recovery.unread) == ((jobs[0], jobs[2]), (jobs[1],))


def test_overdue_jobs_are_listed_without_it(operator: JobsOperator, seed: Seed, faults: Faults) -> None:
    jobs = seed(3)
    faults.garble(with_strange(jobs[1], "input_data"), operation="BatchGetItem")

    assert [job["job_id"] for job in operator.list_overdue(older_than=MINUTE).unwrap()] == [jobs[0], jobs[2]]


@pytest.mark.parametrize("whole_table", [False, True])
def test_it_counts_as_corrupt(operator: JobsOperator, seed: Seed, faults: Faults, whole_table: bool) -> None:
    jobs = seed(3)
    faults.garble(with_strange(jobs[1], "status"), operation="Scan" if whole_table else "BatchGetItem")

    assert operator.stats(whole_table=whole_table).unwrap().counts == {"CORRUPT": 1, "PENDING": 2}


def test_a_purge_deletes_the_others(operator: JobsOperator, seed: Seed, faults: Faults, clock: Clock) -> None:
    jobs = seed(3, status="FAILED")
    faults.garble(with_strange(jobs[1], "created_at"), operation="Scan")

    assert set(operator.purge_jobs(older_than=MINUTE).unwrap().jobs) == {jobs[0], jobs[2]}


def test_a_damaged_payload_spoils_no_page(
    operator: JobsOperator, repository: JobsRepository, seed: Seed, caplog: pytest.LogCaptureFixture
) -> None:
    damaged = MAGIC + zlib.compress(b"[" * 200_000 + b"]" * 200_000)
    (spoiled,) = seed(1, input_data=damaged)
    (job,) = seed(1)

    fields = ["input_data"]
    assert [each["job_id"] for each in operator.list_overdue(older_than=MINUTE, fields=fields).unwrap()] == [job]
    assert operator.list_jobs(user_id="user-1", fields=fields).unwrap().unread == (spoiled,)
    assert operator.get_jobs([spoiled, job]).unwrap().unread == (spoiled,)
    assert repository.find_job(spoiled).code is ResultCode.CORRUPT_RECORD


def test_a_strange_match_is_not_passed_over(repository: JobsRepository, seed: Seed, faults: Faults) -> None:
    """Another match, or none, would be the wrong answer to a caller that is about to create a job."""
    (job,) = seed(1)
    faults.garble(with_strange(job, "note"), operation="GetItem")

    with pytest.raises(ConnectionError, match=f"Job {job} has a corrupt record: note"):
        repository.get_job_by_idempotency_key(job)


def test_a_job_of_another_key_is_no_match(repository: JobsRepository, seed: Seed, faults: Faults) -> None:
    (job,) = seed(1)
    faults.garble(
        lambda _, answer: (200, answer.replace(b'"idempotency_key": {"S": "', b'"idempotency_key": {"S": "x'))
    )

    with pytest.raises(ConnectionError):
        repository.get_job_by_idempotency_key(job)


def test_an_injected_resource_leaves_it_out_as_well(
    table_name: str, clock: Clock, seed: Seed, caplog: pytest.LogCaptureFixture
) -> None:
    """boto3 reads NaN, which no comparison takes."""
    dynamodb = boto3.resource("dynamodb")
    repository = JobsRepository(table_name, clock=clock, dynamodb=dynamodb, transport="boto3")
    operator, faults = JobsOperator(repository), Faults(dynamodb.meta.client)
    jobs = seed(3)
    faults.garble(with_strange(jobs[1], "ttl"))

    listed = operator.list_jobs(user_id="user-1").unwrap()
    batch = operator.get_jobs(jobs).unwrap()
    found = repository.find_job(jobs[1])
    faults.stop()

    assert (len(listed.jobs), listed.unread) == (2, (jobs[1],))
    assert (len(batch.jobs), batch.unread) == (2, (jobs[1],))
    assert found.code is ResultCode.CORRUPT_RECORD


def test_a_page_without_keys_that_says_there_are_more_does_not_turn_in_circles(
    operator: JobsOperator, faults: Faults
) -> None:
    body: Any = b'{"Items":[],"LastEvaluatedKey":{"job_id":{"S":"a"}}}'
    faults.garble(lambda *_: (200, body), carried_out=False)

    assert operator.list_jobs(user_id="user-1").code is ResultCode.UNAVAILABLE
    assert faults.sent == ["Query"]


@pytest.mark.parametrize("attribute", ["note", "status", "error", "kind"])
def test_a_list_of_failed_jobs_names_it(
    operator: JobsOperator, seed: Seed, faults: Faults, clock: Clock, attribute: str
) -> None:
    jobs = seed(3, status="FAILED", kind="letter")
    faults.garble(with_strange(jobs[1], attribute), operation="BatchGetItem")

    page = operator.list_failed(since=clock.now - timedelta(days=1), kind="letter").unwrap()

    assert ([job["job_id"] for job in page.jobs], page.unread) == ([jobs[2], jobs[0]], (jobs[1],))
