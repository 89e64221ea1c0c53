"""The fixtures in the runs of users who stop the time, with freezegun or time-machine, on the workers of xdist."""

from __future__ import annotations

import pytest

STRICT = ("-p", "no:cacheprovider", "-W", "error", "--disable-socket", "--numprocesses=2")

FREEZERS = {
    "freezegun": "from freezegun import freeze_time as frozen",
    "time-machine": "import time_machine\n\n\ndef frozen(day):\n    return time_machine.travel(day, tick=False)",
}

TESTS = """
from datetime import UTC, datetime, timedelta

import pytest

from careervp_jobs_dal import JobsOperator, JobsRepository, JobWorker, ResultCode
from careervp_jobs_dal.testing import MachineClock, embedded_jobs, embedded_queue

LEASE = timedelta(minutes=5)
FUTURE = datetime(2036, 2, 3, 13, 5, tzinfo=UTC)
PAST = datetime(2020, 2, 3, 13, 5, tzinfo=UTC)


@pytest.fixture
def on_that_day():
    with frozen(FUTURE) as day:
        yield getattr(day, "shift", None) or day.tick


def fails_once(claim):
    if claim.attempt == 1:
        raise TimeoutError


def test_a_clock_that_stands_has_the_time_that_was_there_when_it_was_made(on_that_day, jobs_clock, jobs_builder):
    assert jobs_clock() == FUTURE
    claim = jobs_builder.lapsed()
    assert JobsRepository().claim_job(claim.job_id, lease=LEASE).unwrap().attempt == 2


def test_the_queue_goes_by_its_clock(on_that_day, jobs_embedded, jobs_queue):
    jobs_queue.send(jobs_embedded.builder.pending()["job_id"])
    assert jobs_queue.drain(JobWorker(jobs_embedded.repository, fails_once)) == 1


class TestWithTheMachinesClock:
    @pytest.fixture
    def jobs_clock(self):
        return MachineClock()

    @pytest.mark.parametrize("day", [FUTURE, PAST])
    def test_a_worker_with_a_heartbeat_does_a_job(self, jobs_embedded, day):
        with frozen(day):
            beat = timedelta(milliseconds=5)
            worker = JobWorker(JobsRepository(), lambda claim: {"result_key": "r"}, heartbeat=beat)
            run = jobs_embedded.run_worker(worker, JobsRepository().submit_job("key", {}).unwrap().job_id)
        assert (run.acknowledged, run.job["result_key"]) == (True, "r")

    @pytest.mark.parametrize("day", [FUTURE, PAST])
    def test_all_repositories_agree(self, jobs_embedded, jobs_queue, day):
        with frozen(day):
            assert jobs_embedded.clock() == day
            job_id = JobsRepository().submit_job("key", {}).unwrap().job_id
            assert jobs_embedded.repository.claim_job(job_id, lease=LEASE).success
            jobs_embedded.clock.advance(2 * LEASE)
            assert jobs_embedded.clock() == day + 2 * LEASE
            assert jobs_embedded.repository.claim_job(job_id, lease=LEASE).unwrap().attempt == 2

    def test_a_lease_lapses_when_the_day_is_moved(self, on_that_day, jobs_embedded, jobs_queue):
        job_id = JobsRepository().submit_job("key", {}).unwrap().job_id
        JobsRepository().claim_job(job_id, lease=LEASE).unwrap()
        jobs_queue.send(job_id)
        worker = JobWorker(JobsRepository(), lambda claim: None)
        assert jobs_queue.deliver(worker) == 0
        on_that_day(2 * LEASE)
        assert jobs_queue.deliver(worker) == 1


def test_what_takes_its_time_ends(on_that_day, jobs_repository, jobs_faults):
    job_id = jobs_repository.submit_job("key", {}).unwrap().job_id
    waited = jobs_repository.wait_for_job(job_id, timedelta(milliseconds=1))
    assert (waited.code, waited.record["job_id"]) == (ResultCode.UNAVAILABLE, job_id)
    assert JobsOperator(jobs_repository).recover_jobs(
        older_than=timedelta(hours=1), time_limit=timedelta(seconds=1)
    ).success
    jobs_faults.throttle()
    assert jobs_repository.find_job(job_id).code is ResultCode.THROTTLED


def test_a_block_within_a_day(on_that_day):
    with embedded_jobs() as jobs, embedded_queue(clock=jobs.clock) as queue:
        queue.send(jobs.builder.pending()["job_id"])
        assert queue.drain(JobWorker(jobs.repository, lambda claim: None)) == 1
"""


@pytest.mark.parametrize("freezer", FREEZERS.values(), ids=FREEZERS)
def test_the_fixtures_work_where_the_time_stands(pytester: pytest.Pytester, freezer: str) -> None:
    pytester.makepyfile(f"{freezer}\n{TESTS}")

    pytester.runpytest_subprocess(*STRICT).assert_outcomes(passed=9)


ASYNCHRONOUS = """
import asyncio
from datetime import timedelta

from freezegun import freeze_time

from careervp_jobs_dal import AsyncJobsRepository


def test_waiting_ends(jobs_repository):
    with freeze_time("2036-02-03", real_asyncio=True):
        jobs = AsyncJobsRepository.of(jobs_repository)

        async def wait():
            job_id = (await jobs.submit_job("key", {})).unwrap().job_id
            return await jobs.wait_for_job(job_id, timedelta(seconds=1))

        assert asyncio.run(wait()).code == "UNAVAILABLE"
"""


def test_an_asyncio_wait_ends_where_freezegun_leaves_the_loop_its_clock(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(ASYNCHRONOUS)

    pytester.runpytest_subprocess(*STRICT[:-2], timeout=60).assert_outcomes(passed=1)
