"""The layer under AWS's own runtime client, on each Python, with nothing of this machine on the search path."""

from __future__ import annotations

import json
import os
import shutil
import zipfile
from collections.abc import Callable
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import Any

import boto3
import pytest

from careervp_jobs_dal import create_table
from careervp_jobs_dal.version import __version__
from tests.conftest import CANARY
from tests.layer.emulator import EmulatorError, emulator, why_not
from tests.layer.function import Deployment, FunctionError, cold_start
from tests.layer.pythons import runtime

Layers = Callable[[str], Path]
Deploy = Callable[[str], Deployment]
OURS, POWERTOOLS = "careervp_jobs_dal.repository", "aws_lambda_powertools"
MODULES = {"modules": [OURS, POWERTOOLS, "boto3"], "distributions": ["careervp-jobs-dal", "aws-lambda-powertools"]}
SERVICE = "vpr-in-test"
REQUEST = {
    "application_id": "application-7",
    "user_id": "user-1",
    "job_posting": {"role_title": "CTO", "responsibilities": [f"Lead {CANARY}"]},
    "gap_responses": [{"question_id": "q1", "answer": f"I lead {CANARY}"}],
    "company_context": {},
}
_numbers = count()


@pytest.fixture
def deploy(version: str, task: Path, layer_of: Layers) -> Deploy:
    """Deploy the function with a layer of a kind."""
    return lambda kind: Deployment(version, layer_of(kind), task, {})


def bring_powertools(task: Path, full: Path) -> None:
    """Put powertools beside a function's own code, as deployment tools do."""
    with zipfile.ZipFile(full) as archive:
        theirs = [name for name in archive.namelist() if "careervp" not in name]
        archive.extractall(task, theirs)
    shutil.copytree(task / "python", task, dirs_exist_ok=True)
    shutil.rmtree(task / "python")


def origins(deployment: Deployment, scratch: Path) -> dict[str, str]:
    """Invoke a cold function and say of each module whether the task, the layer or the runtime gave it."""
    with cold_start(deployment, "probe.lambda_handler", scratch) as function:
        answer = function.invoke(MODULES)
    assert answer["python"] == deployment.version
    assert answer["versions"]["careervp-jobs-dal"] == __version__
    assert answer["versions"]["aws-lambda-powertools"].startswith("3.")
    places = {
        "task": deployment.task,
        "layer": scratch / "opt" / "python",
        "runtime": runtime(deployment.version).parents[1],
    }
    return {
        name: next(place for place, folder in places.items() if Path(file).is_relative_to(folder))
        for name, file in answer["files"].items()
    }


def test_a_full_layer_needs_only_the_runtimes_sdk(deploy: Deploy, tmp_path: Path) -> None:
    assert origins(deploy("full"), tmp_path) == {OURS: "layer", POWERTOOLS: "layer", "boto3": "runtime"}


def test_a_slim_layer_uses_the_functions_powertools(deploy: Deploy, layer_of: Layers, tmp_path: Path) -> None:
    deployment = deploy("slim")
    bring_powertools(deployment.task, layer_of("full"))
    assert origins(deployment, tmp_path) == {OURS: "layer", POWERTOOLS: "task", "boto3": "runtime"}


def test_the_functions_code_comes_before_the_layer_and_the_layer_before_the_runtime(
    deploy: Deploy, layer_of: Layers, tmp_path: Path
) -> None:
    deployment = deploy("full-boto3")
    bring_powertools(deployment.task, layer_of("full"))
    assert origins(deployment, tmp_path) == {OURS: "layer", POWERTOOLS: "task", "boto3": "layer"}


def test_a_slim_layer_alone_names_what_is_missing(deploy: Deploy, tmp_path: Path) -> None:
    with cold_start(deploy("slim"), "probe.lambda_handler", tmp_path) as function:
        with pytest.raises(FunctionError, match="No module named 'aws_lambda_powertools'"):
            function.invoke(MODULES)
        assert function.invoke({"distributions": ["careervp-jobs-dal"]})["versions"]  # and lives on


@pytest.fixture(params=["runtime API", "AWS's emulator"])
def is_emulated(request: pytest.FixtureRequest) -> bool:
    """Both Lambdas; AWS's is skipped where there is no Go, and said so."""
    if request.param != "AWS's emulator":
        return False
    if reason := why_not():
        pytest.skip(reason)
    try:
        emulator()
    except EmulatorError as error:
        if os.environ.get("CI"):
            raise
        pytest.skip(f"AWS's emulator cannot be built: {error}")
    return True


@pytest.fixture
def service(deploy: Deploy, aws_url: str, is_emulated: bool, monkeypatch: pytest.MonkeyPatch) -> Deployment:
    """The examples' functions with a full layer, and a table, a queue and a bucket of their own."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", aws_url)
    name = f"vpr-{next(_numbers)}"
    create_table(name).unwrap()
    place = {"LocationConstraint": "eu-west-1"}
    boto3.client("s3").create_bucket(Bucket=name, CreateBucketConfiguration=place)
    deployment = deploy("full")
    settings = {
        "AWS_ENDPOINT_URL": aws_url,
        "JOBS_TABLE_NAME": name,
        "JOBS_QUEUE_URL": boto3.client("sqs").create_queue(QueueName=name)["QueueUrl"],
        "VPR_RESULTS_BUCKET": name,
        "POWERTOOLS_SERVICE_NAME": SERVICE,
        "JOBS_TRANSPORT": "auto",
    }
    return replace(deployment, settings=settings, emulated=is_emulated)


def by_user(user_id: str, **event: Any) -> dict[str, Any]:
    """Make the event of a user's call, as API Gateway does."""
    return {"requestContext": {"authorizer": {"claims": {"sub": user_id}}}, **event}


def next_delivery(queue_url: str) -> dict[str, Any]:
    """Take the queue's message, and make the event in which Lambda hands it over."""
    (message,) = boto3.client("sqs").receive_message(QueueUrl=queue_url)["Messages"]
    record = {
        "messageId": message["MessageId"],
        "receiptHandle": message["ReceiptHandle"],
        "body": message["Body"],
        "eventSource": "aws:sqs",
    }
    return {"Records": [record]}


def test_three_cold_functions_bring_a_job_to_its_end(service: Deployment, tmp_path: Path) -> None:
    post = by_user("user-1", headers={"Idempotency-Key": "key-1"}, body=json.dumps(REQUEST))
    with cold_start(service, "submit.lambda_handler", tmp_path) as submit:
        first, again = submit.invoke(post), submit.invoke(post)
    assert (first["statusCode"], again["statusCode"]) == (202, 200)
    job_id = json.loads(first["body"])["job_id"]
    assert json.loads(again["body"])["job_id"] == job_id

    with cold_start(service, "worker.lambda_handler", tmp_path) as worker:
        delivery = next_delivery(service.settings["JOBS_QUEUE_URL"])
        assert worker.invoke(delivery) == {"batchItemFailures": []}
        assert worker.invoke(delivery) == {"batchItemFailures": []}  # delivered twice, done once
    made = [line for line in worker.lines() if line.get("message") == "Report made"]
    assert [line["service"] for line in made] == [SERVICE]

    get = {"pathParameters": {"job_id": job_id}}
    with cold_start(service, "status.lambda_handler", tmp_path) as status:
        seen = status.invoke(by_user("user-1", **get))
        assert status.invoke(by_user("user-2", **get))["statusCode"] == 404
    shown = json.loads(seen["body"])
    assert (seen["statusCode"], shown["status"], shown["attempt"]) == (200, "COMPLETED", 1)
    (result,) = boto3.client("s3").list_objects_v2(Bucket=service.settings["VPR_RESULTS_BUCKET"])["Contents"]
    assert result["Key"] in shown["result_url"]

    assert not [log for log in tmp_path.glob("*.log") if CANARY in log.read_text()]


def submitted_by(service: Deployment, scratch: Path, **circumstances: Any) -> dict[str, Any]:
    """Submit and ask for a job in one cold function, and tell which way it went."""
    post = by_user("user-1", headers={"Idempotency-Key": "key-1"}, body=json.dumps(REQUEST))
    with cold_start(service, "way.lambda_handler", scratch) as function:
        submitted = function.invoke({"function": "submit", "event": post, **circumstances})
        job_id = json.loads(submitted["answer"]["body"])["job_id"]
        get = by_user("user-1", pathParameters={"job_id": job_id})
        seen = function.invoke({"function": "status", "event": get})
        delivery = next_delivery(service.settings["JOBS_QUEUE_URL"])
        worked = function.invoke({"function": "worker", "event": delivery})
    assert (submitted["answer"]["statusCode"], seen["answer"]["statusCode"]) == (202, 200)
    assert worked["answer"] == {"batchItemFailures": []}
    assert submitted["way"] == seen["way"] == worked["way"]
    return dict(worked)


def test_the_functions_go_the_direct_way(service: Deployment, tmp_path: Path) -> None:
    assert submitted_by(service, tmp_path)["way"].startswith("direct: ")


def test_with_a_tracer_they_go_through_boto3_where_it_sees_them(service: Deployment, tmp_path: Path) -> None:
    worked = submitted_by(service, tmp_path, trace=True)
    assert worked["way"] == "boto3: a tracer or a test has patched botocore's client"
    assert {"PutItem", "SendMessageBatch", "GetItem", "UpdateItem", "PutObject"} <= set(worked["traced"])


def test_with_moto_in_the_process_they_go_through_boto3(service: Deployment, tmp_path: Path) -> None:
    (service.task / "moto.py").touch()
    assert submitted_by(service, tmp_path, **{"import": "moto"})["way"] == "boto3: moto is in the process"


def test_the_librarys_own_lines_carry_the_functions_service(service: Deployment, tmp_path: Path) -> None:
    nowhere = replace(service, settings={**service.settings, "JOBS_TABLE_NAME": "gone"})
    with cold_start(nowhere, "status.lambda_handler", tmp_path) as status:
        answer = status.invoke(by_user("user-1", pathParameters={"job_id": "vpr-1"}))
    assert answer["statusCode"] == 503
    (line,) = (line for line in status.lines() if line.get("verb") == "find_status")  # the handlers log no such field
    assert (line["service"], line["code"], line["table"]) == (SERVICE, "CONFIG_ERROR", "gone")


def test_an_exception_is_reported_by_both(deploy: Deploy, is_emulated: bool, tmp_path: Path) -> None:
    deployment = replace(deploy("full"), emulated=is_emulated)
    with cold_start(deployment, "probe.lambda_handler", tmp_path) as function:
        with pytest.raises(FunctionError, match="No module named 'nowhere'"):
            function.invoke({"modules": ["nowhere"]})
        assert function.invoke({})["python"] == deployment.version  # and lives on
