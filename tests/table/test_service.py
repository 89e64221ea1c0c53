"""The example of a whole service deploys what its functions, and a queue of jobs, need."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from cfnlint.api import lint  # type: ignore[import-untyped]
from cfnlint.decode import decode_str  # type: ignore[import-untyped]

from careervp_jobs_dal import cloudformation
from careervp_jobs_dal.job.record import DEFAULT_MAX_ATTEMPTS

EXAMPLES = Path(__file__).parents[2] / "examples"
TEXT = (EXAMPLES / "service.yaml").read_text()
TEMPLATE: dict[str, Any] = decode_str(TEXT)[0]
FUNCTIONS = {
    name: resource["Properties"]
    for name, resource in TEMPLATE["Resources"].items()
    if resource["Type"] == "AWS::Serverless::Function"
}


def test_the_linter_of_cloudformation_has_no_objection() -> None:
    assert [str(match) for match in lint(TEXT, regions=["eu-west-1", "us-east-1"])] == []


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_function_is_there_and_has_the_settings_that_it_reads(name: str) -> None:
    module, _, handler = FUNCTIONS[name]["Handler"].partition(".")
    code = (EXAMPLES / f"{module}.py").read_text()

    given = TEMPLATE["Globals"]["Function"]["Environment"]["Variables"]
    assert set(re.findall(r'os\.environ\["(\w+)"\]', code)) <= set(given)
    assert {"JOBS_TABLE_NAME", "JOBS_TRANSPORT", "POWERTOOLS_SERVICE_NAME"} <= set(given)
    assert re.search(rf"^(def {handler}\(|{handler} = )", code, re.M)


def test_what_it_imports_is_exported_by_the_stack_of_the_table() -> None:
    outputs = json.loads(cloudformation(optional_indexes=True, policies=True))["Outputs"]

    exported = {output["Export"]["Name"]["Fn::Sub"].removeprefix("${AWS::StackName}-") for output in outputs.values()}
    assert set(re.findall(r"\$\{TableStack\}-(\w+)", TEXT)) <= exported


def test_dead_letters_have_a_handler_that_tells_the_queue_of_each() -> None:
    handler = FUNCTIONS["DeadLetterHandler"]
    message = handler["Events"]["Message"]["Properties"]
    queue = TEMPLATE["Resources"]["DeadLetters"]["Properties"]

    assert message["Queue"] == {"Fn::GetAtt": ["DeadLetters", "Arn"]}
    assert message["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    assert queue["VisibilityTimeout"] >= 6 * TEMPLATE["Globals"]["Function"]["Timeout"]


@pytest.mark.parametrize(("name", "queue"), [("Worker", "Queue"), ("DeadLetterHandler", "DeadLetters")])
def test_a_function_may_hide_its_queue_s_messages(name: str, queue: str) -> None:
    policies = [policy for policy in FUNCTIONS[name]["Policies"] if "SQSPollerPolicy" in policy]

    assert policies == [{"SQSPollerPolicy": {"QueueName": {"Fn::GetAtt": [queue, "QueueName"]}}}]


def test_the_queue_outlasts_a_worker_and_tells_it_of_each_message() -> None:
    worker = FUNCTIONS["Worker"]
    message = worker["Events"]["Message"]["Properties"]
    queue = TEMPLATE["Resources"]["Queue"]["Properties"]

    assert queue["VisibilityTimeout"] >= 6 * worker["Timeout"]
    assert queue["RedrivePolicy"]["maxReceiveCount"] >= 3 * DEFAULT_MAX_ATTEMPTS
    assert message["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    assert message["BatchSize"] == 1
