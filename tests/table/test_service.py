"""The example of a whole service deploys what its functions, and a queue of jobs, need."""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from cfnlint.api import lint  # type: ignore[import-untyped]
from cfnlint.decode import decode_str  # type: ignore[import-untyped]

from careervp_jobs_dal import Monitoring, cloudformation, pipe_parameters
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
    outputs = json.loads(cloudformation(optional_indexes=True, policies=True, stream=True))["Outputs"]

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


def test_no_policy_allows_more_than_a_function_does() -> None:
    """The roles' policies come from the table's stack; the others name an action and a resource."""
    broad = {"S3WritePolicy", "S3ReadPolicy", "S3CrudPolicy", "SQSPollerPolicy", "SQSSendMessagePolicy"}
    given = {
        name: {key for policy in function["Policies"] for key in policy if key in broad}
        for name, function in FUNCTIONS.items()
    }
    assert given == {
        "Submit": {"SQSSendMessagePolicy"},
        "Worker": {"SQSPollerPolicy"},
        "DeadLetterHandler": {"SQSPollerPolicy"},
        "Status": set(),
        "Sweeper": {"SQSSendMessagePolicy"},
    }
    statements = {
        name: [each for policy in function["Policies"] for each in policy.get("Statement", [])]
        for name, function in FUNCTIONS.items()
    }
    reports = {"Fn::Sub": "${Results.Arn}/reports/*"}
    assert statements.pop("Worker") == [{"Effect": "Allow", "Action": "s3:PutObject", "Resource": reports}]
    assert statements.pop("Status") == [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": reports}]
    assert not any(statements.values())


def test_each_function_has_the_policy_of_its_own_role() -> None:
    roles = {name: re.findall(r"Jobs(\w+)PolicyArn", json.dumps(function)) for name, function in FUNCTIONS.items()}

    assert roles == {
        "Submit": ["Submit"],
        "Worker": ["Worker"],
        "DeadLetterHandler": ["Worker"],
        "Status": ["Status"],
        "Sweeper": ["Sweeper"],
    }


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_function_s_package_holds_its_module_alone_and_all_that_it_imports(name: str, tmp_path: Path) -> None:
    assert TEMPLATE["Resources"][name]["Metadata"] == {"BuildMethod": "makefile"}
    subprocess.run(["make", "-s", f"build-{name}", f"ARTIFACTS_DIR={tmp_path}"], cwd=EXAMPLES, check=True)
    module = FUNCTIONS[name]["Handler"].partition(".")[0]

    assert [path.name for path in tmp_path.iterdir()] == [f"{module}.py"]
    tree = ast.parse((tmp_path / f"{module}.py").read_text())
    imports = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    imports |= {str(node.module) for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    in_layer = {"aws_lambda_powertools", "boto3", "botocore", "careervp_jobs_dal"}
    assert {each.partition(".")[0] for each in imports} <= in_layer | set(sys.stdlib_module_names)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_function_s_log_is_kept_for_the_chosen_time_and_no_longer(name: str) -> None:
    function = FUNCTIONS[name]
    logs = TEMPLATE["Resources"][function["LoggingConfig"]["LogGroup"]["Ref"]]["Properties"]

    assert logs["RetentionInDays"] == {"Ref": "LogDays"}
    assert logs["LogGroupName"]["Fn::Sub"] == f"/aws/lambda/{function['FunctionName']['Fn::Sub']}"


def test_the_monitoring_is_the_library_s_and_gets_all_of_its_parameters() -> None:
    watched = Monitoring(
        namespace=NAMESPACE,
        service=TEMPLATE["Globals"]["Function"]["Environment"]["Variables"]["POWERTOOLS_SERVICE_NAME"],
        table_name="${TableName}",
        queue_name="${QueueName}",
        dead_letter_queue_name="${DeadLetterQueueName}",
        worker_name="${WorkerName}",
        worker_timeout=timedelta(seconds=FUNCTIONS["Worker"]["Timeout"]),
        submit_name="${SubmitName}",
        sweeper_name="${SweeperName}",
        topic_arn="${PageTopicArn}",
        ticket_topic_arn="${TicketTopicArn}",
        prefix="${Prefix}",
        optional_indexes=True,
    )
    nested = TEMPLATE["Resources"]["Monitoring"]["Properties"]

    assert (EXAMPLES / nested["TemplateURL"]).read_text() == watched.cloudformation() + "\n"
    assert set(nested["Parameters"]) == set(json.loads(watched.cloudformation())["Parameters"])
    schedule = FUNCTIONS["Sweeper"]["Events"]["Often"]["Properties"]["ScheduleExpression"]
    assert schedule == f"rate({watched.sweep_every // timedelta(minutes=1)} minutes)"


NAMESPACE = "CareerVP"


@pytest.mark.parametrize("name", FUNCTIONS)
def test_each_handler_emits_its_metrics_in_the_namespace_that_the_alarms_watch(name: str) -> None:
    code = (EXAMPLES / f"{FUNCTIONS[name]['Handler'].partition('.')[0]}.py").read_text()

    assert f'Metrics(namespace="{NAMESPACE}")' in code
    assert "metrics.log_metrics" in code
    assert "on_event=" in code


def test_the_pipe_is_the_library_s() -> None:
    pipe = TEMPLATE["Resources"]["Pipe"]
    parameters = pipe_parameters()

    assert pipe["Condition"] == "HasOutbox"
    assert {name: pipe["Properties"][name] for name in parameters} == parameters


def test_the_worker_does_not_overrun_the_model_s_provider() -> None:
    message = FUNCTIONS["Worker"]["Events"]["Message"]["Properties"]

    assert message["ScalingConfig"] == {"MaximumConcurrency": {"Ref": "MaximumConcurrency"}}


def test_only_the_jobs_queue_may_send_its_dead_letters() -> None:
    queue, letters = (TEMPLATE["Resources"][name]["Properties"] for name in ("Queue", "DeadLetters"))

    (source,) = letters["RedriveAllowPolicy"]["sourceQueueArns"]
    assert source["Fn::Sub"].endswith(queue["QueueName"]["Fn::Sub"])
    assert queue["RedrivePolicy"]["deadLetterTargetArn"] == {"Fn::GetAtt": ["DeadLetters", "Arn"]}


def test_reports_and_unfinished_uploads_do_not_stay_for_ever() -> None:
    rules = TEMPLATE["Resources"]["Results"]["Properties"]["LifecycleConfiguration"]["Rules"]
    code = (EXAMPLES / "worker.py").read_text()

    assert rules[0]["ExpirationInDays"] == {"Ref": "ResultDays"}
    assert f'prefix="{rules[0]["Prefix"]}"' in code
    assert rules[1]["AbortIncompleteMultipartUpload"] == {"DaysAfterInitiation": 1}


def test_scripts_of_one_origin_may_read_the_answers() -> None:
    api = TEMPLATE["Resources"]["Api"]["Properties"]
    origin = {"Fn::Sub": "'${AllowedOrigin}'"}

    assert api["Cors"]["AllowOrigin"] == origin
    for answer in api["GatewayResponses"].values():
        assert answer["ResponseParameters"]["Headers"] == {"Access-Control-Allow-Origin": origin}
    assert "Idempotency-Key" in api["Cors"]["AllowHeaders"]
    (settings,) = api["MethodSettings"]
    assert settings["ThrottlingRateLimit"] > 0
    assert json.loads(api["AccessLogSetting"]["Format"])["request_id"] == "$context.requestId"


def test_the_linter_has_no_objection_to_what_sam_makes_of_it() -> None:
    """The linter knows little of SAM's own properties.

    It does object to a nested template that is a file, and to actions in the policies that SAM has ready.
    """
    kept = ("Parameters", "Conditions", "Outputs")
    template = {"AWSTemplateFormatVersion": "2010-09-09"} | {name: TEMPLATE[name] for name in kept}
    text = json.dumps(template | {"Resources": in_sam()})

    objections = [str(each) for each in lint(text, regions=["eu-west-1"]) if each.rule.id not in ("W3002", "W3037")]
    assert objections == []


def test_what_sam_makes_of_it_traces_and_lets_the_browser_ask_first() -> None:
    transformed = in_sam()
    functions = [each for each in transformed.values() if each["Type"] == "AWS::Lambda::Function"]
    (api,) = [each["Properties"]["Body"] for each in transformed.values() if each["Type"] == "AWS::ApiGateway::RestApi"]

    assert len(functions) == 5
    for function in functions:
        assert function["Properties"]["TracingConfig"] == {"Mode": {"Fn::If": ["IsTraced", "Active", "PassThrough"]}}
    for path in api["paths"].values():
        assert "security" not in path["options"]
        assert all(path[method]["security"] for method in path if method != "options")


def in_sam() -> dict[str, Any]:
    """The resources as SAM writes them."""
    from samtranslator.parser.parser import Parser  # type: ignore[import-untyped]
    from samtranslator.translator.translator import Translator  # type: ignore[import-untyped]

    template = json.loads(json.dumps(TEMPLATE))
    for function in template["Resources"].values():
        if function["Type"] == "AWS::Serverless::Function":
            function["Properties"]["CodeUri"] = "s3://bucket/key"
    template["Globals"]["Function"].pop("CodeUri")
    translator = Translator({"AWSLambdaBasicExecutionRole": "basic"}, Parser())
    resources: dict[str, Any] = translator.translate(template, {})["Resources"]
    return resources
