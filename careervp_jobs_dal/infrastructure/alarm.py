"""An alarm as plain data, which templates, constructs and the AWS command line are made from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

Urgency = Literal["page", "ticket"]
Comparison = Literal["GreaterThanThreshold", "LessThanThreshold"]
Missing = Literal["notBreaching", "breaching"]


@dataclass(frozen=True, slots=True)
class AlarmMetric:
    """Metric of CloudWatch, as an alarm names it.

    Every dimension counts: with one less it is another metric, on which an alarm never fires.

    Attributes:
        id: the metric's name in an expression.
        namespace: the namespace, such as AWS/SQS.
        name: the metric's name.
        dimensions: all dimensions, by their names.
        statistic: "Sum", "Maximum", or a percentile such as "p95".
    """

    id: str
    namespace: str
    name: str
    dimensions: Mapping[str, str]
    statistic: str

    def identity(self) -> dict[str, Any]:
        """Return the parameters that identify the metric, as CloudWatch takes them.

        >>> metric = AlarmMetric("m", "AWS/SQS", "Age", {"QueueName": "jobs"}, "Maximum")
        >>> metric.identity()["Dimensions"]
        [{'Name': 'QueueName', 'Value': 'jobs'}]
        """
        dimensions = [{"Name": name, "Value": value} for name, value in self.dimensions.items()]
        return {"Namespace": self.namespace, "MetricName": self.name, "Dimensions": dimensions}


@dataclass(frozen=True, slots=True, kw_only=True)
class Alarm:
    """Alarm of CloudWatch on one metric, or on an expression of several.

    Attributes:
        key: the alarm's name within its service, such as "dead-letters".
        name: the alarm's whole name.
        urgency: "page": it is part of the composite alarm that wakes somebody. "ticket": it can wait for the morning.
        meaning: one sentence about the condition.
        runbook: the address of its part of the runbook.
        metrics: the metrics; one, unless there is an expression.
        expression: the metric math that makes one series of them, or None.
        period: the length of a data point in seconds.
        evaluation_periods: the number of data points that are looked at.
        datapoints_to_alarm: how many of them must breach the threshold.
        comparison: how a data point breaches the threshold.
        threshold: the threshold, in the metric's unit.
        missing: what a missing data point counts as.
        topic_arn: the SNS topic that hears of the alarm and of its end, or None.
    """

    key: str
    name: str
    urgency: Urgency
    meaning: str
    runbook: str
    metrics: tuple[AlarmMetric, ...]
    expression: str | None
    period: int
    evaluation_periods: int
    datapoints_to_alarm: int
    comparison: Comparison
    threshold: float
    missing: Missing
    topic_arn: str | None

    @property
    def description(self) -> str:
        """Return the meaning and the runbook's address, the text that people see on call."""
        return f"{self.meaning} {self.runbook}"

    def request(self) -> dict[str, Any]:
        """Return the parameters of PutMetricAlarm.

        >>> from careervp_jobs_dal import Monitoring
        >>> names = {"namespace": "CareerVP", "service": "vpr", "table_name": "jobs"}
        >>> watched = Monitoring(**names, queue_name="jobs")
        >>> oldest = {alarm.key: alarm for alarm in watched.alarms()}["oldest-message"]
        >>> oldest.request()["MetricName"], oldest.request()["Threshold"]
        ('ApproximateAgeOfOldestMessage', 600)
        """
        return {
            "AlarmName": self.name,
            "AlarmDescription": self.description,
            **self._watched(),
            "EvaluationPeriods": self.evaluation_periods,
            "DatapointsToAlarm": self.datapoints_to_alarm,
            "ComparisonOperator": self.comparison,
            "Threshold": self.threshold,
            "TreatMissingData": self.missing,
            **_actions(self.topic_arn),
        }

    def _watched(self) -> dict[str, Any]:
        if self.expression is None:
            (metric,) = self.metrics
            name = "ExtendedStatistic" if metric.statistic.startswith("p") else "Statistic"
            return {**metric.identity(), name: metric.statistic, "Period": self.period}
        queries: list[dict[str, Any]] = [{"Id": "watched", "Expression": self.expression, "ReturnData": True}]
        for metric in self.metrics:
            watched = {"Metric": metric.identity(), "Period": self.period, "Stat": metric.statistic}
            queries.append({"Id": metric.id, "MetricStat": watched, "ReturnData": False})
        return {"Metrics": queries}


@dataclass(frozen=True, slots=True)
class CompositeAlarm:
    """Alarm that is on while any of its alarms is on.

    Attributes:
        name: the alarm's whole name.
        runbook: the address of its part of the runbook.
        alarms: its alarms.
        topic_arn: the SNS topic that hears of the alarm and of its end, or None.
    """

    name: str
    runbook: str
    alarms: tuple[Alarm, ...]
    topic_arn: str | None

    def request(self) -> dict[str, Any]:
        """Return the parameters of PutCompositeAlarm.

        >>> from careervp_jobs_dal import Monitoring
        >>> page = Monitoring(namespace="CareerVP", service="vpr", table_name="jobs").page()
        >>> page.request()["AlarmRule"]
        'ALARM("jobs-waiting") OR ALARM("jobs-failures")'
        """
        return {
            "AlarmName": self.name,
            "AlarmDescription": f"Jobs wait, fail or are lost: one of this alarm's alarms says which. {self.runbook}",
            "AlarmRule": " OR ".join(f'ALARM("{alarm.name}")' for alarm in self.alarms),
            **_actions(self.topic_arn),
        }


def _actions(topic_arn: str | None) -> dict[str, list[str]]:
    return {"AlarmActions": [topic_arn], "OKActions": [topic_arn]} if topic_arn else {}
