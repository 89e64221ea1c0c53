"""The example of a whole service: what a linter and a security check say, and what deployments have in common."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from aws_cdk import App, Stack
from aws_cdk.assertions import Template
from cdk_nag import AwsSolutionsChecks, ServerlessChecks
from cfnlint.api import lint

from careervp_jobs_dal.infrastructure.cdk import JobsLayer
from tests.cdk.reading import resources

EXAMPLE = Path(__file__).parents[2] / "examples" / "cdk"
HANDLERS = EXAMPLE.parent
FUNCTION = "AWS::Lambda::Function"
ENTRANCE = {"submit", "worker", "status", "sweeper", "dead_letters"}

ACCEPTED = {
    "AwsSolutions-APIG2": "the submit function checks the request",
    "AwsSolutions-APIG3": "a firewall costs by the month; that is the account's choice",
    "AwsSolutions-APIG6": "the access log has each request, and the body of none",
    "AwsSolutions-IAM4": "AWS's own policies for writing logs",
    "AwsSolutions-IAM5": "the objects below reports/ in one bucket",
    "AwsSolutions-L1": "the layer is tested on Python 3.13",
    "AwsSolutions-S1": "an access log needs a bucket of its own; that is the account's choice",
    "Serverless-APIGWXrayEnabled": "tracing is a choice",
    "Serverless-EventBusDLQ": "the next sweep does what a lost one did not",
    "Serverless-LambdaDLQ": "no function is called without an answer but the sweeper, which comes again",
    "Serverless-LambdaEventSourceMappingDestination": "the queue has its dead letters",
    "Serverless-LambdaLatestVersion": "the layer is tested on Python 3.13",
    "Serverless-LambdaTracing": "tracing is a choice",
    "Serverless-SQSRedrivePolicy": "the queue of the dead letters has none",
}
"""Findings of the checks that the example accepts, and why."""
OBSOLETE_DEPENDENCY = "W3005"
"""The CDK itself writes a dependency that a reference implies."""


@cache
def service_stack() -> Any:
    """The example's class."""
    sys.path.insert(0, str(EXAMPLE))
    try:
        return __import__("service_stack").ServiceStack
    finally:
        sys.path.remove(str(EXAMPLE))


def deployment(layer: Path, stage: str = "dev", *, pipe: bool = False) -> Stack:
    pool = f"arn:aws:cognito-idp:eu-west-1:123456789012:userpool/eu-west-1_{stage}"
    return service_stack()(
        App(), "Vpr", stack_name=f"vpr-{stage}", stage=stage, layer=layer, user_pool_arn=pool, pipe=pipe
    )


@pytest.fixture(scope="module", params=[False, True], ids=["plain", "pipe"])
def stack(request: pytest.FixtureRequest, layer: Path) -> Stack:
    return deployment(layer, pipe=request.param)


@pytest.fixture(scope="module")
def template(stack: Stack) -> dict[str, Any]:
    return dict(Template.from_stack(stack).to_json())


def test_the_linter_of_cloudformation_has_no_objection(template: dict[str, Any]) -> None:
    found = lint(json.dumps(template), regions=["eu-west-1", "us-east-1"])

    assert [str(match) for match in found if match.rule.id != OBSOLETE_DEPENDENCY] == []


def test_the_security_check_finds_nothing_but_what_is_accepted(stack: Stack) -> None:
    reports = [checks(stack).validate_scope(stack) for checks in (AwsSolutionsChecks, ServerlessChecks)]

    found = {violation.rule_name for report in reports for violation in report.violations}
    assert {rule.partition("[")[0] for rule in found} == ACCEPTED.keys()


def test_two_deployments_differ_by_nothing_but_names(layer: Path) -> None:
    one, other = (json.dumps(Template.from_stack(deployment(layer, stage)).to_json()) for stage in ("blue", "green"))

    assert one != other
    assert other == re.sub(r"\b(careervp-jobs-table-|eu-west-1_|vpr-)blue\b", r"\1green", one)


def test_a_function_has_the_settings_that_it_reads(template: dict[str, Any]) -> None:
    modules: set[str] = set()
    for function in resources(template, FUNCTION).values():
        properties = function["Properties"]
        module, _, handler = properties["Handler"].partition(".")
        code = (HANDLERS / f"{module}.py").read_text()
        assert set(re.findall(r'os\.environ\["(\w+)"\]', code)) <= properties["Environment"]["Variables"].keys()
        assert re.search(rf"^(def {handler}\(|{handler} = )", code, re.M)
        modules.add(module)

    assert modules == ENTRANCE


def test_a_functions_package_has_its_own_file_and_no_other(layer: Path, tmp_path: Path) -> None:
    app = App(outdir=str(tmp_path))
    service_stack()(app, "Vpr", stack_name="vpr", stage="dev", layer=layer, user_pool_arn="arn:aws:x:y:1:userpool/z_1")
    app.synth()

    packages = sorted(sorted(each.name for each in folder.iterdir()) for folder in tmp_path.glob("asset.*/"))
    assert packages == sorted([f"{name}.py"] for name in ENTRANCE)


def test_one_command_synthesises_it(layer: Path, tmp_path: Path) -> None:
    settings = json.loads((EXAMPLE / "cdk.json").read_text())
    program, *arguments = settings["app"].split()
    context = settings["context"] | {"layer": str(layer), "stage": "prod", "pipe": "true"}
    environment = os.environ | {"CDK_OUTDIR": str(tmp_path), "CDK_CONTEXT_JSON": json.dumps(context)}

    assert program == "python3"
    subprocess.run([sys.executable, *arguments], cwd=EXAMPLE, env=environment, check=True)

    made = json.loads((tmp_path / "Vpr.template.json").read_text())
    assert len(resources(made, "AWS::Pipes::Pipe")) == 1
    assert "careervp-jobs-table-prod" in json.dumps(made)


def test_the_layer_that_make_builds_is_one(tmp_path: Path) -> None:
    built = sorted((EXAMPLE.parents[1] / "dist").glob("careervp-jobs-dal-layer-*.zip"))
    if not built:
        pytest.skip("make layer has built none")
    for number, path in enumerate(built):
        JobsLayer(Stack(App(), "Stack"), f"Layer{number}", path=path)
