"""A copy of a write that arrives late changes nothing: every verb against every later life, on the wire.

The copy is the signed request itself, sent once more to the engine when the job has moved on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from careervp_jobs_dal import Claim, JobsOperator, JobsRepository, create_table
from tests.conftest import Clock
from tests.engines.catalogue import Engine
from tests.machine.trouble import Copy, Troubles

LEASE = timedelta(minutes=1)
MOMENT = timedelta(seconds=1)
PAYLOAD, OTHER = {"text": "mine"}, {"text": "another"}


@dataclass
class Life:
    """One job, its repository, and the writes that went over the wire."""

    jobs: JobsRepository
    clock: Clock
    wire: Troubles
    job_id: str = field(init=False)

    def __post_init__(self) -> None:
        self.operator = JobsOperator(self.jobs)
        self.job_id = self.submit().job_id

    def submit(self, payload: Any = PAYLOAD, **options: Any) -> Any:
        return self.jobs.submit_job("key", payload, user_id="user-1", max_attempts=9, **options).unwrap()

    def claim(self) -> Claim:
        """Claim the job, whatever it is at, and some time after."""
        record = self.record()
        if record["status"] == "FAILED":
            self.operator.retry_job(self.job_id).unwrap()
        if record["status"] == "PROCESSING":
            self.clock.advance(2 * LEASE)
        self.clock.advance(MOMENT)
        return self.jobs.claim_job(self.job_id, lease=LEASE).unwrap()

    def fail(self, *, retryable: bool = False) -> None:
        claim = self.claim()
        self.clock.advance(MOMENT)
        self.jobs.fail_job(claim, "it broke", retryable=retryable).unwrap()
        self.clock.advance(MOMENT)

    def record(self) -> dict[str, Any]:
        record = self.jobs.get_job(self.job_id)
        assert record is not None
        return record

    def copies_of(self, call: Callable[[], Any]) -> list[Copy]:
        """The writes that a call sends."""
        self.wire.written.clear()
        call()
        return list(self.wire.written)


def submitted(life: Life) -> Callable[[], Any]:
    return life.submit


def replaced(life: Life) -> Callable[[], Any]:
    life.fail()
    return lambda: life.submit(OTHER, replace_failed=True)


def claimed(life: Life) -> Callable[[], Any]:
    return lambda: life.jobs.claim_job(life.job_id, lease=LEASE).unwrap()


def refused(life: Life) -> Callable[[], Any]:
    """A claim that another worker's lease refuses."""
    life.claim()
    life.clock.advance(MOMENT)
    return lambda: life.jobs.claim_job(life.job_id, lease=LEASE)


def renewed(life: Life) -> Callable[[], Any]:
    claim = life.claim()
    life.clock.advance(MOMENT)
    return lambda: life.jobs.renew_claim(claim, lease=LEASE, progress=0.1).unwrap()


def failed(life: Life) -> Callable[[], Any]:
    claim = life.claim()
    return lambda: life.jobs.fail_job(claim, "it broke").unwrap()


def put_back(life: Life) -> Callable[[], Any]:
    claim = life.claim()
    life.clock.advance(MOMENT)
    return lambda: life.jobs.fail_job(claim, "busy", retryable=True).unwrap()


def cancelled(life: Life) -> Callable[[], Any]:
    return lambda: life.jobs.cancel_job(life.job_id).unwrap()


def asked_to_stop(life: Life) -> Callable[[], Any]:
    """A job that is asked to stop while it runs, and then fails as cancelled."""
    claim = life.claim()

    def stop() -> None:
        life.jobs.cancel_job(life.job_id).unwrap()
        life.jobs.fail_job(claim, "stopped").unwrap()

    return stop


def retried(life: Life) -> Callable[[], Any]:
    life.fail()
    return lambda: life.operator.retry_job(life.job_id).unwrap()


def recovered(life: Life) -> Callable[[], Any]:
    life.claim()
    life.clock.advance(2 * LEASE)
    return lambda: life.operator.recover_jobs(older_than=timedelta(0)).unwrap()


VERBS = {
    function.__name__.replace("_", " "): function
    for function in (
        *(submitted, replaced, claimed, refused, renewed, failed, put_back, cancelled, asked_to_stop),
        *(retried, recovered),
    )
}


def again_put_back(life: Life) -> None:
    life.fail(retryable=True)


def again_claimed(life: Life) -> None:
    life.claim()


def claimed_by_two_others(life: Life) -> None:
    life.claim()
    life.claim()


def completed(life: Life) -> None:
    claim = life.claim()
    life.clock.advance(MOMENT)
    life.jobs.complete_job(claim, result_key="theirs").unwrap()


def failed_once_more(life: Life) -> None:
    life.fail()


def failed_and_retried(life: Life) -> None:
    life.fail()
    life.operator.retry_job(life.job_id).unwrap()


def retried_and_failed_again(life: Life) -> None:
    failed_and_retried(life)
    life.fail()


def failed_and_replaced(life: Life) -> None:
    life.fail()
    life.submit(OTHER, replace_failed=True)


def replaced_and_put_back(life: Life) -> None:
    failed_and_replaced(life)
    life.fail(retryable=True)


def replaced_twice_and_failed(life: Life) -> None:
    failed_and_replaced(life)
    failed_and_replaced(life)
    life.fail()


def cancelled_and_replaced(life: Life) -> None:
    if life.record()["status"] != "FAILED":
        life.clock.advance(2 * LEASE)
        life.jobs.cancel_job(life.job_id).unwrap()
    life.clock.advance(MOMENT)
    life.submit(OTHER, replace_failed=True)


def recovered_by_a_sweep(life: Life) -> None:
    life.claim()
    life.clock.advance(2 * LEASE)
    life.operator.recover_jobs(older_than=timedelta(0)).unwrap()


LATER = {
    function.__name__.replace("_", " "): function
    for function in (
        *(again_put_back, again_claimed, claimed_by_two_others, completed, failed_once_more, failed_and_retried),
        *(retried_and_failed_again, failed_and_replaced, replaced_and_put_back, replaced_twice_and_failed),
        *(cancelled_and_replaced, recovered_by_a_sweep),
    )
}


@pytest.fixture
def life(clock: Clock, engine: Engine) -> Iterator[Life]:
    if engine.name == "dynoxide":
        pytest.skip("dynoxide slows down with each index that was made; ministack and DynamoDB Local run this")
    name = create_table(f"late-{uuid4().hex}", optional_indexes=True).unwrap()
    jobs = JobsRepository(name, clock=clock)
    wire = Troubles(jobs.dynamodb.meta.client)
    yield Life(jobs, clock, wire)
    wire.stop()
    jobs.dynamodb.meta.client.delete_table(TableName=name)


@pytest.mark.parametrize("later", LATER)
@pytest.mark.parametrize("verb", VERBS)
def test_a_late_copy_changes_nothing(life: Life, verb: str, later: str) -> None:
    call = VERBS[verb](life)
    copies = life.copies_of(call)
    life.clock.advance(MOMENT)
    LATER[later](life)
    before = life.record()

    for copy in copies:
        life.wire.deliver(copy)

    assert copies
    assert life.record() == before


def test_an_old_worker_cannot_complete_the_job_that_replaced_its_own(life: Life) -> None:
    """The late copy would have claimed the new life with the old worker's token."""
    claims: list[Claim] = []
    copies = life.copies_of(lambda: claims.append(life.jobs.claim_job(life.job_id, lease=LEASE).unwrap()))
    life.clock.advance(2 * LEASE)
    life.jobs.cancel_job(life.job_id).unwrap()
    life.clock.advance(MOMENT)
    life.submit(OTHER, replace_failed=True)

    for copy in copies:
        life.wire.deliver(copy)

    assert life.jobs.complete_job(claims[0], result_key="mine").code == "LEASE_LOST"
    assert life.record()["status"] == "PENDING"
    assert life.record()["input_data"] == OTHER


def test_an_erasure_leaves_what_a_late_submission_must_find(life: Life) -> None:
    copies = life.copies_of(lambda: life.submit())
    claim = life.claim()
    life.jobs.complete_job(claim, result_key="done").unwrap()
    life.clock.advance(timedelta(minutes=10))

    erased = life.operator.erase_user("user-1", dry_run=False)
    for copy in copies:
        life.wire.deliver(copy)

    assert erased.unwrap().waiting == (life.job_id,)
    assert life.record()["status"] == "COMPLETED"


def test_a_late_copy_of_an_erasure_deletes_no_job_of_a_later_submission(life: Life) -> None:
    life.fail()
    life.clock.advance(timedelta(minutes=20))
    copies = life.copies_of(lambda: life.operator.erase_user("user-1", dry_run=False).unwrap())
    life.submit(OTHER)

    for copy in copies:
        life.wire.deliver(copy)

    assert life.record()["input_data"] == OTHER


def test_a_purge_leaves_what_a_late_submission_must_find(life: Life) -> None:
    copies = life.copies_of(lambda: life.submit())
    claim = life.claim()
    life.jobs.complete_job(claim, result_key="done").unwrap()
    life.clock.advance(timedelta(minutes=10))

    purged = life.operator.purge_jobs(older_than=timedelta(0), dry_run=False).unwrap()
    for copy in copies:
        life.wire.deliver(copy)

    assert purged.jobs == ()
    assert life.record()["status"] == "COMPLETED"
