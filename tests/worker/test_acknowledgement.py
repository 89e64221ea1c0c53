"""A message leaves the queue only where the stored record says that nothing is left to do."""

from __future__ import annotations

import pickle
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

import pytest

from careervp_jobs_dal import Claim, JobsRepository, JobWorker, NotAcknowledgedError, ResultCode, create_table
from tests.conftest import Clock
from tests.worker.invocation import MINUTE, Context, Sqs, event, failures, message, raising


@pytest.fixture
def job_id(repository: JobsRepository) -> str:
    return repository.submit_job("key", {}, max_attempts=2).unwrap().job_id


def put_back(repository: JobsRepository, clock: Clock, claim: Claim) -> None:
    repository.fail_job(claim, "later", retryable=True, retry_after=7 * MINUTE).unwrap()


def release(repository: JobsRepository, clock: Clock, claim: Claim) -> None:
    repository.release_claim(claim, retry_after=7 * MINUTE).unwrap()


def take_over(repository: JobsRepository, clock: Clock, claim: Claim) -> None:
    clock.advance(2 * MINUTE)
    repository.claim_job(claim.job_id, lease=7 * MINUTE - timedelta(seconds=1)).unwrap()


def take_over_and_finish(repository: JobsRepository, clock: Clock, claim: Claim) -> None:
    clock.advance(2 * MINUTE)
    repository.complete_job(repository.claim_job(claim.job_id, lease=MINUTE).unwrap()).unwrap()


def complete(repository: JobsRepository, clock: Clock, claim: Claim) -> None:
    repository.complete_job(claim, score=0.5).unwrap()


def fail(repository: JobsRepository, clock: Clock, claim: Claim) -> None:
    repository.fail_job(claim, "no use").unwrap()


def delete(repository: JobsRepository, clock: Clock, claim: Claim) -> None:
    repository.table.delete_item(Key={"job_id": claim.job_id})


Meanwhile = Callable[[JobsRepository, Clock, Claim], None]
STAYS: dict[str, tuple[Meanwhile, ResultCode]] = {
    "the work puts its job back": (put_back, ResultCode.LEASE_LOST),
    "the work releases its claim": (release, ResultCode.LEASE_LOST),
    "another worker has it now": (take_over, ResultCode.LEASE_LOST),
}
LEAVES: dict[str, tuple[Meanwhile, ResultCode]] = {
    "another worker has finished it": (take_over_and_finish, ResultCode.LEASE_LOST),
    "the work completes its job itself": (complete, ResultCode.SUCCESS),
    "the work fails its job for good": (fail, ResultCode.ALREADY_FINISHED),
    "the record is gone": (delete, ResultCode.NOT_FOUND),
}


@pytest.mark.parametrize(("meanwhile", "code"), STAYS.values(), ids=STAYS)
def test_a_job_that_is_not_done_keeps_its_message_until_it_can_be_claimed(
    repository: JobsRepository, clock: Clock, job_id: str, meanwhile: Meanwhile, code: ResultCode
) -> None:
    sqs = Sqs()
    worker = JobWorker(repository, lambda claim: meanwhile(repository, clock, claim), sqs=sqs)

    with pytest.raises(NotAcknowledgedError) as raised:
        worker.handle_record(message(job_id), Context())

    assert raised.value.code is code
    assert sqs.pauses == [420]


@pytest.mark.parametrize(("meanwhile", "code"), LEAVES.values(), ids=LEAVES)
def test_a_job_with_nothing_left_to_do_gives_its_message_away(
    repository: JobsRepository, clock: Clock, job_id: str, meanwhile: Meanwhile, code: ResultCode
) -> None:
    sqs = Sqs()
    worker = JobWorker(repository, lambda claim: meanwhile(repository, clock, claim), sqs=sqs)

    assert worker.handle_record(message(job_id), Context()) is code
    assert sqs.asked == []


def test_work_that_raises_after_it_has_put_its_job_back_keeps_the_message(
    repository: JobsRepository, clock: Clock, job_id: str
) -> None:
    def work(claim: Claim) -> None:
        put_back(repository, clock, claim)
        raise TimeoutError

    assert JobWorker(repository, work)(event(job_id), Context()) == failures(1)
    job = repository.find_job(job_id).unwrap()
    assert (job["status"], job["attempt"], job["error"]) == ("PENDING", 1, "later")


def rename(job: dict[str, Any]) -> None:
    job["job_id"] = "another"


def pop(job: dict[str, Any]) -> None:
    del job["job_id"]


@pytest.mark.parametrize("change", [rename, pop, dict.clear])
@pytest.mark.parametrize("raises", [False, True])
def test_work_that_changes_its_copy_of_the_record_ends_its_own_job(
    repository: JobsRepository, job_id: str, change: Callable[[dict[str, Any]], None], raises: bool
) -> None:
    def work(claim: Claim) -> Mapping[str, Any]:
        change(claim.job)
        if raises:
            raise ValueError("no use")
        return {"score": 0.5}

    assert JobWorker(repository, work, permanent=(ValueError,))(event(job_id), Context()) == failures()
    assert repository.find_job(job_id).unwrap()["status"] == ("FAILED" if raises else "COMPLETED")


def test_a_worker_on_a_wrong_table_says_which_table_and_which_job(
    clock: Clock, job_id: str, caplog: pytest.LogCaptureFixture
) -> None:
    wrong = create_table("wrong-table").unwrap()

    assert JobWorker(JobsRepository(wrong, clock=clock), raising(KeyError()))(event(job_id), Context()) == failures()
    (line,) = caplog.records
    assert line.levelname == "WARNING"
    assert wrong in line.getMessage()
    assert job_id in line.getMessage()


def test_three_messages_of_one_failing_job_are_one_attempt(repository: JobsRepository, job_id: str) -> None:
    worker = JobWorker(repository, raising(TimeoutError()), sqs=Sqs())

    assert worker(event(job_id, job_id, job_id), Context()) == failures(1, 2, 3)
    assert repository.find_job(job_id).unwrap()["attempt"] == 1


def test_the_signal_that_a_message_stays_survives_pickle() -> None:
    left = NotAcknowledgedError("vpr-1", ResultCode.NOT_DUE, retry_after=MINUTE)

    same = pickle.loads(pickle.dumps(left))

    assert (same.job_id, same.code, same.reason, same.retry_after) == ("vpr-1", "NOT_DUE", "NOT_DUE", MINUTE)
    assert str(same) == "Job vpr-1 is not done: NOT_DUE"


def test_a_record_that_does_not_say_when_it_is_due_leaves_the_queue_its_own_time(
    repository: JobsRepository, clock: Clock, job_id: str
) -> None:
    def work(claim: Claim) -> None:
        take_over(repository, clock, claim)
        repository.table.update_item(Key={"job_id": job_id}, UpdateExpression="REMOVE lease_expires_at")

    sqs = Sqs()
    with pytest.raises(NotAcknowledgedError):
        JobWorker(repository, work, sqs=sqs).handle_record(message(job_id), Context())
    assert sqs.asked == []
