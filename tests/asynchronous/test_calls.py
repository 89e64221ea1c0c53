"""An awaited call answers as the sync one does, beside others, in a thread that sees the task's context."""

from __future__ import annotations

import asyncio
import threading
from collections import Counter
from collections.abc import Callable
from contextvars import ContextVar
from datetime import timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from careervp_jobs_dal import (
    AsyncJobsOperator,
    AsyncJobsRepository,
    JobEvent,
    JobsRepository,
    Result,
    ResultCode,
    create_table,
)
from tests.asynchronous.conftest import Gate, pool_threads
from tests.conftest import Clock
from tests.faults import Faults

MINUTE = timedelta(minutes=1)


def test_a_life_is_lived(repository: JobsRepository, jobs: AsyncJobsRepository) -> None:
    async def live() -> dict[str, Any]:
        submitted = (await jobs.submit_job("key", {"text": "..."}, user_id="u", model="m")).unwrap()
        claim = (await jobs.claim_job(submitted.job_id, lease=MINUTE)).unwrap()
        claim = (await jobs.renew_claim(claim, lease=MINUTE, progress=0.5)).unwrap()
        return (await jobs.complete_job(claim, result_key="r")).unwrap()

    done = asyncio.run(live())

    assert (done["status"], done["progress"], done["model"], done["result_key"]) == ("COMPLETED", 0.5, "m", "r")
    assert repository.find_job(done["job_id"]).unwrap() == done


def test_a_failure_is_a_value(jobs: AsyncJobsRepository, faults: Faults) -> None:
    faults.answer("AccessDeniedException")

    assert asyncio.run(jobs.find_job("vpr-1")).code is ResultCode.ACCESS_DENIED


def test_what_the_contracts_reads_raise_is_raised(table_name: str, clock: Clock) -> None:
    jobs = AsyncJobsRepository(table_name, clock=clock, on_read_error="raise", max_workers=1)
    faults = Faults(jobs.repository.dynamodb.meta.client)

    async def read(expected: type[Exception]) -> None:
        with pytest.raises(expected):
            await jobs.get_job("vpr-1")
        with pytest.raises(expected):
            await jobs.get_job_by_idempotency_key("key")

    faults.answer("AccessDeniedException")
    asyncio.run(read(ClientError))
    faults.clear()
    faults.fail()
    asyncio.run(read(EndpointConnectionError))
    faults.stop()
    asyncio.run(jobs.aclose())


def test_fifty_submissions_at_a_time_make_each_job_once(jobs: AsyncJobsRepository) -> None:
    async def submit() -> list[tuple[str, bool]]:
        calls = (jobs.submit_job(f"key-{number % 10}", {"number": number % 10}) for number in range(50))
        return [(made.job_id, made.created) for made in (each.unwrap() for each in await asyncio.gather(*calls))]

    made = asyncio.run(submit())

    assert len({job_id for job_id, _ in made}) == 10
    assert Counter(created for _, created in made) == {True: 10, False: 40}


def test_one_of_fifty_claims_wins(repository: JobsRepository, jobs: AsyncJobsRepository) -> None:
    job_id = repository.submit_job("key", {}).unwrap().job_id

    async def claim() -> list[ResultCode]:
        return [each.code for each in await asyncio.gather(*(jobs.claim_job(job_id, lease=MINUTE) for _ in range(50)))]

    assert Counter(asyncio.run(claim())) == {ResultCode.SUCCESS: 1, ResultCode.LEASE_HELD: 49}


@pytest.mark.parametrize("most", [1, 3])
def test_no_more_threads_than_wanted_are_started(repository: JobsRepository, most: int) -> None:
    async def calls() -> int:
        async with AsyncJobsRepository.of(repository, max_workers=most) as jobs:
            found = await asyncio.gather(*(jobs.find_job("vpr-1") for _ in range(20)))
            assert {each.code for each in found} == {ResultCode.NOT_FOUND}
            return len(pool_threads())

    assert 1 <= asyncio.run(calls()) <= most


@pytest.mark.parametrize("wrong", [0, -1, 2.0, None, "4"])
def test_a_number_of_threads_that_is_none_is_refused(repository: JobsRepository, wrong: Any) -> None:
    with pytest.raises(ValueError, match="max_workers"):
        AsyncJobsRepository.of(repository, max_workers=wrong)
    with pytest.raises(ValueError, match="max_workers"):
        AsyncJobsRepository("jobs", max_workers=wrong)


def test_other_tasks_run_while_a_call_waits(
    repository: JobsRepository, jobs: AsyncJobsRepository, gate: Callable[[], Gate]
) -> None:
    async def both() -> tuple[bool, ResultCode, ResultCode]:
        held = gate()
        first = asyncio.create_task(jobs.find_job("vpr-1"))
        await held.reached.wait()
        second = await jobs.find_job("vpr-2")
        waited = not first.done()
        held.open()
        return waited, second.code, (await first).code

    assert asyncio.run(both()) == (True, ResultCode.NOT_FOUND, ResultCode.NOT_FOUND)


def test_the_default_executor_of_the_loop_is_left_alone(jobs: AsyncJobsRepository) -> None:
    async def find() -> ResultCode:
        await asyncio.get_running_loop().shutdown_default_executor()
        return (await jobs.find_job("vpr-1")).code

    assert asyncio.run(find()) is ResultCode.NOT_FOUND


def test_a_call_sees_the_context_of_its_task_and_changes_none(table_name: str, clock: Clock) -> None:
    trace: ContextVar[str] = ContextVar("trace", default="none")
    seen: dict[str, str] = {}

    def note(event: JobEvent) -> None:
        seen[str(event.job_id)] = trace.get()
        trace.set("changed by the call")

    async def call(number: int) -> str:
        trace.set(f"trace-{number}")
        await jobs.find_job(f"vpr-{number}")
        return trace.get()

    async def calls() -> list[str]:
        async with jobs:
            return await asyncio.gather(*map(call, range(20)))

    jobs = AsyncJobsRepository(table_name, clock=clock, on_event=note, max_workers=4)

    assert asyncio.run(calls()) == [f"trace-{number}" for number in range(20)]
    assert seen == {f"vpr-{number}": f"trace-{number}" for number in range(20)}
    assert trace.get() == "none"


def test_event_loops_of_several_threads_share_it(jobs: AsyncJobsRepository) -> None:
    found: list[Result[Any]] = []

    async def find() -> None:
        found.extend(await asyncio.gather(*(jobs.find_job("vpr-1") for _ in range(10))))

    threads = [threading.Thread(target=asyncio.run, args=(find(),)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    asyncio.run(find())

    assert Counter(each.code for each in found) == {ResultCode.NOT_FOUND: 50}


@pytest.fixture
def operated(clock: Clock) -> AsyncJobsRepository:
    name = create_table("operated-asynchronously", optional_indexes=True).unwrap()
    return AsyncJobsRepository(name, clock=clock, deadline=60)


def test_an_operator_reads(operated: AsyncJobsRepository, clock: Clock) -> None:
    async def read() -> dict[str, Any]:
        async with operated as jobs:
            operator = AsyncJobsOperator(jobs)
            ids = [(await jobs.submit_job(f"key-{n}", {}, user_id="u")).unwrap().job_id for n in range(3)]
            clock.advance(timedelta(hours=1))
            pages = [page.unwrap().jobs async for page in operator.iter_jobs(user_id="u", page_size=2)]
            return {
                "listed": len((await operator.list_jobs(user_id="u")).unwrap().jobs),
                "pages": [len(page) for page in pages],
                "many": list((await operator.get_jobs(ids)).unwrap().jobs) == ids,
                "overdue": len((await operator.list_overdue(older_than=MINUTE)).unwrap()),
                "pending": (await operator.stats()).unwrap().counts["PENDING"],
                "table": (await operator.verify_table()).success,
            }

    expected = {"listed": 3, "pages": [2, 1], "many": True, "overdue": 3, "pending": 3, "table": True}
    assert asyncio.run(read()) == expected


def test_pages_can_be_left_and_end_with_a_failure(jobs: AsyncJobsRepository, faults: Faults) -> None:
    async def pages() -> list[ResultCode]:
        return [page.code async for page in AsyncJobsOperator(jobs).iter_jobs(user_id="u")]

    async def first() -> ResultCode:
        async for page in AsyncJobsOperator(jobs).iter_jobs(user_id="u"):
            return page.code
        raise AssertionError

    faults.answer("AccessDeniedException")

    assert asyncio.run(pages()) == [ResultCode.ACCESS_DENIED]
    assert asyncio.run(first()) is ResultCode.ACCESS_DENIED
