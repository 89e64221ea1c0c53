"""The Terraform configuration of a service's alarms and dashboard."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from careervp_jobs_dal.infrastructure.dashboard import dashboard_body
from careervp_jobs_dal.infrastructure.hcl import Block, Expression, written
from careervp_jobs_dal.infrastructure.monitoring_template import dashboard_name
from careervp_jobs_dal.job.invalid_input import InvalidInputError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from careervp_jobs_dal.infrastructure.alarm import Alarm, AlarmMetric, CompositeAlarm
    from careervp_jobs_dal.infrastructure.monitoring import Monitoring

_ALARM = "aws_cloudwatch_metric_alarm"


def monitoring_configuration(monitoring: Monitoring, alarms: bool, dashboard: bool) -> str:
    """Make the configuration.

    Raises:
        InvalidInputError: nothing is wanted.
    """
    blocks = [*(_alarms(monitoring) if alarms else ()), *(_dashboard(monitoring) if dashboard else ())]
    if not blocks:
        raise InvalidInputError("Choose the alarms, the dashboard or both")
    return written(blocks)


def _alarms(monitoring: Monitoring) -> Iterator[tuple[str, Block]]:
    for alarm in monitoring.alarms():
        yield f'resource "{_ALARM}" "{_label(alarm)}"', _alarm(alarm)
    yield 'resource "aws_cloudwatch_composite_alarm" "page"', _composite(monitoring.page())


def _alarm(alarm: Alarm) -> Block:
    body = Block(
        [
            ("alarm_name", alarm.name),
            ("alarm_description", alarm.description),
            ("comparison_operator", alarm.comparison),
            ("evaluation_periods", alarm.evaluation_periods),
            ("datapoints_to_alarm", alarm.datapoints_to_alarm),
            ("threshold", alarm.threshold),
            ("treat_missing_data", alarm.missing),
            *_actions(alarm.topic_arn),
        ]
    )
    if alarm.expression is None:
        (metric,) = alarm.metrics
        name = "extended_statistic" if metric.statistic.startswith("p") else "statistic"
        body += [*_identity(metric), ("period", alarm.period), (name, metric.statistic)]
        return body
    expression = [("id", "watched"), ("expression", alarm.expression), ("return_data", True)]
    body.append(("metric_query", Block(expression)))
    for metric in alarm.metrics:
        watched = Block([*_identity(metric), ("period", alarm.period), ("stat", metric.statistic)])
        body.append(("metric_query", Block([("id", metric.id), ("metric", watched)])))
    return body


def _composite(page: CompositeAlarm) -> Block:
    request = page.request()
    return Block(
        [
            ("alarm_name", request["AlarmName"]),
            ("alarm_description", request["AlarmDescription"]),
            ("alarm_rule", request["AlarmRule"]),
            *_actions(page.topic_arn),
            # The rule has their names, and not their references.
            ("depends_on", [Expression(f"{_ALARM}.{_label(alarm)}") for alarm in page.alarms]),
        ]
    )


def _dashboard(monitoring: Monitoring) -> Iterator[tuple[str, Block]]:
    yield 'data "aws_region" "watched"', Block()
    # The identifier of the data source is the Region's name in each version of the provider.
    body = json.dumps(dashboard_body(monitoring, "${data.aws_region.watched.id}"), indent=2).replace("\n", "\n  ")
    dashboard = [("dashboard_name", dashboard_name(monitoring)), ("dashboard_body", Expression(f"jsonencode({body})"))]
    yield 'resource "aws_cloudwatch_dashboard" "jobs"', Block(dashboard)


def _identity(metric: AlarmMetric) -> list[tuple[str, object]]:
    return [("namespace", metric.namespace), ("metric_name", metric.name), ("dimensions", dict(metric.dimensions))]


def _actions(topic_arn: str | None) -> list[tuple[str, object]]:
    return [("alarm_actions", [topic_arn]), ("ok_actions", [topic_arn])] if topic_arn else []


def _label(alarm: Alarm) -> str:
    return re.sub(r"[^A-Za-z0-9]+", "_", alarm.key)
