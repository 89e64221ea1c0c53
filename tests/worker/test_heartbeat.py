"""The heartbeat renews claim and message while the work runs, and tells the work to stop."""

from __future__ import annotations

import copy
import pickle
import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from careervp_jobs_dal import Claim, JobsRepository, JobWorker
from tests.conftest import Clock
from tests.faults import Faults
from tests.worker.invocation import MINUTE, Context, Sqs, event, failures, message

BEAT = timedelta(milliseconds=5)
PATIENCE = 10.0


@pytest.fixture
def job_id(repository: JobsRepository) -> str:
    return repository.submit_job("key", {}).unwrap().job_id


class Beats:
    """The renewals of a repository, which a test can wait for and change; one at a time with the test's own calls."""

    def __init__(self, repository: JobsRepository, monkeypatch: pytest.MonkeyPatch) -> None:
        self.seen = threading.Semaphore(0)
        self.leases: list[timedelta] = []
        self.codes: list[str] = []
        self.before: Callable[[], object] = lambda: None
        self._renew = repository.renew_claim
        monkeypatch.setattr(repository, "renew_claim", self.renew)

    def renew(self, claim: Claim, *, lease: timedelta) -> Any:
        try:
            self.before()
            self.leases.append(lease)
            renewed = self._renew(claim, lease=lease)
            self.codes.append(renewed.code)
            return renewed
        finally:
            self.seen.release()

    def wait(self, number: int = 1) -> None:
        for _ in range(number):
            assert self.seen.acquire(timeout=PATIENCE), "the heart does not beat"


@pytest.fixture
def beats(repository: JobsRepository, monkeypatch: pytest.MonkeyPatch) -> Beats:
    return Beats(repository, monkeypatch)


def worker_of(repository: JobsRepository, work: Callable[[Claim], Any], **options: Any) -> JobWorker:
    return JobWorker(repository, work, heartbeat=BEAT, **{"lease": MINUTE, "sqs": Sqs(), **options})


def test_a_job_outlives_its_first_lease_while_the_work_runs(
    repository: JobsRepository, clock: Clock, beats: Beats, job_id: str
) -> None:
    ends: list[str] = []

    def work(claim: Claim) -> None:
        beats.wait(3)
        ends.append(repository.find_job(job_id).unwrap()["lease_expires_at"])
        assert not claim.stop_requested.is_set()

    began = clock()
    beats.before = lambda: clock.advance(timedelta(seconds=50))
    assert worker_of(repository, work)(event(job_id), Context()) == failures()
    assert clock() - began >= 2 * MINUTE
    assert repository.find_job(job_id).unwrap()["attempt"] == 1
    assert set(beats.leases) == {MINUTE}


def test_the_message_is_hidden_for_the_lease_and_its_margin(
    repository: JobsRepository, beats: Beats, job_id: str
) -> None:
    sqs = Sqs()

    worker_of(repository, lambda claim: beats.wait(2), sqs=sqs)(event(job_id), Context())

    assert set(sqs.pauses) == {61}


def test_a_lease_that_is_the_invocation_s_time_ends_with_it(
    repository: JobsRepository, beats: Beats, job_id: str
) -> None:
    worker_of(repository, lambda claim: beats.wait(2), lease=None)(event(job_id), Context())

    assert MINUTE > beats.leases[0] > beats.leases[1] > timedelta(seconds=30)


def test_the_work_is_told_to_stop_when_its_job_is_to_be_cancelled(repository: JobsRepository, job_id: str) -> None:
    def work(claim: Claim) -> None:
        repository.cancel_job(job_id).unwrap()
        assert claim.stop_requested.wait(PATIENCE)
        raise InterruptedError

    assert worker_of(repository, work)(event(job_id), Context()) == failures()
    assert "cancelled_at" in repository.find_job(job_id).unwrap()


def test_the_work_is_told_to_stop_when_its_lease_is_lost(
    repository: JobsRepository, clock: Clock, beats: Beats, job_id: str, caplog: pytest.LogCaptureFixture
) -> None:
    def take_over() -> None:
        clock.advance(2 * MINUTE)
        repository.claim_job(job_id, lease=MINUTE).unwrap()

    def work(claim: Claim) -> None:
        beats.before = take_over
        assert claim.stop_requested.wait(PATIENCE)
        beats.before = lambda: pytest.fail("the heart beats on")

    assert worker_of(repository, work)(event(job_id), Context()) == failures(1)
    assert beats.codes[-1] == "LEASE_LOST"
    assert "its work is to stop" in caplog.text


def test_a_beat_that_aws_does_not_answer_is_followed_by_another(
    repository: JobsRepository, beats: Beats, job_id: str, faults: Faults
) -> None:
    def work(claim: Claim) -> None:
        faults.answer("ThrottlingException", times=20)
        while "THROTTLED" not in beats.codes:
            beats.wait()
        faults.clear()
        while beats.codes[-1] != "SUCCESS":
            beats.wait()
        assert not claim.stop_requested.is_set()

    assert worker_of(repository, work)(event(job_id), Context()) == failures()


def test_a_beat_that_raises_is_a_log_line_and_followed_by_another(
    repository: JobsRepository, beats: Beats, job_id: str, caplog: pytest.LogCaptureFixture
) -> None:
    def stumble() -> None:
        beats.before = lambda: None
        raise ValueError("no clock")

    beats.before = stumble
    assert worker_of(repository, lambda claim: beats.wait(3))(event(job_id), Context()) == failures()
    assert "A heartbeat of job" in caplog.text
    assert "no clock" not in caplog.text


@pytest.mark.parametrize("raises", [False, True])
def test_the_thread_lives_only_as_long_as_the_work(
    repository: JobsRepository, beats: Beats, job_id: str, raises: bool
) -> None:
    def beating() -> int:
        return sum(thread.name.startswith("heartbeat-") for thread in threading.enumerate())

    def work(claim: Claim) -> None:
        assert beating() == 1
        beats.wait()
        if raises:
            raise TimeoutError

    worker_of(repository, work)(event(job_id), Context())
    assert beating() == 0
    assert repository.find_job(job_id).unwrap()["status"] == ("PENDING" if raises else "COMPLETED")


def test_no_beat_comes_after_the_job_s_end(repository: JobsRepository, beats: Beats, job_id: str) -> None:
    sqs = Sqs()

    def work(claim: Claim) -> None:
        beats.wait(2)
        raise TimeoutError

    worker_of(repository, work, sqs=sqs, retry_delay=7 * MINUTE)(event(job_id), Context())

    assert sqs.pauses[-1] == 420


def test_a_direct_call_renews_the_claim_alone(repository: JobsRepository, beats: Beats, job_id: str) -> None:
    worker = worker_of(repository, lambda claim: beats.wait(2))

    assert worker.process(job_id, MINUTE) == "SUCCESS"


def test_a_heartbeat_s_refusals_by_the_queue_are_one_log_line(
    repository: JobsRepository, beats: Beats, job_id: str, caplog: pytest.LogCaptureFixture
) -> None:
    worker_of(repository, lambda claim: beats.wait(4), sqs=Sqs(OSError()))(event(job_id), Context())

    assert sum("visibility timeout" in record.getMessage() for record in caplog.records) == 1


def test_without_a_heartbeat_nothing_is_renewed_and_nothing_set(
    repository: JobsRepository, beats: Beats, job_id: str
) -> None:
    def work(claim: Claim) -> None:
        assert not claim.stop_requested.wait(4 * BEAT.total_seconds())

    assert JobWorker(repository, work).handle_record(message(job_id), Context()) == "SUCCESS"
    assert beats.leases == []


@pytest.mark.parametrize("is_set", [False, True])
def test_a_claim_can_still_be_copied_and_compared(repository: JobsRepository, job_id: str, is_set: bool) -> None:
    claim = repository.claim_job(job_id, lease=MINUTE).unwrap()
    if is_set:
        claim.stop_requested.set()

    for same in (copy.copy(claim), copy.deepcopy(claim), pickle.loads(pickle.dumps(claim))):
        assert same == claim
        assert same.stop_requested.is_set() is is_set
    assert "stop" not in repr(claim)
