"""A service that runs real jobs, and all that it and AWS emit meanwhile."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from aws_lambda_powertools.metrics import EphemeralMetrics

from careervp_jobs_dal import Claim, JobMetrics, JobsOperator, JobsRepository, Monitoring, create_table
from tests.conftest import Clock
from tests.faults import Faults
from tests.monitoring.evaluation import Recording

LEASE = timedelta(minutes=5)
MINUTE = timedelta(minutes=1)
NAMESPACE, SERVICE = "CareerVP", "vpr"
QUEUE, DEAD_LETTERS = "jobs", "jobs-dead"
WORKER, SUBMIT, SWEEPER = "vpr-worker", "vpr-submit", "vpr-sweeper"


class Service:
    """Jobs, workers and sweeps by a clock; each metric is recorded when it is flushed."""

    def __init__(self, table_name: str, clock: Clock, faults: Faults) -> None:
        self.table_name, self.clock, self.faults = table_name, clock, faults
        self.recording = Recording()
        self._metrics = EphemeralMetrics(namespace=NAMESPACE, service=SERVICE)
        self.counted = JobMetrics(self._metrics)
        self.jobs = JobsRepository(table_name, clock=clock, on_event=self.counted)
        self.operator = JobsOperator(self.jobs)
        self._keys = 0

    @property
    def now(self) -> datetime:
        return self.clock()

    def monitoring(self, **more: Any) -> Monitoring:
        named: dict[str, Any] = {
            "namespace": NAMESPACE,
            "service": SERVICE,
            "table_name": self.table_name,
            "queue_name": QUEUE,
            "dead_letter_queue_name": DEAD_LETTERS,
            "worker_name": WORKER,
            "worker_timeout": timedelta(minutes=5),
            "submit_name": SUBMIT,
            "sweeper_name": SWEEPER,
            "optional_indexes": True,
        }
        return Monitoring(**named | more)

    def firing(self) -> set[str]:
        """The keys of the alarms that are on."""
        return {alarm.key for alarm in self.monitoring().alarms() if self.recording.fires(alarm, self.now)}

    def pass_time(self, span: timedelta = MINUTE) -> None:
        """Write down what was counted, and let time pass."""
        self.flush()
        self.clock.advance(span)

    def flush(self) -> None:
        """What powertools writes at an invocation's end, as CloudWatch reads it."""
        if not self._metrics.metric_set:
            return
        written: Any = self._metrics.serialize_metric_set()
        self._metrics.clear_metrics()
        for directive in written["_aws"]["CloudWatchMetrics"]:
            for names in directive["Dimensions"]:
                dimensions = {name: written[name] for name in names}
                for metric in directive["Metrics"]:
                    for value in written[metric["Name"]]:
                        self.recording.add(self.now, directive["Namespace"], metric["Name"], dimensions, value)

    # What AWS emits; its names and dimensions are those of its documentation.

    def queue(self, name: str, value: float, queue: str = QUEUE) -> None:
        self.recording.add(self.now, "AWS/SQS", name, {"QueueName": queue}, value)

    def function(self, function: str, name: str, value: float) -> None:
        self.recording.add(self.now, "AWS/Lambda", name, {"FunctionName": function}, value)

    def table(self, name: str, value: float, **more: str) -> None:
        self.recording.add(self.now, "AWS/DynamoDB", name, {"TableName": self.table_name, **more}, value)

    # What the service does.

    def submitted(self) -> str:
        self._keys += 1
        return self.jobs.submit_job(f"key-{self._keys}", {}).unwrap().job_id

    def claimed(self) -> Claim:
        return self.jobs.claim_job(self.submitted(), lease=LEASE).unwrap()

    def complete(self) -> None:
        self.jobs.complete_job(self.claimed()).unwrap()

    def fail(self) -> None:
        self.jobs.fail_job(self.claimed(), "no").unwrap()

    def an_ordinary_minute(self) -> None:
        """Work without trouble that is worth a word: some throttles, one failed job now and then."""
        self.complete()
        self.queue("ApproximateNumberOfMessagesVisible", 2)
        self.queue("ApproximateNumberOfMessagesVisible", 0, DEAD_LETTERS)
        self.queue("NumberOfMessagesReceived", 0, DEAD_LETTERS)
        self.queue("ApproximateAgeOfOldestMessage", 45)
        for function in (WORKER, SUBMIT):
            for name, value in (("Invocations", 3), ("Errors", 0), ("Throttles", 0), ("Duration", 45_000)):
                self.function(function, name, value)
        self.table("WriteThrottleEvents", 3)
        if self.now.minute % 5 == 0:
            self.function(SWEEPER, "Invocations", 1)
            self.function(SWEEPER, "Errors", 0)
            self.counted.gauge_overdue(self.table_name, 0)
            self.fail()
        self.flush()


@pytest.fixture
def service(clock: Clock, faults: Faults) -> Service:
    """A service with all indexes."""
    return Service(create_table(f"watched-{uuid4().hex}", optional_indexes=True).unwrap(), clock, faults)
