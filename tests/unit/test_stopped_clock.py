"""A clock that stands still, as under freezegun: every wait ends by the number of its tries."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from freezegun import freeze_time

from careervp_jobs_dal import JobsOperator, JobsRepository, ResultCode
from careervp_jobs_dal.cli.pace import Pace
from careervp_jobs_dal.plans.backoff import MOST_CLASH_TRIES
from careervp_jobs_dal.plans.batch_read import MOST_FRUITLESS
from tests.faults import Faults

MINUTE = timedelta(minutes=1)
MOST_SLEPT = 500


@pytest.fixture
def slept(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[float]]:
    """The pauses, in a world whose clocks stand; too many of them end a call that would never return."""
    pauses: list[float] = []

    def sleep(seconds: float) -> None:
        pauses.append(seconds)
        if len(pauses) > MOST_SLEPT:
            pytest.fail("never returns")

    # freezegun looks at each attribute of each module; pydantic builds some of its own only then, and cannot.
    with freeze_time("2036-02-03T13:05:32Z", ignore=["pydantic", "fastapi", "starlette"]):
        monkeypatch.setattr(time, "sleep", sleep)
        yield pauses


@pytest.mark.parametrize("left", [0, 1])
def test_keys_that_stay_unprocessed_are_unread_in_the_end(
    repository: JobsRepository, faults: Faults, slept: list[float], left: int
) -> None:
    ids = [repository.submit_job(f"key-{number}", {}).unwrap().job_id for number in range(5)]
    faults.leave_unprocessed(left, times=1)
    faults.leave_unprocessed(0, times=None)

    batch = JobsOperator(repository).get_jobs(ids).unwrap()

    assert (len(batch.jobs), len(batch.unread), batch.missing) == (left, 5 - left, ())
    assert MOST_FRUITLESS - 1 <= len(slept) <= MOST_FRUITLESS
    assert sum(slept) < 40


def test_tries_begin_anew_with_each_record_that_arrives(
    repository: JobsRepository, faults: Faults, slept: list[float]
) -> None:
    ids = [repository.submit_job(f"key-{number}", {}).unwrap().job_id for number in range(2)]
    faults.leave_unprocessed(0, times=MOST_FRUITLESS - 1)
    faults.leave_unprocessed(1, times=1)
    faults.leave_unprocessed(0, times=MOST_FRUITLESS - 1)

    assert len(JobsOperator(repository).get_jobs(ids).unwrap().jobs) == 2


@pytest.mark.parametrize("timeout", [MINUTE, timedelta(0), -MINUTE], ids=str)
def test_waiting_for_a_job_ends_when_its_pauses_have_taken_the_time(
    repository: JobsRepository, slept: list[float], timeout: timedelta
) -> None:
    job_id = repository.submit_job("key", {}).unwrap().job_id

    waited = repository.wait_for_job(job_id, timeout)

    assert waited.code is ResultCode.UNAVAILABLE
    assert waited.record
    assert timeout.total_seconds() - 5 <= sum(slept) <= max(0, timeout.total_seconds())


def test_watching_ends_when_its_pauses_have_taken_the_time(slept: list[float]) -> None:
    pace = Pace(timedelta(seconds=2), MINUTE)
    while not pace.over:
        pace.pause()

    assert sum(slept) == 60


CALLS: dict[str, Callable[[JobsRepository], Any]] = {
    "find": lambda repository: repository.find_job("vpr-1"),
    "claim": lambda repository: repository.claim_job("vpr-1", lease=MINUTE),
    "cancel": lambda repository: repository.cancel_job("vpr-1"),
    "update": lambda repository: repository.update_job("vpr-1", {"note": 1}),
    "submit": lambda repository: repository.submit_job("key", {}),
    "list": lambda repository: JobsOperator(repository).stats(),
}


def test_a_claim_that_meets_another_writer_each_time_returns(
    repository: JobsRepository, faults: Faults, slept: list[float]
) -> None:
    job_id = repository.submit_job("key", {}).unwrap().job_id
    faults.answer("TransactionConflictException")

    assert repository.claim_job(job_id, lease=MINUTE).code is ResultCode.CONFLICT
    assert len(slept) == MOST_CLASH_TRIES - 1


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_a_call_that_is_throttled_or_cut_off_returns(
    repository: JobsRepository, faults: Faults, slept: list[float], call: Callable[[JobsRepository], Any]
) -> None:
    faults.throttle()
    throttled = call(repository).code
    faults.clear()
    faults.lose_reply(times=None)

    assert (throttled, call(repository).code) == (ResultCode.THROTTLED, ResultCode.UNAVAILABLE)
