"""`JobMetrics`: what a job's life counts as, written as CloudWatch reads it."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from aws_lambda_powertools import Metrics
from aws_lambda_powertools.metrics import EphemeralMetrics

from careervp_jobs_dal import (
    Capacity,
    Claim,
    JobEvent,
    JobMetrics,
    JobsOperator,
    JobsRepository,
    JobStatus,
    JobWorker,
    ResultCode,
    create_table,
)
from careervp_jobs_dal.metrics import measure
from tests.conftest import CANARY, Clock
from tests.faults import Faults

LEASE = timedelta(minutes=5)
MINUTE = timedelta(minutes=1)


@pytest.fixture
def metrics() -> EphemeralMetrics:
    return EphemeralMetrics(namespace="CareerVP", service="vpr-worker")


@pytest.fixture
def counted(table_name: str, clock: Clock, metrics: EphemeralMetrics) -> JobsRepository:
    return JobsRepository(table_name, clock=clock, on_event=JobMetrics(metrics))


def values(metrics: Any) -> dict[str, list[float]]:
    return {name: metric["Value"] for name, metric in metrics.metric_set.items()}


def event(**facts: Any) -> JobEvent:
    nothing: dict[str, Any] = {"job_id": "vpr-1", "status": None, "attempt": None, "created": None, "moved_to": None}
    nothing |= {
        "cancelled": False,
        "queue_wait": None,
        "run_time": None,
        "seconds": 0.01,
        "requests": 1,
        "capacity": None,
    }
    return JobEvent(**{"code": ResultCode.SUCCESS, "table_name": "jobs", **nothing, **facts})


SUCCESSES = [
    ({"verb": "submit", "created": True}, ["JobsCreated"]),
    ({"verb": "submit", "created": False}, ["JobsDeduplicated"]),
    ({"verb": "create", "created": True}, ["JobsCreated"]),
    ({"verb": "claim", "status": JobStatus.PROCESSING}, ["JobsClaimed"]),
    ({"verb": "complete", "moved_to": JobStatus.COMPLETED}, ["JobsCompleted"]),
    ({"verb": "complete", "status": JobStatus.COMPLETED}, []),
    ({"verb": "fail", "moved_to": JobStatus.FAILED}, ["JobsFailed"]),
    ({"verb": "fail", "moved_to": JobStatus.FAILED, "cancelled": True}, ["JobsCancelled"]),
    ({"verb": "fail", "moved_to": JobStatus.PENDING}, ["JobsPutBack"]),
    ({"verb": "fail", "status": JobStatus.FAILED, "cancelled": True}, []),
    ({"verb": "cancel", "moved_to": JobStatus.FAILED, "cancelled": True}, ["JobsCancelled"]),
    ({"verb": "cancel", "status": JobStatus.PROCESSING}, []),
    ({"verb": "release", "moved_to": JobStatus.PENDING}, ["JobsReleased"]),
    ({"verb": "recover", "moved_to": JobStatus.PENDING}, ["JobsPutBack"]),
    ({"verb": "recover", "status": JobStatus.PENDING}, []),
    ({"verb": "retry", "moved_to": JobStatus.PENDING}, ["JobsRetried"]),
    ({"verb": "update", "moved_to": JobStatus.PROCESSING}, []),
    ({"verb": "update", "moved_to": JobStatus.COMPLETED}, ["JobsCompleted"]),
    ({"verb": "renew", "status": JobStatus.PROCESSING}, []),
    ({"verb": "find", "status": JobStatus.COMPLETED}, []),
]


@pytest.mark.parametrize(("facts", "names"), SUCCESSES)
def test_a_success_counts_as_what_became_of_the_job(facts: dict[str, Any], names: list[str]) -> None:
    assert list(measure(event(**facts))) == [(name, "Count", 1) for name in names]


@pytest.mark.parametrize("code", [code for code in ResultCode if code is not ResultCode.SUCCESS])
def test_whatever_else_counts_under_its_code(code: ResultCode) -> None:
    assert [name for name, _, _ in measure(event(verb="claim", code=code))] == [code.value]


@pytest.mark.parametrize(
    ("facts", "names"),
    [
        ({"code": ResultCode.ATTEMPTS_EXHAUSTED}, ["ATTEMPTS_EXHAUSTED", "JobsFailed"]),
        ({"code": ResultCode.ALREADY_FINISHED, "cancelled": True}, ["ALREADY_FINISHED", "JobsCancelled"]),
        ({"code": ResultCode.CORRUPT_RECORD, "moved_to": JobStatus.PENDING}, ["CORRUPT_RECORD"]),
        ({"code": ResultCode.CORRUPT_RECORD, "moved_to": JobStatus.PROCESSING}, ["CORRUPT_RECORD"]),
    ],
)
def test_a_refused_claim_counts_the_end_that_it_wrote(facts: dict[str, Any], names: list[str]) -> None:
    assert [name for name, _, _ in measure(event(verb="claim", **{"moved_to": JobStatus.FAILED, **facts}))] == names


class Room:
    """A table with jobs in it, and what counts its calls."""

    def __init__(self, counted: JobsRepository, clock: Clock) -> None:
        self.jobs, self.operator, self.clock = counted, JobsOperator(counted), clock

    def submitted(self, **options: Any) -> str:
        return self.jobs.submit_job("key", {}, **options).unwrap().job_id

    def claimed(self, **options: Any) -> Claim:
        return self.jobs.claim_job(self.submitted(**options), lease=LEASE).unwrap()

    def abandoned(self, *, to_be_cancelled: bool = False, **options: Any) -> str:
        """A job whose worker was lost."""
        job_id = self.claimed(**options).job_id
        if to_be_cancelled:
            self.jobs.cancel_job(job_id).unwrap()
        self.clock.advance(timedelta(hours=2))
        return job_id

    def claiming(self, job_id: str) -> Callable[[], object]:
        return lambda: self.jobs.claim_job(job_id, lease=LEASE)

    def recovering(self, _: str) -> Callable[[], object]:
        return lambda: self.operator.recover_jobs(older_than=timedelta(hours=1)).unwrap()

    def ending(self, verb: str, claim: Claim) -> Callable[[], object]:
        return lambda: self.jobs.complete_job(claim) if verb == "complete" else self.jobs.fail_job(claim, CANARY)

    def to_be_cancelled(self) -> Claim:
        claim = self.claimed()
        self.jobs.cancel_job(claim.job_id).unwrap()
        return claim

    def cancelling(self, job_id: str) -> Callable[[], object]:
        return lambda: self.jobs.cancel_job(job_id).unwrap()

    def updating(self, status: str) -> Callable[[], object]:
        job_id = self.submitted()
        return lambda: self.jobs.update_job_status(job_id, status)


ONCE: dict[str, tuple[str, Callable[[Room], Callable[[], object]]]] = {
    "complete": ("JobsCompleted", lambda room: room.ending("complete", room.claimed())),
    "fail": ("JobsFailed", lambda room: room.ending("fail", room.claimed())),
    "fail, to be cancelled": ("JobsCancelled", lambda room: room.ending("fail", room.to_be_cancelled())),
    "cancel": ("JobsCancelled", lambda room: room.cancelling(room.submitted())),
    "cancel, worker lost": ("JobsCancelled", lambda room: room.cancelling(room.abandoned())),
    "claim, attempts used up": ("JobsFailed", lambda room: room.claiming(room.abandoned(max_attempts=1))),
    "claim, to be cancelled": ("JobsCancelled", lambda room: room.claiming(room.abandoned(to_be_cancelled=True))),
    "recover": ("JobsPutBack", lambda room: room.recovering(room.abandoned())),
    "recover, attempts used up": ("JobsFailed", lambda room: room.recovering(room.abandoned(max_attempts=1))),
    "recover, to be cancelled": ("JobsCancelled", lambda room: room.recovering(room.abandoned(to_be_cancelled=True))),
    "update to COMPLETED": ("JobsCompleted", lambda room: room.updating("COMPLETED")),
    "update to FAILED": ("JobsFailed", lambda room: room.updating("FAILED")),
}


@pytest.fixture
def room(clock: Clock, metrics: EphemeralMetrics) -> Room:
    table_name = create_table(f"counted-{uuid4().hex}", optional_indexes=True).unwrap()
    return Room(JobsRepository(table_name, clock=clock, on_event=JobMetrics(metrics)), clock)


def moves(metrics: EphemeralMetrics) -> dict[str, list[float]]:
    earlier = {"JobsCreated", "JobsClaimed"}
    return {name: counts for name, counts in values(metrics).items() if name.startswith("Jobs") and name not in earlier}


@pytest.mark.parametrize("name", ONCE)
def test_what_becomes_of_a_job_is_counted_once_wherever_it_was_written(
    room: Room, metrics: EphemeralMetrics, name: str
) -> None:
    metric, prepare = ONCE[name]
    end = prepare(room)
    assert moves(metrics) == {}

    end()
    assert moves(metrics) == {metric: [1.0]}
    end()
    assert moves(metrics) == {metric: [1.0]}


@pytest.mark.parametrize("without_record", [False, True], ids=["with the record", "without the record"])
@pytest.mark.parametrize("name", ONCE)
def test_it_is_counted_once_if_the_reply_to_the_write_was_lost(
    room: Room, metrics: EphemeralMetrics, faults: Faults, name: str, *, without_record: bool
) -> None:
    metric, prepare = ONCE[name]
    end = prepare(room)
    in_two_steps = name.startswith("claim") or name == "fail, to be cancelled"
    if in_two_steps:
        faults.pass_through()  # the first write is refused, the second one ends the job
    faults.lose_reply(operation="UpdateItem")
    if without_record:
        faults.drop_item()
    faults.sent.clear()

    end()

    assert faults.sent.count("UpdateItem") == (3 if in_two_steps else 2)
    assert moves(metrics) == {metric: [1.0]}


def test_a_retry_is_counted(room: Room, metrics: EphemeralMetrics) -> None:
    claim = room.claimed()
    room.jobs.fail_job(claim, CANARY).unwrap()
    room.operator.retry_job(claim.job_id).unwrap()
    room.operator.retry_job(claim.job_id)

    assert moves(metrics) == {"JobsFailed": [1.0], "JobsRetried": [1.0]}


def test_durations_count_in_seconds_and_units_where_there_are_any() -> None:
    facts: dict[str, Any] = {"queue_wait": MINUTE, "run_time": 2 * MINUTE}
    capacity = Capacity(table_read=0.5, table_write=1, index_write=2)

    assert list(measure(event(verb="renew", **facts, capacity=capacity))) == [
        ("QueueWait", "Seconds", 60.0),
        ("RunTime", "Seconds", 120.0),
        ("TableReadUnits", "Count", 0.5),
        ("TableWriteUnits", "Count", 1),
        ("IndexWriteUnits", "Count", 2),
    ]


def test_a_jobs_life_is_counted(counted: JobsRepository, metrics: EphemeralMetrics, clock: Clock) -> None:
    job_id = counted.submit_job("key", {"text": CANARY}).unwrap().job_id
    counted.submit_job("key", {"text": CANARY}).unwrap()
    clock.advance(MINUTE)
    late = counted.claim_job(job_id, lease=LEASE).unwrap()
    clock.advance(2 * LEASE)
    claim = counted.claim_job(job_id, lease=LEASE).unwrap()
    counted.complete_job(late)
    clock.advance(MINUTE)
    counted.complete_job(claim).unwrap()

    assert values(metrics) == {
        "JobsCreated": [1.0],
        "JobsDeduplicated": [1.0],
        "JobsClaimed": [1.0, 1.0],
        "QueueWait": [60.0],
        "LEASE_LOST": [1.0],
        "JobsCompleted": [1.0],
        "RunTime": [60.0],
    }


def test_powertools_writes_them_with_service_and_table_at_the_end_of_an_invocation(
    counted: JobsRepository, metrics: EphemeralMetrics, capsys: pytest.CaptureFixture[str]
) -> None:
    job_id = counted.submit_job("key", {"text": CANARY}).unwrap().job_id
    worker = JobWorker(counted, lambda claim: None, lease=LEASE)
    handler: Any = metrics.log_metrics(worker)

    for number in range(2):  # the dimension is there after a flush, too
        record = {"messageId": f"m-{number}", "body": json.dumps({"job_id": job_id})}
        assert handler({"Records": [record]}, None) == {"batchItemFailures": []}

    first, second = map(json.loads, capsys.readouterr().out.splitlines())
    for written in (first, second):
        assert (written["service"], written["table"]) == ("vpr-worker", counted.table_name)
        (directive,) = written["_aws"]["CloudWatchMetrics"]
        assert directive["Namespace"] == "CareerVP"
        assert [sorted(names) for names in directive["Dimensions"]] == [["service", "table"]]
        assert job_id not in json.dumps(written)
        assert CANARY not in json.dumps(written)
    assert {"JobsCreated", "JobsClaimed", "JobsCompleted"} <= set(first)
    assert "ALREADY_FINISHED" in second


def test_reads_that_find_what_they_look_for_leave_nothing_to_write(
    counted: JobsRepository, metrics: EphemeralMetrics
) -> None:
    counted.get_job("no such job")

    assert values(metrics) == {}
    assert metrics.dimension_set == {}


@pytest.fixture
def shared() -> Iterator[Metrics]:
    """The Metrics that all of a process share."""
    metrics = Metrics(namespace="CareerVP", service="vpr-worker")
    metrics.clear_metrics()
    yield metrics
    metrics.clear_metrics()


def test_without_an_instance_the_services_own_metrics_are_used(table_name: str, shared: Metrics) -> None:
    repository = JobsRepository(table_name, on_event=JobMetrics())
    repository.submit_job("key", {}).unwrap()
    repository.submit_job("key", {}).unwrap()

    assert values(shared) == {"JobsCreated": [1.0], "JobsDeduplicated": [1.0]}


def test_powertools_is_not_imported_before_there_is_something_to_count() -> None:
    code = "import sys; from careervp_jobs_dal import JobMetrics; JobMetrics(); print(*sys.modules)"

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert "careervp_jobs_dal.metrics" in done.stdout.split()
    assert "aws_lambda_powertools" not in done.stdout.split()


THREADS, EVENTS = 16, 200


@pytest.fixture
def hasty() -> Iterator[None]:
    """Threads that interrupt each other as often as Python lets them."""
    usual = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(usual)


@pytest.mark.usefixtures("hasty")
@pytest.mark.parametrize("separate", [False, True], ids=["one hook", "a hook for each thread"])
def test_no_event_is_lost_between_threads(
    *, separate: bool, shared: Metrics, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("POWERTOOLS_METRICS_NAMESPACE", "CareerVP")
    hooks = [JobMetrics(shared) for _ in range(THREADS)] if separate else [JobMetrics()] * THREADS

    def count(hook: JobMetrics) -> None:
        for _ in range(EVENTS):
            hook(event(verb="submit", created=True))

    with ThreadPoolExecutor(THREADS) as threads:
        list(threads.map(count, hooks))

    printed = [json.loads(line)["JobsCreated"] for line in capsys.readouterr().out.splitlines()]
    assert len(sum(printed, start=values(shared).get("JobsCreated", []))) == THREADS * EVENTS


def test_a_dimension_is_printable(metrics: EphemeralMetrics) -> None:
    JobMetrics(metrics)(event(verb="submit", created=True, table_name="jobs\nforged"))

    assert metrics.dimension_set["table"] == r"jobs\nforged"
