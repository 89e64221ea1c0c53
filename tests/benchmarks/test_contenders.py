"""The contenders that this environment has do the whole work right, and their time is taken as it is said."""

from __future__ import annotations

import sys
import threading
from typing import Any

import pytest

from benchmarks import cold, contender, stub
from benchmarks.contender import gathered
from benchmarks.contenders import by_boto3, by_library, by_powertools, child
from benchmarks.contenders.child import WORKLOADS, verify
from benchmarks.environments import CHECKOUT, DIRECT, OURS, Entrant
from benchmarks.race import BrokenError
from benchmarks.records import SMALL_ID, first_records
from careervp_jobs_dal import JobsRepository
from careervp_jobs_dal.testing import account

CONTENDERS = {
    "table": by_boto3.Table,
    "client": by_boto3.Client,
    "library": by_library.Jobs,
    "powertools": by_powertools.Jobs,
}
WORK = [
    (name, work)
    for name, jobs in CONTENDERS.items()
    for work, workload in WORKLOADS.items()
    if hasattr(jobs, workload.method)
]


@pytest.fixture
def first_jobs(table_name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A table of this test, and the contenders bound to it."""
    for module in (by_boto3, by_library, by_powertools):
        monkeypatch.setattr(module, "TABLE", table_name)
    jobs = JobsRepository(table_name)
    for record in first_records():
        jobs.create_job(record).unwrap()


@pytest.mark.usefixtures("first_jobs")
@pytest.mark.parametrize(("name", "work"), WORK)
def test_the_work_is_done(name: str, work: str) -> None:
    assert verify(CONTENDERS[name](), work) is None


def test_the_direct_way_does_the_work_without_boto3(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(contender, "ENTRANTS", [Entrant(DIRECT, "library.Direct", OURS, "")])
    monkeypatch.setattr(contender, "python", lambda _: sys.executable)
    with (
        stub.running() as address,
        account.aws_environment(AWS_ENDPOINT_URL_DYNAMODB=address),
        gathered({}) as field,
    ):
        direct = field.running[DIRECT]
        assert {work: direct.wrong(work) for work in WORKLOADS} == dict.fromkeys(WORKLOADS)
        assert "boto3" not in direct.versions()


def test_a_way_that_is_not_taken_is_no_contender() -> None:
    with pytest.raises(RuntimeError, match="boto3: moto is in the process"):
        by_library.Direct()


@pytest.mark.usefixtures("first_jobs")
def test_a_contender_that_writes_without_a_condition_notices_no_duplicate() -> None:
    jobs = by_boto3.Table()
    put = jobs._table.put_item

    def unconditional(**parameters: Any) -> Any:
        return put(Item=parameters["Item"])

    jobs._table.put_item = unconditional
    with pytest.raises(RuntimeError, match="duplicate"):
        verify(jobs, "once")


class Counting:
    """Counts its calls, each from a thread."""

    def __init__(self) -> None:
        self.calls = 0
        self._lock = threading.Lock()

    def get(self, _: str) -> None:
        with self._lock:
            self.calls += 1


@pytest.mark.parametrize("threads", [1, 4])
def test_a_sample_is_the_mean_of_the_calls_after_the_first_of_each_thread(
    monkeypatch: pytest.MonkeyPatch, threads: int
) -> None:
    jobs: Any = Counting()
    monkeypatch.setattr(child, "process_time", lambda: 6.0 * (jobs.calls - threads))
    monkeypatch.setattr(child, "perf_counter", lambda: 9.0 * (jobs.calls - threads))
    assert child._sample(jobs, "get small", 3, threads) == {"cpu": 6.0, "wall": 9.0}
    assert jobs.calls == 4 * threads


def test_a_thread_that_fails_is_an_error_and_no_time() -> None:
    class Failing(Counting):
        def get(self, _: str) -> None:
            super().get(_)
            if self.calls == 7:
                raise ValueError("broken")

    jobs: Any = Failing()
    assert child._answer(jobs, {"sample": "get small", "calls": 3, "threads": 4}) == {"error": "ValueError: broken"}


def test_a_start_that_does_not_end_with_the_right_job_is_no_sample() -> None:
    with pytest.raises(BrokenError, match="ended with 1"):
        cold.start([sys.executable, "-c", "raise SystemExit(1)"])
    assert cold.start([sys.executable, "-c", ""]).wall > 0


def test_who_does_not_start_is_missing_in_its_races_and_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cold, "python", lambda _: sys.executable)
    monkeypatch.setattr(cold, "PROGRAM", "# {} {} {}\nraise SystemExit('sqs' in \"{}\")")
    plain, logger, queue = cold.measure({"pydynox": "no wheel"}, rounds=1)
    for race in (plain, logger):
        assert [one.missing for one in race.standings if one.missing] == ["not installed: no wheel"]
    assert [one.missing for one in queue.standings] == ["wrong answer: the program ended with 1"] * 3


@pytest.mark.parametrize("way", ["Jobs", "Direct"])
@pytest.mark.parametrize("more", ["", cold.LOGGER, cold.QUEUE])
def test_a_program_that_starts_reads_the_job(way: str, more: str) -> None:
    with stub.running() as address, account.aws_environment(AWS_ENDPOINT_URL_DYNAMODB=address):
        program = cold.PROGRAM.format("library", way, more, more)
        command = [sys.executable, "-c", program, str(CHECKOUT)]
        assert cold.start([*command, SMALL_ID]).cpu > 0
        with pytest.raises(BrokenError):
            cold.start([*command, "vpr-other"])
