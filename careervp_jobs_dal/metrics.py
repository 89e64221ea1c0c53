"""A repository's events as CloudWatch metrics, in powertools' embedded metric format. Nothing is sent.

The metrics have two dimensions, service and table. CloudWatch bills every combination of dimensions as one metric, so
an id as a dimension would cost one metric for each job.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from careervp_jobs_dal.aws.fork import ForkSafeLock
from careervp_jobs_dal.job.line import printable
from careervp_jobs_dal.job.metric import TABLE, JobMetric
from careervp_jobs_dal.job.status import JobStatus
from careervp_jobs_dal.job.verb import Verb
from careervp_jobs_dal.result import ResultCode

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

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
        self._add(event.table_name, list(measure(event)))

    def gauge_overdue(self, table_name: str, jobs: int) -> None:
        """Add how many overdue jobs a sweep found, 0 included, as the metric `JobsOverdue`.

        Args:
            table_name: the table's name, as the repository has it.
            jobs: the number of jobs.

        >>> from aws_lambda_powertools.metrics import EphemeralMetrics
        >>> metrics = EphemeralMetrics(namespace="CareerVP", service="vpr")
        >>> JobMetrics(metrics).gauge_overdue("jobs", 0)
        >>> metrics.metric_set["JobsOverdue"]["Value"], metrics.dimension_set["table"]
        ([0.0], 'jobs')
        """
        self._add(table_name, [(JobMetric.OVERDUE, "Count", jobs)])

    def _add(self, table_name: str, measurements: Sequence[Measurement]) -> None:
        if not measurements:
            return
        with _lock:
            metrics = self._made()
            # A flush of powertools clears the dimensions, so each event adds its own.
            metrics.add_dimension(name=TABLE, value=printable(table_name))
            for name, unit, value in measurements:
                metrics.add_metric(name=str(name), unit=unit, value=value)

    def _made(self) -> Metrics | EphemeralMetrics:
        if self._metrics is None:
            from aws_lambda_powertools import Metrics

            self._metrics = Metrics()
        return self._metrics


def measure(event: JobEvent) -> Iterator[Measurement]:
    """Yield the measurements of an event: its outcome, its durations and its capacity."""
    yield from ((name, "Count", 1) for name in _outcomes(event))
    for name, duration in ((JobMetric.QUEUE_WAIT, event.queue_wait), (JobMetric.RUN_TIME, event.run_time)):
        if duration is not None:
            yield name, "Seconds", duration.total_seconds()
    if event.capacity is not None:
        yield from ((name, "Count", units) for name, units in _units(event.capacity) if units)


def _units(capacity: Capacity) -> Iterator[tuple[str, float]]:
    yield JobMetric.TABLE_READ, capacity.table_read
    yield JobMetric.TABLE_WRITE, capacity.table_write
    yield JobMetric.INDEX_READ, capacity.index_read
    yield JobMetric.INDEX_WRITE, capacity.index_write


def _outcomes(event: JobEvent) -> Iterator[str]:
    """Yield the metrics that count an event: a failure's code, and the job's move.

    A failure can have both: a claim that is refused may end the job.
    """
    if event.code is not ResultCode.SUCCESS:
        yield event.code.value
    elif event.created is not None:
        yield JobMetric.CREATED if event.created else JobMetric.DEDUPLICATED
    elif event.verb == Verb.CLAIM:
        yield JobMetric.CLAIMED
    if event.moved_to is JobStatus.COMPLETED:
        yield JobMetric.COMPLETED
    elif event.moved_to is JobStatus.FAILED:
        yield JobMetric.CANCELLED if event.cancelled else JobMetric.FAILED
    elif event.moved_to is JobStatus.PENDING and event.verb in _MADE_PENDING:
        yield _MADE_PENDING[event.verb]


# A claim that undoes itself is not among them: its code says why.
_MADE_PENDING: dict[str, str] = {
    Verb.FAIL: JobMetric.PUT_BACK,
    Verb.RECOVER: JobMetric.PUT_BACK,
    Verb.RELEASE: JobMetric.RELEASED,
    Verb.RETRY: JobMetric.RETRIED,
}
