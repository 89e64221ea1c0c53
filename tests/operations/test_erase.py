"""`erase_user`: a user's jobs go, with what belongs to them elsewhere; what cannot go yet is told."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import nullcontext
from datetime import timedelta
from typing import Any

import boto3
import pytest
from botocore.exceptions import EndpointConnectionError
from moto import mock_aws

from careervp_jobs_dal import Erasure, JobRecord, JobsOperator, JobsRepository, ResultCode, S3Results
from careervp_jobs_dal.job.instant import instant_text
from careervp_jobs_dal.operations.erasure import PAGE
from careervp_jobs_dal.testing import Faults
from tests.conftest import CANARY, Clock
from tests.operations.conftest import Seed

QUARTER = timedelta(minutes=15)
LEASE = timedelta(minutes=5)


def erase(operator: JobsOperator, user_id: str = "user-1", **options: Any) -> Erasure:
    return operator.erase_user(user_id, **{"dry_run": False, **options}).unwrap()


def left(operator: JobsOperator, job_ids: list[str]) -> list[str]:
    return sorted(operator.get_jobs(job_ids).unwrap().jobs)


def test_a_dry_run_says_what_would_go_and_sends_no_write(operator: JobsOperator, seed: Seed, faults: Faults) -> None:
    jobs = [*seed(2, status="COMPLETED"), *seed(2)]
    (young,) = seed(1, since=timedelta(minutes=1))
    faults.sent.clear()

    erasure = operator.erase_user("user-1").unwrap()

    assert (set(erasure.erased), erasure.waiting) == (set(jobs), (young,))
    assert (erasure.dry_run, erasure.scanned, erasure.complete) == (True, 5, False)
    assert faults.sent == ["GetItem", "Query", "BatchGetItem"]


def test_the_jobs_of_a_user_go_in_every_state_and_no_other_users(operator: JobsOperator, seed: Seed) -> None:
    mine = [*seed(PAGE, status="COMPLETED"), *seed(3, status="FAILED"), *seed(PAGE)]
    others = seed(4, user_id="user-2")

    erasure = erase(operator)

    assert (sorted(erasure.erased), erasure.complete, erasure.scanned) == (sorted(mine), True, len(mine))
    assert operator.get_jobs([*mine, *others]).unwrap().missing == tuple(mine)
    assert erase(operator) == Erasure(dry_run=False)


def test_the_progress_is_told_after_each_page(operator: JobsOperator, seed: Seed) -> None:
    seed(PAGE + 1, status="FAILED")
    told: list[Erasure] = []

    erasure = erase(operator, on_progress=told.append)

    assert [each.scanned for each in told] == [PAGE, PAGE + 1]
    assert told[-1] == erasure


def test_an_exception_of_the_progress_ends_it_and_the_next_call_goes_on(operator: JobsOperator, seed: Seed) -> None:
    jobs = seed(PAGE + 1, status="FAILED")

    def stop(_: Erasure) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        erase(operator, on_progress=stop)

    assert len(left(operator, jobs)) == 1
    assert len(erase(operator).erased) == 1


def test_a_young_job_is_cancelled_at_once_and_deleted_when_no_copy_of_its_submission_can_come(
    operator: JobsOperator, repository: JobsRepository, clock: Clock
) -> None:
    job_id = repository.submit_job("key", {"text": CANARY}, user_id="user-1").unwrap().job_id
    clock.advance(QUARTER - timedelta(seconds=1))

    assert erase(operator).waiting == (job_id,)
    assert repository.find_job(job_id).unwrap()["status"] == "FAILED"

    clock.advance(timedelta(seconds=1))
    erasure = erase(operator)
    assert (erasure.erased, erasure.complete) == ((job_id,), True)


def test_a_job_with_an_instant_far_ahead_or_none_is_not_kept_for_ever(
    operator: JobsOperator, clock: Clock, seed: Seed
) -> None:
    jobs = [*seed(1, since=-timedelta(days=900), status="FAILED"), *seed(1, created_at="yesterday", status="FAILED")]

    assert sorted(erase(operator).erased) == sorted(jobs)


def test_a_worker_is_asked_to_stop_and_its_job_goes_once_it_has_ended(
    operator: JobsOperator, repository: JobsRepository, clock: Clock
) -> None:
    job_id = repository.submit_job("key", {"text": CANARY}, user_id="user-1").unwrap().job_id
    clock.advance(QUARTER)
    claim = repository.claim_job(job_id, lease=LEASE).unwrap()

    assert erase(operator).waiting == (job_id,)
    assert repository.renew_claim(claim, lease=LEASE).unwrap().cancel_requested

    repository.fail_job(claim, "stopped").unwrap()
    assert erase(operator).complete
    assert repository.find_job(job_id).code is ResultCode.NOT_FOUND


def test_a_job_whose_worker_is_gone_goes_after_its_lease(
    operator: JobsOperator, repository: JobsRepository, clock: Clock
) -> None:
    job_id = repository.submit_job("key", {}, user_id="user-1").unwrap().job_id
    clock.advance(QUARTER)
    repository.claim_job(job_id, lease=LEASE).unwrap()
    assert operator.erase_user("user-1").unwrap().waiting == (job_id,)

    clock.advance(2 * LEASE)
    assert erase(operator).erased == (job_id,)


@pytest.mark.parametrize("status", ["PENDING", "PROCESSING", "FAILED"])
def test_an_expired_job_that_is_still_in_the_table_goes_without_a_further_write(
    operator: JobsOperator, clock: Clock, seed: Seed, faults: Faults, status: str
) -> None:
    (job_id,) = seed(1, status=status, ttl=int(clock.now.timestamp()) - 1)
    faults.sent.clear()

    assert erase(operator).erased == (job_id,)
    assert faults.sent == ["GetItem", "Query", "BatchGetItem", "DeleteItem"]


def test_an_expired_job_waits_while_a_lease_holds_it(operator: JobsOperator, clock: Clock, seed: Seed) -> None:
    lease = instant_text(clock.now + LEASE)
    (job_id,) = seed(1, status="PROCESSING", lease_expires_at=lease, ttl=int(clock.now.timestamp()) - 1)

    assert erase(operator).waiting == (job_id,)


def test_a_job_in_work_without_a_lease_waits(operator: JobsOperator, seed: Seed, repository: JobsRepository) -> None:
    (job_id,) = seed(1, status="PROCESSING")

    assert erase(operator).waiting == (job_id,)
    assert "cancel_requested_at" in repository.find_job(job_id).unwrap()


def test_the_hook_gets_the_whole_record_before_it_is_deleted(operator: JobsOperator, seed: Seed) -> None:
    (done,), (waits,) = seed(1, status="COMPLETED", result_key="results/a"), seed(1)
    told: dict[str, JobRecord] = {}

    def note(job: JobRecord) -> None:
        assert left(operator, [job["job_id"]])
        told[job["job_id"]] = job

    assert erase(operator, on_erase=note).complete
    assert told[done]["result_key"] == "results/a"
    assert (told[waits]["status"], told[waits]["input_data"]) == ("FAILED", {"text": CANARY})


def test_what_the_hook_cannot_delete_keeps_its_record(
    operator: JobsOperator, seed: Seed, caplog: pytest.LogCaptureFixture
) -> None:
    first, second = seed(2, status="COMPLETED")

    def refuse(job: JobRecord) -> None:
        if job["job_id"] == first:
            raise OSError(CANARY)

    erasure = erase(operator, on_erase=refuse)

    assert (erasure.erased, erasure.failed, erasure.complete) == ((second,), (first,), False)
    assert left(operator, [first, second]) == [first]
    assert f"Job '{first}' was not erased: on_erase raised OSError" in caplog.text
    assert CANARY not in caplog.text
    assert erase(operator, on_erase=print).complete


def test_a_record_that_cannot_be_read_is_told_and_spoils_no_other(
    operator: JobsOperator, seed: Seed, caplog: pytest.LogCaptureFixture
) -> None:
    (odd,), (damaged,), (sound,) = seed(1, status="DONE"), seed(1, input_data=b"cvz\x00", status="FAILED"), seed(1)

    assert set(operator.erase_user("user-1").unwrap().failed) == {odd}
    erasure = erase(operator, on_erase=lambda job: None)

    assert (set(erasure.failed), erasure.erased) == ({odd, damaged}, (sound,))
    assert "its attribute input_data cannot be read" in caplog.text
    # Without a hook nobody has to read the payload.
    assert erase(operator).erased == (damaged,)


def test_a_job_that_is_tried_again_meanwhile_waits(
    operator: JobsOperator, seed: Seed, faults: Faults, repository: JobsRepository
) -> None:
    (job_id,) = seed(1, status="FAILED")
    faults.run(lambda: operator.retry_job(job_id).unwrap(), operation="DeleteItem")

    assert erase(operator).waiting == (job_id,)
    assert repository.find_job(job_id).unwrap()["status"] == "PENDING"
    assert erase(operator).complete


def test_a_job_that_ends_before_it_is_cancelled_goes_as_it_ended(
    operator: JobsOperator, seed: Seed, faults: Faults, repository: JobsRepository
) -> None:
    (job_id,) = seed(1)
    done = {"status": "COMPLETED", "result_key": "results/late"}
    faults.run(lambda: repository.update_job(job_id, done).unwrap(), operation="UpdateItem")
    told: list[Any] = []

    assert erase(operator, on_erase=told.append).erased == (job_id,)
    assert told[0]["result_key"] == "results/late"


def test_a_job_that_is_gone_before_it_is_cancelled_waits_for_the_next_call(
    operator: JobsOperator, seed: Seed, faults: Faults, repository: JobsRepository
) -> None:
    (job_id,) = seed(1)
    faults.pass_through()  # the look for a quota
    faults.run(lambda: repository.table.delete_item(Key={"job_id": job_id}), operation="GetItem")

    assert erase(operator).waiting == (job_id,)
    assert erase(operator).complete


def test_a_record_that_became_another_users_stays(
    operator: JobsOperator, seed: Seed, faults: Faults, repository: JobsRepository
) -> None:
    (job_id,) = seed(1, status="FAILED")
    faults.run(lambda: repository.update_job(job_id, {"user_id": "user-2"}).unwrap(), operation="BatchGetItem")

    assert erase(operator).erased == ()
    assert left(operator, [job_id]) == [job_id]


def test_a_lost_reply_is_recognised(operator: JobsOperator, seed: Seed, faults: Faults) -> None:
    (job_id,) = seed(1, status="FAILED")
    faults.lose_reply(operation="DeleteItem")

    assert erase(operator).erased == (job_id,)


@pytest.mark.parametrize("operation", ["DeleteItem", "Query"])
def test_what_stops_it_midway_is_said_with_what_went(
    operator: JobsOperator, seed: Seed, faults: Faults, operation: str
) -> None:
    jobs = seed(PAGE + 1, status="FAILED")
    passed = PAGE if operation == "DeleteItem" else 1
    plan = faults.run
    for _ in range(passed):
        plan(lambda: None, operation=operation)
    faults.answer("AccessDeniedException", operation=operation)

    erasure = erase(operator)

    assert (len(erasure.erased), erasure.stopped_by, erasure.complete) == (PAGE, ResultCode.ACCESS_DENIED, False)
    faults.clear()
    assert len(erase(operator).erased) == 1
    assert left(operator, jobs) == []


def test_one_job_that_the_table_refuses_keeps_none_of_the_others(
    operator: JobsOperator, seed: Seed, faults: Faults
) -> None:
    first, second = seed(2, status="FAILED")
    faults.answer("SomethingNew", times=1, operation="DeleteItem")

    erasure = erase(operator)

    assert {*erasure.erased, *erasure.failed} == {first, second}
    assert (len(erasure.failed), erasure.stopped_by) == (1, None)


@pytest.mark.parametrize("operation", ["Query", "BatchGetItem", "GetItem", "UpdateItem", "DeleteItem"])
def test_a_crash_anywhere_leaves_what_the_next_call_finishes(
    operator: JobsOperator, seed: Seed, faults: Faults, operation: str
) -> None:
    jobs = [*seed(3), *seed(3, status="COMPLETED")]
    faults.run(lambda: None, operation=operation)

    def die() -> BaseException:
        return KeyboardInterrupt()

    faults.fail(die, times=1, operation=operation)
    crashed = False
    try:
        erase(operator)
    except KeyboardInterrupt:
        crashed = True
    faults.clear()

    assert crashed is (operation not in ("Query", "BatchGetItem"))  # one page has one of each
    erase(operator)
    assert left(operator, jobs) == []


def test_keys_that_stay_unprocessed_wait(operator: JobsOperator, seed: Seed, faults: Faults) -> None:
    seed(3, status="FAILED")
    faults.leave_unprocessed(1, times=1)
    faults.leave_unprocessed(0, times=None)

    erasure = erase(operator)

    assert (len(erasure.erased), len(erasure.waiting), erasure.stopped_by) == (1, 2, None)


def test_a_world_that_is_gone_is_a_failure(operator: JobsOperator, seed: Seed, faults: Faults) -> None:
    seed(1)
    faults.fail(lambda: EndpointConnectionError(endpoint_url="x"))

    assert operator.erase_user("user-1").code is ResultCode.UNAVAILABLE


@pytest.mark.parametrize("user_id", ["", None, 5, "x" * 2049])
def test_a_user_that_is_none_is_refused_and_nothing_is_sent(
    operator: JobsOperator, faults: Faults, user_id: Any
) -> None:
    assert operator.erase_user(user_id, dry_run=False).code is ResultCode.VALIDATION_ERROR
    assert faults.sent == []


def test_without_the_index_the_answer_says_how_to_add_it() -> None:
    from careervp_jobs_dal import create_table

    plain = JobsRepository(create_table("erased-plain").unwrap())

    refused = JobsOperator(plain).erase_user("user-1")

    assert refused.code is ResultCode.CONFIG_ERROR
    assert "aws dynamodb update-table" in str(refused.error)


def test_nothing_of_a_record_is_shown(operator: JobsOperator, seed: Seed) -> None:
    seed(1, status="FAILED", error=CANARY)

    result = operator.erase_user("user-1")

    assert CANARY not in f"{result} {result.data}"


# Results outside the table.


@pytest.fixture
def s3(endpoint_url: str | None) -> Iterator[Any]:
    """The bucket is moto's, also where the tables are on another engine."""
    with mock_aws() if endpoint_url else nullcontext():
        client = boto3.client("s3")
        client.create_bucket(Bucket="results", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
        yield client


def names(s3: Any) -> list[str]:
    return sorted(each["Key"] for each in s3.list_objects_v2(Bucket="results").get("Contents", ()))


def test_the_results_of_all_attempts_go_before_the_record(operator: JobsOperator, seed: Seed, s3: Any) -> None:
    (job_id,), (other,) = seed(1, status="COMPLETED", result_key="old/a.json"), seed(1, user_id="user-2")
    mine = [f"results/{job_id}/claim-1.json", f"results/{job_id}/claim-2.json", "old/a.json"]
    others = [f"results/{job_id}/deeper/claim-1.json", f"results/{job_id}0/claim-1.json", f"results/{other}/c.json"]
    for key in [*mine, *others]:
        s3.put_object(Bucket="results", Key=key, Body=json.dumps({"text": CANARY}))

    assert erase(operator, on_erase=S3Results("results", client=s3).erase).complete
    assert names(s3) == sorted(others)


def test_a_job_without_a_result_has_nothing_to_delete(operator: JobsOperator, seed: Seed, s3: Any) -> None:
    seed(1, status="FAILED", result_key=None)

    assert erase(operator, on_erase=S3Results("results", client=s3).erase).complete
