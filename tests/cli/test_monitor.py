"""`alarms` and `dashboard`."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from careervp_jobs_dal import Monitoring
from tests.cli.conftest import Run

SERVICE = ("--namespace", "CareerVP", "--service", "vpr")
NAMED: dict[str, Any] = {"namespace": "CareerVP", "service": "vpr", "queue_name": "jobs", "worker_name": "worker"}
OPTIONS = (*SERVICE, "--queue", "jobs", "--worker", "worker", "--worker-timeout", "5m", "--optional-indexes")


@pytest.mark.parametrize("command", ["alarms", "dashboard"])
@pytest.mark.parametrize("form", ["cloudformation", "terraform"])
def test_it_is_written_as_a_template(run: Run, table_name: str, command: str, form: str) -> None:
    ran = run(command, *OPTIONS, "--format", form)

    watched = Monitoring(**NAMED, table_name=table_name, worker_timeout=timedelta(minutes=5), optional_indexes=True)
    wanted = {"alarms": command == "alarms", "dashboard": command == "dashboard"}
    assert (ran.code, ran.out.rstrip()) == (0, getattr(watched, form)(**wanted).rstrip())


def test_the_alarms_are_written_as_requests_to_cloudwatch(run: Run, table_name: str) -> None:
    requests = json.loads(run("alarms", *SERVICE, "--format", "json").out)

    watched = Monitoring(namespace="CareerVP", service="vpr", table_name=table_name)
    assert requests["PutMetricAlarm"] == [alarm.request() for alarm in watched.alarms()]
    assert requests["PutCompositeAlarm"] == watched.page().request()


def test_the_dashboard_is_written_for_a_region(run: Run) -> None:
    body = json.loads(run("dashboard", *SERVICE, "--format", "json", "--region", "eu-central-1").out)

    assert body["widgets"][1]["properties"]["region"] == "eu-central-1"


def test_a_machine_gets_the_text_in_a_document(run: Run) -> None:
    document = run("alarms", *SERVICE, "--json").document

    assert document["format"] == "cloudformation"
    assert "PageAlarm" in json.loads(document["text"])["Resources"]


def test_a_variable_can_stand_in_the_table_s_name(run: Run) -> None:
    ran = run("alarms", *SERVICE, "--watched-table", "jobs-${var.stage}", "--format", "terraform")

    assert "jobs-${var.stage}-waiting" in ran.out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--queue", "https://queue"], "queue_name must be the name of a queue, not its URL or ARN"),
        (["--watched-table", "jobs-${var.stage}"], "A variable of CloudFormation has letters and digits only"),
        (["--sweep-every", "90s"], "sweep_every must be whole minutes"),
    ],
)
def test_wrong_usage_is_one_line(run: Run, arguments: list[str], said: str) -> None:
    ran = run("alarms", *SERVICE, *arguments)

    assert (ran.code, ran.out) == (2, "")
    assert ran.err.startswith(f"careervp-jobs: {said}")


def test_without_a_table_there_is_nothing_to_watch(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("JOBS_TABLE_NAME")

    ran = run("dashboard", *SERVICE)

    assert (ran.code, ran.err) == (2, "careervp-jobs: No table: pass --table or --watched-table\n")
