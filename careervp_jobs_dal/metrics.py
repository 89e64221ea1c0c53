"""A repository's events as CloudWatch metrics, in powertools' embedded metric format. Nothing is sent.

The metrics have two dimensions, service and table. CloudWatch bills every combination of dimensions as one metric, so
an id as a dimension would cost one metric for each job.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from careervp_jobs_dal.aws.fork import ForkSafeLock
from careervp_jobs_dal.job.line import printable
from careervp_jobs_dal.job.status import JobStatus
from careervp_jobs_dal.job.verb import Verb
from careervp_jobs_dal.result import ResultCode

if TYPE_CHECKING:
    from collections.abc import Iterator

    from aws_lambda_powertools.metrics import EphemeralMetrics, Metrics

    from careervp_jobs_dal.job.event import Capacity, JobEvent

Measurement: TypeAlias = tuple[str, str, float]
"""A metric's name, its unit and a value."""

# powertools adds a value in several steps. All its `Metrics` share their content, so there is one lock for all.
_lock = ForkSafeLock()


class JobMetrics:
    """Hook for `on_event` that counts jobs and measures their waits and runs.

    It counts jobs that were created, claimed, given back and ended, and calls that were refused. powertools writes the
    metrics to the log when it flushes them; its `log_metrics` decorator does so at the end of an invocation. Threads
    may share a `JobMetrics`, and no event is lost. powertools itself does not lock: values that other code adds to the
    same `Metrics`, or a flush, should come from one thread at a time.

    Args:
        metrics: powertools' `Metrics`, or an `EphemeralMetrics` without other metrics; without it a `Metrics()`, which
            shares its content with all others of the process. The dimension `table` is added to it, so repositories of
            two tables need two.

    >>> from careervp_jobs_dal import JobsRepository
    >>> from aws_lambda_powertools.metrics import EphemeralMetrics
    >>> metrics = EphemeralMetrics(namespace="CareerVP", service="vpr")
    >>> counted = JobsRepository(repository.table_name, on_event=JobMetrics(metrics))
    >>> counted.submit_job("application-7", {"role": "CTO"}).success
    True
    >>> list(metrics.metric_set)
    ['JobsCreated']
    """

    def __init__(self, metrics: Metrics | EphemeralMetrics | None = None) -> None:
        self._metrics = metrics

    def __call__(self, event: JobEvent) -> None:
        """Count one event."""
        measurements = list(measure(event))
        if not measurements:
            return
        with _lock:
            metrics = self._made()
            # A flush of powertools clears the dimensions, so each event adds its own.
            metrics.add_dimension(name="table", value=printable(event.table_name))
            for name, unit, value in measurements:
                metrics.add_metric(name=name, unit=unit, value=value)

    def _made(self) -> Metrics | EphemeralMetrics:
        if self._metrics is None:
            from aws_lambda_powertools import Metrics

            self._metrics = Metrics()
        return self._metrics


def measure(event: JobEvent) -> Iterator[Measurement]:
    """Yield the measurements of an event: its outcome, its durations and its capacity."""
    yield from ((name, "Count", 1) for name in _outcomes(event))
    for name, duration in (("QueueWait", event.queue_wait), ("RunTime", event.run_time)):
        if duration is not None:
            yield name, "Seconds", duration.total_seconds()
    if event.capacity is not None:
        yield from ((name, "Count", units) for name, units in _units(event.capacity) if units)


def _units(capacity: Capacity) -> Iterator[tuple[str, float]]:
    yield "TableReadUnits", capacity.table_read
    yield "TableWriteUnits", capacity.table_write
    yield "IndexReadUnits", capacity.index_read
    yield "IndexWriteUnits", capacity.index_write


def _outcomes(event: JobEvent) -> Iterator[str]:
    """Yield the metrics that count an event: a failure's code, and the job's move.

    A failure can have both: a claim that is refused may end the job.
    """
    if event.code is not ResultCode.SUCCESS:
        yield event.code.value
    elif event.created is not None:
        yield "JobsCreated" if event.created else "JobsDeduplicated"
    elif event.verb == Verb.CLAIM:
        yield "JobsClaimed"
    if event.moved_to is JobStatus.COMPLETED:
        yield "JobsCompleted"
    elif event.moved_to is JobStatus.FAILED:
        yield "JobsCancelled" if event.cancelled else "JobsFailed"
    elif event.moved_to is JobStatus.PENDING and event.verb in _MADE_PENDING:
        yield _MADE_PENDING[event.verb]


# A claim that undoes itself is not among them: its code says why.
_MADE_PENDING: dict[str, str] = {
    Verb.FAIL: "JobsPutBack",
    Verb.RECOVER: "JobsPutBack",
    Verb.RELEASE: "JobsReleased",
    Verb.RETRY: "JobsRetried",
}
