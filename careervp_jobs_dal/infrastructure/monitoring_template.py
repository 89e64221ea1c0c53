"""The CloudFormation template of a service's alarms and dashboard."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from careervp_jobs_dal.infrastructure.dashboard import dashboard_body
from careervp_jobs_dal.job.invalid_input import InvalidInputError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from careervp_jobs_dal.infrastructure.monitoring import Monitoring

_VARIABLE = re.compile(r"\$\{([^{}]+)\}")


def monitoring_template(monitoring: Monitoring, alarms: bool, dashboard: bool) -> str:
    """Make the template; each variable in a name is a parameter.

    Raises:
        InvalidInputError: a variable is none of CloudFormation, or nothing is wanted.
    """
    resources = dict(_alarms(monitoring)) if alarms else {}
    if dashboard:
        body = json.dumps(dashboard_body(monitoring, "${AWS::Region}"))
        properties = {"DashboardName": dashboard_name(monitoring), "DashboardBody": body}
        resources["Dashboard"] = {"Type": "AWS::CloudWatch::Dashboard", "Properties": properties}
    if not resources:
        raise InvalidInputError("Choose the alarms, the dashboard or both")
    parameters = {name: {"Type": "String"} for name in _variables(json.dumps(resources))}
    return json.dumps(
        {
            "AWSTemplateFormatVersion": "2010-09-09",
            **({"Parameters": parameters} if parameters else {}),
            "Resources": _substituted(resources),
        },
        indent=1,  # CloudFormation takes a text of 51,200 bytes at most
    )


def dashboard_name(monitoring: Monitoring) -> str:
    """Return the dashboard's name: that of the service, with a hyphen for each dot.

    >>> from careervp_jobs_dal import Monitoring
    >>> dashboard_name(Monitoring(namespace="CareerVP", service="vpr", table_name="jobs.${var.stage}"))
    'jobs-${var.stage}'
    """
    # A dot within a variable is Terraform's.
    return re.sub(r"\.(?![^${}]*\})", "-", monitoring.name)


def _alarms(monitoring: Monitoring) -> Iterator[tuple[str, dict[str, Any]]]:
    for alarm in monitoring.alarms():
        yield _logical_id(alarm.key), {"Type": "AWS::CloudWatch::Alarm", "Properties": alarm.request()}
    page = monitoring.page()
    yield (
        "PageAlarm",
        {
            "Type": "AWS::CloudWatch::CompositeAlarm",
            # The rule has their names, and not their references.
            "DependsOn": [_logical_id(alarm.key) for alarm in page.alarms],
            "Properties": page.request(),
        },
    )


def _logical_id(key: str) -> str:
    return "".join(part.capitalize() for part in re.split(r"[^A-Za-z0-9]+", key)) + "Alarm"


def _variables(text: str) -> list[str]:
    names = {name for name in _VARIABLE.findall(text) if not name.startswith("AWS::")}
    if any(not re.fullmatch(r"[A-Za-z0-9]+", name) for name in names):
        raise InvalidInputError("A variable of CloudFormation has letters and digits only, like ${Stage}")
    return sorted(names)


def _substituted(value: Any) -> Any:
    """Let CloudFormation fill in the variables of every text."""
    if isinstance(value, dict):
        return {name: _substituted(each) for name, each in value.items()}
    if isinstance(value, list):
        return [_substituted(each) for each in value]
    return {"Fn::Sub": value} if isinstance(value, str) and "${" in value else value
