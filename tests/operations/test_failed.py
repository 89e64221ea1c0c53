"""`list_failed`: the failed jobs of all users, newest first and once each, whichever way they failed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from careervp_jobs_dal import Claim, JobsOperator, JobsRepository, Recovery, ResultCode
from careervp_jobs_dal.job.index import ACTIVE_SHARDS, Wait, active_shard
from careervp_jobs_dal.job.instant import instant_text
from careervp_jobs_dal.operations import failed_listing, gathering
from tests.conftest import CANARY, Clock
from tests.faults import Faults
from tests.operations.conftest import Seed

HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)


def pages(operator: JobsOperator, clock: Clock, **options: Any) -> list[list[str]]:
    """The ids of all pages of the last day."""
    asked = {"since": clock.now - 24 * HOUR, "until": clock.now, **options}
    page = operator.list_failed(**asked).unwrap()
    found = [[job["job_id"] for job in page.jobs]]
    while page.cursor:
        page = operator.list_failed(**asked, cursor=page.cursor).unwrap()
        found.append([job["job_id"] for job in page.jobs])
    return found


def ids(operator: JobsOperator, clock: Clock, **options: Any) -> list[str]:
    return [job_id for page in pages(operator, clock, **options) for job_id in page]


def claimed(jobs: JobsRepository, **options: Any) -> Claim:
    job_id = jobs.submit_job("key", {"text": CANARY}, user_id="user-1", **options).unwrap().job_id
    return jobs.claim_job(job_id, lease=MINUTE).unwrap()


def by_a_claim(jobs: JobsRepository, clock: Clock) -> None:
    claim = claimed(jobs, max_attempts=1)
    clock.advance(HOUR)
    assert jobs.claim_job(claim.job_id, lease=MINUTE).code is ResultCode.ATTEMPTS_EXHAUSTED


def by_a_recovery(jobs: JobsRepository, clock: Clock) -> None:
    claim = claimed(jobs, max_attempts=1)
    clock.advance(HOUR)
    assert JobsOperator(jobs).recover_jobs(older_than=MINUTE).unwrap() == Recovery(failed=(claim.job_id,))


def by_a_release(jobs: JobsRepository, clock: Clock) -> None:
    claim = claimed(jobs)
    jobs.cancel_job(claim.job_id).unwrap()
    jobs.release_claim(claim).unwrap()


def by_a_cancellation(jobs: JobsRepository, clock: Clock) -> None:
    jobs.cancel_job(jobs.submit_job("key", {}, user_id="user-1").unwrap().job_id).unwrap()


def of_create_job(jobs: JobsRepository, clock: Clock) -> None:
    jobs.create_job(
        {"job_id": "vpr-1", "status": "PENDING", "created_at": instant_text(clock.now), "idempotency_key": "key"}
    ).unwrap()
    jobs.update_job_status("vpr-1", "FAILED").unwrap()


WAYS: dict[str, Callable[[JobsRepository, Clock], object]] = {
    "fail_job": lambda jobs, clock: jobs.fail_job(claimed(jobs), "time-out").unwrap(),
    "fail_job, after the last attempt": lambda jobs, clock: jobs.fail_job(
        claimed(jobs, max_attempts=1), "time-out", retryable=True
    ).unwrap(),
    "release_claim": by_a_release,
    "cancel_job": by_a_cancellation,
    "claim_job": by_a_claim,
    "recover_jobs": by_a_recovery,
    "update_job_status": lambda jobs, clock: jobs.update_job_status(claimed(jobs).job_id, "FAILED").unwrap(),
    "update_job": lambda jobs, clock: jobs.update_job(claimed(jobs).job_id, {"status": "FAILED"}).unwrap(),
    "update_job_status, a job of create_job": of_create_job,
}


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
def test_each_way_to_fail_is_listed_by_the_instant_of_the_end(
    operator: JobsOperator, repository: JobsRepository, clock: Clock, way: Callable[[JobsRepository, Clock], object]
) -> None:
    way(repository, clock)
    clock.advance(MINUTE)

    (job,) = operator.list_failed(since=clock.now - MINUTE).unwrap().jobs

    assert (job["status"], job["due_at"]) == ("FAILED", instant_text(clock.now - MINUTE))
    assert job["active_shard"] == active_shard(job["job_id"], Wait.FAILED)
    assert "input_data" not in job
    assert operator.list_failed(since=clock.now).unwrap().jobs == []


def retried(jobs: JobsRepository, job_id: str) -> object:
    return JobsOperator(jobs).retry_job(job_id).unwrap()


def replaced(jobs: JobsRepository, job_id: str) -> object:
    return jobs.submit_job("key", {"text": CANARY}, user_id="user-1", replace_failed=True).unwrap()


@pytest.mark.parametrize("leave", [retried, replaced])
def test_a_job_that_is_no_longer_failed_is_listed_as_overdue_only(
    operator: JobsOperator, repository: JobsRepository, clock: Clock, leave: Callable[[JobsRepository, str], object]
) -> None:
    job_id = repository.fail_job(claimed(repository), "time-out").unwrap()["job_id"]

    leave(repository, job_id)
    clock.advance(HOUR)

    assert ids(operator, clock) == []
    assert [job["job_id"] for job in operator.list_overdue(older_than=MINUTE).unwrap()] == [job_id]


def test_no_sweep_touches_a_failed_job(operator: JobsOperator, repository: JobsRepository, clock: Clock) -> None:
    failed = repository.fail_job(claimed(repository), "time-out").unwrap()
    clock.advance(HOUR)

    assert operator.list_overdue(older_than=MINUTE).unwrap() == []
    assert operator.recover_jobs(older_than=MINUTE, adopt_unleased=True).unwrap() == Recovery()
    assert repository.find_job(failed["job_id"]).unwrap() == failed
    assert operator.stats().unwrap().counts == {}


@pytest.mark.parametrize("limit", [7, 100, 1000])
def test_hundreds_of_jobs_of_all_users_come_newest_first_and_once_each(
    operator: JobsOperator, clock: Clock, seed: Seed, limit: int
) -> None:
    older = seed(70, user_id="user-1", status="FAILED", since=3 * HOUR)
    newer = seed(70, user_id="user-2", status="FAILED")

    found = pages(operator, clock, limit=limit)

    assert [job_id for page in found for job_id in page] == [*reversed(newer), *reversed(older)]
    assert {len(page) for page in found[:-1]} <= {limit}
    assert len({active_shard(job_id) for job_id in (*older, *newer)}) == ACTIVE_SHARDS


@pytest.mark.parametrize("limit", [5, 30])
def test_jobs_that_failed_in_one_instant_come_once_each(
    operator: JobsOperator, clock: Clock, seed: Seed, monkeypatch: pytest.MonkeyPatch, limit: int
) -> None:
    monkeypatch.setattr(gathering, "_LEAST_PAGE", 1)
    monkeypatch.setattr(gathering, "BATCH_KEYS", 2)
    at = instant_text(clock.now - HOUR)
    jobs = seed(90, status="FAILED", due_at=at)
    (newest,) = seed(1, status="FAILED", due_at=instant_text(clock.now))

    assert ids(operator, clock, limit=limit) == [newest, *sorted(jobs)]


def test_a_span_has_both_its_ends_and_hides_what_has_expired(operator: JobsOperator, clock: Clock, seed: Seed) -> None:
    jobs = seed(10, status="FAILED")
    seed(1, status="FAILED", ttl=int(clock.now.timestamp()))
    first = clock.now - 2 * HOUR

    chosen = {"since": first + timedelta(seconds=3), "until": first + timedelta(seconds=6)}

    assert ids(operator, clock, **chosen) == jobs[6:2:-1]
    assert ids(operator, clock) == jobs[::-1]


def test_a_kind_and_the_cancelled_jobs_can_be_chosen(operator: JobsOperator, clock: Clock, seed: Seed) -> None:
    (letter,) = seed(1, status="FAILED", kind="letter")
    (cancelled,) = seed(1, status="FAILED", kind="letter", cancelled_at=instant_text(clock.now), since=HOUR)
    (report,) = seed(1, status="FAILED", kind="report", since=MINUTE)

    assert ids(operator, clock) == [report, cancelled, letter]
    assert ids(operator, clock, kind="letter") == [cancelled, letter]
    assert ids(operator, clock, kind="letter", cancelled=False) == [letter]
    assert ids(operator, clock, cancelled=False) == [report, letter]


def test_a_rare_kind_ends_a_page_early_and_the_cursor_goes_on(
    operator: JobsOperator, clock: Clock, seed: Seed, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(failed_listing, "MAX_LOOKED_AT", 10)
    (rare,) = seed(1, status="FAILED", kind="letter", since=3 * HOUR)
    seed(30, status="FAILED", kind="report")
    asked: dict[str, Any] = {"since": clock.now - 24 * HOUR, "until": clock.now, "kind": "letter", "limit": 2}

    first = operator.list_failed(**asked).unwrap()

    assert (first.jobs, first.complete) == ([], False)
    assert ids(operator, clock, kind="letter", limit=2) == [rare]


def test_a_job_that_failed_again_since_the_index_was_read_is_left_to_the_next_list(
    operator: JobsOperator, repository: JobsRepository, clock: Clock, faults: Faults
) -> None:
    job_id = repository.fail_job(claimed(repository), "time-out").unwrap()["job_id"]
    clock.advance(MINUTE)

    def fail_again() -> None:
        operator.retry_job(job_id).unwrap()
        repository.fail_job(repository.claim_job(job_id, lease=MINUTE).unwrap(), "time-out").unwrap()

    faults.run(fail_again, operation="BatchGetItem")

    assert ids(operator, clock) == []
    assert ids(operator, clock) == [job_id]


def test_a_record_that_cannot_be_read_is_named(operator: JobsOperator, clock: Clock, seed: Seed) -> None:
    (strange,) = seed(1, status="FAILED", input_data=b"cvz\x01nonsense")
    (damaged,) = seed(1, status="FAILED", since=HOUR)
    page = operator.list_failed(since=clock.now - 24 * HOUR, fields=["input_data"]).unwrap()

    assert ([job["job_id"] for job in page.jobs], page.unread) == ([damaged], (strange,))


@pytest.mark.parametrize("operation", ["Query", "BatchGetItem"])
def test_a_list_that_would_lack_jobs_is_a_failure(
    operator: JobsOperator, clock: Clock, seed: Seed, faults: Faults, operation: str
) -> None:
    seed(3, status="FAILED")
    faults.answer("AccessDeniedException", operation=operation)

    assert operator.list_failed(since=clock.now - 24 * HOUR).code is ResultCode.ACCESS_DENIED


NAIVE = datetime(2036, 2, 3)
WRONG: list[dict[str, Any]] = [
    {"since": NAIVE},
    {"since": "2036-02-03"},
    {"until": NAIVE},
    {"until": "now"},
    {"since": datetime.max.replace(tzinfo=None)},
    {"kind": ""},
    {"kind": 5},
    {"limit": 0},
    {"limit": 1001},
    {"cursor": "nonsense"},
    {"fields": "result_key"},
]


@pytest.mark.parametrize("wrong", WRONG, ids=repr)
def test_wrong_arguments_are_refused_before_any_request(
    operator: JobsOperator, clock: Clock, faults: Faults, wrong: dict[str, Any]
) -> None:
    assert operator.list_failed(**{"since": clock.now - HOUR, **wrong}).code is ResultCode.VALIDATION_ERROR
    assert faults.sent == []


def test_a_span_that_ends_before_it_begins_is_refused(operator: JobsOperator, clock: Clock) -> None:
    refused = operator.list_failed(since=clock.now, until=clock.now - HOUR)

    assert (refused.code, refused.error) == (ResultCode.VALIDATION_ERROR, "since must not be later than until")


def test_a_cursor_is_of_one_kind_and_one_choice(operator: JobsOperator, clock: Clock, seed: Seed) -> None:
    seed(3, status="FAILED", kind="letter")
    since = clock.now - 24 * HOUR
    cursor = operator.list_failed(since=since, limit=1, kind="letter").unwrap().cursor

    assert operator.list_failed(since=since, cursor=cursor).code is ResultCode.VALIDATION_ERROR
    other = operator.list_failed(since=since, cursor=cursor, kind="letter", cancelled=False)
    assert other.code is ResultCode.VALIDATION_ERROR
    assert operator.list_jobs(user_id="user-1", cursor=cursor).code is ResultCode.VALIDATION_ERROR


def test_a_page_of_a_later_since_is_empty(operator: JobsOperator, clock: Clock, seed: Seed, faults: Faults) -> None:
    seed(3, status="FAILED")
    cursor = operator.list_failed(since=clock.now - 24 * HOUR, limit=1).unwrap().cursor
    asked = len(faults.sent)

    page = operator.list_failed(since=clock.now, cursor=cursor).unwrap()

    assert (page.jobs, page.cursor, len(faults.sent)) == ([], None, asked)


def test_a_full_record_fails_by_an_update_without_a_place(
    operator: JobsOperator, repository: JobsRepository, clock: Clock, faults: Faults
) -> None:
    job_id = claimed(repository).job_id
    faults.answer("ValidationException", message="Item size to update", times=1, operation="UpdateItem")

    failed = repository.update_job_status(job_id, "FAILED", note="kept").unwrap()

    assert (failed["status"], failed["note"]) == ("FAILED", "kept")
    assert failed.keys().isdisjoint({"active_shard", "due_at"})
    assert ids(operator, clock) == []


def test_a_list_of_thousands_holds_one_page_of_them(
    operator: JobsOperator, clock: Clock, seed: Seed, many: int
) -> None:
    jobs = seed(many, status="FAILED")

    assert [len(page) for page in pages(operator, clock, limit=100)] == [100] * (many // 100)
    assert ids(operator, clock, limit=1000) == jobs[::-1]
