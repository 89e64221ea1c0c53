"""The dashboard of a service: a row of graphs for each question that an engineer on call asks."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

from careervp_jobs_dal.infrastructure.emission import Emission
from careervp_jobs_dal.job.metric import JobMetric
from careervp_jobs_dal.result import ResultCode

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from careervp_jobs_dal.infrastructure.alarm import AlarmMetric
    from careervp_jobs_dal.infrastructure.monitoring import Monitoring

_COLUMNS = 24
_HEADING_HEIGHT = 2
_GRAPH_HEIGHT = 6
_CODES = (
    *(ResultCode.LEASE_LOST, ResultCode.ATTEMPTS_EXHAUSTED, ResultCode.THROTTLED, ResultCode.UNAVAILABLE),
    *(ResultCode.ACCESS_DENIED, ResultCode.CONFIG_ERROR, ResultCode.CORRUPT_RECORD, ResultCode.DYNAMODB_ERROR),
)


class _Graph(NamedTuple):
    """Graph of metrics by their labels, with an optional line for comparison."""

    title: str
    metrics: dict[str, AlarmMetric]
    line: tuple[str, float] | None = None
    expression: str | None = None
    stacked: bool = False


class _Row(NamedTuple):
    """Row of graphs, with the parts of the runbook that explain them."""

    title: str
    parts: tuple[str, ...]
    graphs: tuple[_Graph, ...]


def dashboard_body(monitoring: Monitoring, region: str | None = None) -> dict[str, Any]:
    """Return the body of the dashboard."""
    widgets: list[dict[str, Any]] = []
    for row in _rows(monitoring):
        top = sum(widget["height"] for widget in widgets if widget["x"] == 0)
        links = " · ".join(f"[{part}]({monitoring.runbook}#{part})" for part in row.parts)
        text = {"markdown": f"## {row.title}\n{links}"}
        widgets.append(_widget("text", 0, top, _COLUMNS, _HEADING_HEIGHT, text))
        width = _COLUMNS // len(row.graphs)
        for number, graph in enumerate(row.graphs):
            place = (number * width, top + _HEADING_HEIGHT, width, _GRAPH_HEIGHT)
            widgets.append(_widget("metric", *place, _properties(graph, region)))
    return {"widgets": widgets}


def _rows(monitoring: Monitoring) -> Iterator[_Row]:
    emission = Emission(monitoring)
    yield _outcome(monitoring, emission)
    yield _time(monitoring, emission)
    yield from _queue(monitoring, emission)
    yield from _worker(monitoring, emission)
    yield _table(monitoring, emission)


def _outcome(monitoring: Monitoring, emission: Emission) -> _Row:
    named = {
        "created": JobMetric.CREATED,
        "completed": JobMetric.COMPLETED,
        "failed": JobMetric.FAILED,
        "deduplicated": JobMetric.DEDUPLICATED,
    }
    jobs = {label: emission.jobs(name) for label, name in named.items()}
    failed, completed = jobs["failed"], jobs["completed"]
    rate = _Graph(
        "Failed, % of those that ended",
        {"failed": failed, "completed": completed},
        ("a page", round(100 * monitoring.failure_rate, 6)),
        f"100 * {failed.id} / ({failed.id} + {completed.id})",
    )
    return _Row("Outcome", ("failures",), (_Graph("Jobs", jobs), rate))


def _time(monitoring: Monitoring, emission: Emission) -> _Row:
    def percentiles(name: JobMetric) -> dict[str, AlarmMetric]:
        return {statistic: emission.jobs(name, statistic) for statistic in ("p50", "p95")}

    promised = ("promised", monitoring.promised_wait / timedelta(seconds=1))
    waits = _Graph("Wait for a worker, s", percentiles(JobMetric.QUEUE_WAIT), promised)
    return _Row("Time", ("waiting", "worker-duration"), (waits, _Graph("Run, s", percentiles(JobMetric.RUN_TIME))))


def _queue(monitoring: Monitoring, emission: Emission) -> Iterator[_Row]:
    graphs = []
    if queue := monitoring.queue_name:
        depth = {
            "visible": emission.queue(queue, "ApproximateNumberOfMessagesVisible"),
            "in flight": emission.queue(queue, "ApproximateNumberOfMessagesNotVisible"),
        }
        age = {"oldest": emission.queue(queue, "ApproximateAgeOfOldestMessage")}
        graphs += [_Graph("Messages", depth), _Graph("Age of the oldest message, s", age)]
    if letters := monitoring.dead_letter_queue_name:
        named = {"visible": emission.queue(letters, "ApproximateNumberOfMessagesVisible")}
        named["taken"] = emission.queue(letters, "NumberOfMessagesReceived", "Sum")
        graphs.append(_Graph("Dead letters", named))
    if graphs:
        yield _Row("Queue", ("oldest-message", "dead-letters"), tuple(graphs))


def _worker(monitoring: Monitoring, emission: Emission) -> Iterator[_Row]:
    if not (worker := monitoring.worker_name):
        return
    timeout = monitoring.worker_timeout
    calls = {"invocations": "Invocations", "errors": "Errors", "throttles": "Throttles"}
    yield _Row(
        "Worker",
        ("worker-errors", "worker-throttles", "worker-duration"),
        (
            _Graph("Invocations", {label: emission.function(worker, name) for label, name in calls.items()}),
            _Graph("Concurrency", {"at once": emission.function(worker, "ConcurrentExecutions", "Maximum")}),
            _Graph(
                "Duration, ms",
                {statistic: emission.function(worker, "Duration", statistic) for statistic in ("p95", "Maximum")},
                ("time-out", timeout / timedelta(milliseconds=1)) if timeout else None,
            ),
        ),
    )


def _table(monitoring: Monitoring, emission: Emission) -> _Row:
    places = {"table": None} | {index.name: index.name for index in monitoring.indexes()}
    kinds = ("Read", "Write")
    consumed = {kind.lower(): emission.table(f"Consumed{kind}CapacityUnits") for kind in kinds}
    throttled = {
        f"{label}, {kind.lower()}": emission.table(f"{kind}ThrottleEvents", index)
        for label, index in places.items()
        for kind in kinds
    }
    codes = _Graph("Codes of failed calls", {code.value: emission.jobs(code) for code in _CODES}, stacked=True)
    graphs = (_Graph("Consumed units", consumed), _Graph("Throttled, by index", throttled), codes)
    return _Row("Table", ("throttles", "table-refusals", "system-errors", "set-up", "leases"), graphs)


def _widget(kind: str, x: int, y: int, width: int, height: int, properties: dict[str, Any]) -> dict[str, Any]:
    return {"type": kind, "x": x, "y": y, "width": width, "height": height, "properties": properties}


def _properties(graph: _Graph, region: str | None) -> dict[str, Any]:
    properties: dict[str, Any] = {"title": graph.title, "view": "timeSeries", "stacked": graph.stacked, "period": 60}
    if region:
        properties["region"] = region
    properties["metrics"] = list(_drawn(graph))
    properties["yAxis"] = {"left": {"min": 0}}
    if graph.line:
        label, value = graph.line
        properties["annotations"] = {"horizontal": [{"label": label, "value": value}]}
    return properties


def _drawn(graph: _Graph) -> Iterable[list[Any]]:
    if graph.expression:
        yield [{"expression": graph.expression, "label": graph.title, "id": "watched"}]
    for label, metric in graph.metrics.items():
        dimensions = [part for pair in metric.dimensions.items() for part in pair]
        options: dict[str, Any] = {"label": label, "stat": metric.statistic}
        if graph.expression:
            options |= {"id": metric.id, "visible": False}
        yield [metric.namespace, metric.name, *dimensions, options]
