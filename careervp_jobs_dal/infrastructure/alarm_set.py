"""The alarms of a service: one entry for each condition that somebody should hear of."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from careervp_jobs_dal.infrastructure.alarm import Alarm, AlarmMetric, Comparison, Missing, Urgency
from careervp_jobs_dal.infrastructure.emission import Emission
from careervp_jobs_dal.infrastructure.permission import METHODS, needed
from careervp_jobs_dal.job.metric import JobMetric
from careervp_jobs_dal.result import ResultCode

if TYPE_CHECKING:
    from collections.abc import Iterator

    from careervp_jobs_dal.infrastructure.monitoring import Monitoring

_FEW_FAILURES = 5
_FEW_THROTTLES = 10
_NEAR_THE_TIME_OUT = 0.9
_RARE = timedelta(minutes=15)
_PERIODS_OF_A_SWEEP = 3


class AlarmSet:
    """Alarms for the named parts of a service.

    A part without a name has none.
    """

    def __init__(self, monitoring: Monitoring) -> None:
        self._monitoring = monitoring
        self._emission = Emission(monitoring)

    def __iter__(self) -> Iterator[Alarm]:
        """Yield the alarms, those that page first."""
        alarms = [
            *self._queues(),
            *self._waits(),
            *self._failures(),
            *self._codes(),
            *self._table(),
            *self._functions(),
            *self._sweeper(),
        ]
        yield from sorted(alarms, key=lambda alarm: alarm.urgency)

    def _queues(self) -> Iterator[Alarm]:
        watched, emission = self._monitoring, self._emission
        if letters := watched.dead_letter_queue_name:
            # A handler may take a dead letter away before its depth is measured.
            yield self._alarm(
                "dead-letters",
                "Messages were given up: the queue of dead letters has some, or had until they were taken.",
                emission.queue(letters, "ApproximateNumberOfMessagesVisible"),
                emission.queue(letters, "NumberOfMessagesReceived", "Sum"),
                points=(1, 1),
                urgency="page",
            )
        if watched.queue_name:
            # The age of a message counts on while a worker has it.
            limit = max(2 * watched.promised_wait, watched.promised_wait + (watched.worker_timeout or timedelta()))
            yield self._alarm(
                "oldest-message",
                f"The oldest message is older than {_seconds(limit)} s: the workers may be down.",
                emission.queue(watched.queue_name, "ApproximateAgeOfOldestMessage"),
                threshold=_seconds(limit),
                urgency="page",
            )

    def _waits(self) -> Iterator[Alarm]:
        promised = _seconds(self._monitoring.promised_wait)
        yield self._alarm(
            "waiting",
            f"One job in twenty waits longer than the promised {promised} s.",
            self._emission.jobs(JobMetric.QUEUE_WAIT, "p95"),
            threshold=promised,
            urgency="page",
        )

    def _failures(self) -> Iterator[Alarm]:
        failed, completed = map(self._emission.jobs, (JobMetric.FAILED, JobMetric.COMPLETED))
        percent = round(100 * self._monitoring.failure_rate, 6)
        yield self._alarm(
            "failures",
            f"In 15 minutes at least {_FEW_FAILURES} jobs failed, more than {percent:g} % of those that ended.",
            *(failed, completed),
            # CloudWatch takes a missing value as 0.
            expression=f"IF({failed.id} >= {_FEW_FAILURES}, 100 * {failed.id} / ({failed.id} + {completed.id}), 0)",
            threshold=percent,
            period=_RARE,
            points=(1, 1),
            urgency="page",
        )

    def _codes(self) -> Iterator[Alarm]:
        jobs = self._emission.jobs
        yield self._alarm(
            "leases",
            "In 15 minutes a worker lost its lease, or a job its last attempt.",
            *map(jobs, (ResultCode.LEASE_LOST, ResultCode.ATTEMPTS_EXHAUSTED)),
            period=_RARE,
            points=(1, 1),
        )
        yield self._alarm(
            "set-up",
            "Calls fail for a reason that does not go away: a permission, a setting or a damaged record.",
            *map(jobs, (ResultCode.ACCESS_DENIED, ResultCode.CONFIG_ERROR, ResultCode.CORRUPT_RECORD)),
            points=(1, 1),
        )

        yield self._alarm(
            "table-refusals",
            "Calls failed after their retries, because the table was throttled or could not be reached.",
            *map(jobs, (ResultCode.THROTTLED, ResultCode.UNAVAILABLE)),
        )

    def _table(self) -> Iterator[Alarm]:
        emission = self._emission
        for index in (None, *(index.name for index in self._monitoring.indexes())):
            yield self._alarm(
                f"throttles-{index}" if index else "throttles",
                f"DynamoDB throttled {f'the index {index}' if index else 'the table'} more than "
                f"{_FEW_THROTTLES} times a minute.",
                *(emission.table(name, index) for name in ("ReadThrottleEvents", "WriteThrottleEvents")),
                threshold=_FEW_THROTTLES,
                part="throttles",
            )
        yield self._alarm(
            "system-errors",
            "DynamoDB failed by itself, with HTTP status 500.",
            *(emission.operation("SystemErrors", operation) for operation in _operations()),
        )

    def _functions(self) -> Iterator[Alarm]:
        watched = self._monitoring
        for role, name in (("worker", watched.worker_name), ("submit", watched.submit_name)):
            if name:
                yield from self._function(role, name)
        if watched.worker_name and watched.worker_timeout:
            limit = _NEAR_THE_TIME_OUT * _seconds(watched.worker_timeout)
            yield self._alarm(
                "worker-duration",
                f"An invocation of the worker took more than {limit:g} s, close to its time-out.",
                self._emission.function(watched.worker_name, "Duration", "Maximum"),
                threshold=1000 * limit,
                period=_RARE,
                points=(1, 1),
            )

    def _function(self, role: str, name: str) -> Iterator[Alarm]:
        yield self._alarm(
            f"{role}-errors",
            f"In 15 minutes the {role} function raised an exception, or reached its time-out.",
            self._emission.function(name, "Errors"),
            period=_RARE,
            points=(1, 1),
        )
        yield self._alarm(
            f"{role}-throttles",
            f"Lambda refused to start the {role} function: the concurrency is used up.",
            self._emission.function(name, "Throttles"),
        )

    def _sweeper(self) -> Iterator[Alarm]:
        watched, every, periods = self._monitoring, self._monitoring.sweep_every, _PERIODS_OF_A_SWEEP
        if not watched.sweeper_name:
            return
        yield self._alarm(
            "sweeper-silent",
            f"The sweeper did not run in the time of {periods} sweeps.",
            self._emission.function(watched.sweeper_name, "Invocations"),
            comparison="LessThanThreshold",
            threshold=1,
            missing="breaching",
            period=every,
            points=(periods, periods),
        )
        yield self._alarm(
            "sweeper-errors",
            "The sweeper runs, but fails.",
            self._emission.function(watched.sweeper_name, "Errors"),
            period=every,
        )
        yield self._alarm(
            "overdue",
            f"{periods} sweeps in a row found overdue jobs, so what they send again does not arrive.",
            self._emission.jobs(JobMetric.OVERDUE, "Maximum"),
            period=every,
            points=(periods, periods),
        )

    def _alarm(
        self,
        key: str,
        meaning: str,
        *metrics: AlarmMetric,
        expression: str | None = None,
        threshold: float = 0,
        points: tuple[int, int] = (2, 3),
        period: timedelta = timedelta(minutes=1),
        part: str = "",
        urgency: Urgency = "ticket",
        comparison: Comparison = "GreaterThanThreshold",
        missing: Missing = "notBreaching",
    ) -> Alarm:
        """Make an alarm on a sum of metrics, or on an expression of them."""
        return Alarm(
            key=key,
            name=f"{self._monitoring.name}-{key}",
            meaning=meaning,
            runbook=f"{self._monitoring.runbook}#{part or key}",
            metrics=metrics,
            expression=expression or _sum_of(metrics),
            threshold=threshold,
            period=_seconds(period),
            evaluation_periods=points[1],
            datapoints_to_alarm=points[0],
            # The composite alarm speaks for those that page.
            topic_arn=self._monitoring.ticket_topic_arn if urgency == "ticket" else None,
            urgency=urgency,
            comparison=comparison,
            missing=missing,
        )


def _sum_of(metrics: tuple[AlarmMetric, ...]) -> str | None:
    """Return the expression of the metrics' sum; one metric needs none."""
    return " + ".join(metric.id for metric in metrics) if len(metrics) > 1 else None


def _operations() -> list[str]:
    """Return the operations that a running service sends."""
    return sorted({permission.action for role in METHODS for permission in needed(role)} - _OF_OPERATORS_ONLY)


# CloudWatch knows system errors of the data's operations only.
_OF_OPERATORS_ONLY = frozenset({"DescribeTable", "DescribeTimeToLive", "DescribeContinuousBackups"})


def _seconds(span: timedelta) -> int:
    return span // timedelta(seconds=1)
