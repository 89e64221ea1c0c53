"""The state of a job: what people are told is what the library does."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from careervp_jobs_dal import JobsRepository, ResultCode
from careervp_jobs_dal.cli.state import PATIENCE, State, judge, since
from careervp_jobs_dal.job import attribute
from careervp_jobs_dal.job.instant import instant_text
from careervp_jobs_dal.job.snapshot import read_snapshot
from careervp_jobs_dal.job.status import JobStatus
from careervp_jobs_dal.testing import JobBuilder
from tests.conftest import Clock

NOW = datetime(2026, 2, 3, 13, 5, 32, tzinfo=UTC)
NAMES = sorted(value for name, value in vars(attribute).items() if name.isupper() and isinstance(value, str))
INSTANTS = st.integers(-3600, 3600).map(lambda seconds: instant_text(NOW + timedelta(seconds=seconds)))
STATUSES = st.sampled_from([str(status) for status in JobStatus])
OURS = {
    "lease_expires_at": INSTANTS,
    "available_at": INSTANTS,
    "created_at": INSTANTS,
    "due_at": INSTANTS,
    "cancel_requested_at": INSTANTS,
    "cancelled_at": INSTANTS,
    "active_shard": st.sampled_from(["q5", "t5", "f5"]),
}
ANY_VALUE = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(), INSTANTS, st.lists(st.text()))
OF_STATUS = {
    JobStatus.PENDING: {State.WAITING, State.PAUSING, State.OVERDUE},
    JobStatus.PROCESSING: {State.RUNNING, State.CANCELLING, State.STUCK, State.UNLEASED},
    JobStatus.COMPLETED: {State.COMPLETED},
    JobStatus.FAILED: {State.FAILED, State.CANCELLED},
}


@given(st.dictionaries(st.sampled_from(NAMES), ANY_VALUE))
def test_any_record_has_a_state(job: dict[str, Any]) -> None:
    state = judge(job, NOW)

    assert isinstance(state, State)
    assert since(job, state) is None or since(job, state) in job.values()


@given(st.fixed_dictionaries({"status": STATUSES}, optional=OURS))
def test_a_state_is_one_of_its_status_and_knows_the_lease_and_the_pause(job: dict[str, Any]) -> None:
    state, snapshot = judge(job, NOW), read_snapshot(job)

    assert state in OF_STATUS[snapshot.status]
    assert (state is State.STUCK) is (snapshot.status is JobStatus.PROCESSING and snapshot.lease_lapsed(NOW))
    pauses = snapshot.available_at is not None and snapshot.available_at > NOW
    assert (state is State.PAUSING) is (snapshot.status is JobStatus.PENDING and pauses)


CLAIMABLE = {State.WAITING, State.OVERDUE, State.STUCK}
MAKERS: dict[State, Callable[[JobBuilder], Any]] = {
    State.WAITING: lambda make: make.pending(),
    State.OVERDUE: lambda make: make.pending(age=timedelta(hours=1)),
    State.RUNNING: lambda make: make.processing(),
    State.STUCK: lambda make: make.lapsed(),
    State.CANCELLING: lambda make: make.asked_to_stop(),
    State.COMPLETED: lambda make: make.completed(),
    State.FAILED: lambda make: make.failed(),
    State.CANCELLED: lambda make: make.cancelled(),
    State.UNLEASED: lambda make: make.written_by_hand(JobStatus.PROCESSING),
}


@pytest.mark.parametrize("state", MAKERS, ids=str)
def test_a_job_in_a_state_can_be_claimed_or_not(state: State, repository: JobsRepository, clock: Clock) -> None:
    made = MAKERS[state](JobBuilder(repository))
    job_id = made["job_id"] if isinstance(made, dict) else made.job_id
    job = repository.find_job(job_id).unwrap()

    assert judge(job, clock()) is state

    claimed = repository.claim_job(job_id, lease=timedelta(minutes=5))
    assert bool(claimed) is (state in CLAIMABLE)


def test_a_job_that_pauses_becomes_due(repository: JobsRepository, clock: Clock) -> None:
    start = clock() + timedelta(minutes=10)
    job = repository.submit_job("application-7", {}, run_at=start).unwrap().job
    assert judge(job, clock()) is State.PAUSING
    assert repository.claim_job(job["job_id"], lease=timedelta(minutes=5)).code is ResultCode.NOT_DUE

    assert judge(job, start) is State.WAITING
    assert judge(job, start + PATIENCE) is State.WAITING
    assert judge(job, start + PATIENCE + timedelta(seconds=1)) is State.OVERDUE


def test_a_start_that_nobody_has_sent_is_overdue_at_once(repository: JobsRepository, clock: Clock) -> None:
    start = clock() + timedelta(days=1)
    job = repository.submit_job("application-7", {}, run_at=start).unwrap().job

    assert judge(job, start + timedelta(seconds=1)) is State.OVERDUE


@pytest.mark.parametrize(
    ("job", "state"),
    [
        ({"status": "PENDING", "ttl": 1}, State.EXPIRED),
        ({"status": "pending"}, State.UNKNOWN),
        ({"status": "PENDING", "created_at": "long ago"}, State.WAITING),
    ],
)
def test_a_record_can_be_past_its_time_or_of_another_hand(job: dict[str, Any], state: State) -> None:
    assert judge(job, NOW) is state
