"""The pipe reads the table's stream, and sends the queue a message for each job that waits."""

from __future__ import annotations

import json
from typing import Any

import pytest
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_kms as kms

from careervp_jobs_dal import job_id_from_json, pipe_parameters
from careervp_jobs_dal.infrastructure.cdk import JobsPipe, JobsQueue, JobsTable
from tests.cdk.reading import new_stack, only, permitted, resources, template_of
from tests.cdk.test_jobs_queue import TIMEOUT, queues

PIPE = "AWS::Pipes::Pipe"


def synthesised(*, put_back: bool = False, **options: Any) -> dict[str, Any]:
    stack = new_stack()
    if options.pop("with_key", False):
        options["encryption_key"] = kms.Key(stack, "Key")
    table = JobsTable(stack, "Jobs", stream=dynamodb.StreamViewType.NEW_AND_OLD_IMAGES, **options)
    queue = JobsQueue(stack, "Queue", timeout=TIMEOUT)
    JobsPipe(stack, "Pipe", table=table, queue=queue, put_back=put_back)
    return template_of(stack)


@pytest.mark.parametrize("put_back", [False, True])
def test_it_leads_from_the_tables_stream_to_the_queue_as_described(put_back: bool) -> None:
    template = synthesised(put_back=put_back)
    (table,) = resources(template, "AWS::DynamoDB::GlobalTable")
    (queue_id, _), _ = queues(template)
    made = only(template, PIPE)

    assert made["Source"] == {"Fn::GetAtt": [table, "StreamArn"]}
    assert made["Target"] == {"Fn::GetAtt": [queue_id, "Arn"]}
    body = made["TargetParameters"]["InputTemplate"].replace("<$.dynamodb.Keys.job_id.S>", '"vpr-1"')
    assert job_id_from_json(body) == "vpr-1"
    assert "<" not in body
    described = pipe_parameters(put_back=put_back)
    assert {name: made[name] for name in described} == described


def test_it_may_read_the_stream_and_send_and_has_that_right_before_it_is_made() -> None:
    template = synthesised()
    (table,) = resources(template, "AWS::DynamoDB::GlobalTable")
    ((policy_id, _),) = resources(template, "AWS::IAM::Policy").items()
    ((_, pipe),) = resources(template, PIPE).items()

    stream = json.dumps({"Fn::GetAtt": [table, "StreamArn"]})
    reads = ("DescribeStream", "GetRecords", "GetShardIterator", "ListStreams")
    assert permitted(template, "dynamodb") == {(f"dynamodb:{action}", stream) for action in reads}
    assert "sqs:SendMessage" in {action for action, _ in permitted(template, "sqs")}
    assert policy_id in pipe["DependsOn"]


def test_it_may_decrypt_with_the_tables_key() -> None:
    assert {action for action, _ in permitted(synthesised(with_key=True), "kms")} == {"kms:Decrypt"}


def test_a_table_without_a_stream_is_refused() -> None:
    stack = new_stack()
    queue = JobsQueue(stack, "Queue", timeout=TIMEOUT)

    with pytest.raises(ValueError, match="the table has no stream"):
        JobsPipe(stack, "Pipe", table=JobsTable(stack, "Jobs"), queue=queue)


@pytest.mark.parametrize("view", ["KEYS_ONLY", "OLD_IMAGE", "NEW_IMAGE"])
def test_a_stream_without_both_images_is_refused(view: str) -> None:
    stack = new_stack()
    table = JobsTable(stack, "Jobs", stream=dynamodb.StreamViewType[view])

    with pytest.raises(ValueError, match="the pipe compares the images of a record"):
        JobsPipe(stack, "Pipe", table=table, queue=JobsQueue(stack, "Queue", timeout=TIMEOUT))


def test_the_stream_of_an_adopted_table_is_read() -> None:
    stack = new_stack()
    arn = "arn:aws:dynamodb:eu-west-1:123456789012:table/jobs"
    table = dynamodb.TableV2.from_table_attributes(
        stack, "Table", table_arn=arn, table_stream_arn=f"{arn}/stream/2026-02-03T13:05:32.000"
    )
    queue = JobsQueue(stack, "Queue", timeout=TIMEOUT)
    JobsPipe(stack, "Pipe", table=JobsTable.from_table(stack, "Jobs", table), queue=queue)

    assert only(template_of(stack), PIPE)["Source"] == f"{arn}/stream/2026-02-03T13:05:32.000"
