"""The queue has the settings that follow from the worker's times."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from aws_cdk import Duration, Stack
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_

from careervp_jobs_dal.infrastructure.cdk import JobsQueue
from careervp_jobs_dal.infrastructure.queue_setting import queue_setting
from tests.cdk.reading import new_function, new_stack, only, permitted, resources, template_of

QUEUE = "AWS::SQS::Queue"
SOURCE = "AWS::Lambda::EventSourceMapping"
TIMEOUT = timedelta(minutes=5)
HIDES = "sqs:ChangeMessageVisibility"
WAYS: dict[str, dict[str, Any]] = {
    "time-out": {},
    "lease": {"lease": timedelta(hours=1)},
    "attempts": {"max_attempts": 5},
    "chosen": {"visibility_timeout": timedelta(minutes=6), "max_receive_count": 100},
}


def made(stack: Stack, **options: Any) -> JobsQueue:
    return JobsQueue(stack, "Jobs", timeout=TIMEOUT, **options)


def queues(template: dict[str, Any]) -> tuple[tuple[str, dict[str, Any]], tuple[str, dict[str, Any]]]:
    """The workers' queue and that of the dead letters, each with its logical id."""
    found = {name: each["Properties"] for name, each in resources(template, QUEUE).items()}
    (queue,) = (each for each in found.items() if "RedrivePolicy" in each[1])
    (dead,) = (each for each in found.items() if "RedrivePolicy" not in each[1])
    return queue, dead


@pytest.mark.parametrize("way", WAYS)
def test_visibility_and_receives_follow_from_time_out_lease_and_attempts(way: str) -> None:
    stack = new_stack()
    made(stack, **WAYS[way])
    (_, queue), (dead_id, dead) = queues(template_of(stack))

    setting = queue_setting(TIMEOUT, **WAYS[way])
    assert queue["VisibilityTimeout"] == setting.visibility_timeout.total_seconds()
    assert queue["RedrivePolicy"] == {
        "deadLetterTargetArn": {"Fn::GetAtt": [dead_id, "Arn"]},
        "maxReceiveCount": setting.max_receive_count,
    }
    assert dead["MessageRetentionPeriod"] > queue["MessageRetentionPeriod"]


def test_what_cannot_work_is_refused_before_anything_is_made() -> None:
    stack = new_stack()

    with pytest.raises(ValueError, match="a message comes back while its job is held"):
        made(stack, visibility_timeout=timedelta(minutes=4))
    with pytest.raises(ValueError, match="a message becomes a dead letter with attempts left"):
        made(stack, max_receive_count=3)
    with pytest.raises(ValueError, match="dead_letter_timeout must be"):
        made(stack, dead_letter_timeout=timedelta(hours=1))
    assert stack.node.try_find_child("Jobs") is None


def test_a_worker_tells_the_queue_of_each_message_and_may_hide_them() -> None:
    stack = new_stack()
    worker = new_function(stack, timeout=Duration.minutes(5))
    made(stack).add_worker(worker, max_concurrency=10)
    template = template_of(stack)
    (queue_id, _), _ = queues(template)

    source = only(template, SOURCE)
    assert source["EventSourceArn"] == {"Fn::GetAtt": [queue_id, "Arn"]}
    assert source["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    assert source["BatchSize"] == 1
    assert source["ScalingConfig"] == {"MaximumConcurrency": 10}
    assert HIDES in {action for action, _ in permitted(template, "sqs")}


def test_without_a_choice_as_many_workers_run_as_lambda_allows() -> None:
    stack = new_stack()
    made(stack).add_worker(new_function(stack))

    assert "ScalingConfig" not in only(template_of(stack), SOURCE)


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"batch_size": 11}, "batch_size must be a whole number from 1 to 10"),
        ({"max_concurrency": 1}, "max_concurrency must be a whole number from 2 to 1000"),
    ],
)
def test_an_event_source_that_lambda_does_not_take_is_refused(options: dict[str, int], reason: str) -> None:
    stack = new_stack()

    with pytest.raises(ValueError, match=reason):
        made(stack).add_worker(new_function(stack), **options)


def test_a_worker_that_runs_longer_than_its_queue_expects_is_refused() -> None:
    stack = new_stack()

    with pytest.raises(ValueError, match="the function's time-out is longer than timeout"):
        made(stack).add_worker(new_function(stack, timeout=Duration.minutes(6)))


def test_a_function_of_another_stack_is_taken_at_its_word() -> None:
    stack = new_stack()
    arn = "arn:aws:lambda:eu-west-1:123456789012:function:worker"
    made(stack).add_worker(
        lambda_.Function.from_function_attributes(stack, "Worker", function_arn=arn, same_environment=True)
    )

    assert only(template_of(stack), SOURCE)["FunctionName"] == "worker"


def test_dead_letters_have_a_handler_that_may_hide_them() -> None:
    stack = new_stack()
    queue = made(stack, dead_letter_timeout=timedelta(seconds=20))
    queue.add_dead_letter_handler(new_function(stack, timeout=Duration.seconds(20)))
    template = template_of(stack)
    _, (dead_id, dead) = queues(template)

    source = only(template, SOURCE)
    assert source["EventSourceArn"] == {"Fn::GetAtt": [dead_id, "Arn"]}
    assert source["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    assert dead["VisibilityTimeout"] == 120
    assert HIDES in {action for action, _ in permitted(template, "sqs")}


def test_a_handler_of_dead_letters_that_runs_longer_than_declared_is_refused() -> None:
    stack = new_stack()

    with pytest.raises(ValueError, match="the function's time-out is longer than dead_letter_timeout"):
        made(stack).add_dead_letter_handler(new_function(stack, timeout=Duration.seconds(31)))


def test_a_function_that_sends_may_not_receive() -> None:
    stack = new_stack()
    made(stack).grant_send(new_function(stack))

    actions = {action for action, _ in permitted(template_of(stack), "sqs")}
    assert "sqs:SendMessage" in actions
    assert not {"sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:PurgeQueue"} & actions


def test_names_and_a_key_are_those_that_were_chosen() -> None:
    stack = new_stack()
    made(stack, queue_name="jobs", encryption_key=kms.Key(stack, "Key"))
    template = template_of(stack)
    (key,) = resources(template, "AWS::KMS::Key")
    (_, queue), (_, dead) = queues(template)

    assert (queue["QueueName"], dead["QueueName"]) == ("jobs", "jobs-dead")
    assert queue["KmsMasterKeyId"] == dead["KmsMasterKeyId"] == {"Fn::GetAtt": [key, "Arn"]}


def test_without_a_key_sqs_encrypts_by_its_own_and_plain_http_is_denied() -> None:
    stack = new_stack()
    made(stack)
    template = template_of(stack)

    assert [each["SqsManagedSseEnabled"] for _, each in queues(template)] == [True, True]
    policies = resources(template, "AWS::SQS::QueuePolicy").values()
    denied = [each["Properties"]["PolicyDocument"]["Statement"][0] for each in policies]
    assert [each["Condition"] for each in denied] == [{"Bool": {"aws:SecureTransport": "false"}}] * 2
