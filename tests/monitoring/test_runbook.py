"""The runbook has a part for each alarm, and its commands can be typed."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import Any

import boto3
import pytest

from careervp_jobs_dal import Monitoring
from careervp_jobs_dal.cli.parser import make_parser
from tests.monitoring.test_rendering import WHOLE

GUIDES = Path(__file__).parents[2] / "docs" / "guides"
PARTS = dict(re.findall(r"^## (.+?)\n(.+?)(?=^## |\Z)", (GUIDES / "runbook.md").read_text(), re.M | re.S))
COMMANDS = [
    line
    for part in ("", *PARTS.values())
    for block in re.findall(r"```console\n(.+?)```", part, re.S)
    for line in re.sub(r"\\\n\s*", "", block).splitlines()
]
MONITORING = Monitoring(**WHOLE)
ADDRESSES = {alarm.key: alarm.runbook for alarm in MONITORING.alarms()} | {"page": MONITORING.page().runbook}


def anchor(heading: str) -> str:
    """As the documentation's builder makes it of a heading."""
    return re.sub(r"[^a-z0-9]+", "-", heading.lower()).strip("-")


@pytest.mark.parametrize("key", ADDRESSES)
def test_the_description_leads_to_a_part_that_exists(key: str) -> None:
    page, _, part = ADDRESSES[key].partition("#")

    assert (GUIDES.parents[1] / page).is_file()
    assert part in {anchor(heading) for heading in PARTS}


def test_each_part_is_that_of_an_alarm() -> None:
    assert {anchor(heading) for heading in PARTS} == {address.partition("#")[2] for address in ADDRESSES.values()}


@pytest.mark.parametrize("heading", PARTS)
def test_each_part_says_what_it_means_where_to_look_and_what_to_do(heading: str) -> None:
    told = re.findall(r"^\*\*(\w+)\.\*\* \S", PARTS[heading], re.M)

    assert told == ["Meaning", "Look", "Do"]
    assert "```console" in PARTS[heading]


@pytest.mark.parametrize("command", sorted({line for line in COMMANDS if "careervp-jobs" in line}))
def test_each_command_of_ours_is_understood(command: str) -> None:
    _, program, *words = shlex.split(command)

    assert program == "careervp-jobs"
    assert make_parser().parse_args(words).command.words in command


@pytest.mark.parametrize("command", sorted({line for line in COMMANDS if line.startswith("$ aws")}))
def test_each_command_of_aws_exists_and_has_its_options(command: str) -> None:
    _, _, service, operation, *_ = command.split()
    if service == "logs" and operation == "tail":  # of the command line's own
        return
    client: Any = boto3.client(service)  # type: ignore[call-overload]

    method = operation.replace("-", "_")
    assert hasattr(client, method)
    name = client.meta.method_to_api_mapping[method]
    known = {each.lower() for each in client.meta.service_model.operation_model(name).input_shape.members}
    options = set(re.findall(r" --([a-z-]+)", command.partition("$(")[0])) - {"query", "output"}
    assert {option.replace("-", "") for option in options} <= known


def test_the_guide_lists_each_alarm() -> None:
    listed = set(re.findall(r"runbook\.md#([a-z-]+)", (GUIDES / "alarms.md").read_text()))

    assert listed == {address.partition("#")[2] for address in ADDRESSES.values()} - {"page"}


def test_the_dashboard_links_to_parts_that_exist() -> None:
    links = re.findall(r"\]\(docs/guides/runbook\.md#([a-z-]+)\)", MONITORING.dashboard())

    assert set(links) <= {anchor(heading) for heading in PARTS}
    assert len(links) > 10
