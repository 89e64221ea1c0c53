"""`claim_job` and `renew_claim`: one worker at a time, and none that keeps a job for ever."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from careervp_jobs_dal import Claim, JobRecord, JobsRepository, ResultCode
from careervp_jobs_dal.plans.plan import EXACT_TRIES
from tests.conftest import CANARY, Clock
from tests.contract.test_create import INVALID_KEYS
from tests.faults import Faults

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)


@pytest.fixture
def job_id(repository: JobsRepository) -> str:
    return repository.submit_job("key", {"text": CANARY}, user_id="u").unwrap().job_id


def put(repository: JobsRepository, **attributes: Any) -> str:
    """A record as another hand may have written it."""
    repository.table.put_item(Item={"job_id": "vpr-1", "status": "PENDING", **attributes})
    return "vpr-1"


def test_a_waiting_job_becomes_the_workers(
    repository: JobsRepository, clock: Clock, job_id: str, faults: Faults
) -> None:
    claim = repository.claim_job(job_id, lease=MINUTE, worker_id="w-1").unwrap()

    assert (claim.job_id, claim.attempt, claim.max_attempts) == (job_id, 1, 3)
    assert claim.lease_expires_at == clock() + MINUTE
    assert claim.job == repository.get_job(job_id)
    assert claim.job["status"] == "PROCESSING"
    assert claim.job["claimed_by"] == "w-1"
    assert claim.job["started_at"] == "2036-02-03T13:05:32.000000Z"
    assert claim.job["lease_expires_at"] == "2036-02-03T13:06:32.000000Z"
    assert claim.job["input_data"] == {"text": CANARY}
    assert faults.sent[0] == "UpdateItem"
    assert CANARY not in repr(claim)


def test_a_live_lease_is_held_until_it_lapses(repository: JobsRepository, clock: Clock, job_id: str) -> None:
    repository.claim_job(job_id, lease=MINUTE).unwrap()
    clock.advance(timedelta(seconds=20))

    held = repository.claim_job(job_id, lease=MINUTE)

    assert (held.code, held.retryable) == (ResultCode.LEASE_HELD, True)
    assert held.retry_after == timedelta(seconds=41)
    assert (held.record or {})["status"] == "PROCESSING"
    clock.advance(timedelta(seconds=40, milliseconds=999))
    assert repository.claim_job(job_id, lease=MINUTE).code is ResultCode.LEASE_HELD
    clock.advance(timedelta(milliseconds=1))
    assert repository.claim_job(job_id, lease=MINUTE).success


def test_a_lapsed_lease_is_taken_over_and_its_holder_is_fenced_off(
    repository: JobsRepository, clock: Clock, job_id: str
) -> None:
    first = repository.claim_job(job_id, lease=MINUTE, worker_id="w-1").unwrap()
    repository.renew_claim(first, lease=MINUTE, progress=0.5).unwrap()
    clock.advance(2 * MINUTE)

    second = repository.claim_job(job_id, lease=MINUTE).unwrap()

    assert second.attempt == 2
    assert second.claim_id != first.claim_id
    assert "claimed_by" not in second.job
    assert "progress" not in second.job
    assert second.job["started_at"] == first.job["started_at"]
    before = repository.get_job(job_id)
    for late in (
        repository.complete_job(first, result_key="mine"),
        repository.fail_job(first, "mine"),
        repository.fail_job(first, "mine", retryable=True),
        repository.renew_claim(first, lease=MINUTE),
    ):
        assert (late.code, late.record) == (ResultCode.LEASE_LOST, before)
    assert repository.get_job(job_id) == before
    repository.complete_job(second).unwrap()
    assert repository.complete_job(first).code is ResultCode.LEASE_LOST


@pytest.mark.parametrize("status", ["COMPLETED", "FAILED"])
def test_a_finished_job_is_not_claimed(repository: JobsRepository, job_id: str, status: str) -> None:
    finished = repository.update_job_status(job_id, status).unwrap()

    refused = repository.claim_job(job_id, lease=MINUTE)

    assert (refused.code, refused.record) == (ResultCode.ALREADY_FINISHED, finished)


def test_a_job_in_work_without_a_lease_is_held_unless_it_is_adopted(repository: JobsRepository, job_id: str) -> None:
    repository.update_job_status(job_id, "PROCESSING").unwrap()

    held = repository.claim_job(job_id, lease=MINUTE)
    assert (held.code, held.retry_after) == (ResultCode.LEASE_HELD, None)
    assert repository.claim_job(job_id, lease=MINUTE, adopt_unleased=True).unwrap().attempt == 1
    assert repository.claim_job(job_id, lease=MINUTE, adopt_unleased=True).code is ResultCode.LEASE_HELD


def test_an_absent_or_expired_job_is_not_found(repository: JobsRepository, clock: Clock, job_id: str) -> None:
    assert repository.claim_job("no such job", lease=MINUTE).code is ResultCode.NOT_FOUND

    clock.advance(24 * HOUR)

    assert repository.claim_job(job_id, lease=MINUTE).code is ResultCode.NOT_FOUND
    assert (repository.get_job(job_id) or {})["status"] == "PENDING"


def seconds(instant: datetime) -> int:
    return int(instant.timestamp())


def test_a_claim_raises_a_ttl_that_is_too_short_and_leaves_others_alone(
    repository: JobsRepository, clock: Clock, faults: Faults
) -> None:
    ttls = {"long": seconds(clock() + 30 * 24 * HOUR), "short": seconds(clock() + 2 * MINUTE)}
    jobs = {name: repository.submit_job(name, {}, ttl=ttl).unwrap().job_id for name, ttl in ttls.items()}
    faults.sent.clear()

    long = repository.claim_job(jobs["long"], lease=MINUTE).unwrap()
    assert faults.sent == ["UpdateItem"]
    short = repository.claim_job(jobs["short"], lease=MINUTE).unwrap()
    assert faults.sent == ["UpdateItem"] * 3

    assert long.job["ttl"] == ttls["long"]
    assert short.job["ttl"] == seconds(clock() + 13 * HOUR)
    assert (short.attempt, short.job["attempt"]) == (1, 1)


def test_a_claim_leaves_a_record_without_a_ttl_without_one(table_name: str) -> None:
    repository = JobsRepository(table_name, retention=None)
    job_id = repository.submit_job("key", {}).unwrap().job_id

    assert "ttl" not in repository.claim_job(job_id, lease=MINUTE).unwrap().job


def test_renewing_raises_a_ttl_that_is_too_short(repository: JobsRepository, clock: Clock) -> None:
    job_id = repository.submit_job("key", {}, ttl=seconds(clock() + 14 * HOUR)).unwrap().job_id
    claim = repository.claim_job(job_id, lease=MINUTE).unwrap()
    assert claim.job["ttl"] == seconds(clock() + 14 * HOUR)

    assert repository.renew_claim(claim, lease=13 * HOUR).unwrap().job["ttl"] == seconds(clock() + 14 * HOUR)
    assert repository.renew_claim(claim, lease=15 * HOUR).unwrap().job["ttl"] == seconds(clock() + 16 * HOUR)

    clock.advance(17 * HOUR)
    assert repository.renew_claim(claim, lease=MINUTE).code is ResultCode.NOT_FOUND


def test_the_records_own_limit_of_attempts_wins(repository: JobsRepository, clock: Clock) -> None:
    job_id = repository.submit_job("key", {}, max_attempts=2).unwrap().job_id
    for attempt in (1, 2):
        assert repository.claim_job(job_id, lease=MINUTE, max_attempts=1).unwrap().attempt == attempt
        clock.advance(2 * MINUTE)

    refused = repository.claim_job(job_id, lease=MINUTE, max_attempts=9)

    assert refused.code is ResultCode.ATTEMPTS_EXHAUSTED
    record = repository.get_job(job_id)
    assert refused.record == record
    assert record is not None
    assert (record["status"], record["attempt"]) == ("FAILED", 2)
    assert record["completed_at"] == "2036-02-03T13:09:32.000000Z"
    assert record["errors"][-1]["attempt"] == 2
    assert "lease_expires_at" not in record
    assert repository.claim_job(job_id, lease=MINUTE).code is ResultCode.ALREADY_FINISHED


def test_the_argument_limits_a_record_without_a_limit(repository: JobsRepository, clock: Clock, job: Any) -> None:
    repository.create_job(job)
    assert repository.claim_job("vpr-1", lease=MINUTE, max_attempts=1).unwrap().max_attempts == 1
    clock.advance(2 * MINUTE)

    assert repository.claim_job("vpr-1", lease=MINUTE, max_attempts=1).code is ResultCode.ATTEMPTS_EXHAUSTED


def test_a_live_last_attempt_is_held_not_exhausted(repository: JobsRepository) -> None:
    job_id = repository.submit_job("key", {}, max_attempts=1).unwrap().job_id
    claim = repository.claim_job(job_id, lease=MINUTE).unwrap()

    assert repository.claim_job(job_id, lease=MINUTE).code is ResultCode.LEASE_HELD
    assert repository.complete_job(claim).success


@pytest.mark.parametrize("write", [1, 2])
def test_giving_up_whose_reply_was_lost_is_told_as_what_it_was(
    repository: JobsRepository, clock: Clock, faults: Faults, write: int
) -> None:
    job_id = repository.submit_job("key", {}, max_attempts=1).unwrap().job_id
    repository.claim_job(job_id, lease=MINUTE).unwrap()
    clock.advance(2 * MINUTE)
    if write == 1:
        faults.lose_reply()
    else:
        faults.pass_through()
        faults.lose_reply()

    assert repository.claim_job(job_id, lease=MINUTE).code is ResultCode.ATTEMPTS_EXHAUSTED
    assert (repository.get_job(job_id) or {})["status"] == "FAILED"


def test_giving_up_a_job_that_was_renewed_meanwhile_is_a_conflict(
    repository: JobsRepository, clock: Clock, faults: Faults
) -> None:
    job_id = repository.submit_job("key", {}, max_attempts=1).unwrap().job_id
    claim = repository.claim_job(job_id, lease=MINUTE).unwrap()
    clock.advance(2 * MINUTE)
    faults.pass_through()
    faults.run(lambda: repository.renew_claim(claim, lease=MINUTE).unwrap())

    assert repository.claim_job(job_id, lease=MINUTE).code is ResultCode.CONFLICT
    assert repository.complete_job(claim).success


def test_giving_up_a_job_that_was_asked_to_stop_meanwhile_is_a_conflict_and_then_cancels_it(
    repository: JobsRepository, clock: Clock, faults: Faults
) -> None:
    job_id = repository.submit_job("key", {}, max_attempts=1).unwrap().job_id
    repository.claim_job(job_id, lease=MINUTE).unwrap()
    repository.cancel_job(job_id).unwrap()
    asked = repository.get_job(job_id) or {}
    repository.table.update_item(Key={"job_id": job_id}, UpdateExpression="REMOVE cancel_requested_at")
    clock.advance(2 * MINUTE)
    faults.pass_through()
    faults.run(lambda: repository.table.put_item(Item=asked))

    assert repository.claim_job(job_id, lease=MINUTE).code is ResultCode.CONFLICT
    assert repository.claim_job(job_id, lease=MINUTE).code is ResultCode.ALREADY_FINISHED
    assert "cancelled_at" in (repository.get_job(job_id) or {})


def test_of_many_threads_one_claims(repository: JobsRepository, job_id: str) -> None:
    with ThreadPoolExecutor(8) as threads:
        codes = list(threads.map(lambda _: repository.claim_job(job_id, lease=MINUTE).code, range(16)))

    assert sorted(codes) == [ResultCode.LEASE_HELD] * 15 + [ResultCode.SUCCESS]
    assert (repository.get_job(job_id) or {})["attempt"] == 1


@pytest.mark.parametrize("times", [1, 2])
def test_a_claim_whose_reply_was_lost_is_a_success_that_counts_once(
    repository: JobsRepository, job_id: str, faults: Faults, times: int
) -> None:
    faults.lose_reply(times=times)

    claim = repository.claim_job(job_id, lease=MINUTE).unwrap()

    assert claim.attempt == 1
    assert repository.complete_job(claim).success


def test_a_claim_that_raises_a_ttl_recognises_itself_too(
    repository: JobsRepository, clock: Clock, faults: Faults
) -> None:
    job_id = repository.submit_job("key", {}, ttl=seconds(clock() + MINUTE)).unwrap().job_id
    faults.pass_through()
    faults.lose_reply()

    assert repository.claim_job(job_id, lease=MINUTE).unwrap().attempt == 1


def test_a_renewal_that_raises_a_ttl_recognises_itself_too(
    repository: JobsRepository, clock: Clock, faults: Faults
) -> None:
    job_id = repository.submit_job("key", {}, ttl=seconds(clock() + 2 * HOUR)).unwrap().job_id
    claim = repository.claim_job(job_id, lease=MINUTE).unwrap()
    faults.pass_through()
    faults.lose_reply()

    assert repository.renew_claim(claim, lease=3 * HOUR, progress=0.5).unwrap().job["progress"] == 0.5


def test_a_claim_sent_again_does_not_begin_a_job_that_has_ended_meanwhile(
    repository: JobsRepository, job_id: str, faults: Faults
) -> None:
    faults.lose_reply()
    faults.run(lambda: repository.update_job_status(job_id, "COMPLETED").unwrap())

    assert repository.claim_job(job_id, lease=MINUTE).code is ResultCode.ALREADY_FINISHED


def test_a_record_that_turns_out_corrupt_when_it_is_claimed_is_said_to_be_so(repository: JobsRepository) -> None:
    put(repository, max_attempts="3")

    assert repository.claim_job("vpr-1", lease=MINUTE).code is ResultCode.CORRUPT_RECORD


UNREADABLE = {
    "of a later version": b"cvz\x02" + zlib.compress(b"{}"),
    "damaged": b"cvz\x01" + zlib.compress(b"{}")[:-1],
}


def spoil(repository: JobsRepository, job_id: str, payload: Any) -> None:
    """Stores the payload as other code, or a version to come, may."""
    repository.table.update_item(
        Key={"job_id": job_id},
        UpdateExpression="SET input_data = :payload",
        ExpressionAttributeValues={":payload": payload},
    )


@pytest.mark.parametrize("payload", UNREADABLE.values(), ids=UNREADABLE)
def test_a_job_whose_payload_cannot_be_read_is_given_back_with_its_attempt(
    repository: JobsRepository, clock: Clock, job_id: str, payload: bytes
) -> None:
    spoil(repository, job_id, payload)

    for _ in range(5):
        refused = repository.claim_job(job_id, lease=MINUTE)
        assert (refused.code, refused.record) == (ResultCode.CORRUPT_RECORD, None)
        assert "input_data" in (refused.error or "")
        assert repository.find_job(job_id).code is ResultCode.CORRUPT_RECORD
    waiting = repository.find_status(job_id).unwrap()
    assert (waiting["status"], waiting["attempt"]) == ("PENDING", 0)

    spoil(repository, job_id, {"text": "mended"})
    claim = repository.claim_job(job_id, lease=MINUTE).unwrap()
    assert (claim.attempt, claim.job["input_data"]) == (1, {"text": "mended"})
    assert repository.complete_job(claim).success


def test_a_job_that_is_taken_over_keeps_the_attempts_that_were_made(
    repository: JobsRepository, clock: Clock, job_id: str
) -> None:
    lost = repository.claim_job(job_id, lease=MINUTE).unwrap()
    clock.advance(2 * MINUTE)
    spoil(repository, job_id, UNREADABLE["damaged"])

    assert repository.claim_job(job_id, lease=MINUTE).code is ResultCode.CORRUPT_RECORD
    assert repository.find_status(job_id).unwrap()["attempt"] == 1
    spoil(repository, job_id, {})
    assert repository.complete_job(lost).code is ResultCode.LEASE_LOST
    assert repository.claim_job(job_id, lease=MINUTE).unwrap().attempt == 2


@pytest.mark.parametrize("lost", [0, 1], ids=["of the claim", "of the giving back"])
def test_a_lost_reply_changes_nothing_about_that(
    repository: JobsRepository, job_id: str, faults: Faults, lost: int
) -> None:
    spoil(repository, job_id, UNREADABLE["damaged"])
    if lost:
        faults.pass_through()
    faults.lose_reply()

    assert repository.claim_job(job_id, lease=MINUTE).code is ResultCode.CORRUPT_RECORD

    waiting = repository.find_status(job_id).unwrap()
    assert (waiting["status"], waiting["attempt"]) == ("PENDING", 0)


def test_a_job_that_somebody_ended_meanwhile_is_not_given_back(
    repository: JobsRepository, job_id: str, faults: Faults
) -> None:
    spoil(repository, job_id, UNREADABLE["damaged"])
    faults.pass_through()
    faults.run(lambda: repository.update_job_status(job_id, "FAILED"))

    assert repository.claim_job(job_id, lease=MINUTE).code is ResultCode.CORRUPT_RECORD
    assert repository.find_status(job_id).unwrap()["status"] == "FAILED"


def test_a_renewal_whose_reply_was_lost_is_a_success(
    repository: JobsRepository, clock: Clock, job_id: str, faults: Faults
) -> None:
    claim = repository.claim_job(job_id, lease=MINUTE).unwrap()
    faults.lose_reply()

    assert repository.renew_claim(claim, lease=2 * MINUTE).unwrap().lease_expires_at == clock() + 2 * MINUTE


def test_a_lapsed_claim_that_nobody_took_over_can_be_renewed(
    repository: JobsRepository, clock: Clock, job_id: str
) -> None:
    claim = repository.claim_job(job_id, lease=MINUTE).unwrap()
    clock.advance(HOUR)

    renewed = repository.renew_claim(claim, lease=MINUTE, progress={"done": 3}).unwrap()

    assert renewed.claim_id == claim.claim_id
    assert renewed.attempt == 1
    assert renewed.job["progress"] == {"done": 3}
    assert repository.claim_job(job_id, lease=MINUTE).code is ResultCode.LEASE_HELD
    assert repository.renew_claim(renewed, lease=MINUTE).unwrap().job["progress"] == {"done": 3}


def test_a_claim_that_was_finished_or_put_back_cannot_be_renewed(repository: JobsRepository, job_id: str) -> None:
    claim = repository.claim_job(job_id, lease=MINUTE).unwrap()
    repository.fail_job(claim, "again", retryable=True).unwrap()
    assert repository.renew_claim(claim, lease=MINUTE).code is ResultCode.LEASE_LOST

    claim = repository.claim_job(job_id, lease=MINUTE).unwrap()
    repository.complete_job(claim).unwrap()
    assert repository.renew_claim(claim, lease=MINUTE).code is ResultCode.ALREADY_FINISHED


CALLS: dict[str, Callable[[JobsRepository, Claim], Any]] = {
    "claim": lambda repository, claim: repository.claim_job(claim.job_id, lease=MINUTE),
    "renew": lambda repository, claim: repository.renew_claim(claim, lease=2 * MINUTE),
    "complete": lambda repository, claim: repository.complete_job(claim),
    "fail": lambda repository, claim: repository.fail_job(claim, "error"),
    "cancel": lambda repository, claim: repository.cancel_job(claim.job_id),
    "find": lambda repository, claim: repository.find_job(claim.job_id),
}
NOBODYS = Claim(JobRecord({"job_id": "vpr-1"}), 1, 3, "nobody's", datetime(2036, 2, 3, tzinfo=UTC))


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_an_absent_job_is_not_found_and_not_made(
    repository: JobsRepository, call: Callable[[JobsRepository, Claim], Any]
) -> None:
    assert call(repository, NOBODYS).code is ResultCode.NOT_FOUND
    assert repository.table.scan()["Count"] == 0


@pytest.mark.parametrize(
    "attributes",
    [
        {"status": "BOGUS"},
        {"attempt": "2"},
        {"max_attempts": "3", "attempt": 1},
        {"max_attempts": Decimal("1.5"), "attempt": 2},
        {"claim_id": 5, "attempt": 3},
        {"lease_expires_at": "tomorrow", "status": "PROCESSING"},
    ],
    ids=str,
)
@pytest.mark.parametrize("name", CALLS)
def test_a_corrupt_record_is_said_to_be_one(repository: JobsRepository, name: str, attributes: dict[str, Any]) -> None:
    put(repository, **{"status": "PENDING" if name == "claim" else "PROCESSING", **attributes})

    assert CALLS[name](repository, NOBODYS).code is ResultCode.CORRUPT_RECORD


@pytest.mark.parametrize("ttl", ["2036-02-03", {"a"}], ids=repr)
def test_a_ttl_that_is_no_number_does_not_expire(repository: JobsRepository, ttl: Any) -> None:
    put(repository, ttl=ttl)

    assert repository.claim_job("vpr-1", lease=MINUTE).unwrap().job["ttl"] == ttl


@pytest.mark.parametrize("lease", [timedelta(0), timedelta(-1), timedelta(days=8), 60, None], ids=repr)
def test_a_lease_is_a_timedelta_above_zero(repository: JobsRepository, job_id: str, faults: Faults, lease: Any) -> None:
    assert repository.claim_job(job_id, lease=lease).code is ResultCode.VALIDATION_ERROR
    assert repository.renew_claim(NOBODYS, lease=lease).code is ResultCode.VALIDATION_ERROR
    assert faults.sent == []


@pytest.mark.parametrize("key", INVALID_KEYS, ids=repr)
def test_an_id_must_be_text_that_dynamodb_takes(repository: JobsRepository, faults: Faults, key: Any) -> None:
    assert repository.claim_job(key, lease=MINUTE).code is ResultCode.VALIDATION_ERROR
    assert repository.cancel_job(key).code is ResultCode.VALIDATION_ERROR
    assert faults.sent == []


def test_an_impossible_claim_is_not_sent(repository: JobsRepository, faults: Faults) -> None:
    assert repository.claim_job("vpr-1", lease=MINUTE, max_attempts=0).code is ResultCode.VALIDATION_ERROR
    assert repository.claim_job("vpr-1", lease=MINUTE, worker_id="\ud800").code is ResultCode.VALIDATION_ERROR
    assert repository.renew_claim(NOBODYS, lease=MINUTE, progress={1: 2}).code is ResultCode.VALIDATION_ERROR
    assert faults.sent == []


def test_a_refusal_without_the_item_means_the_same(repository: JobsRepository, job_id: str, faults: Faults) -> None:
    repository.claim_job(job_id, lease=MINUTE).unwrap()
    with_item = repository.claim_job(job_id, lease=MINUTE)
    faults.drop_item()

    assert repository.claim_job(job_id, lease=MINUTE) == with_item


@pytest.mark.parametrize("name", ["claim", "renew", "complete", "fail", "cancel"])
def test_a_refusal_by_a_record_that_would_take_the_write_is_a_conflict(
    repository: JobsRepository, job_id: str, faults: Faults, name: str
) -> None:
    claim = NOBODYS
    if name in ("renew", "complete", "fail"):
        claim = repository.claim_job(job_id, lease=MINUTE).unwrap()
    else:
        put(repository)
    tries = {"cancel": EXACT_TRIES, "claim": EXACT_TRIES + 1}.get(name, 1)
    faults.answer("ConditionalCheckFailedException", times=tries, operation="UpdateItem")

    refused = CALLS[name](repository, claim)

    assert (refused.code, refused.retryable) == (ResultCode.CONFLICT, True)


def test_a_job_is_not_due_before_the_instant_at_which_it_was_put_back(
    repository: JobsRepository, job_id: str, clock: Clock
) -> None:
    claim = repository.claim_job(job_id, lease=MINUTE).unwrap()
    repository.fail_job(claim, "busy", retryable=True).unwrap()
    clock.advance(-3 * timedelta(seconds=1))

    early = repository.claim_job(job_id, lease=MINUTE)

    assert (early.code, early.retry_after, early.retryable) == (ResultCode.NOT_DUE, timedelta(seconds=3), True)
    assert early.record == repository.get_job(job_id)
    clock.advance(timedelta(seconds=3))
    assert repository.claim_job(job_id, lease=MINUTE).unwrap().attempt == 2


def test_the_last_attempt_is_given_up_later_than_another_one_is_taken_over(
    repository: JobsRepository, clock: Clock
) -> None:
    job_id = repository.submit_job("last", {}, max_attempts=1).unwrap().job_id
    claim = repository.claim_job(job_id, lease=MINUTE).unwrap()
    clock.advance(MINUTE + timedelta(seconds=2))

    held = repository.claim_job(job_id, lease=MINUTE)

    assert (held.code, held.retry_after) == (ResultCode.LEASE_HELD, timedelta(seconds=8))
    assert repository.complete_job(claim).unwrap()["status"] == "COMPLETED"


def test_a_renewal_for_less_than_the_lease_has_left_notes_the_progress_alone(
    repository: JobsRepository, job_id: str
) -> None:
    claim = repository.claim_job(job_id, lease=2 * MINUTE).unwrap()

    noted = repository.renew_claim(claim, lease=MINUTE, progress=0.5).unwrap()
    silent = repository.renew_claim(claim, lease=MINUTE).unwrap()

    assert noted.lease_expires_at == silent.lease_expires_at == claim.lease_expires_at
    assert noted.job["progress"] == silent.job["progress"] == 0.5


def test_a_renewal_that_loses_the_job_before_it_notes_is_told(
    repository: JobsRepository, job_id: str, clock: Clock, faults: Faults
) -> None:
    claim = repository.claim_job(job_id, lease=2 * MINUTE).unwrap()

    def take_over() -> None:
        clock.advance(3 * MINUTE)
        repository.claim_job(job_id, lease=MINUTE).unwrap()

    faults.pass_through()
    faults.run(take_over)
    assert repository.renew_claim(claim, lease=MINUTE, progress=0.5).code is ResultCode.LEASE_LOST

    faults.clear()
    claim = repository.claim_job(repository.submit_job("gone", {}).unwrap().job_id, lease=2 * MINUTE).unwrap()
    faults.pass_through()
    faults.run(lambda: repository.table.delete_item(Key={"job_id": claim.job_id}))
    assert repository.renew_claim(claim, lease=MINUTE, progress=0.5).code is ResultCode.NOT_FOUND


def test_a_worker_of_old_that_begins_a_job_which_was_put_back_has_taken_it(
    repository: JobsRepository, job_id: str
) -> None:
    claim = repository.claim_job(job_id, lease=MINUTE).unwrap()
    repository.fail_job(claim, "busy", retryable=True).unwrap()
    repository.update_job_status(job_id, "PROCESSING").unwrap()

    assert repository.renew_claim(claim, lease=MINUTE).code is ResultCode.LEASE_LOST


def test_a_job_that_is_deleted_before_it_is_given_up_is_not_found(
    repository: JobsRepository, clock: Clock, faults: Faults
) -> None:
    job_id = repository.submit_job("last", {}, max_attempts=1).unwrap().job_id
    repository.claim_job(job_id, lease=MINUTE).unwrap()
    clock.advance(2 * MINUTE)
    faults.pass_through()
    faults.run(lambda: repository.table.delete_item(Key={"job_id": job_id}))

    assert repository.claim_job(job_id, lease=MINUTE).code is ResultCode.NOT_FOUND


def test_a_renewed_claim_is_told_to_stop_by_the_same_event(repository: JobsRepository, job_id: str) -> None:
    claim = repository.claim_job(job_id, lease=MINUTE).unwrap()
    renewed = repository.renew_claim(repository.renew_claim(claim, lease=MINUTE).unwrap(), lease=HOUR).unwrap()
    noted = repository.renew_claim(renewed, lease=MINUTE, progress=1).unwrap()

    assert renewed.stop_requested is noted.stop_requested is claim.stop_requested
