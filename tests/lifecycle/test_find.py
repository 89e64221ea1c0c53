"""`find_job` and `wait_for_job`: what its user may see of a job."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from careervp_jobs_dal import JobsOperator, JobsRepository, ResultCode
from careervp_jobs_dal.aws import polling as waiting
from tests.conftest import Clock
from tests.contract.test_create import INVALID_KEYS
from tests.faults import Faults

MINUTE = timedelta(minutes=1)


@pytest.fixture
def job_id(repository: JobsRepository) -> str:
    return repository.submit_job("key", {"text": "..."}, user_id="u").unwrap().job_id


def test_absent_expired_and_anothers_are_one_answer(repository: JobsRepository, clock: Clock, job_id: str) -> None:
    found = repository.find_job(job_id, user_id="u").unwrap()
    anothers = repository.find_job(job_id, user_id="v")
    clock.advance(timedelta(hours=24))
    expired = repository.find_job(job_id, user_id="u")
    repository.table.delete_item(Key={"job_id": job_id})
    absent = repository.find_job(job_id, user_id="u")

    assert found["input_data"] == {"text": "..."}
    assert anothers == expired == absent
    assert (absent.code, absent.record) == (ResultCode.NOT_FOUND, None)


@pytest.mark.parametrize("key", INVALID_KEYS, ids=repr)
def test_what_cannot_be_an_id_is_not_asked_for(repository: JobsRepository, faults: Faults, key: Any) -> None:
    found = repository.find_job(key)

    assert found.code is (ResultCode.NOT_FOUND if isinstance(key, str) else ResultCode.VALIDATION_ERROR)
    (found.error or "").encode()
    assert repository.wait_for_job(key, MINUTE).code is found.code
    assert faults.sent == []


@pytest.mark.parametrize("times", [1, 2, 3])
def test_aws_saying_no_is_never_not_found(repository: JobsRepository, job_id: str, faults: Faults, times: int) -> None:
    faults.answer("AccessDeniedException")

    assert repository.find_job(job_id).code is ResultCode.ACCESS_DENIED


class Waiter:
    """Time that passes when someone sleeps, and a worker that acts meanwhile."""

    def __init__(self, *steps: Callable[[], object]) -> None:
        self.now = 0.0
        self.pauses: list[float] = []
        self.steps = list(steps)

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds
        self.pauses.append(seconds)
        if self.steps:
            self.steps.pop(0)()


def test_waiting_ends_with_the_whole_finished_record(
    repository: JobsRepository, job_id: str, faults: Faults, monkeypatch: pytest.MonkeyPatch
) -> None:
    claim = repository.claim_job(job_id, lease=MINUTE).unwrap()
    waiter = Waiter(
        int,
        lambda: repository.renew_claim(claim, lease=MINUTE, progress=0.5).unwrap(),
        lambda: repository.complete_job(claim, result_key="r").unwrap(),
    )
    monkeypatch.setattr(waiting, "time", waiter)
    seen: list[tuple[Any, ...]] = []

    done = repository.wait_for_job(
        job_id, MINUTE, user_id="u", on_change=lambda job: seen.append((job["status"], job.get("progress")))
    ).unwrap()

    assert done == repository.find_job(job_id).unwrap()
    assert seen == [("PROCESSING", None), ("PROCESSING", 0.5), ("COMPLETED", 0.5)]
    assert len(waiter.pauses) == 3
    assert 0.125 <= waiter.pauses[0] <= 0.25


@pytest.mark.boto3
def test_waiting_reads_cheaply_and_makes_sure_of_a_miss(
    repository: JobsRepository, job_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[dict[str, Any]] = []
    get_item = repository.table.get_item

    def recorded(**parameters: Any) -> Any:
        asked.append(parameters)
        return {} if len(asked) == 1 else get_item(**parameters)

    repository.cancel_job(job_id).unwrap()
    monkeypatch.setattr(repository.table, "get_item", recorded)

    assert repository.wait_for_job(job_id, MINUTE).unwrap()["status"] == "FAILED"
    assert [parameters["ConsistentRead"] for parameters in asked] == [False, True, True, True]
    assert "ProjectionExpression" in asked[0]
    assert "input_data" not in asked[0]["ExpressionAttributeNames"].values()


def test_waiting_ends_when_the_time_is_up(
    repository: JobsRepository, job_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    waiter = Waiter()
    monkeypatch.setattr(waiting, "time", waiter)

    late = repository.wait_for_job(job_id, MINUTE)

    assert (late.code, (late.record or {})["status"]) == (ResultCode.UNAVAILABLE, "PENDING")
    assert 50 < waiter.now <= 60
    assert max(waiter.pauses) <= 5


def test_waiting_outlasts_a_failure_that_passes_and_no_other(
    repository: JobsRepository, job_id: str, faults: Faults, monkeypatch: pytest.MonkeyPatch
) -> None:
    waiter = Waiter(lambda: repository.cancel_job(job_id).unwrap())
    monkeypatch.setattr(waiting, "time", waiter)
    faults.answer("ThrottlingException", times=3)

    assert repository.wait_for_job(job_id, MINUTE).success
    assert repository.wait_for_job(job_id, MINUTE, user_id="v").code is ResultCode.NOT_FOUND
    assert time.sleep is not waiter.sleep


def test_a_status_is_the_part_that_changes(repository: JobsRepository, job_id: str) -> None:
    claim = repository.claim_job(job_id, lease=MINUTE).unwrap()
    repository.renew_claim(claim, lease=MINUTE, progress=0.5).unwrap()

    status = repository.find_status(job_id, user_id="u").unwrap()

    assert status == {
        "job_id": job_id,
        "status": "PROCESSING",
        "created_at": claim.job["created_at"],
        "attempt": 1,
        "progress": 0.5,
    }


def test_a_status_shows_the_fields_that_are_asked_for(repository: JobsRepository, job_id: str) -> None:
    claim = repository.claim_job(job_id, lease=MINUTE).unwrap()
    completed = repository.complete_job(claim, result_key="r").unwrap()

    status = repository.find_status(job_id, fields=["result_key", "input_data", "absent", "status"]).unwrap()

    assert status["result_key"] == "r"
    assert status["input_data"] == completed["input_data"]
    assert "absent" not in status


@pytest.mark.boto3
def test_a_status_is_read_as_the_caller_chooses(
    repository: JobsRepository, job_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[bool] = []
    get_item = repository.table.get_item

    def recorded(**parameters: Any) -> Any:
        asked.append(parameters["ConsistentRead"])
        return get_item(**parameters)

    monkeypatch.setattr(repository.table, "get_item", recorded)

    repository.find_status(job_id).unwrap()
    repository.find_status(job_id, consistent=True).unwrap()
    assert asked == [False, True]

    assert repository.find_status("absent").code is ResultCode.NOT_FOUND
    assert repository.find_status("absent", consistent=True).code is ResultCode.NOT_FOUND
    assert asked[2:] == [False, True, True]


@pytest.mark.parametrize(
    ("age", "wait"), [(0, 1), (3, 1), (4.1, 2), (40, 10), (60.5, 16), (120, 30), (86_000, 30), (-60, 1)]
)
def test_the_wait_between_polls_grows_with_the_age_of_the_job(
    repository: JobsRepository, clock: Clock, job_id: str, age: float, wait: int
) -> None:
    clock.advance(timedelta(seconds=age))

    assert repository.find_status(job_id).retry_after == timedelta(seconds=wait)


def test_a_finished_job_is_not_worth_another_poll(repository: JobsRepository, job_id: str) -> None:
    repository.cancel_job(job_id).unwrap()

    assert repository.find_status(job_id).retry_after is None


def test_a_status_is_hidden_as_the_whole_job_is(repository: JobsRepository, clock: Clock, job_id: str) -> None:
    assert repository.find_status(job_id, user_id="another").code is ResultCode.NOT_FOUND
    assert repository.find_status("").code is ResultCode.NOT_FOUND
    clock.advance(timedelta(days=2))
    assert repository.find_status(job_id).code is ResultCode.NOT_FOUND


@pytest.mark.parametrize("fields", [[""], [5], ["a"] * 101], ids=str)
def test_fields_are_names_of_attributes(repository: JobsRepository, job_id: str, fields: list[Any]) -> None:
    refused = repository.find_status(job_id, fields=fields)

    assert refused.code is ResultCode.VALIDATION_ERROR
    assert "fields" in str(refused.error)


def test_a_status_that_cannot_be_judged_is_corrupt(repository: JobsRepository, job_id: str) -> None:
    repository.table.update_item(
        Key={"job_id": job_id},
        UpdateExpression="SET #status = :bogus",
        ExpressionAttributeNames={"#status": "status"},
        ExpressionAttributeValues={":bogus": "BOGUS"},
    )

    assert repository.find_status(job_id).code is ResultCode.CORRUPT_RECORD


def stale(repository: JobsRepository, monkeypatch: pytest.MonkeyPatch, record: dict[str, Any]) -> None:
    """Eventually consistent reads show the record as it once was."""
    get_item = repository.table.get_item

    def lagging(**parameters: Any) -> Any:
        return get_item(**parameters) if parameters["ConsistentRead"] else {"Item": record}

    monkeypatch.setattr(repository.table, "get_item", lagging)


def test_the_end_of_a_life_before_a_retry_is_not_waited_for(
    repository: JobsRepository, job_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    repository.cancel_job(job_id).unwrap()
    stale(repository, monkeypatch, repository.table.get_item(Key={"job_id": job_id}, ConsistentRead=True)["Item"])
    repository.submit_job("key", {"text": "..."}, user_id="u", replace_failed=True).unwrap()
    monkeypatch.setattr(waiting, "time", Waiter())

    late = repository.wait_for_job(job_id, MINUTE)

    assert (late.code, (late.record or {})["status"]) == (ResultCode.UNAVAILABLE, "PENDING")


def test_a_job_that_is_seen_as_it_expired_is_asked_for_again(
    repository: JobsRepository, clock: Clock, job_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    stale(repository, monkeypatch, repository.table.get_item(Key={"job_id": job_id}, ConsistentRead=True)["Item"])
    clock.advance(timedelta(days=2))
    repository.submit_job("key", {"text": "..."}, user_id="u").unwrap()

    assert repository.find_status(job_id, user_id="u").unwrap()["status"] == "PENDING"


def test_waiting_goes_on_where_the_job_begins_anew_before_it_is_fetched(
    repository: JobsRepository, job_id: str, faults: Faults, monkeypatch: pytest.MonkeyPatch
) -> None:
    repository.cancel_job(job_id).unwrap()
    waiter = Waiter(lambda: repository.cancel_job(job_id).unwrap())
    monkeypatch.setattr(waiting, "time", waiter)
    faults.pass_through(times=2)  # two looks show the end
    faults.run(lambda: JobsOperator(repository).retry_job(job_id).unwrap())

    assert repository.wait_for_job(job_id, MINUTE).unwrap()["status"] == "FAILED"
    assert len(waiter.pauses) == 1
