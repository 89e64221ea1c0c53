"""The alarms of the construct are those of `Monitoring`."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any, cast

import pytest
from aws_cdk import Duration
from aws_cdk import aws_sns as sns

from careervp_jobs_dal import Monitoring
from careervp_jobs_dal.infrastructure.cdk import JobsMonitoring, JobsQueue, JobsTable
from tests.cdk.reading import new_function, new_stack, only, resources, template_of

ALARM = "AWS::CloudWatch::Alarm"
COMPOSITE = "AWS::CloudWatch::CompositeAlarm"
DASHBOARD = "AWS::CloudWatch::Dashboard"
SERVICE = {"namespace": "CareerVP", "service": "vpr"}
TIMEOUT = timedelta(minutes=5)
NAMED: dict[str, Any] = {
    "table_name": "TABLE",
    "queue_name": "QUEUE",
    "dead_letter_queue_name": "DEAD",
    "worker_name": "WORKER",
    "worker_timeout": TIMEOUT,
    "optional_indexes": True,
}
"""The service as the data has it, with a name for each part that the template refers to."""


def synthesised(topics: bool = False, functions: bool = True, **options: Any) -> dict[str, Any]:
    """The template of a service all of whose parts have names."""
    stack = new_stack()
    if topics:
        options |= {name: sns.Topic(stack, name) for name in ("page_topic", "ticket_topic")}
    if functions:
        options |= {name: new_function(stack, name, function_name=name) for name in ("submit", "sweeper")}
    worker = new_function(stack, "worker", function_name="worker", timeout=Duration.minutes(5))
    table = JobsTable(stack, "Jobs", table_name="jobs")
    queue = JobsQueue(stack, "Queue", queue_name="jobs", timeout=TIMEOUT)
    JobsMonitoring(stack, "Monitoring", table=table, queue=queue, worker=worker, **SERVICE, **options)
    return template_of(stack)


def described(names: dict[str, Any], **options: Any) -> list[dict[str, Any]]:
    """The alarms as the data has them, with the parts' names as the template refers to them."""
    return [replaced(alarm.request(), names) for alarm in Monitoring(**SERVICE, **NAMED, **options).alarms()]


def replaced(value: Any, names: dict[str, Any]) -> Any:
    """Write each part's reference in place of its name."""
    if isinstance(value, dict):
        return {key: replaced(each, names) for key, each in cast("dict[str, Any]", value).items()}
    if isinstance(value, list):
        return [replaced(each, names) for each in cast("list[Any]", value)]
    return names.get(value, value) if isinstance(value, str) else value


def references(template: dict[str, Any]) -> dict[str, Any]:
    """The references to the parts, by the names that `described` gives them."""
    names: dict[str, Any] = {}
    (table,) = resources(template, "AWS::DynamoDB::GlobalTable")
    names["TABLE"] = {"Ref": table}
    for name, queue in resources(template, "AWS::SQS::Queue").items():
        names["QUEUE" if "RedrivePolicy" in queue["Properties"] else "DEAD"] = {"Fn::GetAtt": [name, "QueueName"]}
    for name, function in resources(template, "AWS::Lambda::Function").items():
        names[function["Properties"]["FunctionName"].upper()] = {"Ref": name}
    return names


def by_description(alarms: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Alarms without their names, by their descriptions."""
    return {each["AlarmDescription"]: {k: v for k, v in each.items() if k != "AlarmName"} for each in alarms}


@pytest.mark.parametrize("functions", [True, False])
def test_the_alarms_are_those_of_the_data(functions: bool) -> None:
    template = synthesised(functions=functions)
    made = [each["Properties"] for each in resources(template, ALARM).values()]

    more = {"submit_name": "SUBMIT", "sweeper_name": "SWEEPER"} if functions else {}
    assert by_description(made) == by_description(described(references(template), **more))


def test_what_was_promised_is_what_the_alarms_go_by() -> None:
    promises: dict[str, Any] = {
        "promised_wait": timedelta(minutes=7),
        "failure_rate": 0.2,
        "sweep_every": timedelta(minutes=10),
        "runbook": "https://example.org/runbook",
    }
    template = synthesised(**promises)
    made = [each["Properties"] for each in resources(template, ALARM).values()]

    more = {"submit_name": "SUBMIT", "sweeper_name": "SWEEPER", **promises}
    assert by_description(made) == by_description(described(references(template), **more))


def test_an_alarm_is_named_after_the_table_or_the_prefix() -> None:
    template = synthesised()
    (table,) = resources(template, "AWS::DynamoDB::GlobalTable")
    of_table = [each["Properties"]["AlarmName"] for each in resources(template, ALARM).values()]
    of_prefix = [each["Properties"]["AlarmName"] for each in resources(synthesised(prefix="vpr"), ALARM).values()]

    assert all(name["Fn::Join"][1][0] == {"Ref": table} for name in of_table)
    assert all(name.startswith("vpr-") for name in of_prefix)
    assert len(set(of_prefix)) == len(of_prefix)


def test_one_composite_alarm_pages_for_those_that_page_once_they_are_there() -> None:
    template = synthesised(prefix="vpr")
    ((_, page),) = resources(template, COMPOSITE).items()
    described_page = Monitoring(**SERVICE, **NAMED, prefix="vpr").page()

    assert page["Properties"] == described_page.request()
    depended = {template["Resources"][each]["Properties"]["AlarmName"] for each in page["DependsOn"]}
    assert depended == {alarm.name for alarm in described_page.alarms}


def test_a_page_goes_to_one_topic_and_a_ticket_to_the_other() -> None:
    template = synthesised(topics=True)
    page, ticket = sorted(resources(template, "AWS::SNS::Topic"))
    paging = json.dumps(only(template, COMPOSITE)["AlarmRule"])

    assert page.startswith("page")
    assert only(template, COMPOSITE)["AlarmActions"] == [{"Ref": page}]
    told = {}
    for alarm in resources(template, ALARM).values():
        key = alarm["Properties"]["AlarmName"]["Fn::Join"][1][1]
        told[key] = alarm["Properties"].get("AlarmActions")
        assert told[key] == (None if f"{key}\\" in paging else [{"Ref": ticket}])
    assert None in told.values()


def test_without_topics_nobody_is_told() -> None:
    template = synthesised()

    assert "AlarmActions" not in only(template, COMPOSITE)
    assert all("AlarmActions" not in each["Properties"] for each in resources(template, ALARM).values())


def test_the_dashboard_is_that_of_the_data() -> None:
    template = synthesised(functions=False, prefix="vpr")
    made = only(template, DASHBOARD)
    names = references(template)
    body = made["DashboardBody"]["Fn::Join"][1]

    watched = Monitoring(**SERVICE, **NAMED, prefix="vpr")
    named = {json.dumps(reference, sort_keys=True): name for name, reference in names.items()}
    text = "".join(part if isinstance(part, str) else named[json.dumps(part, sort_keys=True)] for part in body)
    assert text == watched.dashboard("eu-west-1")
    assert made["DashboardName"] == "vpr"


def test_a_number_that_cannot_be_right_is_refused() -> None:
    with pytest.raises(ValueError, match="failure_rate must be above 0 and below 1"):
        synthesised(failure_rate=5)
