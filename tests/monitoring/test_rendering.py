"""The alarms and the dashboard as texts: valid, the same in each form, and taken by an emulator of CloudWatch."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import timedelta
from typing import Any

import boto3
import pytest
from botocore.validate import ParamValidator
from cfnlint.api import lint  # type: ignore[import-untyped]
from moto import mock_aws

from careervp_jobs_dal import Alarm, Monitoring
from tests.table.test_template import parsed

TOPIC, TICKETS = (f"arn:aws:sns:eu-west-1:123456789012:{name}" for name in ("pages", "tickets"))
LEAST: dict[str, Any] = {"namespace": "CareerVP", "service": "vpr", "table_name": "jobs"}
WHOLE: dict[str, Any] = LEAST | {
    "queue_name": "jobs",
    "dead_letter_queue_name": "jobs-dead",
    "worker_name": "vpr-worker",
    "worker_timeout": timedelta(minutes=5),
    "submit_name": "vpr-submit",
    "sweeper_name": "vpr-sweeper",
    "optional_indexes": True,
    "topic_arn": TOPIC,
    "ticket_topic_arn": TICKETS,
}
NAMES = ("queue_name", "worker_name", "submit_name", "sweeper_name", "table_name")
VARIABLES = WHOLE | {name: f"${{{name.replace('_', '')}}}" for name in NAMES} | {"topic_arn": "${Topic}"}
WAYS = {"least": LEAST, "whole": WHOLE, "variables": VARIABLES, "no time-out": WHOLE | {"worker_timeout": None}}
ALARM, COMPOSITE = "AWS::CloudWatch::Alarm", "AWS::CloudWatch::CompositeAlarm"


@pytest.mark.parametrize("way", WAYS)
def test_the_linter_of_cloudformation_has_no_objection(way: str) -> None:
    template = Monitoring(**WAYS[way]).cloudformation()

    assert [str(match) for match in lint(template, regions=["eu-west-1", "us-east-1"])] == []


def test_the_linter_would_object() -> None:
    template = Monitoring(**WHOLE).cloudformation().replace('"Threshold"', '"Treshold"')

    assert [match.rule.id for match in lint(template)] != []


@pytest.mark.parametrize("way", WAYS)
def test_a_template_is_short_enough_to_be_sent_as_it_is(way: str) -> None:
    assert len(Monitoring(**WAYS[way]).cloudformation().encode()) < 51_200


def test_the_alarms_of_cloudformation_are_taken_by_cloudwatch_and_are_those_of_the_data() -> None:
    watched = Monitoring(**WHOLE)
    resources = json.loads(watched.cloudformation())["Resources"].values()
    properties = [resource["Properties"] for resource in resources if resource["Type"] == ALARM]

    with mock_aws():
        cloudwatch = boto3.client("cloudwatch")
        for each in properties:
            cloudwatch.put_metric_alarm(**each)
        put = cloudwatch.describe_alarms()["MetricAlarms"]

    assert {each["AlarmName"] for each in put} == {alarm.name for alarm in watched.alarms()}
    assert properties == [alarm.request() for alarm in watched.alarms()]


def test_the_composite_alarm_is_what_cloudwatch_asks_for() -> None:
    """No emulator has composite alarms, but boto3 knows their parameters."""
    watched = Monitoring(**WHOLE)
    resources = json.loads(watched.cloudformation())["Resources"].values()
    (page,) = [resource["Properties"] for resource in resources if resource["Type"] == COMPOSITE]
    shape = boto3.client("cloudwatch").meta.service_model.operation_model("PutCompositeAlarm").input_shape

    assert ParamValidator().validate(page, shape).has_errors() is False
    assert page == watched.page().request()


def test_the_composite_alarm_is_made_after_those_that_it_names() -> None:
    resources = json.loads(Monitoring(**WHOLE).cloudformation())["Resources"]
    page = resources["PageAlarm"]

    named = [resources[logical_id]["Properties"]["AlarmName"] for logical_id in page["DependsOn"]]
    assert page["Properties"]["AlarmRule"] == " OR ".join(f'ALARM("{name}")' for name in named)
    assert named == ["jobs-dead-letters", "jobs-oldest-message", "jobs-waiting", "jobs-failures"]


def test_one_alarm_pages_and_the_others_are_tickets() -> None:
    watched = Monitoring(**WHOLE)

    assert watched.page().request()["AlarmActions"] == watched.page().request()["OKActions"] == [TOPIC]
    for alarm in watched.alarms():
        actions = alarm.request().get("AlarmActions")
        assert actions == ([TICKETS] if alarm.urgency == "ticket" else None)


def test_a_variable_is_a_parameter_wherever_it_stands() -> None:
    template = json.loads(Monitoring(**VARIABLES).cloudformation())
    resources = template["Resources"]

    assert set(template["Parameters"]) == {name.replace("_", "") for name in NAMES} | {"Topic"}
    oldest = resources["OldestMessageAlarm"]["Properties"]
    assert oldest["AlarmName"] == {"Fn::Sub": "${tablename}-oldest-message"}
    assert oldest["Dimensions"] == [{"Name": "QueueName", "Value": {"Fn::Sub": "${queuename}"}}]
    assert resources["PageAlarm"]["Properties"]["AlarmActions"] == [{"Fn::Sub": "${Topic}"}]
    assert "${AWS::Region}" in resources["Dashboard"]["Properties"]["DashboardBody"]["Fn::Sub"]


@pytest.mark.parametrize("way", ["least", "whole"])
def test_terraform_and_cloudformation_say_the_same(way: str) -> None:
    watched = Monitoring(**WAYS[way])
    written: dict[str, Any] = {}
    for resource in parsed(watched.terraform())["resource"]:
        for kind, bodies in resource.items():
            written |= {f"{kind}.{label}": body for label, body in bodies.items()}

    for alarm in watched.alarms():
        assert as_request(written[f"aws_cloudwatch_metric_alarm.{alarm.key.replace('-', '_')}"]) == alarm.request()
    page = written["aws_cloudwatch_composite_alarm.page"]
    assert page["alarm_rule"].replace('\\"', '"') == watched.page().request()["AlarmRule"]
    assert len(page["depends_on"]) == len(watched.page().alarms)
    assert written["aws_cloudwatch_dashboard.jobs"]["dashboard_name"] == "jobs"


def as_request(body: dict[str, Any]) -> dict[str, Any]:
    """What the provider asks of CloudWatch."""
    if "metric_query" in body:
        watched: dict[str, Any] = {"Metrics": [query(each) for each in body["metric_query"]]}
    else:
        statistic = "Statistic" if "statistic" in body else "ExtendedStatistic"
        watched = {**identity(body), statistic: body[camel_to_snake(statistic)], "Period": body["period"]}
    actions = {
        name: body[key] for name, key in (("AlarmActions", "alarm_actions"), ("OKActions", "ok_actions")) if key in body
    }
    return {
        "AlarmName": body["alarm_name"],
        "AlarmDescription": body["alarm_description"],
        "EvaluationPeriods": body["evaluation_periods"],
        "DatapointsToAlarm": body["datapoints_to_alarm"],
        "ComparisonOperator": body["comparison_operator"],
        "Threshold": float(body["threshold"]),
        "TreatMissingData": body["treat_missing_data"],
        **watched,
        **actions,
    }


def query(block: dict[str, Any]) -> dict[str, Any]:
    if "expression" in block:
        return {"Id": block["id"], "Expression": block["expression"], "ReturnData": block["return_data"]}
    (metric,) = block["metric"]
    watched = {"Metric": identity(metric), "Period": metric["period"], "Stat": metric["stat"]}
    return {"Id": block["id"], "MetricStat": watched, "ReturnData": False}


def identity(body: dict[str, Any]) -> dict[str, Any]:
    dimensions = [{"Name": name, "Value": value} for name, value in body["dimensions"].items()]
    return {"Namespace": body["namespace"], "MetricName": body["metric_name"], "Dimensions": dimensions}


def camel_to_snake(name: str) -> str:
    return {"Statistic": "statistic", "ExtendedStatistic": "extended_statistic"}[name]


def test_the_dashboard_is_taken_by_cloudwatch_and_has_five_rows_with_links() -> None:
    watched = Monitoring(**WHOLE, runbook="https://docs.example/runbook.html")
    with mock_aws():
        put = boto3.client("cloudwatch").put_dashboard(DashboardName="jobs", DashboardBody=watched.dashboard())
    widgets = json.loads(watched.dashboard("eu-west-1"))["widgets"]

    assert put.get("DashboardValidationMessages", []) == []
    headings = [each["properties"]["markdown"] for each in widgets if each["type"] == "text"]
    assert [text.split("\n")[0] for text in headings] == ["## Outcome", "## Time", "## Queue", "## Worker", "## Table"]
    assert all("](https://docs.example/runbook.html#" in text for text in headings)
    assert {each["properties"]["region"] for each in widgets if each["type"] == "metric"} == {"eu-west-1"}


@pytest.mark.parametrize("way", WAYS)
def test_no_two_widgets_of_the_dashboard_overlap_and_each_fits(way: str) -> None:
    widgets = json.loads(Monitoring(**WAYS[way]).dashboard())["widgets"]
    cells = [
        (x, y)
        for each in widgets
        for x in range(each["x"], each["x"] + each["width"])
        for y in range(each["y"], each["y"] + each["height"])
    ]

    assert len(cells) == len(set(cells))
    assert max(x for x, _ in cells) == 23


def test_the_lines_of_the_dashboard_are_the_thresholds_of_the_alarms() -> None:
    watched = Monitoring(**WHOLE)
    widgets = json.loads(watched.dashboard())["widgets"]
    lines = {
        each["properties"]["title"]: each["properties"]["annotations"]["horizontal"][0]["value"]
        for each in widgets
        if "annotations" in each["properties"]
    }

    thresholds = {alarm.key: alarm.threshold for alarm in watched.alarms()}
    assert lines["Wait for a worker, s"] == thresholds["waiting"]
    assert lines["Failed, % of those that ended"] == thresholds["failures"]
    assert lines["Duration, ms"] == 300_000


def test_a_part_without_a_name_has_no_alarm_and_no_row() -> None:
    watched = Monitoring(**LEAST)

    keys = {alarm.key for alarm in watched.alarms()}
    assert keys == {
        *("waiting", "failures", "leases", "set-up", "table-refusals", "system-errors"),
        *("throttles", "throttles-idempotency-key-index"),
    }
    assert "## Queue" not in watched.dashboard()
    assert "## Worker" not in watched.dashboard()


@pytest.mark.parametrize("name", ["queue_name", "dead_letter_queue_name"])
def test_one_of_the_queues_is_enough_for_the_row_of_queues(name: str) -> None:
    assert "## Queue" in Monitoring(**LEAST | {name: "some-queue"}).dashboard()


def test_a_part_can_be_left_out() -> None:
    watched = Monitoring(**LEAST)

    assert set(json.loads(watched.cloudformation(alarms=False))["Resources"]) == {"Dashboard"}
    assert "Dashboard" not in json.loads(watched.cloudformation(dashboard=False))["Resources"]
    assert "alarm" not in watched.terraform(alarms=False)
    assert "dashboard" not in watched.terraform(dashboard=False)


@pytest.mark.parametrize("form", ["cloudformation", "terraform"])
def test_nothing_at_all_is_no_template(form: str) -> None:
    with pytest.raises(ValueError, match="the alarms, the dashboard or both"):
        getattr(Monitoring(**LEAST), form)(alarms=False, dashboard=False)


def test_names_are_as_cloudwatch_takes_them() -> None:
    watched = Monitoring(**WHOLE | {"table_name": "jobs.eu", "prefix": "vpr"})

    assert {alarm.name for alarm in watched.alarms()} == {f"vpr-{alarm.key}" for alarm in watched.alarms()}
    assert json.loads(watched.cloudformation())["Resources"]["Dashboard"]["Properties"]["DashboardName"] == "vpr"
    dotted = Monitoring(**LEAST | {"table_name": "jobs.eu"})
    assert json.loads(dotted.cloudformation())["Resources"]["Dashboard"]["Properties"]["DashboardName"] == "jobs-eu"


def test_the_age_of_a_message_allows_for_the_worker_s_time() -> None:
    def threshold(**more: Any) -> float:
        return next(a for a in Monitoring(**WHOLE | more).alarms() if a.key == "oldest-message").threshold

    assert threshold(worker_timeout=None) == 600
    assert threshold(worker_timeout=timedelta(minutes=15)) == 1_200
    assert threshold(promised_wait=timedelta(minutes=20)) == 2_400


def test_cloudwatch_takes_each_number() -> None:
    most = {"sweep_every": timedelta(hours=8), "promised_wait": timedelta(days=7), "failure_rate": 0.07}
    for alarm in (*Monitoring(**WHOLE).alarms(), *Monitoring(**WHOLE | most).alarms()):
        assert alarm.period % 60 == 0
        assert alarm.period * alarm.evaluation_periods <= 86_400
        assert alarm.datapoints_to_alarm <= alarm.evaluation_periods
        assert len(alarm.name) <= 255
        assert len(alarm.description) <= 1024
        assert len(alarm.metrics) <= 10
    assert next(alarm.threshold for alarm in Monitoring(**WHOLE | most).alarms() if alarm.key == "failures") == 7


def test_the_optional_indexes_can_come_from_an_iterator() -> None:
    watched = Monitoring(**LEAST, optional_indexes=iter(["user-jobs-index"]))

    assert watched.alarms() == watched.alarms()
    assert any(alarm.key == "throttles-user-jobs-index" for alarm in watched.alarms())


REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"namespace": "AWS/SQS"}, "namespace must be"),
    ({"namespace": ""}, "namespace must be"),
    ({"service": "a b"}, "service must be"),
    ({"service": None}, "service must be"),
    ({"table_name": "arn:aws:dynamodb:eu-west-1:123456789012:table/jobs"}, "not its ARN"),
    ({"queue_name": "https://sqs.eu-west-1.amazonaws.com/123456789012/jobs"}, "not its URL or ARN"),
    ({"dead_letter_queue_name": "arn:aws:sqs:eu-west-1:123456789012:jobs"}, "dead_letter_queue_name must be"),
    ({"dead_letter_queue_name": "jobs"}, "its own queue of dead letters"),
    ({"worker_name": "arn:aws:lambda:eu-west-1:123456789012:function:vpr"}, "worker_name must be"),
    ({"submit_name": ""}, "submit_name must be"),
    ({"sweeper_name": 7}, "sweeper_name must be"),
    ({"worker_name": None}, "worker_timeout needs worker_name"),
    ({"worker_timeout": timedelta(minutes=16)}, "worker_timeout must be"),
    ({"worker_timeout": 300}, "worker_timeout must be"),
    ({"promised_wait": timedelta(0)}, "promised_wait must be"),
    ({"promised_wait": timedelta(days=8)}, "promised_wait must be"),
    ({"sweep_every": timedelta(seconds=90)}, "whole minutes"),
    ({"sweep_every": timedelta(hours=9)}, "sweep_every must be"),
    ({"failure_rate": 0}, "failure_rate must be"),
    ({"failure_rate": 5}, "failure_rate must be"),
    ({"failure_rate": "5 %"}, "failure_rate must be"),
    ({"topic_arn": "pages"}, "topic_arn must be"),
    ({"ticket_topic_arn": "arn:aws:sqs:eu-west-1:123456789012:jobs"}, "ticket_topic_arn must be"),
    ({"prefix": "a/b"}, "prefix must be"),
    ({"runbook": "our runbook"}, "runbook must be"),
    ({"idempotency_index_name": "!"}, "idempotency_index_name must be"),
    ({"optional_indexes": ["no-such-index"]}, "user-jobs-index and active-jobs-index"),
]


@pytest.mark.parametrize(("wrong", "said"), REFUSED)
def test_a_monitoring_that_cannot_work_is_refused(wrong: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        Monitoring(**WHOLE | wrong)


def test_a_variable_of_terraform_is_none_of_cloudformation() -> None:
    watched = Monitoring(**LEAST | {"table_name": "jobs-${var.stage}"})

    assert "jobs-${var.stage}-waiting" in watched.terraform()
    with pytest.raises(ValueError, match=r"like \$\{Stage\}"):
        watched.cloudformation()


def test_the_texts_are_the_same_in_every_process() -> None:
    code = (
        "from careervp_jobs_dal import Monitoring\n"
        "watched = Monitoring(namespace='n', service='s', table_name='jobs-${B}${A}', optional_indexes=True)\n"
        "print(watched.cloudformation(), watched.terraform(), watched.dashboard())"
    )
    texts = {
        subprocess.run(
            [sys.executable, "-c", code], env={"PYTHONHASHSEED": seed}, capture_output=True, text=True, check=True
        ).stdout
        for seed in ("1", "2")
    }

    assert len(texts) == 1


def test_an_alarm_is_plain_data() -> None:
    alarm = Monitoring(**LEAST).alarms()[0]

    assert isinstance(alarm, Alarm)
    assert alarm == Monitoring(**LEAST).alarms()[0]
