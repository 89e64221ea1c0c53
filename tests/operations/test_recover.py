"""`list_overdue` and `recover_jobs`: what is stuck comes back, oldest first, and no worker is robbed."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from careervp_jobs_dal import JobRequest, JobSender, JobsOperator, JobsRepository, Recovery, ResultCode
from careervp_jobs_dal.job.instant import instant_text
from careervp_jobs_dal.operations import gathering, overdue
from tests.conftest import CANARY, Clock
from tests.faults import Faults
from tests.operations.conftest import Seed

HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)


def submitted(repository: JobsRepository, key: str = "key", **options: Any) -> str:
    return repository.submit_job(key, {"text": CANARY}, user_id="user-1", **options).unwrap().job_id


@pytest.fixture
def lapsed(repository: JobsRepository, clock: Clock) -> str:
    """A job whose worker has gone."""
    job_id = submitted(repository)
    repository.claim_job(job_id, lease=MINUTE).unwrap()
    clock.advance(HOUR)
    return job_id


def lapsed_jobs(repository: JobsRepository, clock: Clock, number: int) -> list[str]:
    """Jobs whose workers have gone, the first one first."""
    jobs = []
    for key in range(number):
        jobs.append(submitted(repository, f"key {key}"))
        repository.claim_job(jobs[-1], lease=MINUTE).unwrap()
        clock.advance(timedelta(seconds=1))
    clock.advance(HOUR)
    return jobs


def only_for(word: str, code: str) -> Callable[[bytes, bytes], tuple[int, bytes]]:
    """Refuses the requests with this word, and gives the others their answer."""
    refusal = json.dumps({"__type": f"com.amazonaws.dynamodb#{code}", "message": ""}).encode()
    return lambda asked, answer: (400, refusal) if word.encode() in asked else (200, answer)


def overdue_ids(operator: JobsOperator, **options: Any) -> list[str]:
    return [job["job_id"] for job in operator.list_overdue(**{"older_than": MINUTE, **options}).unwrap()]


def test_thousands_of_overdue_jobs_come_oldest_first(
    operator: JobsOperator, clock: Clock, seed: Seed, many: int
) -> None:
    held = {"status": "PROCESSING", "attempt": 1, "claim_id": "c"}
    jobs = seed(many // 2, since=4 * HOUR)
    seed(many // 3, since=3 * HOUR, **held, lease_expires_at=instant_text(clock.now + HOUR))
    lapsed = seed(many // 10, **held, lease_expires_at=instant_text(clock.now - timedelta(seconds=500)))
    seed(5, since=timedelta(seconds=30))
    seed(5, since=2 * HOUR, status="FAILED")

    assert overdue_ids(operator, limit=1000) == [*jobs, *lapsed][:1000]
    assert overdue_ids(operator, limit=10) == jobs[:10]
    assert overdue_ids(operator, older_than=3.9 * HOUR, limit=1000) == [*lapsed, *jobs[:361]]


def test_a_search_looks_at_so_many_jobs_and_no_more(
    operator: JobsOperator, clock: Clock, seed: Seed, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(overdue, "MAX_LOOKED_AT", 50)
    seed(150, since=3 * HOUR, status="PROCESSING")
    seed(1, since=2 * HOUR)

    assert overdue_ids(operator) == []


def test_what_nobody_has_to_wait_for_is_not_overdue(
    operator: JobsOperator, repository: JobsRepository, clock: Clock, seed: Seed
) -> None:
    held = submitted(repository, "held")
    repository.claim_job(held, lease=HOUR).unwrap()
    done = submitted(repository, "done")
    repository.complete_job(repository.claim_job(done, lease=MINUTE).unwrap()).unwrap()
    seed(1, ttl=int(clock.now.timestamp()))
    seed(1, status="PROCESSING")
    clock.advance(timedelta(minutes=30))

    assert overdue_ids(operator) == []


def test_a_lapsed_job_is_put_back_and_sent_to_the_queue(
    operator: JobsOperator, repository: JobsRepository, lapsed: str
) -> None:
    sent: list[str] = []

    recovery = operator.recover_jobs(older_than=MINUTE, enqueue=sent.append).unwrap()

    assert recovery == Recovery(put_back=(lapsed,))
    assert sent == [lapsed]
    job = repository.find_job(lapsed).unwrap()
    assert (job["status"], job["attempt"], "lease_expires_at" in job) == ("PENDING", 1, False)
    assert job["errors"][-1]["error"] == job["error"] == "Attempt 1 did not finish, and its job was put back"
    assert "active_shard" in job


class _Refusing:
    """SQS that takes the first message of each request and refuses the others for good."""

    def __init__(self) -> None:
        self.bodies: list[str] = []

    def send_message_batch(self, *, QueueUrl: str, Entries: list[dict[str, Any]]) -> dict[str, Any]:  # noqa: N803
        self.bodies.append(Entries[0]["MessageBody"])
        refused = [{"Id": entry["Id"], "Code": "InternalError", "SenderFault": True} for entry in Entries[1:]]
        return {"Successful": [{"Id": Entries[0]["Id"]}], "Failed": refused}


def test_the_sweep_sends_the_jobs_that_were_submitted_and_not_sent(
    repository: JobsRepository, operator: JobsOperator, clock: Clock
) -> None:
    sqs = _Refusing()
    sender = JobSender("https://sqs.eu-west-1.amazonaws.com/123456789012/jobs", sqs=sqs)
    results = repository.submit_jobs(JobRequest(f"key {number}", {}, user_id="user-1") for number in range(5))
    dispatch = sender.send(result.unwrap() for result in results)
    (sent,) = dispatch.sent
    repository.complete_job(repository.claim_job(sent, lease=MINUTE).unwrap()).unwrap()
    clock.advance(HOUR)

    recovery = operator.recover_jobs(older_than=MINUTE, enqueue_by=sender.send_one).unwrap()

    assert set(recovery.waiting) == set(dispatch.unsent) == {result.unwrap().job_id for result in results} - {sent}
    assert [json.loads(body)["job_id"] for body in sqs.bodies] == [sent, *recovery.waiting]


def test_a_slow_worker_has_lost_its_lease(repository: JobsRepository, operator: JobsOperator, clock: Clock) -> None:
    job_id = submitted(repository)
    slow = repository.claim_job(job_id, lease=MINUTE).unwrap()
    clock.advance(HOUR)
    operator.recover_jobs(older_than=MINUTE).unwrap()

    assert repository.complete_job(slow).code is ResultCode.LEASE_LOST
    assert repository.renew_claim(slow, lease=MINUTE).code is ResultCode.LEASE_LOST
    assert repository.fail_job(slow, "late").code is ResultCode.LEASE_LOST
    assert repository.claim_job(job_id, lease=MINUTE).unwrap().attempt == 2


def test_a_waiting_job_moves_on_the_index_and_is_not_changed_else(
    operator: JobsOperator, repository: JobsRepository, clock: Clock
) -> None:
    job_id = submitted(repository)
    before = repository.find_job(job_id).unwrap()
    clock.advance(HOUR)

    recovery = operator.recover_jobs(older_than=MINUTE).unwrap()

    assert recovery == Recovery(waiting=(job_id,), to_enqueue=(job_id,))
    assert repository.find_job(job_id).unwrap() == {**before, "due_at": instant_text(clock.now)}


def test_used_up_attempts_fail_the_job(operator: JobsOperator, repository: JobsRepository, clock: Clock) -> None:
    job_id = submitted(repository, max_attempts=1)
    repository.claim_job(job_id, lease=MINUTE).unwrap()
    clock.advance(HOUR)
    sent: list[str] = []

    assert operator.recover_jobs(older_than=MINUTE, enqueue=sent.append).unwrap() == Recovery(failed=(job_id,))
    job = repository.find_job(job_id).unwrap()
    assert (job["status"], sent, job["active_shard"][0]) == ("FAILED", [], "f")


def test_a_job_that_was_to_be_cancelled_is_cancelled(
    operator: JobsOperator, repository: JobsRepository, clock: Clock
) -> None:
    job_id = submitted(repository)
    repository.claim_job(job_id, lease=MINUTE).unwrap()
    repository.cancel_job(job_id).unwrap()
    clock.advance(HOUR)

    assert operator.recover_jobs(older_than=MINUTE).unwrap() == Recovery(failed=(job_id,))
    assert "cancelled_at" in repository.find_job(job_id).unwrap()


def test_a_job_without_a_lease_is_left_alone_unless_it_is_adopted(
    operator: JobsOperator, repository: JobsRepository, clock: Clock
) -> None:
    job_id = submitted(repository)
    repository.update_job_status(job_id, "PROCESSING").unwrap()
    clock.advance(HOUR)

    assert operator.recover_jobs(older_than=MINUTE).unwrap() == Recovery(held=(job_id,))
    adopted = operator.recover_jobs(older_than=MINUTE, adopt_unleased=True).unwrap()
    assert adopted == Recovery(put_back=(job_id,), to_enqueue=(job_id,))
    assert repository.find_job(job_id).unwrap()["status"] == "PENDING"


def test_an_enqueue_that_raises_loses_no_other_job(
    operator: JobsOperator, repository: JobsRepository, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    jobs = []
    for number in range(3):
        jobs.append(submitted(repository, f"key {number}"))
        clock.advance(timedelta(seconds=1))
    clock.advance(HOUR)

    def enqueue(job_id: str) -> None:
        if job_id == jobs[1]:
            raise OSError(CANARY)

    with caplog.at_level(logging.WARNING):
        recovery = operator.recover_jobs(older_than=MINUTE, enqueue=enqueue).unwrap()

    assert recovery == Recovery(waiting=tuple(jobs), to_enqueue=(jobs[1],), more=True)
    assert CANARY not in caplog.text


def test_a_corrupt_record_is_said_and_waits_behind_the_others_from_then_on(
    operator: JobsOperator, repository: JobsRepository, clock: Clock, seed: Seed
) -> None:
    (corrupt,) = seed(1, attempt="text")
    before = repository.table.get_item(Key={"job_id": corrupt})["Item"]

    assert operator.recover_jobs(older_than=MINUTE).unwrap() == Recovery(unread=(corrupt,))
    assert operator.recover_jobs(older_than=MINUTE).unwrap() == Recovery()
    after = repository.table.get_item(Key={"job_id": corrupt})["Item"]
    assert after == {**before, "due_at": instant_text(clock.now)}
    clock.advance(MINUTE)
    assert operator.recover_jobs(older_than=MINUTE).unwrap().unread == (corrupt,)


def test_a_claim_that_comes_first_wins(
    operator: JobsOperator, repository: JobsRepository, lapsed: str, faults: Faults
) -> None:
    faults.run(lambda: repository.claim_job(lapsed, lease=HOUR).unwrap(), operation="UpdateItem")

    assert operator.recover_jobs(older_than=MINUTE).unwrap() == Recovery()
    job = repository.find_job(lapsed).unwrap()
    assert (job["status"], job["attempt"]) == ("PROCESSING", 2)


def test_a_claim_that_comes_second_finds_the_job(
    operator: JobsOperator, repository: JobsRepository, lapsed: str, faults: Faults
) -> None:
    faults.run(lambda: operator.recover_jobs(older_than=MINUTE).unwrap())

    assert repository.claim_job(lapsed, lease=HOUR).unwrap().attempt == 2


@pytest.mark.parametrize("later", [timedelta(0), timedelta(seconds=1)], ids=str)
@pytest.mark.parametrize("claimed", [True, False])
def test_two_sweepers_at_once_bring_back_and_send_a_job_once(
    operator: JobsOperator, repository: JobsRepository, clock: Clock, faults: Faults, later: timedelta, claimed: bool
) -> None:
    job_id = submitted(repository)
    if claimed:
        repository.claim_job(job_id, lease=MINUTE).unwrap()
    clock.advance(HOUR)
    sent: list[str] = []

    def other() -> None:
        clock.advance(later)
        operator.recover_jobs(older_than=MINUTE, enqueue=sent.append).unwrap()

    faults.run(other, operation="UpdateItem")

    assert operator.recover_jobs(older_than=MINUTE, enqueue=sent.append).unwrap() == Recovery()
    assert sent == [job_id]
    assert len(repository.find_job(job_id).unwrap().get("errors", [])) == claimed


def test_a_job_that_goes_meanwhile_is_nobodys(
    operator: JobsOperator, repository: JobsRepository, lapsed: str, faults: Faults
) -> None:
    faults.run(lambda: repository.table.delete_item(Key={"job_id": lapsed}), operation="UpdateItem")

    assert operator.recover_jobs(older_than=MINUTE).unwrap() == Recovery()


@pytest.mark.parametrize("claimed", [True, False])
def test_a_lost_reply_is_recognised(
    operator: JobsOperator, repository: JobsRepository, clock: Clock, faults: Faults, claimed: bool
) -> None:
    job_id = submitted(repository)
    if claimed:
        repository.claim_job(job_id, lease=MINUTE).unwrap()
    clock.advance(HOUR)
    sent: list[str] = []
    faults.lose_reply(operation="UpdateItem")

    recovery = operator.recover_jobs(older_than=MINUTE, enqueue=sent.append).unwrap()

    assert (recovery.put_back, recovery.waiting) == (((job_id,), ()) if claimed else ((), (job_id,)))
    assert sent == [job_id]
    assert len(repository.find_job(job_id).unwrap().get("errors", [])) == claimed


def test_a_lost_reply_does_not_take_a_claim_for_the_sweeps_own_write(
    operator: JobsOperator, repository: JobsRepository, lapsed: str, faults: Faults
) -> None:
    faults.lose_reply(operation="UpdateItem")
    faults.run(lambda: repository.claim_job(lapsed, lease=HOUR).unwrap(), operation="UpdateItem")
    sent: list[str] = []

    assert operator.recover_jobs(older_than=MINUTE, enqueue=sent.append).unwrap() == Recovery()
    assert sent == []


def test_a_lost_reply_of_giving_up_is_recognised(
    operator: JobsOperator, repository: JobsRepository, clock: Clock, faults: Faults
) -> None:
    job_id = submitted(repository, max_attempts=1)
    repository.claim_job(job_id, lease=MINUTE).unwrap()
    clock.advance(HOUR)
    faults.lose_reply(operation="UpdateItem")

    assert operator.recover_jobs(older_than=MINUTE).unwrap() == Recovery(failed=(job_id,))


def test_a_write_that_fails_is_said_and_the_rest_goes_on(
    operator: JobsOperator, repository: JobsRepository, clock: Clock, faults: Faults
) -> None:
    jobs = lapsed_jobs(repository, clock, 3)
    faults.garble(only_for(jobs[1], "ItemCollectionSizeLimitExceededException"), operation="UpdateItem")

    recovery = operator.recover_jobs(older_than=MINUTE, enqueue=len).unwrap()

    assert recovery == Recovery(put_back=(jobs[0], jobs[2]), unread=(jobs[1],), more=True)


def test_a_write_that_is_forbidden_ends_it(operator: JobsOperator, lapsed: str, faults: Faults) -> None:
    faults.answer("AccessDeniedException", operation="UpdateItem")

    assert operator.recover_jobs(older_than=MINUTE).code is ResultCode.ACCESS_DENIED


def test_a_write_that_is_forbidden_after_others_leaves_the_rest(
    operator: JobsOperator, repository: JobsRepository, clock: Clock, faults: Faults
) -> None:
    jobs = lapsed_jobs(repository, clock, 10)
    faults.garble(only_for(jobs[1], "AccessDeniedException"), operation="UpdateItem")

    recovery = operator.recover_jobs(older_than=MINUTE).unwrap()

    assert (recovery.put_back, recovery.unread, recovery.more) == ((jobs[0], *jobs[2:8]), (jobs[1],), True)


def test_records_that_stay_unprocessed_are_said(
    operator: JobsOperator, lapsed: str, faults: Faults, time_runs_out: Callable[[], None]
) -> None:
    faults.leave_unprocessed(0, before=time_runs_out)

    assert operator.recover_jobs(older_than=MINUTE).unwrap() == Recovery(unread=(lapsed,), more=True)


@pytest.mark.parametrize("older_than", [timedelta(seconds=-1), 5, None, timedelta(days=40_000)])
@pytest.mark.parametrize("method", ["list_overdue", "recover_jobs", "purge_jobs"])
def test_an_age_is_a_timedelta(operator: JobsOperator, method: str, older_than: Any, faults: Faults) -> None:
    assert getattr(operator, method)(older_than=older_than).code is ResultCode.VALIDATION_ERROR
    assert faults.sent == []


def test_a_job_of_create_job_is_not_on_the_active_index(
    operator: JobsOperator, repository: JobsRepository, job: dict[str, Any], clock: Clock
) -> None:
    repository.create_job({**job, "created_at": instant_text(clock.now - HOUR)}).unwrap()

    assert overdue_ids(operator) == []


def test_a_job_that_began_anew_is_not_overdue(
    operator: JobsOperator, repository: JobsRepository, clock: Clock, faults: Faults
) -> None:
    job_id = submitted(repository)
    clock.advance(HOUR)

    def anew() -> None:
        repository.cancel_job(job_id).unwrap()
        submitted(repository, replace_failed=True)

    faults.run(anew, operation="BatchGetItem")

    assert overdue_ids(operator) == []


def test_a_partition_with_more_than_a_page_is_asked_again_and_the_order_stays(
    operator: JobsOperator, clock: Clock, seed: Seed, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gathering, "_LEAST_PAGE", 1)
    seed(60, since=3 * HOUR, status="PROCESSING")
    jobs = seed(60)

    assert overdue_ids(operator, limit=8) == jobs[:8]


def test_a_job_whose_last_lease_has_just_lapsed_is_left_to_its_worker(
    operator: JobsOperator, repository: JobsRepository, clock: Clock
) -> None:
    job_id = repository.submit_job("last", {}, max_attempts=1).unwrap().job_id
    claim = repository.claim_job(job_id, lease=timedelta(minutes=5)).unwrap()
    clock.advance(timedelta(minutes=5, seconds=2))

    assert operator.recover_jobs(older_than=timedelta(minutes=1)).unwrap() == Recovery()
    assert repository.complete_job(claim).success
