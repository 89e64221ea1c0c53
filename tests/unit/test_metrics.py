"""`JobMetrics`: what a job's life counts as, written as CloudWatch reads it."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from aws_lambda_powertools import Metrics
from aws_lambda_powertools.metrics import EphemeralMetrics

from careervp_jobs_dal import Capacity, JobEvent, JobMetrics, JobsRepository, JobStatus, JobWorker, ResultCode
from careervp_jobs_dal.metrics import measure
from tests.conftest import CANARY, Clock

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
    nothing: dict[str, Any] = {"job_id": "vpr-1", "status": None, "attempt": None, "created": None, "cancelled": False}
    nothing |= {"queue_wait": None, "run_time": None, "seconds": 0.01, "requests": 1, "capacity": None}
    return JobEvent(**{"code": ResultCode.SUCCESS, "table_name": "jobs", **nothing, **facts})


SUCCESSES = [
    ({"verb": "submit", "created": True}, ["JobsCreated"]),
    ({"verb": "submit", "created": False}, ["JobsDeduplicated"]),
    ({"verb": "create", "created": True}, ["JobsCreated"]),
    ({"verb": "claim", "status": JobStatus.PROCESSING}, ["JobsClaimed"]),
    ({"verb": "complete", "status": JobStatus.COMPLETED}, ["JobsCompleted"]),
    ({"verb": "fail", "status": JobStatus.FAILED}, ["JobsFailed"]),
    ({"verb": "fail", "status": JobStatus.FAILED, "cancelled": True}, ["JobsCancelled"]),
    ({"verb": "fail", "status": JobStatus.PENDING}, ["JobsPutBack"]),
    ({"verb": "cancel", "status": JobStatus.FAILED, "cancelled": True}, ["JobsCancelled"]),
    ({"verb": "cancel", "status": JobStatus.PROCESSING}, []),
    ({"verb": "renew", "status": JobStatus.PROCESSING}, []),
    ({"verb": "find", "status": JobStatus.COMPLETED}, []),
]


@pytest.mark.parametrize(("facts", "names"), SUCCESSES)
def test_a_success_counts_as_what_became_of_the_job(facts: dict[str, Any], names: list[str]) -> None:
    assert list(measure(event(**facts))) == [(name, "Count", 1) for name in names]


@pytest.mark.parametrize("code", [code for code in ResultCode if code is not ResultCode.SUCCESS])
def test_whatever_else_counts_under_its_code(code: ResultCode) -> None:
    names = [name for name, _, _ in measure(event(verb="claim", code=code))]

    assert names == ([code.value, "JobsFailed"] if code is ResultCode.ATTEMPTS_EXHAUSTED else [code.value])


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
