"""A task that is cancelled within a call: the call goes on, nothing breaks, and the same call again finds out."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterator
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from careervp_jobs_dal import AsyncJobsRepository, Claim, JobsRepository, ResultCode
from tests.asynchronous.conftest import Gate
from tests.conftest import Clock

MINUTE = timedelta(minutes=1)
GUIDE = Path(__file__).parents[2] / "docs" / "guides" / "asyncio.md"
MakeGate = Callable[[], Gate]


@pytest.fixture
def jobs(repository: JobsRepository) -> Iterator[AsyncJobsRepository]:
    """Its one thread makes the calls one after the other."""
    jobs = AsyncJobsRepository.of(repository, max_workers=1)
    yield jobs
    asyncio.run(jobs.aclose())


async def cancel_midway(call: Coroutine[Any, Any, Any], held: Gate) -> None:
    """Cancel a call whose request is on its way, and let the request pass."""
    task = asyncio.create_task(call)
    await held.reached.wait()
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
    assert task.cancelled()
    held.open()


def test_a_submission_that_was_cancelled_is_found_by_the_same_call(
    repository: JobsRepository, jobs: AsyncJobsRepository, gate: MakeGate
) -> None:
    async def run() -> Any:
        await cancel_midway(jobs.submit_job("key", {"text": "..."}), gate())
        return await jobs.submit_job("key", {"text": "..."})

    submission = asyncio.run(run()).unwrap()

    assert (submission.created, submission.should_enqueue) == (False, True)
    assert repository.table.scan()["Count"] == 1


def test_a_claim_that_was_cancelled_is_held_until_its_lease_lapses(
    repository: JobsRepository, jobs: AsyncJobsRepository, gate: MakeGate, clock: Clock
) -> None:
    job_id = repository.submit_job("key", {}).unwrap().job_id

    async def run() -> list[Any]:
        await cancel_midway(jobs.claim_job(job_id, lease=MINUTE, worker_id="w"), gate())
        held = await jobs.claim_job(job_id, lease=MINUTE, worker_id="w")
        clock.advance(held.retry_after or timedelta(0))
        return [held, await jobs.claim_job(job_id, lease=MINUTE, worker_id="w")]

    held, taken = asyncio.run(run())

    assert held.code is ResultCode.LEASE_HELD
    assert taken.unwrap().attempt == 2


@pytest.mark.parametrize("ending", ["complete", "fail"])
def test_an_end_that_was_cancelled_is_a_success_of_the_same_call(
    repository: JobsRepository, jobs: AsyncJobsRepository, gate: MakeGate, ending: str
) -> None:
    job_id = repository.submit_job("key", {}).unwrap().job_id
    claim = repository.claim_job(job_id, lease=MINUTE).unwrap()

    def end() -> Coroutine[Any, Any, Any]:
        return jobs.complete_job(claim, result_key="r") if ending == "complete" else jobs.fail_job(claim, "it broke")

    async def run() -> Any:
        await cancel_midway(end(), gate())
        return await end()

    assert asyncio.run(run()).unwrap() == repository.find_job(job_id).unwrap()


JOB = {"job_id": "vpr-9", "status": "PENDING", "created_at": "2026-02-03T13:05:32Z", "idempotency_key": "key-9"}
AGAIN: dict[str, tuple[Callable[[AsyncJobsRepository, Claim], Coroutine[Any, Any, Any]], ResultCode]] = {
    "create_job": (lambda jobs, _: jobs.create_job(JOB), ResultCode.ALREADY_EXISTS),
    "renew_claim": (lambda jobs, claim: jobs.renew_claim(claim, lease=MINUTE, progress=0.5), ResultCode.SUCCESS),
    "update_job": (lambda jobs, claim: jobs.update_job(claim.job_id, {"cost_usd": 0.5}), ResultCode.SUCCESS),
    "update_job_status": (
        lambda jobs, claim: jobs.update_job_status(claim.job_id, "PROCESSING", model="m"),
        ResultCode.SUCCESS,
    ),
    "update_job_status to an end": (
        lambda jobs, claim: jobs.update_job_status(claim.job_id, "COMPLETED"),
        ResultCode.INVALID_TRANSITION,
    ),
    "cancel_job of a job that waits": (
        lambda jobs, _: jobs.cancel_job(jobs.repository.submit_job("other", {}).unwrap().job_id),
        ResultCode.SUCCESS,
    ),
    "cancel_job of a worker": (lambda jobs, claim: jobs.cancel_job(claim.job_id), ResultCode.SUCCESS),
}


@pytest.mark.parametrize("method", AGAIN)
def test_the_same_call_after_a_cancelled_one_answers_as_the_guide_says(
    repository: JobsRepository, jobs: AsyncJobsRepository, gate: MakeGate, method: str
) -> None:
    claim = repository.claim_job(repository.submit_job("key", {}).unwrap().job_id, lease=MINUTE).unwrap()
    call, code = AGAIN[method]

    async def run() -> Any:
        await cancel_midway(call(jobs, claim), gate())
        return await call(jobs, claim)

    again = asyncio.run(run())

    assert again.code is code
    assert again or again.record
    assert (
        f"`{method.partition(' ')[0]}`" in GUIDE.read_text(encoding="utf-8").partition("| result of the same call |")[2]
    )


def test_a_call_that_is_cancelled_before_its_turn_is_never_made(
    repository: JobsRepository, jobs: AsyncJobsRepository, gate: MakeGate
) -> None:
    async def run() -> ResultCode:
        held = gate()
        first = asyncio.create_task(jobs.find_job("vpr-1"))
        await held.reached.wait()
        second = asyncio.create_task(jobs.submit_job("key", {}))
        await asyncio.sleep(0)
        second.cancel()
        with suppress(asyncio.CancelledError):
            await second
        held.open()
        return (await first).code

    assert asyncio.run(run()) is ResultCode.NOT_FOUND
    asyncio.run(jobs.aclose())
    assert repository.table.scan()["Count"] == 0


def test_a_timeout_of_the_caller_breaks_nothing(jobs: AsyncJobsRepository, gate: MakeGate) -> None:
    async def run() -> ResultCode:
        held = gate()
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(jobs.find_job("vpr-1"), 0.01)
        held.open()
        return (await jobs.find_job("vpr-1")).code

    assert asyncio.run(run()) is ResultCode.NOT_FOUND


def test_an_exception_after_the_cancellation_disturbs_nobody(
    jobs: AsyncJobsRepository, gate: MakeGate, monkeypatch: pytest.MonkeyPatch
) -> None:
    complaints: list[Any] = []

    async def run() -> None:
        asyncio.get_running_loop().set_exception_handler(lambda _, context: complaints.append(context))
        held = gate()
        get_item = jobs.repository.table.get_item

        def raising(**parameters: Any) -> Any:
            get_item(**parameters)
            raise ConnectionError

        monkeypatch.setattr(jobs.repository, "table", type("Table", (), {"get_item": staticmethod(raising)}))
        await cancel_midway(jobs.get_job("vpr-1"), held)
        await jobs.aclose()

    asyncio.run(run())

    assert complaints == []
