"""`dead-letters`: the messages that were given up, with their jobs, and the redrive of all of them.

moto has no tasks that move messages, so those two requests are answered here, where botocore would send them.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from itertools import islice
from typing import Any

import boto3
import pytest
from botocore.client import BaseClient
from botocore.exceptions import ClientError

from careervp_jobs_dal import JobsRepository
from careervp_jobs_dal.aws.dead_letter_queue import DeadLetterQueue, Letter
from tests.cli.conftest import Run, fail, submit
from tests.conftest import CANARY

LIST = ("dead-letters", "list")
REDRIVE = ("dead-letters", "redrive")


@pytest.fixture
def dead_letters(queue_url: str) -> str:
    """The dead-letter queue of the queue."""
    sqs = boto3.client("sqs")
    url: str = sqs.create_queue(QueueName="jobs-dead")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    policy = json.dumps({"deadLetterTargetArn": arn, "maxReceiveCount": 10})
    sqs.set_queue_attributes(QueueUrl=queue_url, Attributes={"RedrivePolicy": policy})
    return url


def send(url: str, body: str) -> str:
    message_id: str = boto3.client("sqs").send_message(QueueUrl=url, MessageBody=body)["MessageId"]
    return message_id


def letter(url: str, job_id: str) -> str:
    return send(url, json.dumps({"job_id": job_id}))


def test_each_letter_is_shown_with_its_job_s_status(
    run: Run, jobs: JobsRepository, dead_letters: str, queue_url: str
) -> None:
    waiting, failed = submit(jobs, "a"), submit(jobs, "b")
    fail(jobs, failed)
    for job_id in (waiting, failed, failed, "no such job"):
        letter(dead_letters, job_id)

    ran = run(*LIST, "--queue-url", queue_url, "--json")
    shown = run(*LIST, "--queue-url", queue_url)

    found = {one["job_id"]: one for one in ran.document["dead_letters"]}
    assert {job_id: one["status"] for job_id, one in found.items()} == {
        waiting: "PENDING",
        failed: "FAILED",
        "no such job": "none",
    }
    assert (found[waiting]["receives"], found[waiting]["unreadable"]) == (1, None)
    assert found[waiting]["sent_at"]
    assert found[waiting]["first_received_at"]
    assert f"1 job FAILED: careervp-jobs retry {failed} --queue-url {queue_url}" in shown.out
    assert (
        f"1 message of unfinished jobs: careervp-jobs dead-letters redrive --no-dry-run --queue-url {queue_url}"
        in shown.out
    )


def test_the_letters_are_given_back(run: Run, dead_letters: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JOBS_DEAD_LETTER_QUEUE_URL", dead_letters)
    for number in range(12):
        letter(dead_letters, f"vpr-{number}")

    assert len(run(*LIST, "--json").document["dead_letters"]) == 12
    assert len(run(*LIST, "--limit", "3", "--json").document["dead_letters"]) == 3
    again = boto3.client("sqs").receive_message(QueueUrl=dead_letters, MaxNumberOfMessages=10)
    assert len(again["Messages"]) == 10


@pytest.mark.parametrize(
    "body",
    [
        json.dumps({"Type": "Notification", "Message": json.dumps({"job_id": "vpr-1"})}),
        json.dumps({"detail": {"job_id": "vpr-1"}}),
        json.dumps({"dynamodb": {"Keys": {"job_id": {"S": "vpr-1"}}}}),
    ],
    ids=["SNS", "EventBridge", "Pipes"],
)
def test_each_form_of_a_message_is_read(run: Run, dead_letters: str, body: str) -> None:
    send(dead_letters, body)

    found = run(*LIST, "--dead-letter-queue-url", dead_letters, "--json").document["dead_letters"]

    assert [one["job_id"] for one in found] == ["vpr-1"]


def test_a_message_that_names_no_job_is_named_and_its_body_is_not_shown(run: Run, dead_letters: str) -> None:
    message_id = send(dead_letters, json.dumps({"text": CANARY}))

    shown = run(*LIST, "--dead-letter-queue-url", dead_letters)
    one = run(*LIST, "--dead-letter-queue-url", dead_letters, "--json").document["dead_letters"][0]

    assert f"message {message_id}: job_id is missing in the message's body" in shown.out
    assert (one["message_id"], one["job_id"], one["status"]) == (message_id, None, None)
    assert one["unreadable"] == "job_id is missing in the message's body"


def test_an_empty_queue_is_said(run: Run, dead_letters: str) -> None:
    assert run(*LIST, "--dead-letter-queue-url", dead_letters).out == "No dead letters.\n"
    assert run(*REDRIVE, "--dead-letter-queue-url", dead_letters, "--no-dry-run").out == (
        "About 0 messages would be sent back.\n"
    )


def test_the_environment_names_the_queue_whose_letters_are_shown(
    run: Run, dead_letters: str, queue_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JOBS_QUEUE_URL", queue_url)
    letter(dead_letters, "vpr-1")

    assert len(run(*LIST, "--json").document["dead_letters"]) == 1


def test_a_queue_is_needed(run: Run, queue_url: str) -> None:
    nothing = run(*LIST)
    without = run(*LIST, "--queue-url", queue_url)
    wrong = run(*LIST, "--dead-letter-queue-url", "jobs-dead")

    assert nothing.code == wrong.code == 2
    assert nothing.err.startswith("careervp-jobs: No queue: pass --dead-letter-queue-url or --queue-url, or set JOBS_")
    assert wrong.err.startswith("careervp-jobs: --dead-letter-queue-url must be the whole address")
    assert (without.code, without.err.splitlines()[0]) == (1, "careervp-jobs: The queue has no dead-letter queue")


def test_a_queue_that_is_not_there_is_said(run: Run, dead_letters: str) -> None:
    ran = run(*LIST, "--dead-letter-queue-url", dead_letters + "-other")

    assert ran.code == 3
    assert ran.err.startswith("careervp-jobs: SQS refused the request (AWS.SimpleQueueService.NonExistentQueue)")
    assert ran.err.endswith("  fix:   compare the queue's address and the region\n")


@pytest.fixture
def tasks(monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[dict[str, Any]]]:
    """Answers of SQS about a redrive: its states one after the other, or a refusal of its start."""

    def answer(*states: dict[str, Any], refusal: str = "") -> list[dict[str, Any]]:
        started: list[dict[str, Any]] = []
        left = iter(states)
        send_it = BaseClient._make_api_call  # type: ignore[attr-defined]

        def call(client: Any, operation: str, parameters: dict[str, Any]) -> Any:
            if operation == "StartMessageMoveTask":
                if refusal:
                    raise ClientError({"Error": {"Code": refusal, "Message": "no"}}, operation)
                started.append(parameters)
                return {"TaskHandle": "t-1"}
            if operation == "ListMessageMoveTasks":
                return {"Results": list(islice(left, 1))}
            return send_it(client, operation, parameters)

        monkeypatch.setattr(BaseClient, "_make_api_call", call)
        return started

    return answer


def test_a_redrive_is_a_dry_run_first(run: Run, dead_letters: str, tasks: Callable[..., list[Any]]) -> None:
    started = tasks()
    letter(dead_letters, "vpr-1")

    ran = run(*REDRIVE, "--dead-letter-queue-url", dead_letters, "--max-per-second", "5")

    assert ran.out.splitlines() == [
        "About 1 message would be sent back.",
        "Nothing was changed: careervp-jobs dead-letters redrive"
        f" --dead-letter-queue-url {dead_letters} --max-per-second 5 --no-dry-run sends them back.",
    ]
    assert started == []


def test_a_redrive_is_followed_to_its_end(run: Run, dead_letters: str, tasks: Callable[..., list[Any]]) -> None:
    running = {"Status": "RUNNING", "ApproximateNumberOfMessagesMoved": 1, "ApproximateNumberOfMessagesToMove": 2}
    states = (running, {"Status": "RUNNING"}, {"Status": "COMPLETED", "ApproximateNumberOfMessagesMoved": 2})
    started = tasks(*states, *states)
    letter(dead_letters, "vpr-1")
    words = (*REDRIVE, "--dead-letter-queue-url", dead_letters, "--no-dry-run", "--yes")

    shown = run(*words, "--max-per-second", "50", terminal=True)
    ran = run(*words, "--json")

    arn = "arn:aws:sqs:eu-west-1:123456789012:jobs-dead"
    assert started == [{"SourceArn": arn, "MaxNumberOfMessagesPerSecond": 50}, {"SourceArn": arn}]
    assert "1 of 2 messages sent back; Ctrl-C does not stop SQS" in shown.out
    assert shown.out.endswith("2 messages sent back.\n")
    assert ran.document == {"dry_run": False, "messages": 1, "moved": 2, "status": "COMPLETED"}


def test_a_redrive_that_failed_is_said_with_sqs_s_reason(
    run: Run, dead_letters: str, tasks: Callable[..., list[Any]]
) -> None:
    tasks({"Status": "FAILED", "FailureReason": "CouldNotDetermineMessageSource"}, {"Status": "CANCELLED"})
    letter(dead_letters, "vpr-1")
    words = (*REDRIVE, "--dead-letter-queue-url", dead_letters, "--no-dry-run", "--yes")

    failed, cancelled = run(*words), run(*words)

    assert (failed.code, cancelled.code) == (3, 3)
    assert "The redrive is FAILED after 0 messages: CouldNotDetermineMessageSource" in failed.err
    assert "The redrive is CANCELLED after 0 messages: no reason is given" in cancelled.err


def test_a_redrive_that_sqs_does_not_name_is_one_error(
    run: Run, dead_letters: str, tasks: Callable[..., list[Any]]
) -> None:
    tasks()
    letter(dead_letters, "vpr-1")

    ran = run(*REDRIVE, "--dead-letter-queue-url", dead_letters, "--no-dry-run", "--yes")

    assert (ran.code, ran.err.splitlines()[0]) == (3, f"careervp-jobs: SQS names no redrive: queue {dead_letters}")


def test_a_letter_s_repr_does_not_show_its_body() -> None:
    assert repr(Letter("m-1", CANARY, 3, None, None)) == "Letter('m-1', receives=3)"


@pytest.mark.parametrize(
    ("refusal", "code", "fix"),
    [
        ("AccessDeniedException", "ACCESS_DENIED", "allow the operator the actions of SQS"),
        ("AWS.SimpleQueueService.UnsupportedOperation", "QUEUE_ERROR", "mend the cause, and run the command again"),
    ],
)
def test_a_refused_redrive_is_one_error(
    run: Run, dead_letters: str, tasks: Callable[..., list[Any]], refusal: str, code: str, fix: str
) -> None:
    tasks(refusal=refusal)
    letter(dead_letters, "vpr-1")

    ran = run(*REDRIVE, "--dead-letter-queue-url", dead_letters, "--no-dry-run", "--yes", "--json")

    error = json.loads(ran.err)["error"]
    assert (ran.code, error["code"], error["message"]) == (
        3,
        code,
        f"SQS refused the request ({refusal}): no: queue {dead_letters}",
    )
    assert error["fix"].startswith(fix)


def test_a_redrive_asks_first(run: Run, dead_letters: str, tasks: Callable[..., list[Any]]) -> None:
    started = tasks()
    letter(dead_letters, "vpr-1")

    ran = run(*REDRIVE, "--dead-letter-queue-url", dead_letters, "--no-dry-run")

    assert (ran.code, started) == (2, [])
    assert "pass --yes" in ran.err


def test_a_redrive_faster_than_sqs_allows_is_refused(run: Run) -> None:
    ran = run(*REDRIVE, "--max-per-second", "501")

    assert (ran.code, ran.err) == (2, "careervp-jobs: --max-per-second: SQS takes at most 500\n")


def test_a_redrive_that_takes_long_goes_on_at_sqs_and_is_looked_at_by_a_command(
    run: Run, dead_letters: str, tasks: Callable[..., list[Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    tasks({"Status": "RUNNING", "ApproximateNumberOfMessagesMoved": 3})
    letter(dead_letters, "vpr-1")
    words = (*REDRIVE, "--dead-letter-queue-url", dead_letters, "--no-dry-run", "--yes")

    late = run(*words, "--timeout", "1s")
    monkeypatch.setattr(DeadLetterQueue, "redrive", interrupt)
    interrupted = run(*words)

    assert late.err.splitlines()[0] == "careervp-jobs: 3 messages sent back in 1 s, and SQS goes on with it"
    assert interrupted.err.splitlines()[0] == "careervp-jobs: Interrupted, but SQS goes on with it"
    assert (late.code, interrupted.code) == (1, 130)
    look = (
        "aws sqs list-message-move-tasks --source-arn arn:aws:sqs:eu-west-1:123456789012:jobs-dead --region eu-west-1"
    )
    assert all(f"  fix:   look at it: {look}; " in ran.err for ran in (late, interrupted))


def interrupt(_: DeadLetterQueue) -> Any:
    raise KeyboardInterrupt


def test_a_look_ends_where_a_queue_gives_the_same_letters_again(
    run: Run, dead_letters: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    message_id = letter(dead_letters, "vpr-1")
    again = [{"MessageId": message_id, "Body": "{}", "ReceiptHandle": "r"}]
    monkeypatch.setattr(DeadLetterQueue, "_receive", lambda *_: again)
    monkeypatch.setattr(DeadLetterQueue, "_give_back", lambda *_: None)

    assert len(run(*LIST, "--dead-letter-queue-url", dead_letters, "--json").document["dead_letters"]) == 1


def test_a_list_at_its_limit_says_that_there_may_be_more(run: Run, dead_letters: str) -> None:
    letter(dead_letters, "vpr-1")

    shown = run(*LIST, "--dead-letter-queue-url", dead_letters, "--limit", "1").out

    assert shown.endswith("\nThere may be more than these 1: --limit N shows more.\n")
