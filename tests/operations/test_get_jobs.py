"""`get_jobs`: many at once, each once, and what could not be read is said."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from careervp_jobs_dal import JobsOperator, JobsRepository, ResultCode
from tests.conftest import CANARY, Clock
from tests.faults import Faults
from tests.operations.conftest import Seed


def test_each_is_read_once_in_the_order_asked_for(
    operator: JobsOperator, seed: Seed, many: int, faults: Faults
) -> None:
    jobs = seed(many)[::-1]
    faults.sent.clear()

    batch = operator.get_jobs(name for name in [*jobs, *jobs]).unwrap()

    assert list(batch.jobs) == jobs
    assert batch.jobs[jobs[0]]["input_data"] == {"text": CANARY}
    assert (batch.missing, batch.unread) == ((), ())
    assert faults.sent == ["BatchGetItem"] * (many // 100)
    assert repr(batch) == f"JobBatch({many} jobs, 0 missing, 0 unread)"


def test_absent_expired_and_impossible_ids_are_missing(operator: JobsOperator, clock: Clock, seed: Seed) -> None:
    (expired,) = seed(1, ttl=int(clock.now.timestamp()))
    (live,) = seed(1)

    batch = operator.get_jobs([expired, "absent", live, "", "x" * 2049, "\ud800"]).unwrap()

    assert list(batch.jobs) == [live]
    assert batch.missing == (expired, "absent", "", "x" * 2049, "\ud800")


def test_a_corrupt_record_is_shown_and_spoils_no_batch(operator: JobsOperator, seed: Seed) -> None:
    (corrupt,) = seed(1, status="BOGUS", attempt="text")
    (live,) = seed(1)

    assert list(operator.get_jobs([corrupt, live]).unwrap().jobs) == [corrupt, live]


def test_no_ids_need_no_request(operator: JobsOperator, faults: Faults) -> None:
    batch = operator.get_jobs([]).unwrap()

    assert (batch.jobs, batch.missing, batch.unread, faults.sent) == ({}, (), (), [])


@pytest.mark.parametrize("job_ids", ["vpr-1", None, 5, [5], ["vpr-1", None]])
def test_what_is_no_list_of_ids_is_refused(operator: JobsOperator, job_ids: Any, faults: Faults) -> None:
    assert operator.get_jobs(job_ids).code is ResultCode.VALIDATION_ERROR
    assert faults.sent == []


def test_unprocessed_keys_are_asked_for_again(operator: JobsOperator, seed: Seed, faults: Faults) -> None:
    jobs = seed(120)
    faults.leave_unprocessed(30, times=3)

    batch = operator.get_jobs(jobs).unwrap()

    assert list(batch.jobs) == jobs
    assert batch.unread == ()


def test_the_pauses_before_asking_again_grow_up_to_a_second(
    operator: JobsOperator, seed: Seed, faults: Faults, monkeypatch: pytest.MonkeyPatch
) -> None:
    longest: list[float] = []
    monkeypatch.setattr("random.uniform", lambda low, high: longest.append(high) or low)
    jobs = seed(3)
    faults.leave_unprocessed(0, times=6)

    assert list(operator.get_jobs(jobs).unwrap().jobs) == jobs
    assert longest == [0.05, 0.1, 0.2, 0.4, 0.8, 1.0]


def test_what_time_did_not_allow_is_unread(
    operator: JobsOperator, seed: Seed, faults: Faults, time_runs_out: Callable[[], None]
) -> None:
    jobs = seed(150)
    faults.leave_unprocessed(40, before=time_runs_out)

    batch = operator.get_jobs([*jobs, "absent"]).unwrap()

    assert len(batch.jobs) == 40
    assert set(batch.unread) == {*jobs, "absent"} - set(batch.jobs)
    assert batch.missing == ()


def test_more_than_16_megabytes_come_in_several_answers(operator: JobsOperator, seed: Seed) -> None:
    jobs = seed(45, input_data={"text": "x" * 390_000})

    batch = operator.get_jobs(jobs).unwrap()

    assert (len(batch.jobs), batch.unread) == (45, ())


def test_a_failure_has_its_code(operator: JobsOperator, repository: JobsRepository, faults: Faults) -> None:
    faults.answer("AccessDeniedException")

    assert operator.get_jobs(["vpr-1"]).code is ResultCode.ACCESS_DENIED
