"""The cap on a user's active jobs: never exceeded, healed by itself, and nothing where it is off."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from careervp_jobs_dal import JobEvent, JobRequest, JobsOperator, JobsRepository, ResultCode, create_table, read_changes
from careervp_jobs_dal.plans.batch_read import MOST_FRUITLESS
from careervp_jobs_dal.plans.quota import MOST_TRIES, quota_key
from careervp_jobs_dal.plans.submission import derive_job_id
from tests.conftest import Clock
from tests.faults import Faults

MINUTE = timedelta(minutes=1)
FULL = ResultCode.TOO_MANY_ACTIVE_JOBS
ITEM = quota_key("user-1", None)


@pytest.fixture
def capped(table_name: str, clock: Clock) -> JobsRepository:
    return JobsRepository(table_name, clock=clock, max_active_per_user=2)


def submit(jobs: JobsRepository, key: str, **options: Any) -> Any:
    return jobs.submit_job(key, {"key": key}, **{"user_id": "user-1", **options})


def filled(jobs: JobsRepository, **options: Any) -> list[str]:
    """Fill the user's quota of two."""
    return [submit(jobs, key, **options).unwrap().job_id for key in ("a", "b")]


def complete(jobs: JobsRepository, job_id: str) -> None:
    jobs.complete_job(jobs.claim_job(job_id, lease=MINUTE).unwrap()).unwrap()


def fail(jobs: JobsRepository, job_id: str) -> None:
    jobs.fail_job(jobs.claim_job(job_id, lease=MINUTE).unwrap(), "no").unwrap()


def item(jobs: JobsRepository) -> dict[str, Any] | None:
    return jobs.get_job(ITEM)


def test_a_user_has_no_more_active_jobs_than_the_cap(capped: JobsRepository) -> None:
    filled(capped)

    refused = submit(capped, "c")

    assert (refused.code, refused.retryable) == (FULL, True)
    assert refused.error == "The user has 2 active jobs, and may have 2"
    assert refused.retry_after == timedelta(seconds=1)


def test_the_time_to_wait_grows_with_the_age_of_the_youngest_job(capped: JobsRepository, clock: Clock) -> None:
    submit(capped, "a")
    clock.advance(MINUTE)
    submit(capped, "b")
    clock.advance(timedelta(seconds=40))

    assert submit(capped, "c").retry_after == timedelta(seconds=10)


def test_other_users_and_jobs_without_a_user_are_not_concerned(capped: JobsRepository, faults: Faults) -> None:
    filled(capped)

    assert submit(capped, "a", user_id="user-2").unwrap().created
    assert all(submit(capped, key, user_id=None).unwrap().created for key in "abc")
    assert faults.sent[-3:] == ["PutItem"] * 3


def test_a_job_that_exists_is_found_though_the_user_has_no_room(capped: JobsRepository) -> None:
    job_id, _ = filled(capped)

    again = submit(capped, "a").unwrap()

    assert (again.job_id, again.created) == (job_id, False)
    assert capped.submit_job("a", {"other": 1}, user_id="user-1").code == "IDEMPOTENCY_MISMATCH"


def test_a_finished_job_is_found_though_the_user_has_no_room(capped: JobsRepository) -> None:
    complete(capped, filled(capped)[0])
    submit(capped, "c").unwrap()

    assert submit(capped, "a").unwrap().job["status"] == "COMPLETED"


def cancel(jobs: JobsRepository, job_id: str) -> None:
    jobs.cancel_job(job_id).unwrap()


def delete(jobs: JobsRepository, job_id: str) -> None:
    jobs.table.delete_item(Key={"job_id": job_id})


@pytest.mark.boto3
@pytest.mark.parametrize("end", [complete, fail, cancel, delete])
def test_a_job_that_ended_makes_room(capped: JobsRepository, end: Callable[[JobsRepository, str], None]) -> None:
    ended, other = filled(capped)
    end(capped, ended)

    third = submit(capped, "c").unwrap()

    assert third.created
    assert submit(capped, "d").code is FULL
    record = item(capped)
    assert record is not None
    assert set(record["active_jobs"]) == {other, third.job_id}


def test_a_job_in_work_or_put_back_keeps_its_place(capped: JobsRepository, clock: Clock) -> None:
    for job_id in filled(capped):
        claim = capped.claim_job(job_id, lease=MINUTE).unwrap()
    assert submit(capped, "c").code is FULL

    capped.fail_job(claim, "no", retryable=True, retry_after=MINUTE).unwrap()
    clock.advance(timedelta(hours=1))  # the other job's lease has lapsed
    assert submit(capped, "c").code is FULL


def test_an_expired_job_makes_room_once_no_clock_takes_it_for_live(capped: JobsRepository, clock: Clock) -> None:
    filled(capped)
    clock.advance(timedelta(hours=24, minutes=19))  # a claim that was sent in time may still be on its way
    assert submit(capped, "c").code is FULL

    clock.advance(timedelta(minutes=2))
    assert submit(capped, "c").unwrap().created


def test_a_failed_job_that_is_replaced_takes_a_place_again(capped: JobsRepository) -> None:
    failed, _ = filled(capped)
    fail(capped, failed)
    submit(capped, "c").unwrap()

    assert submit(capped, "a", replace_failed=True).code is FULL


def test_a_replaced_job_takes_one_place(capped: JobsRepository) -> None:
    failed, _ = filled(capped)
    fail(capped, failed)

    assert submit(capped, "a", replace_failed=True).unwrap().created
    assert submit(capped, "c").code is FULL


def test_a_lower_cap_lets_no_further_job_in(capped: JobsRepository, table_name: str, clock: Clock) -> None:
    first, second = filled(capped)
    lower = JobsRepository(table_name, clock=clock, max_active_per_user=1)
    assert submit(lower, "c").code is FULL
    complete(capped, first)
    assert submit(lower, "c").code is FULL
    complete(capped, second)

    assert submit(lower, "c").unwrap().created
    assert submit(lower, "d").code is FULL


def test_a_lower_cap_lets_no_ended_job_of_the_set_begin_anew(
    table_name: str, capped: JobsRepository, clock: Clock
) -> None:
    failed, _ = filled(capped)
    fail(capped, failed)
    lower = JobsRepository(table_name, clock=clock, max_active_per_user=1)

    assert submit(lower, "a", replace_failed=True).code is FULL


def test_many_jobs_at_once_keep_to_the_cap(capped: JobsRepository) -> None:
    results = capped.submit_jobs(JobRequest(f"key-{number}", {}, user_id="user-1") for number in range(6))

    assert sorted(result.code for result in results) == ["SUCCESS"] * 2 + [FULL] * 4


@pytest.mark.parametrize("wrong", [0, 101, True, 1.5, "3"])
def test_a_cap_that_is_none_is_refused(wrong: Any) -> None:
    with pytest.raises(ValueError, match="max_active_per_user must be a whole number from 1 to 100, or None"):
        JobsRepository("jobs", max_active_per_user=wrong)


def test_without_a_cap_nothing_else_is_sent_or_stored(repository: JobsRepository, faults: Faults) -> None:
    submit(repository, "a").unwrap()

    assert faults.sent == ["PutItem"]
    assert item(repository) is None


def test_a_job_under_the_cap_is_one_request(capped: JobsRepository, faults: Faults) -> None:
    filled(capped)

    assert faults.sent == ["TransactWriteItems"] * 2


# The item of the user


def test_the_item_ends_after_the_jobs(capped: JobsRepository, clock: Clock) -> None:
    submit(capped, "a")

    record, job = item(capped), capped.get_job(submit(capped, "a").unwrap().job_id)
    assert record is not None
    assert job is not None
    assert timedelta(days=31) <= timedelta(seconds=record["ttl"] - job["ttl"]) <= timedelta(days=32)
    assert "user-1" not in str(record)


def test_a_later_end_stays(capped: JobsRepository, table_name: str, clock: Clock) -> None:
    long = JobsRepository(table_name, clock=clock, max_active_per_user=2, retention=timedelta(days=400))
    submit(long, "a").unwrap()
    before = item(capped)

    submit(capped, "b").unwrap()

    after = item(capped)
    assert before is not None
    assert after is not None
    assert after["ttl"] == before["ttl"]
    assert submit(capped, "c").code is FULL


def test_the_end_moves_on_with_each_job(capped: JobsRepository, clock: Clock) -> None:
    submit(capped, "a").unwrap()
    before = item(capped)
    clock.advance(timedelta(days=2))
    submit(capped, "b").unwrap()

    after = item(capped)
    assert before is not None
    assert after is not None
    assert after["ttl"] - before["ttl"] == 2 * 86_400


def test_a_job_that_is_kept_for_ever_keeps_the_item(capped: JobsRepository, table_name: str, clock: Clock) -> None:
    for_ever = JobsRepository(table_name, clock=clock, max_active_per_user=2, retention=None)
    submit(for_ever, "a").unwrap()
    record = item(capped)
    assert record is not None
    assert "ttl" not in record

    submit(capped, "b").unwrap()

    record = item(capped)
    assert record is not None
    assert "ttl" not in record
    assert submit(for_ever, "c").code is FULL


def test_a_job_that_is_kept_for_ever_ends_the_end_of_the_item(
    capped: JobsRepository, table_name: str, clock: Clock
) -> None:
    for_ever = JobsRepository(table_name, clock=clock, max_active_per_user=2, retention=None)
    submit(capped, "a").unwrap()
    submit(for_ever, "b").unwrap()

    record = item(capped)
    assert record is not None
    assert "ttl" not in record


def test_the_item_is_no_job_to_an_operator(clock: Clock) -> None:
    table = create_table(f"quotas-{uuid4().hex}", optional_indexes=True).unwrap()
    capped = JobsRepository(table, clock=clock, max_active_per_user=2)
    jobs, operator = filled(capped), JobsOperator(capped)
    clock.advance(timedelta(hours=2))

    assert operator.stats(whole_table=True).unwrap().counts == {"PENDING": 2}
    assert operator.stats().unwrap().counts == {"PENDING": 2}
    assert {job["job_id"] for job in operator.list_overdue(older_than=MINUTE).unwrap()} == set(jobs)
    assert len(operator.list_jobs(user_id="user-1").unwrap().jobs) == 2
    for job_id in jobs:
        complete(capped, job_id)
    clock.advance(timedelta(hours=2))
    assert set(operator.purge_jobs(older_than=MINUTE, dry_run=False).unwrap().jobs) == set(jobs)
    assert item(capped) is not None


def test_the_item_is_no_change_of_a_job() -> None:
    def change(key: str) -> dict[str, Any]:
        content = {"Keys": {"job_id": {"S": key}}, "SequenceNumber": "7"}
        return {"eventID": "e", "eventName": "INSERT", "dynamodb": content}

    assert [change.job_id for change in read_changes([change(ITEM), change("vpr-1")])] == ["vpr-1"]


# Failures


@pytest.mark.parametrize("times", [1, 2])
def test_a_lost_reply_is_recognized(capped: JobsRepository, faults: Faults, times: int) -> None:
    faults.lose_reply(times=times)

    assert submit(capped, "a").unwrap().created
    assert submit(capped, "b").unwrap().created
    assert submit(capped, "c").code is FULL


def test_a_reply_that_is_lost_for_good_leaves_a_job_with_a_place(capped: JobsRepository, faults: Faults) -> None:
    faults.lose_reply(times=3)
    assert submit(capped, "a").code == "UNAVAILABLE"

    assert not submit(capped, "a").unwrap().created
    submit(capped, "b").unwrap()
    assert submit(capped, "c").code is FULL


def cancel_transactions(faults: Faults, *reasons: str, times: int | None = None) -> None:
    """Cancel the next transactions for these reasons."""
    error = {
        "__type": "com.amazonaws.dynamodb.v20120810#TransactionCanceledException",
        "message": "cancelled",
        "CancellationReasons": [{"Code": reason} for reason in reasons],
    }
    answer = 400, json.dumps(error).encode()
    faults.garble(lambda *_: answer, carried_out=False, times=times, operation="TransactWriteItems")


def test_a_clash_is_sent_again(capped: JobsRepository, faults: Faults) -> None:
    cancel_transactions(faults, "None", "TransactionConflict", times=3)

    assert submit(capped, "a").unwrap().created


@pytest.mark.parametrize("reason", ["TransactionConflict", "ThrottlingError"])
def test_a_refused_seat_says_nothing_of_a_job_that_was_not_looked_at(
    capped: JobsRepository, faults: Faults, reason: str
) -> None:
    complete(capped, filled(capped)[0])
    submit(capped, "c").unwrap()
    cancel_transactions(faults, reason, "ConditionalCheckFailed", times=1)

    assert submit(capped, "a").unwrap().job["status"] == "COMPLETED"


def test_a_refused_job_needs_no_word_on_its_seat(capped: JobsRepository, faults: Faults) -> None:
    submit(capped, "a").unwrap()
    cancel_transactions(faults, "ConditionalCheckFailed", "TransactionConflict", times=1)

    assert not submit(capped, "a").unwrap().created
    assert faults.sent[-2:] == ["TransactWriteItems", "GetItem"]


def test_a_transaction_in_progress_may_still_be_carried_out(capped: JobsRepository, faults: Faults) -> None:
    faults.answer("TransactionInProgressException", operation="TransactWriteItems", times=2)
    assert submit(capped, "a").unwrap().created

    faults.answer("TransactionInProgressException", operation="TransactWriteItems")
    refused = submit(capped, "b")

    assert refused.code == "UNAVAILABLE"
    assert refused.error is not None
    assert refused.error.startswith("It is not known whether job ")


@pytest.mark.parametrize(
    ("reasons", "code"),
    [
        (["None", "ThrottlingError"], "THROTTLED"),
        (["ThrottlingError", "ConditionalCheckFailed"], "THROTTLED"),
        (["TransactionConflict", "ConditionalCheckFailed"], "CONFLICT"),
        (["ValidationError", "ConditionalCheckFailed"], "DYNAMODB_ERROR"),
        (["ProvisionedThroughputExceeded", "TransactionConflict"], "THROTTLED"),
        (["TransactionConflict", "None"], "CONFLICT"),
        (["ValidationError", "None"], "DYNAMODB_ERROR"),
        (["ConditionalCheckFailed"], "UNAVAILABLE"),
    ],
)
def test_a_cancellation_that_lasts_has_its_code(
    capped: JobsRepository, faults: Faults, reasons: list[str], code: str
) -> None:
    cancel_transactions(faults, *reasons)

    assert submit(capped, "a").code == code


def test_submissions_that_always_come_first_are_a_conflict(capped: JobsRepository, faults: Faults) -> None:
    cancel_transactions(faults, "None", "ConditionalCheckFailed")

    assert submit(capped, "a").code == "CONFLICT"
    assert faults.sent == ["TransactWriteItems", "GetItem"] * MOST_TRIES


def test_a_submission_in_between_is_counted(capped: JobsRepository, faults: Faults) -> None:
    ended, _ = filled(capped)
    complete(capped, ended)
    other = JobsRepository(capped.table_name, clock=capped.clock, max_active_per_user=2)

    faults.run(lambda: submit(other, "d").unwrap(), operation="BatchGetItem")

    assert submit(capped, "c").code is FULL


def test_jobs_that_a_batch_leaves_out_are_asked_for_again(table_name: str, clock: Clock, faults: Faults) -> None:
    """DynamoDB reads 16 MB in one batch: forty large jobs that are active must not hide one that has ended."""
    capped = JobsRepository(table_name, clock=clock, max_active_per_user=10)
    *active, ended = sorted(submit(capped, str(number)).unwrap().job_id for number in range(10))
    complete(capped, ended)
    faults.leave_unprocessed(len(active))

    assert submit(capped, "c").unwrap().created


def test_jobs_that_are_never_read_are_neither_active_nor_ended(
    capped: JobsRepository, faults: Faults, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("time.sleep", lambda _: None)
    filled(capped)
    faults.leave_unprocessed(1, times=1)
    faults.leave_unprocessed(0, times=None)

    refused = submit(capped, "c")

    assert (refused.code, refused.error) == ("UNAVAILABLE", "Not all jobs of the user were read before the deadline")


def test_an_ended_job_makes_room_though_another_one_is_never_read(
    capped: JobsRepository, faults: Faults, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("time.sleep", lambda _: None)
    complete(capped, min(filled(capped)))
    faults.leave_unprocessed(1, times=1)
    faults.leave_unprocessed(0, times=MOST_FRUITLESS)

    assert submit(capped, "c").unwrap().created
    assert submit(capped, "d").code is FULL


def test_an_engine_that_sends_no_item_is_asked_for_it(capped: JobsRepository, faults: Faults) -> None:
    filled(capped)
    faults.drop_item()
    assert submit(capped, "c").code is FULL

    faults.drop_item()
    assert not submit(capped, "a").unwrap().created


def test_a_denied_look_at_the_jobs_is_told(capped: JobsRepository, faults: Faults) -> None:
    filled(capped)
    faults.answer("AccessDeniedException", operation="BatchGetItem")

    assert submit(capped, "c").code == "ACCESS_DENIED"


def test_a_submission_in_doubt_that_cannot_look_at_the_jobs_names_its_job(
    capped: JobsRepository, faults: Faults
) -> None:
    filled(capped)
    faults.lose_reply(times=1)
    faults.answer("AccessDeniedException", operation="BatchGetItem")

    refused = submit(capped, "c")

    job_id = derive_job_id("c", "user-1", None)
    assert refused.code == "UNAVAILABLE"
    assert refused.error == f"It is not known whether job {job_id} was written (AccessDeniedException)"


def test_the_capacity_of_a_transaction_is_told(table_name: str, clock: Clock) -> None:
    events: list[JobEvent] = []
    capped = JobsRepository(
        table_name, clock=clock, max_active_per_user=2, on_event=events.append, measure_capacity=True
    )

    submit(capped, "a").unwrap()

    assert [(event.verb, event.requests, event.created) for event in events] == [("submit", 1, True)]
    assert events[0].capacity is not None


# Erasure


@pytest.fixture
def erasing(clock: Clock) -> JobsRepository:
    table = create_table(f"quotas-{uuid4().hex}", optional_indexes=True).unwrap()
    return JobsRepository(table, clock=clock, max_active_per_user=2)


def test_the_item_is_erased_with_the_user(erasing: JobsRepository, clock: Clock) -> None:
    filled(erasing)
    operator = JobsOperator(erasing)
    assert not operator.erase_user("user-1", dry_run=False).unwrap().complete
    clock.advance(timedelta(hours=1))
    operator.erase_user("user-1").unwrap()
    assert item(erasing) is not None

    assert operator.erase_user("user-1", dry_run=False).unwrap().complete

    assert item(erasing) is None


def test_the_item_stays_if_the_user_submits_meanwhile(erasing: JobsRepository, clock: Clock) -> None:
    submit(erasing, "a").unwrap()
    clock.advance(timedelta(hours=1))

    JobsOperator(erasing).erase_user("user-1", dry_run=False, on_erase=lambda _: submit(erasing, "b")).unwrap()

    record = item(erasing)
    assert record is not None


def test_an_erasure_that_cannot_read_the_item_is_told(erasing: JobsRepository, faults: Faults) -> None:
    faults.answer("AccessDeniedException", operation="GetItem")

    assert JobsOperator(erasing).erase_user("user-1").code == "ACCESS_DENIED"
