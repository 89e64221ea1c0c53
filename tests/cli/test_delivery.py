"""The queue that gets the ids: named by an option or the environment, standard or FIFO, and why it got none."""

from __future__ import annotations

import json
from typing import Any

import boto3
import pytest
from botocore.exceptions import EndpointConnectionError

from careervp_jobs_dal import JobsRepository
from careervp_jobs_dal.aws.client import QueueError, Settings, open_sqs, queue_errors
from tests.cli.conftest import Run, fail, received, submit
from tests.conftest import CANARY

PAYLOAD = json.dumps({"text": CANARY}).encode()
SUBMIT = ("submit", "--key", "application-7", "--input", "-", "--json")


def test_the_environment_names_the_queue(run: Run, queue_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JOBS_QUEUE_URL", queue_url)

    assert run(*SUBMIT, stdin=PAYLOAD).document["enqueued"]
    assert len(received(queue_url)) == 1


def test_an_option_goes_before_the_environment(run: Run, queue_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JOBS_QUEUE_URL", queue_url + "-other")

    assert run(*SUBMIT, "--queue-url", queue_url, stdin=PAYLOAD).document["enqueued"]


def test_no_queue_only_names_the_ids(run: Run, queue_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JOBS_QUEUE_URL", queue_url)

    ran = run(*SUBMIT, "--no-queue", stdin=PAYLOAD)

    assert (ran.code, ran.document["enqueued"], ran.document["queue_error"]) == (0, False, None)
    assert received(queue_url) == []


@pytest.mark.parametrize("place", ["--queue-url", "JOBS_QUEUE_URL"])
def test_an_address_that_is_none_is_refused_by_the_name_of_its_place(
    run: Run, place: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JOBS_QUEUE_URL", "jobs")
    option = ("--queue-url", "") if place == "--queue-url" else ()

    ran = run(*SUBMIT, *option, stdin=PAYLOAD)

    assert ran.code == 2
    assert f"{place} must be the whole address of a queue" in ran.err


def test_a_fifo_queue_takes_an_id_that_is_sent_again(run: Run, jobs: JobsRepository, queue_url: str) -> None:
    sqs = boto3.client("sqs")
    fifo = sqs.create_queue(QueueName="jobs.fifo", Attributes={"FifoQueue": "true"})["QueueUrl"]
    job_id = submit(jobs)

    for _ in range(2):
        fail(jobs, job_id)
        assert run("retry", job_id, "--queue-url", fifo, "--yes", "--json").document["jobs"][0]["outcome"] == "sent"

    sent: list[Any] = []
    while answer := sqs.receive_message(QueueUrl=fifo, AttributeNames=["All"]).get("Messages"):
        sent += answer
        sqs.delete_message(QueueUrl=fifo, ReceiptHandle=answer[0]["ReceiptHandle"])
    assert [json.loads(message["Body"]) for message in sent] == 2 * [{"job_id": job_id}]
    assert len({message["Attributes"]["MessageGroupId"] for message in sent}) == 1
    assert len({message["Attributes"]["MessageDeduplicationId"] for message in sent}) == 2


@pytest.mark.parametrize("command", ["submit", "retry", "recover"])
def test_a_machine_learns_why_the_queue_got_no_id(
    run: Run, jobs: JobsRepository, queue_url: str, command: str, with_indexes: str
) -> None:
    job_id = submit(jobs)
    if command == "retry":
        fail(jobs, job_id)
    words = {
        "submit": ("submit", "--key", "another", "--input", "-"),
        "retry": ("retry", job_id, "--yes"),
        "recover": ("recover", "--older-than", "0s", "--yes"),
    }[command]

    ran = run(*words, "--queue-url", queue_url + "-other", "--json", stdin=PAYLOAD)

    told = ran.document["jobs"][0] if command == "retry" else ran.document
    assert ran.code == 3
    assert told["queue_error"].startswith(
        "SQS refused the request (AWS.SimpleQueueService.NonExistentQueue): The specified"
    )
    if command == "retry":
        assert told["fix"].startswith(
            "mend the queue; once the job has waited so long, careervp-jobs recover --older-than 15m"
        )


def test_the_region_of_a_queue_is_the_one_in_its_address() -> None:
    at_aws = open_sqs("https://sqs.us-east-2.amazonaws.com/123456789012/jobs", Settings())
    elsewhere = open_sqs("http://127.0.0.1:9324/queue/jobs", Settings())

    assert (at_aws.meta.region_name, elsewhere.meta.region_name) == ("us-east-2", "eu-west-1")


def test_a_queue_that_is_not_reached_is_said_by_the_name_of_the_exception() -> None:
    with (
        pytest.raises(QueueError, match="SQS was not reached") as caught,
        queue_errors("https://sqs.eu-west-1.amazonaws.com/1/jobs"),
    ):
        raise EndpointConnectionError(endpoint_url="http://127.0.0.1:9")

    assert caught.value.error_code == "EndpointConnectionError"
