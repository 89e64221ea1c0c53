"""`complete_job`, `fail_job` and `cancel_job`: a job ends once, and its record says how."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from careervp_jobs_dal import Claim, JobsOperator, JobsRepository, Result, ResultCode
from tests.conftest import CANARY, Clock
from tests.contract.test_create import padded
from tests.faults import Faults

MINUTE = timedelta(minutes=1)


@pytest.fixture
def claim(repository: JobsRepository) -> Claim:
    job_id = repository.submit_job("key", {"text": CANARY}, user_id="u", max_attempts=2).unwrap().job_id
    return repository.claim_job(job_id, lease=MINUTE, worker_id="w-1").unwrap()


def test_a_completed_job_holds_its_fields_and_its_winner(
    repository: JobsRepository, clock: Clock, claim: Claim
) -> None:
    clock.advance(MINUTE / 2)

    done = repository.complete_job(claim, result_key="r", cost_usd=0.0123).unwrap()

    kept = {
        name: value for name, value in claim.job.items() if name not in ("lease_expires_at", "active_shard", "due_at")
    }
    assert done == {
        **kept,
        "status": "COMPLETED",
        "completed_at": "2036-02-03T13:06:02.000000Z",
        "result_key": "r",
        "cost_usd": 0.0123,
    }
    assert repository.find_job(claim.job_id).unwrap() == done


ENDINGS: dict[str, Callable[[JobsRepository, Claim], Result[Any]]] = {
    "complete": lambda repository, claim: repository.complete_job(claim, note=CANARY),
    "fail": lambda repository, claim: repository.fail_job(claim, CANARY, note=CANARY),
    "put back": lambda repository, claim: repository.fail_job(claim, CANARY, retryable=True, note=CANARY),
}
every_ending = pytest.mark.parametrize("end", ENDINGS.values(), ids=ENDINGS)


@every_ending
def test_a_lapsed_claim_that_nobody_took_over_can_still_end_the_job(
    repository: JobsRepository, clock: Clock, claim: Claim, end: Callable[[JobsRepository, Claim], Result[Any]]
) -> None:
    clock.advance(timedelta(hours=3))

    assert end(repository, claim).success


@every_ending
def test_the_same_ending_twice_is_a_success_that_writes_once(
    repository: JobsRepository, clock: Clock, claim: Claim, end: Callable[[JobsRepository, Claim], Result[Any]]
) -> None:
    first = end(repository, claim).unwrap()
    clock.advance(MINUTE)

    assert end(repository, claim).unwrap() == first
    assert repository.get_job(claim.job_id) == first


@every_ending
@pytest.mark.parametrize("times", [1, 2])
def test_an_ending_whose_reply_was_lost_is_a_success(
    repository: JobsRepository,
    claim: Claim,
    faults: Faults,
    times: int,
    end: Callable[[JobsRepository, Claim], Result[Any]],
) -> None:
    faults.lose_reply(times=times)

    assert end(repository, claim).unwrap() == repository.get_job(claim.job_id)


@every_ending
def test_a_refusal_without_the_item_means_the_same(
    repository: JobsRepository, claim: Claim, faults: Faults, end: Callable[[JobsRepository, Claim], Result[Any]]
) -> None:
    repository.complete_job(claim, result_key="first").unwrap()
    with_item = end(repository, claim)
    faults.drop_item()

    assert end(repository, claim) == with_item
    assert with_item.code is ResultCode.ALREADY_FINISHED
    assert (with_item.record or {})["result_key"] == "first"


def test_completing_with_other_fields_finds_the_job_finished(repository: JobsRepository, claim: Claim) -> None:
    done = repository.complete_job(claim, result_key="first").unwrap()

    refused = repository.complete_job(claim, result_key="second")

    assert (refused.code, refused.record) == (ResultCode.ALREADY_FINISHED, done)
    assert repository.fail_job(claim, "late").code is ResultCode.ALREADY_FINISHED
    assert repository.get_job(claim.job_id) == done


def test_a_failed_job_is_not_completed_by_its_own_claim(repository: JobsRepository, claim: Claim) -> None:
    repository.fail_job(claim, "broken").unwrap()

    assert repository.complete_job(claim).code is ResultCode.ALREADY_FINISHED
    assert repository.fail_job(claim, "otherwise broken").code is ResultCode.ALREADY_FINISHED


def test_a_failure_is_recorded_with_its_attempt(repository: JobsRepository, claim: Claim) -> None:
    failed = repository.fail_job(claim, "broken", model="x").unwrap()

    assert (failed["status"], failed["error"], failed["model"]) == ("FAILED", "broken", "x")
    assert failed["completed_at"] == "2036-02-03T13:05:32.000000Z"
    assert failed["errors"] == [
        {"attempt": 1, "claim_id": claim.claim_id, "error": "broken", "at": "2036-02-03T13:05:32.000000Z"}
    ]
    assert "lease_expires_at" not in failed


def test_a_failure_worth_another_try_waits_again_while_attempts_are_left(
    repository: JobsRepository, claim: Claim
) -> None:
    waiting = repository.fail_job(claim, "busy", retryable=True).unwrap()
    assert (waiting["status"], waiting["error"], "completed_at" in waiting) == ("PENDING", "busy", False)

    second = repository.claim_job(claim.job_id, lease=MINUTE).unwrap()
    assert second.attempt == 2
    failed = repository.fail_job(second, "busy again", retryable=True).unwrap()

    assert failed["status"] == "FAILED"
    assert [(entry["attempt"], entry["error"]) for entry in failed["errors"]] == [(1, "busy"), (2, "busy again")]


def test_the_error_of_an_earlier_attempt_is_gone_from_a_completed_job(repository: JobsRepository, claim: Claim) -> None:
    repository.fail_job(claim, "busy", retryable=True).unwrap()
    second = repository.claim_job(claim.job_id, lease=MINUTE).unwrap()

    done = repository.complete_job(second).unwrap()

    assert "error" not in done
    assert [entry["error"] for entry in done["errors"]] == ["busy"]
    assert repository.complete_job(second, error="a warning").code is ResultCode.ALREADY_FINISHED


def test_putting_a_job_back_is_recognised_after_the_next_worker_has_it(
    repository: JobsRepository, claim: Claim, faults: Faults
) -> None:
    faults.lose_reply()
    faults.run(lambda: repository.claim_job(claim.job_id, lease=MINUTE).unwrap())

    put_back = repository.fail_job(claim, "busy", retryable=True).unwrap()

    assert (put_back["status"], put_back["attempt"]) == ("PROCESSING", 2)
    assert repository.fail_job(claim, "something else", retryable=True).code is ResultCode.LEASE_LOST
    assert repository.complete_job(claim).code is ResultCode.LEASE_LOST


def test_an_error_is_cut_to_whole_characters(repository: JobsRepository, claim: Claim) -> None:
    error = "x" * 2045 + "🙂" * 2000

    failed = repository.fail_job(claim, error).unwrap()

    assert failed["error"] == "x" * 2045
    assert failed["errors"][0]["error"] == "x" * 512
    assert repository.fail_job(claim, error).unwrap() == failed


def test_an_error_with_a_lone_surrogate_is_stored_all_the_same(repository: JobsRepository, claim: Claim) -> None:
    assert repository.fail_job(claim, "file \udcff").unwrap()["error"] == "file ?"


def test_the_history_keeps_the_last_ten_attempts(repository: JobsRepository) -> None:
    job_id = repository.submit_job("many", {}, max_attempts=12).unwrap().job_id
    for attempt in range(1, 13):
        claim = repository.claim_job(job_id, lease=MINUTE).unwrap()
        record = repository.fail_job(claim, f"error {attempt}", retryable=True).unwrap()

    assert record["status"] == "FAILED"
    assert [entry["attempt"] for entry in record["errors"]] == list(range(3, 13))


def test_something_else_under_the_name_of_the_history_does_no_harm(repository: JobsRepository, claim: Claim) -> None:
    repository.update_job(claim.job_id, {"errors": "mine"}).unwrap()
    repository.fail_job(claim, "busy", retryable=True).unwrap()
    repository.update_job(claim.job_id, {"errors": ["mine", {"attempt": 0}]}).unwrap()
    second = repository.claim_job(claim.job_id, lease=MINUTE).unwrap()

    assert len(repository.fail_job(second, "busy").unwrap()["errors"]) == 2


def test_a_result_too_large_leaves_the_job_in_work_and_it_can_be_failed(
    repository: JobsRepository, job: dict[str, Any]
) -> None:
    repository.create_job(padded(job, 300_000)).unwrap()
    claim = repository.claim_job("vpr-1", lease=MINUTE).unwrap()

    whole = repository.complete_job(claim, result="x" * 409_600)
    in_all = repository.complete_job(claim, result="x" * 200_000)

    assert (whole.code, in_all.code) == (ResultCode.ITEM_TOO_LARGE, ResultCode.ITEM_TOO_LARGE)
    assert (repository.get_job("vpr-1") or {})["status"] == "PROCESSING"
    assert repository.fail_job(claim, "the result is too large").success


REFUSED: dict[str, dict[str, Any]] = {
    "NaN": {"cost_usd": float("nan")},
    "attempt": {"attempt": 9},
    "claim_id": {"claim_id": "mine"},
    "status": {"status": "COMPLETED"},
    "job_id": {"job_id": "mine"},
    "errors": {"errors": []},
    "milliseconds": {"ttl": 1_770_000_000_000},
}


@pytest.mark.parametrize("fields", REFUSED.values(), ids=REFUSED)
def test_an_invalid_ending_is_not_sent(
    repository: JobsRepository, claim: Claim, faults: Faults, fields: dict[str, Any]
) -> None:
    assert repository.complete_job(claim, **fields).code is ResultCode.VALIDATION_ERROR
    assert repository.fail_job(claim, "error", **fields).code is ResultCode.VALIDATION_ERROR
    assert repository.fail_job(claim, None).code is ResultCode.VALIDATION_ERROR  # type: ignore[arg-type]
    assert faults.sent == []


def test_the_caller_may_give_the_time_of_completion(repository: JobsRepository, claim: Claim) -> None:
    done = repository.complete_job(claim, completed_at="2036-01-01", error="a warning").unwrap()

    assert (done["completed_at"], done["error"]) == ("2036-01-01", "a warning")


def test_a_waiting_job_is_cancelled_at_once(repository: JobsRepository, faults: Faults) -> None:
    job_id = repository.submit_job("waiting", {}).unwrap().job_id
    faults.sent.clear()

    cancelled = repository.cancel_job(job_id).unwrap()

    assert faults.sent == ["GetItem", "UpdateItem"]
    assert (cancelled["status"], cancelled["error"]) == ("FAILED", "Cancelled")
    assert cancelled["cancelled_at"] == cancelled["completed_at"] == "2036-02-03T13:05:32.000000Z"
    assert repository.cancel_job(job_id).unwrap() == cancelled
    assert repository.claim_job(job_id, lease=MINUTE).code is ResultCode.ALREADY_FINISHED


@pytest.mark.parametrize("retryable", [True, False])
@pytest.mark.parametrize("seen", [True, False])
def test_a_running_job_is_asked_to_stop_and_then_cancelled_however_it_fails(
    repository: JobsRepository, claim: Claim, retryable: bool, seen: bool
) -> None:
    asked = repository.cancel_job(claim.job_id).unwrap()
    assert (asked["status"], "cancelled_at" in asked) == ("PROCESSING", False)
    assert repository.cancel_job(claim.job_id).unwrap() == asked
    assert claim.cancel_requested is False
    renewed = repository.renew_claim(claim, lease=MINUTE).unwrap()
    assert renewed.cancel_requested is True

    stopped = repository.fail_job(renewed if seen else claim, "stopped", retryable=retryable).unwrap()

    assert (stopped["status"], stopped["error"]) == ("FAILED", "stopped")
    assert stopped["cancelled_at"] == stopped["completed_at"]
    assert repository.fail_job(claim, "stopped", retryable=retryable).unwrap() == stopped


def test_a_running_job_that_is_done_before_it_hears_of_the_cancelling_is_completed(
    repository: JobsRepository, claim: Claim
) -> None:
    repository.cancel_job(claim.job_id).unwrap()

    assert repository.complete_job(claim).unwrap()["status"] == "COMPLETED"
    assert repository.cancel_job(claim.job_id).code is ResultCode.ALREADY_FINISHED


def test_a_job_whose_worker_died_is_cancelled_at_once(repository: JobsRepository, clock: Clock, claim: Claim) -> None:
    clock.advance(2 * MINUTE)

    assert repository.cancel_job(claim.job_id).unwrap()["status"] == "FAILED"
    assert repository.complete_job(claim).code is ResultCode.ALREADY_FINISHED


def test_a_job_that_was_to_be_cancelled_when_its_worker_died_is_cancelled_by_the_next_claim(
    repository: JobsRepository, clock: Clock, claim: Claim
) -> None:
    repository.cancel_job(claim.job_id).unwrap()
    clock.advance(2 * MINUTE)

    refused = repository.claim_job(claim.job_id, lease=MINUTE)

    assert refused.code is ResultCode.ALREADY_FINISHED
    assert (refused.record or {})["status"] == "FAILED"
    assert refused.record == repository.get_job(claim.job_id)
    assert "cancelled_at" in (refused.record or {})


@pytest.mark.parametrize("running", [True, False])
def test_another_users_job_or_an_expired_one_cannot_be_cancelled(
    repository: JobsRepository, clock: Clock, running: bool
) -> None:
    job_id = repository.submit_job("key", {}, user_id="u").unwrap().job_id
    if running:
        repository.claim_job(job_id, lease=timedelta(days=2)).unwrap()
    before = repository.get_job(job_id)

    assert repository.cancel_job(job_id, user_id="v").code is ResultCode.NOT_FOUND
    clock.advance(timedelta(days=3))
    assert repository.cancel_job(job_id).code is ResultCode.NOT_FOUND
    assert repository.get_job(job_id) == before


@pytest.mark.parametrize("running", [True, False])
def test_a_cancelling_whose_reply_was_lost_is_a_success(
    repository: JobsRepository, faults: Faults, running: bool
) -> None:
    job_id = repository.submit_job("key", {}, user_id="u").unwrap().job_id
    if running:
        repository.claim_job(job_id, lease=MINUTE).unwrap()
        faults.pass_through()
    faults.lose_reply()

    assert repository.cancel_job(job_id, user_id="u").unwrap() == repository.get_job(job_id)


def test_an_old_life_of_a_job_cannot_touch_the_new_one(repository: JobsRepository, clock: Clock) -> None:
    job_id = repository.submit_job("key", {}).unwrap().job_id
    old = repository.claim_job(job_id, lease=MINUTE).unwrap()
    clock.advance(timedelta(days=2))
    repository.submit_job("key", {}).unwrap()
    new = repository.claim_job(job_id, lease=MINUTE).unwrap()

    assert (old.attempt, new.attempt) == (1, 1)
    assert repository.complete_job(old).code is ResultCode.LEASE_LOST
    assert repository.fail_job(old, "old").code is ResultCode.LEASE_LOST
    assert repository.complete_job(new).success


def test_a_cancellation_whose_reply_is_lost_does_not_cancel_the_next_life(
    repository: JobsRepository, faults: Faults
) -> None:
    job_id = repository.submit_job("waiting", {}).unwrap().job_id
    faults.lose_reply(operation="UpdateItem")
    faults.run(lambda: JobsOperator(repository).retry_job(job_id).unwrap(), operation="UpdateItem")

    assert repository.cancel_job(job_id).code is ResultCode.CONFLICT
    assert (repository.get_job(job_id) or {})["status"] == "PENDING"


@pytest.mark.parametrize(
    ("first", "second"), [(1, True), (True, 1), (0, False), ([1], [True]), ({"a": 0}, {"a": False}), ("1", 1)], ids=repr
)
def test_a_call_with_a_value_of_another_type_is_another_call(
    repository: JobsRepository, first: Any, second: Any
) -> None:
    """Python takes True for 1; the table does not."""
    job_id = repository.submit_job("typed", {}).unwrap().job_id
    claim = repository.claim_job(job_id, lease=timedelta(minutes=5)).unwrap()
    repository.complete_job(claim, ok=first).unwrap()

    assert repository.complete_job(claim, ok=second).code is ResultCode.ALREADY_FINISHED
    assert repository.complete_job(claim, ok=first).success


def test_a_lost_reply_is_not_recognised_by_a_value_of_another_type(
    repository: JobsRepository, job: dict[str, Any], faults: Faults
) -> None:
    repository.create_job({**job, "ok": 1}).unwrap()
    faults.lose_reply()

    assert repository.create_job({**job, "ok": True}).code is ResultCode.ALREADY_EXISTS
