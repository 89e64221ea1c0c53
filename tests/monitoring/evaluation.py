"""What CloudWatch does with an alarm, on recorded metrics: statistics, metric math, M of N, missing data.

CloudWatch looks at a few more periods where data points are missing. Here it looks at the alarm's own periods only.
"""

from __future__ import annotations

import ast
import math
import operator
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from careervp_jobs_dal import Alarm, AlarmMetric

Identity = tuple[str, str, frozenset[tuple[str, str]]]
"""Namespace, name and all dimensions: with another dimension it is another metric."""

_ARITHMETIC: dict[type, Callable[[float, float], float]] = {
    ast.Add: operator.add,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.GtE: operator.ge,
}


class Recording:
    """The values of metrics, with the instants at which they were emitted."""

    def __init__(self) -> None:
        self._values: dict[Identity, list[tuple[datetime, float]]] = {}

    def add(self, at: datetime, namespace: str, name: str, dimensions: Mapping[str, str], value: float) -> None:
        self._values.setdefault((namespace, name, frozenset(dimensions.items())), []).append((at, value))

    @property
    def emitted(self) -> set[Identity]:
        return set(self._values)

    def fires(self, alarm: Alarm, now: datetime) -> bool:
        """Whether the alarm is on, as its parameters of PutMetricAlarm say."""
        request = alarm.request()
        points = [self._point(alarm, now - number * _period(alarm)) for number in range(request["EvaluationPeriods"])]
        breaching = [self._breaches(request, point) for point in points]
        return sum(breaching) >= int(request["DatapointsToAlarm"])

    def _breaches(self, request: Mapping[str, Any], point: float | None) -> bool:
        if point is None:
            return bool(request["TreatMissingData"] == "breaching")
        compare = {"GreaterThanThreshold": operator.gt, "LessThanThreshold": operator.lt}
        return bool(compare[request["ComparisonOperator"]](point, request["Threshold"]))

    def _point(self, alarm: Alarm, end: datetime) -> float | None:
        values = {metric.id: self._statistic(metric, end - _period(alarm), end) for metric in alarm.metrics}
        if alarm.expression is None:
            (value,) = values.values()
            return value
        # "Missing values in a time series are treated as 0", where another series has a value.
        if set(values.values()) == {None}:
            return None
        try:
            return _calculated(ast.parse(alarm.expression, mode="eval").body, values)
        except ZeroDivisionError:
            return None

    def _statistic(self, metric: AlarmMetric, begin: datetime, end: datetime) -> float | None:
        recorded = self._values.get((metric.namespace, metric.name, frozenset(metric.dimensions.items())), [])
        values = sorted(value for at, value in recorded if begin < at <= end)
        if not values:
            return None
        if metric.statistic.startswith("p"):
            return values[math.ceil(len(values) * float(metric.statistic[1:]) / 100) - 1]
        assert metric.statistic in ("Sum", "Maximum")
        return sum(values) if metric.statistic == "Sum" else values[-1]


def _period(alarm: Alarm) -> timedelta:
    return timedelta(seconds=alarm.period)


def _calculated(node: ast.expr, values: Mapping[str, float | None]) -> float:
    match node:
        case ast.Constant(value=int() | float() as number):
            return number
        case ast.Name(id=name):
            return values[name] or 0
        case ast.BinOp(left=left, op=sign, right=right) | ast.Compare(left=left, ops=[sign], comparators=[right]):
            return _ARITHMETIC[type(sign)](_calculated(left, values), _calculated(right, values))
        case ast.Call(func=ast.Name(id="IF"), args=[condition, then, otherwise]):
            return _calculated(then if _calculated(condition, values) else otherwise, values)
    raise AssertionError(f"Not known here: {ast.dump(node)}")
