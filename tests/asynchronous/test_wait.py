"""Waiting in an event loop: the answers of the sync call, without a thread that sleeps."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from careervp_jobs_dal import AsyncJobsRepository, JobsRepository, Result, ResultCode
from careervp_jobs_dal.aws import polling as waiting
from tests.lifecycle.test_find import Waiter

MINUTE = timedelta(minutes=1)


@pytest.fixture
def job_id(repository: JobsRepository) -> str:
    return repository.submit_job("key", {"text": "..."}, user_id="u").unwrap().job_id


def in_time_of(waiter: Waiter, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let time pass by this waiter, for threads and event loops."""

    async def sleep(seconds: float) -> None:
        waiter.sleep(seconds)

    monkeypatch.setattr(waiting, "time", waiter)
    monkeypatch.setattr(asyncio, "sleep", sleep)


def test_waiting_ends_with_the_whole_finished_record(
    repository: JobsRepository, jobs: AsyncJobsRepository, job_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    claim = repository.claim_job(job_id, lease=MINUTE).unwrap()
    waiter = Waiter(
        int,
        lambda: repository.renew_claim(claim, lease=MINUTE, progress=0.5).unwrap(),
        lambda: repository.complete_job(claim, result_key="r").unwrap(),
    )
    in_time_of(waiter, monkeypatch)
    seen: list[tuple[Any, ...]] = []

    async def note(job: dict[str, Any]) -> None:
        seen.append((job["status"], job.get("progress")))

    def note_at_once(job: dict[str, Any]) -> None:
        seen.append((job["status"], job.get("progress")))

    done = asyncio.run(jobs.wait_for_job(job_id, MINUTE, user_id="u", on_change=note)).unwrap()

    assert done == repository.find_job(job_id).unwrap()
    assert seen == [("PROCESSING", None), ("PROCESSING", 0.5), ("COMPLETED", 0.5)]
    assert asyncio.run(jobs.wait_for_job(job_id, MINUTE, on_change=note_at_once)).unwrap() == done
    assert seen[3:] == seen[2:3]


def test_a_pause_occupies_no_thread(repository: JobsRepository, job_id: str, monkeypatch: pytest.MonkeyPatch) -> None:
    async def wait() -> list[Result[Any]]:
        async with AsyncJobsRepository.of(repository, max_workers=1) as jobs:
            waits = (jobs.wait_for_job(job_id, MINUTE) for _ in range(3))
            return await asyncio.gather(*waits, jobs.cancel_job(job_id))

    results = asyncio.run(wait())

    assert [each.unwrap()["status"] for each in results] == ["FAILED"] * 4


def test_a_wait_that_is_cancelled_ends(jobs: AsyncJobsRepository, job_id: str) -> None:
    async def wait() -> ResultCode:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(jobs.wait_for_job(job_id, MINUTE), 0.05)
        return (await jobs.cancel_job(job_id)).code

    assert asyncio.run(wait()) is ResultCode.SUCCESS


def test_an_exception_of_the_callback_reaches_the_caller(jobs: AsyncJobsRepository, job_id: str) -> None:
    def refuse(_: object) -> None:
        raise KeyError("the callback's own")

    with pytest.raises(KeyError, match="own"):
        asyncio.run(jobs.wait_for_job(job_id, MINUTE, on_change=refuse))


@pytest.mark.parametrize("wrong", [60, None, "1 minute"])
def test_a_time_that_is_none_is_refused_as_by_the_sync_call(
    repository: JobsRepository, jobs: AsyncJobsRepository, job_id: str, wrong: Any
) -> None:
    refused = asyncio.run(jobs.wait_for_job(job_id, wrong, user_id="u"))

    assert refused.code is ResultCode.VALIDATION_ERROR
    assert refused == repository.wait_for_job(job_id, wrong, user_id="u")


class Scripted(JobsRepository):
    """A repository whose answers are written down; the last one is repeated."""

    def __init__(self, looks: list[Result[Any]], fetches: list[Result[Any]]) -> None:
        super().__init__("jobs")
        self.looks, self.fetches = looks, fetches
        self.asked: list[tuple[str, bool]] = []

    def find_status(self, job_id: Any, *, consistent: bool = False, **_: Any) -> Any:
        self.asked.append(("status", consistent))
        return self._next(self.looks)

    def find_job(self, job_id: Any, **_: Any) -> Any:
        self.asked.append(("job", True))
        return self._next(self.fetches)

    @staticmethod
    def _next(answers: list[Result[Any]]) -> Result[Any]:
        return answers.pop(0) if len(answers) > 1 else answers[0]


RECORDS = st.sampled_from(["PENDING", "PROCESSING", "COMPLETED", "FAILED"]).map(
    lambda status: Result.success({"job_id": "vpr-1", "status": status})
)
FAILURES = st.sampled_from([ResultCode.THROTTLED, ResultCode.UNAVAILABLE, ResultCode.NOT_FOUND]).map(
    lambda code: Result.failure("no", code)
)
ANSWERS = st.lists(RECORDS | FAILURES, min_size=1, max_size=8)


def watched(wait: Callable[..., Result[Any]], repository: Scripted, seconds: float, *, moving: bool) -> tuple[Any, ...]:
    """What a wait answers, asks, tells and pauses, with a clock that moves or stands."""
    waiter = Waiter()
    if not moving:
        waiter.monotonic = lambda: 0.0  # type: ignore[method-assign]
    told: list[Any] = []
    with pytest.MonkeyPatch.context() as patch:
        in_time_of(waiter, patch)
        patch.setattr(random, "uniform", lambda low, _: low)
        result = wait("vpr-1", timedelta(seconds=seconds), on_change=told.append)
    return result, result.record, repository.asked, told, waiter.pauses


@given(looks=ANSWERS, fetches=ANSWERS, seconds=st.floats(-1, 40), moving=st.booleans())
def test_it_answers_as_the_sync_call_and_after_as_many_tries_also_by_a_clock_that_stands(
    looks: list[Result[Any]], fetches: list[Result[Any]], seconds: float, moving: bool
) -> None:
    sync, other = Scripted([*looks], [*fetches]), Scripted([*looks], [*fetches])
    jobs = AsyncJobsRepository.of(other, max_workers=1)

    async def waiting_for(*arguments: Any, **options: Any) -> Result[Any]:
        async with jobs:
            return await jobs.wait_for_job(*arguments, **options)

    expected = watched(sync.wait_for_job, sync, seconds, moving=moving)
    found = watched(lambda *a, **o: asyncio.run(waiting_for(*a, **o)), other, seconds, moving=moving)

    assert found == expected
    assert sum(expected[4]) <= max(seconds, 0)
