"""Built jobs: real records, in the state and of the age that was asked for."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from careervp_jobs_dal import Claim, JobRecord, JobsRepository, JobStatus, ResultCode
from careervp_jobs_dal.testing import Clock, JobBuilder

LEASE = timedelta(minutes=5)
STATES: dict[str, tuple[Callable[[JobBuilder], JobRecord | Claim], tuple[str, ResultCode]]] = {
    "pending": (lambda builder: builder.pending(), ("PENDING", ResultCode.SUCCESS)),
    "packed": (lambda builder: builder.packed(), ("PENDING", ResultCode.SUCCESS)),
    "put back": (lambda builder: builder.put_back(), ("PENDING", ResultCode.SUCCESS)),
    "processing": (lambda builder: builder.processing(), ("PROCESSING", ResultCode.LEASE_HELD)),
    "asked to stop": (lambda builder: builder.asked_to_stop(), ("PROCESSING", ResultCode.LEASE_HELD)),
    "lapsed": (lambda builder: builder.lapsed(), ("PROCESSING", ResultCode.SUCCESS)),
    "exhausted": (lambda builder: builder.exhausted(), ("PROCESSING", ResultCode.ATTEMPTS_EXHAUSTED)),
    "completed": (lambda builder: builder.completed(), ("COMPLETED", ResultCode.ALREADY_FINISHED)),
    "failed": (lambda builder: builder.failed(), ("FAILED", ResultCode.ALREADY_FINISHED)),
    "cancelled": (lambda builder: builder.cancelled(), ("FAILED", ResultCode.ALREADY_FINISHED)),
    "expired": (lambda builder: builder.expired(), ("PENDING", ResultCode.NOT_FOUND)),
    "by hand": (lambda builder: builder.written_by_hand(), ("PENDING", ResultCode.SUCCESS)),
    "by hand, processing": (
        lambda builder: builder.written_by_hand("PROCESSING"),
        ("PROCESSING", ResultCode.LEASE_HELD),
    ),
    "by hand, completed": (
        lambda builder: builder.written_by_hand(JobStatus.COMPLETED),
        ("COMPLETED", ResultCode.ALREADY_FINISHED),
    ),
}


@pytest.mark.parametrize(("build", "seen"), STATES.values(), ids=STATES)
def test_a_job_is_in_the_state_that_its_method_names(
    repository: JobsRepository, build: Callable[[JobBuilder], JobRecord | Claim], seen: tuple[str, ResultCode]
) -> None:
    built = build(JobBuilder(repository))
    job_id = built.job_id if isinstance(built, Claim) else built["job_id"]

    stored = repository.get_job(job_id) or {}
    assert (stored["status"], repository.claim_job(job_id, lease=LEASE).code) == seen
    if not isinstance(built, Claim):
        assert stored == built


def test_every_state_is_tried() -> None:
    public = {name.replace("_", " ") for name in vars(JobBuilder) if not name.startswith("_")}

    assert public - {"written by hand"} <= set(STATES)


@pytest.mark.parametrize(
    "build", [JobBuilder.pending, JobBuilder.lapsed, JobBuilder.expired, JobBuilder.written_by_hand]
)
def test_a_job_is_as_it_was_asked_for(
    repository: JobsRepository, clock: Clock, build: Callable[..., JobRecord | Claim]
) -> None:
    options: dict[str, Any] = {
        "idempotency_key": "application-7",
        "input_data": {"text": "..."},
        "user_id": "user-1",
        "application_id": "7",
        "fields": {"source": "import"},
    }
    built = build(JobBuilder(repository), age=timedelta(hours=2), **options)

    job = built.job if isinstance(built, Claim) else built
    expected = {**options, **options.pop("fields")}
    assert {name: job[name] for name in options} == options
    assert job["source"] == expected["source"]
    assert datetime.fromisoformat(job["created_at"]) == clock() - timedelta(hours=2)


def test_a_claim_is_the_present_one(repository: JobsRepository) -> None:
    for claim in (
        JobBuilder(repository).processing(max_attempts=7),
        JobBuilder(repository).lapsed(max_attempts=7, fields={"n": 1}, idempotency_key="other"),
    ):
        assert claim.max_attempts == 7
        assert repository.complete_job(claim, result_key="a").unwrap()["result_key"] == "a"


def test_time_goes_on_for_the_builder(repository: JobsRepository, clock: Clock) -> None:
    builder = JobBuilder(repository)
    builder.lapsed()
    clock.advance(timedelta(hours=1))

    assert datetime.fromisoformat(builder.pending()["created_at"]) == clock()
    assert repository.clock is clock


def test_a_key_is_not_built_twice(repository: JobsRepository) -> None:
    builder = JobBuilder(repository)
    builder.pending(idempotency_key="application-7")

    with pytest.raises(ValueError, match="another idempotency_key"):
        builder.lapsed(idempotency_key="application-7")
