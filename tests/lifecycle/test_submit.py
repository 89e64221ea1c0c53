"""`submit_job`: one job for one user and key, whoever asks, however often."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from careervp_jobs_dal import JobsRepository, JobStatus, ResultCode
from careervp_jobs_dal.codec.fingerprint import canonical, fingerprint
from careervp_jobs_dal.codec.packing import MAX_PAYLOAD_BYTES
from careervp_jobs_dal.codec.values import encode_item
from careervp_jobs_dal.plans.plan import EXACT_TRIES
from tests.conftest import CANARY, Clock
from tests.contract.test_create import INVALID_KEYS
from tests.faults import Faults

PAYLOAD = {"text": CANARY, "scores": [0.5, 1], "nested": {"a": 1, "b": 2}}
MINUTE = timedelta(minutes=1)


def stored(repository: JobsRepository, job_id: str) -> dict[str, Any]:
    return dict(repository.table.get_item(Key={"job_id": job_id})["Item"])


def test_a_new_key_makes_a_pending_job_in_one_round_trip(
    repository: JobsRepository, clock: Clock, faults: Faults
) -> None:
    submission = repository.submit_job("key", PAYLOAD, user_id="u", application_id="a", note="x").unwrap()

    assert (submission.created, submission.should_enqueue) == (True, True)
    assert faults.sent == ["PutItem"]
    job = repository.get_job(submission.job_id)
    assert submission.job == job
    assert job is not None
    assert {
        name: job[name]
        for name in job
        if name not in ("job_id", "submission_id", "fingerprint", "active_shard", "due_at")
    } == {
        "status": "PENDING",
        "created_at": "2036-02-03T13:05:32.000000Z",
        "idempotency_key": "key",
        "input_data": PAYLOAD,
        "user_id": "u",
        "application_id": "a",
        "max_attempts": 3,
        "ttl": int((clock() + timedelta(hours=24)).timestamp()),
        "note": "x",
    }


@pytest.mark.parametrize(
    "again",
    [PAYLOAD, {"nested": {"b": 2.0, "a": Decimal(1)}, "scores": (0.50, 1.0), "text": CANARY}],
    ids=["same", "keys reordered and numbers written otherwise"],
)
def test_the_same_key_and_payload_find_the_job_in_one_round_trip(
    repository: JobsRepository, faults: Faults, again: dict[str, Any]
) -> None:
    first = repository.submit_job("key", PAYLOAD).unwrap()

    second = repository.submit_job("key", again, note="ignored").unwrap()

    assert (second.created, second.job) == (False, first.job)
    assert second.should_enqueue is True
    assert faults.sent == ["PutItem", "PutItem"]


def test_another_payload_under_the_same_key_is_a_mismatch(repository: JobsRepository) -> None:
    first = repository.submit_job("key", PAYLOAD).unwrap()

    other = repository.submit_job("key", {"text": "other"})

    assert (other.code, other.record) == (ResultCode.IDEMPOTENCY_MISMATCH, first.job)
    assert CANARY not in f"{other!r} {other.error}"
    allowed = repository.submit_job("key", {"text": "other"}, allow_different_payload=True).unwrap()
    assert (allowed.created, allowed.job) == (False, first.job)


def test_the_payload_is_taken_before_the_caller_can_change_it(repository: JobsRepository) -> None:
    payload: dict[str, Any] = {"list": [1]}
    first = repository.submit_job("key", payload).unwrap()
    payload["list"].append(2)

    assert first.job["input_data"] == {"list": [1]}
    assert repository.submit_job("key", {"list": [1]}).success


def test_users_and_keys_never_meet(repository: JobsRepository) -> None:
    asked = [("u", "x|y"), ("u|x", "y"), (None, "x|y"), ("null", "x|y")]

    jobs = [repository.submit_job(key, {"user": user}, user_id=user).unwrap() for user, key in asked]

    assert len({job.job_id for job in jobs}) == 4
    assert all(job.created for job in jobs)


def test_an_id_is_always_the_same_and_with_a_secret_another(table_name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def job_id(**options: Any) -> str:
        repository = JobsRepository(table_name, **options)
        return repository.submit_job("key", {}, user_id="u").unwrap().job_id

    plain = job_id()
    secret = job_id(id_secret="s")
    monkeypatch.setenv("JOBS_ID_SECRET", "s")

    assert plain == "d6d7b44a-9882-5deb-a78d-1a3298fc4e54"
    assert job_id() == secret
    assert len({plain, secret, job_id(id_secret="t")}) == 3


def test_a_large_payload_is_packed_and_a_small_one_stays_a_map(repository: JobsRepository) -> None:
    large = repository.submit_job("large", {"text": "a" * 5000}).unwrap()
    small = repository.submit_job("small", PAYLOAD).unwrap()

    assert len(bytes(stored(repository, large.job_id)["input_data"])) < 100
    assert stored(repository, small.job_id)["input_data"]["text"] == CANARY
    assert large.job["input_data"] == {"text": "a" * 5000}
    assert repository.find_job(large.job_id).unwrap() == large.job


def test_packing_can_be_turned_off(table_name: str) -> None:
    repository = JobsRepository(table_name, pack_above=None)
    job = repository.submit_job("large", {"text": "a" * 5000}).unwrap()

    assert stored(repository, job.job_id)["input_data"] == {"text": "a" * 5000}


def test_a_payload_too_large_for_an_item_fits_when_it_is_packed(repository: JobsRepository, table_name: str) -> None:
    huge = {"text": "a" * 500_000}

    assert repository.submit_job("key", huge).unwrap().job["input_data"] == huge
    unpacked = JobsRepository(table_name, pack_above=None).submit_job("key", huge)
    assert unpacked.code is ResultCode.ITEM_TOO_LARGE


@pytest.mark.parametrize("pack_above", [1024, None])
def test_a_payload_beyond_the_limit_is_refused_and_not_sent(
    repository: JobsRepository, table_name: str, faults: Faults, pack_above: int | None
) -> None:
    jobs = JobsRepository(table_name, pack_above=pack_above)

    refused = jobs.submit_job("key", {"text": CANARY + "a" * MAX_PAYLOAD_BYTES})

    assert refused.code is ResultCode.ITEM_TOO_LARGE
    assert "1,048,576" in (refused.error or "")
    assert CANARY not in (refused.error or "")
    assert faults.sent == []


def test_a_payload_at_the_limit_is_stored_and_read(repository: JobsRepository) -> None:
    largest = {"text": "a" * (MAX_PAYLOAD_BYTES - len('{"text":""}'))}

    job_id = repository.submit_job("key", largest).unwrap().job_id

    assert repository.find_job(job_id).unwrap()["input_data"] == largest


def test_beside_a_secret_the_fingerprint_is_no_plain_hash(repository: JobsRepository, table_name: str) -> None:
    secret = JobsRepository(table_name, id_secret="s")

    plain, keyed = (jobs.submit_job("key", PAYLOAD).unwrap() for jobs in (repository, secret))

    text = canonical(encode_item(PAYLOAD).item)
    assert plain.job["fingerprint"] == fingerprint(text)
    assert keyed.job["fingerprint"] == fingerprint(text, "s") != plain.job["fingerprint"]
    assert keyed.job_id != plain.job_id
    # Each still knows its own payload, so a secret that was just added makes a new job and no mismatch.
    assert [jobs.submit_job("key", PAYLOAD).unwrap().created for jobs in (repository, secret)] == [False, False]
    mismatches = [jobs.submit_job("key", {"text": "other"}).code for jobs in (repository, secret)]
    assert mismatches == [ResultCode.IDEMPOTENCY_MISMATCH] * 2
    assert JobsRepository(table_name, id_secret="t").submit_job("key", {"text": "other"}).unwrap().created


def test_the_caller_may_set_a_ttl_of_his_own_or_none(table_name: str, repository: JobsRepository) -> None:
    assert repository.submit_job("key", {}, ttl=2_100_000_000).unwrap().job["ttl"] == 2_100_000_000
    assert "ttl" not in JobsRepository(table_name, retention=None).submit_job("other", {}).unwrap().job


def test_an_expired_job_that_is_still_there_is_replaced(repository: JobsRepository, clock: Clock) -> None:
    first = repository.submit_job("key", PAYLOAD).unwrap()
    clock.advance(timedelta(hours=24))

    again = repository.submit_job("key", {"text": "other"}).unwrap()

    assert again.created
    assert again.job_id == first.job_id
    assert again.job["input_data"] == {"text": "other"}


def test_a_ttl_that_is_no_number_never_expires(repository: JobsRepository) -> None:
    first = repository.submit_job("key", PAYLOAD).unwrap()
    repository.table.update_item(
        Key={"job_id": first.job_id},
        UpdateExpression="SET #ttl = :text",
        ExpressionAttributeNames={"#ttl": "ttl"},
        ExpressionAttributeValues={":text": "1"},
    )

    assert repository.find_job(first.job_id).success
    assert repository.submit_job("key", PAYLOAD).unwrap().created is False
    assert repository.cancel_job(first.job_id).success


def test_a_failed_job_is_found_or_replaced_as_the_caller_says(repository: JobsRepository) -> None:
    first = repository.submit_job("key", PAYLOAD, max_attempts=1).unwrap()
    claim = repository.claim_job(first.job_id, lease=MINUTE).unwrap()
    repository.fail_job(claim, "broken").unwrap()

    found = repository.submit_job("key", PAYLOAD).unwrap()
    anew = repository.submit_job("key", PAYLOAD, replace_failed=True).unwrap()

    assert (found.created, found.should_enqueue, found.job["status"]) == (False, False, "FAILED")
    assert (anew.created, anew.job["status"], "attempt" in anew.job) == (True, "PENDING", False)
    assert repository.complete_job(claim).code is ResultCode.LEASE_LOST
    assert repository.claim_job(first.job_id, lease=MINUTE).unwrap().attempt == 1


@pytest.mark.parametrize("status", [status for status in JobStatus if status is not JobStatus.FAILED])
def test_only_a_failed_job_is_replaced(repository: JobsRepository, status: JobStatus) -> None:
    first = repository.submit_job("key", PAYLOAD).unwrap()
    if status is not JobStatus.PENDING:
        repository.update_job_status(first.job_id, status).unwrap()

    again = repository.submit_job("key", PAYLOAD, replace_failed=True).unwrap()

    assert (again.created, again.job["status"]) == (False, status)


def test_a_job_is_worth_enqueuing_while_it_waits_or_its_lease_has_lapsed(
    repository: JobsRepository, clock: Clock
) -> None:
    job_id = repository.submit_job("key", PAYLOAD).unwrap().job_id

    def should_enqueue() -> bool:
        return repository.submit_job("key", PAYLOAD).unwrap().should_enqueue

    assert should_enqueue() is True
    claim = repository.claim_job(job_id, lease=MINUTE).unwrap()
    assert should_enqueue() is False
    clock.advance(2 * MINUTE)
    assert should_enqueue() is True
    repository.complete_job(claim).unwrap()
    assert should_enqueue() is False


def test_of_many_threads_one_creates(repository: JobsRepository) -> None:
    with ThreadPoolExecutor(16) as threads:
        results = list(threads.map(lambda _: repository.submit_job("key", PAYLOAD).unwrap(), range(32)))

    assert [result.created for result in results].count(True) == 1
    assert len({result.job_id for result in results}) == 1
    assert repository.table.scan()["Count"] == 1


@pytest.mark.parametrize("times", [1, 2])
def test_a_submission_whose_reply_was_lost_is_the_one_that_created(
    repository: JobsRepository, faults: Faults, times: int
) -> None:
    faults.lose_reply(times=times)

    assert repository.submit_job("key", PAYLOAD).unwrap().created is True
    assert repository.submit_job("key", PAYLOAD).unwrap().created is False


def test_a_submission_that_is_sent_again_does_not_replace_its_own_job(
    repository: JobsRepository, faults: Faults
) -> None:
    job_id = repository.submit_job("key", PAYLOAD).unwrap().job_id
    repository.cancel_job(job_id).unwrap()
    faults.pass_through()  # it finds the failed job
    faults.lose_reply()
    faults.run(lambda: repository.cancel_job(job_id).unwrap(), operation="PutItem")

    anew = repository.submit_job("key", PAYLOAD, replace_failed=True).unwrap()

    assert (anew.created, anew.job["status"], anew.should_enqueue) == (True, "FAILED", False)


def test_after_a_reply_lost_on_every_attempt_the_same_call_finds_the_job(
    repository: JobsRepository, faults: Faults, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("botocore.retries.quota.RetryQuota.acquire", lambda *_: True)
    faults.lose_reply(times=3)

    lost = repository.submit_job("key", PAYLOAD)
    again = repository.submit_job("key", PAYLOAD).unwrap()

    assert (lost.code, lost.retryable) == (ResultCode.UNAVAILABLE, True)
    assert (again.created, again.should_enqueue) == (False, True)
    assert repository.table.scan()["Count"] == 1


@pytest.mark.parametrize("payload", [PAYLOAD, {"text": "other"}], ids=["duplicate", "mismatch"])
def test_a_refusal_without_the_item_means_the_same(
    repository: JobsRepository, faults: Faults, payload: dict[str, Any]
) -> None:
    repository.submit_job("key", PAYLOAD).unwrap()
    with_item = repository.submit_job("key", payload)
    faults.drop_item()

    assert repository.submit_job("key", payload) == with_item
    assert faults.sent[-2:] == ["PutItem", "GetItem"]


def test_a_refusal_by_a_record_that_is_gone_or_would_be_replaced_is_a_conflict(
    repository: JobsRepository, clock: Clock, faults: Faults
) -> None:
    faults.answer("ConditionalCheckFailedException", times=1)
    assert repository.submit_job("key", PAYLOAD).code is ResultCode.CONFLICT

    repository.submit_job("key", PAYLOAD).unwrap()
    clock.advance(timedelta(days=2))
    faults.answer("ConditionalCheckFailedException", times=EXACT_TRIES + 1)
    assert repository.submit_job("key", PAYLOAD).code is ResultCode.CONFLICT


@pytest.mark.parametrize("key", INVALID_KEYS, ids=repr)
def test_a_key_must_be_text_that_dynamodb_takes(repository: JobsRepository, faults: Faults, key: Any) -> None:
    assert repository.submit_job(key, PAYLOAD).code is ResultCode.VALIDATION_ERROR
    assert faults.sent == []


REFUSED: dict[str, Callable[[JobsRepository], Any]] = {
    "bytes": lambda repository: repository.submit_job("key", b"payload"),  # type: ignore[arg-type]
    "list": lambda repository: repository.submit_job("key", ["payload"]),  # type: ignore[arg-type]
    "None": lambda repository: repository.submit_job("key", None),  # type: ignore[arg-type]
    "NaN": lambda repository: repository.submit_job("key", {"scores": [float("nan")]}),
    "user": lambda repository: repository.submit_job("key", {}, user_id=5),  # type: ignore[arg-type]
    "surrogate": lambda repository: repository.submit_job("key", {}, user_id="\ud800"),
    "no attempts": lambda repository: repository.submit_job("key", {}, max_attempts=0),
    "half an attempt": lambda repository: repository.submit_job("key", {}, max_attempts=1.5),  # type: ignore[arg-type]
    "bool attempts": lambda repository: repository.submit_job("key", {}, max_attempts=True),
    "milliseconds": lambda repository: repository.submit_job("key", {}, ttl=1_770_000_000_000),
    "status": lambda repository: repository.submit_job("key", {}, status="COMPLETED"),
    "job_id": lambda repository: repository.submit_job("key", {}, job_id="mine"),
    "attempt": lambda repository: repository.submit_job("key", {}, attempt=7),
    "claim_id": lambda repository: repository.submit_job("key", {}, claim_id="mine"),
    "fingerprint": lambda repository: repository.submit_job("key", {}, fingerprint="mine"),
}


@pytest.mark.parametrize("submit", REFUSED.values(), ids=REFUSED)
def test_an_invalid_submission_is_not_sent(
    repository: JobsRepository, faults: Faults, submit: Callable[[JobsRepository], Any]
) -> None:
    assert submit(repository).code is ResultCode.VALIDATION_ERROR
    assert faults.sent == []


def test_a_corrupt_record_is_said_to_be_one(repository: JobsRepository) -> None:
    job_id = repository.submit_job("key", PAYLOAD).unwrap().job_id
    repository.table.put_item(Item={"job_id": job_id, "status": "BOGUS"})

    assert repository.submit_job("key", PAYLOAD).code is ResultCode.CORRUPT_RECORD


def test_a_submission_shows_no_payload(repository: JobsRepository) -> None:
    submission = repository.submit_job("key", PAYLOAD).unwrap()

    assert CANARY not in f"{submission!r} {submission}"
    assert submission.job_id in repr(submission)


@pytest.mark.parametrize("retention", [timedelta(0), timedelta(-1), timedelta.max])
def test_a_retention_is_above_zero(retention: timedelta) -> None:
    with pytest.raises(ValueError, match="retention"):
        JobsRepository("jobs", retention=retention)


def test_a_replacement_that_is_overtaken_by_another_after_its_reply_was_lost_is_a_conflict(
    repository: JobsRepository, clock: Clock, faults: Faults
) -> None:
    job_id = repository.submit_job("key", PAYLOAD).unwrap().job_id
    repository.cancel_job(job_id).unwrap()

    def replaced_by_another() -> None:
        clock.advance(timedelta(seconds=1))
        repository.cancel_job(job_id).unwrap()
        repository.submit_job("key", {"text": "theirs"}, replace_failed=True).unwrap()
        repository.cancel_job(job_id).unwrap()

    faults.pass_through()  # it finds the failed job
    faults.lose_reply(operation="PutItem")
    faults.run(replaced_by_another, operation="PutItem")

    assert repository.submit_job("key", PAYLOAD, replace_failed=True).code is ResultCode.CONFLICT
    assert (repository.get_job(job_id) or {})["input_data"] == {"text": "theirs"}
