"""Jobs go to their queue in batches, in groups by user, and each failure is told and tried again."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError, EndpointConnectionError
from moto import mock_aws

from careervp_jobs_dal import Dispatch, JobRecord, JobRequest, JobSender, JobsRepository, Submission

STANDARD = "https://sqs.eu-west-1.amazonaws.com/123456789012/jobs"
FIFO = f"{STANDARD}.fifo"
DENIED = ClientError({"Error": {"Code": "AccessDenied", "Message": "no"}}, "SendMessageBatch")
Answer = Callable[[list[dict[str, Any]]], dict[str, Any]]


def taken(entries: list[dict[str, Any]]) -> dict[str, Any]:
    return {"Successful": [{"Id": entry["Id"]} for entry in entries]}


def failing(*, at_fault: bool, code: str = "InternalError") -> Answer:
    """Refuse the first message of each request."""

    def answer(entries: list[dict[str, Any]]) -> dict[str, Any]:
        failed = [{"Id": entries[0]["Id"], "Code": code, "SenderFault": at_fault, "Message": "secret"}]
        return {**taken(entries[1:]), "Failed": failed}

    return answer


class Sqs:
    """SQS that gives these answers, and then takes everything."""

    def __init__(self, *answers: Answer | Exception) -> None:
        self.answers = list(answers)
        self.asked: list[list[dict[str, Any]]] = []

    def send_message_batch(self, *, QueueUrl: str, Entries: list[dict[str, Any]]) -> dict[str, Any]:  # noqa: N803
        assert QueueUrl in (STANDARD, FIFO)
        self.asked.append(Entries)
        answer = self.answers.pop(0) if self.answers else taken
        if isinstance(answer, Exception):
            raise answer
        return answer(Entries)

    @property
    def ids(self) -> list[list[str]]:
        return [[json.loads(entry["MessageBody"])["job_id"] for entry in entries] for entries in self.asked]


def ids(number: int) -> list[str]:
    return [f"vpr-{each}" for each in range(number)]


def submission(
    job_id: str = "vpr-1", *, enqueue: bool = True, delay: timedelta = timedelta(0), **job: Any
) -> Submission:
    return Submission(JobRecord({"job_id": job_id, **job}), created=True, should_enqueue=enqueue, delay=delay)


def test_ten_jobs_share_a_request_and_each_is_sent_once() -> None:
    sqs = Sqs()

    dispatch = JobSender(STANDARD, sqs=sqs).send(iter([*ids(12), "vpr-3"]))

    assert sqs.ids == [ids(12)[:10], ids(12)[10:]]
    assert dispatch == Dispatch(tuple(ids(12)), {})


def test_nothing_to_send_asks_for_nothing() -> None:
    sqs = Sqs()

    assert JobSender(STANDARD, sqs=sqs).send([submission(enqueue=False)]) == Dispatch((), {})
    assert sqs.asked == []


def test_a_message_that_sqs_could_not_take_is_sent_again_alone() -> None:
    sqs = Sqs(failing(at_fault=False))

    assert JobSender(STANDARD, sqs=sqs).send(ids(3)) == Dispatch(tuple(ids(3)), {})
    assert sqs.ids == [ids(3), ["vpr-0"]]


def test_a_message_that_fails_again_and_again_is_told_and_stops_no_other(caplog: pytest.LogCaptureFixture) -> None:
    sqs = Sqs(*[failing(at_fault=False)] * 3)

    with caplog.at_level(logging.WARNING):
        dispatch = JobSender(STANDARD, sqs=sqs).send(ids(11))

    assert dispatch == Dispatch(tuple(ids(11)[1:]), {"vpr-0": "InternalError"})
    assert sqs.ids == [ids(10), ["vpr-0"], ["vpr-0"], ["vpr-10"]]
    assert "Job vpr-0 was not sent to its queue: InternalError" in caplog.text
    assert "secret" not in caplog.text


def test_a_password_in_the_queues_address_is_not_logged(caplog: pytest.LogCaptureFixture) -> None:
    address = "https://me:secret@sqs.example.com/1/jobs"
    sqs = boto3.client("sqs", endpoint_url="http://127.0.0.1:9", config=Config(retries={"total_max_attempts": 1}))

    with caplog.at_level(logging.WARNING):
        JobSender(address, sqs=sqs).send(["vpr-0"])

    (line,) = caplog.records
    assert line.__dict__["queue_url"] == "https://...@sqs.example.com/1/jobs"
    assert "secret" not in str(line.__dict__)


def test_a_message_that_is_wrong_is_not_sent_again() -> None:
    sqs = Sqs(failing(at_fault=True, code="InvalidMessageContents"))

    assert JobSender(STANDARD, sqs=sqs).send(ids(2)).unsent == {"vpr-0": "InvalidMessageContents"}
    assert len(sqs.asked) == 1


def test_a_message_that_the_answer_leaves_out_is_sent_again_and_then_told() -> None:
    sqs = Sqs(*[lambda _: {}] * 3)

    assert JobSender(STANDARD, sqs=sqs).send(["vpr-0"]).unsent == {"vpr-0": "no answer"}
    assert len(sqs.asked) == 3


def test_a_request_that_fails_as_a_whole_ends_the_sending() -> None:
    sqs = Sqs(taken, DENIED)

    dispatch = JobSender(STANDARD, sqs=sqs).send(ids(31))

    assert dispatch == Dispatch(tuple(ids(10)), dict.fromkeys(ids(31)[10:], "AccessDenied"))
    assert len(sqs.asked) == 2


def test_what_was_taken_before_a_failure_of_the_whole_counts_as_sent() -> None:
    sqs = Sqs(failing(at_fault=False), EndpointConnectionError(endpoint_url="x"))

    dispatch = JobSender(STANDARD, sqs=sqs).send(ids(3))

    assert dispatch == Dispatch(("vpr-1", "vpr-2"), {"vpr-0": "EndpointConnectionError"})


@pytest.mark.parametrize("one", ["vpr-1", submission(), {"job_id": "vpr-1"}])
def test_a_single_job_is_no_list(one: Any) -> None:
    with pytest.raises(TypeError, match="list of jobs"):
        JobSender(STANDARD, sqs=Sqs()).send(one)


@pytest.mark.parametrize("queue_url", [None, "", "jobs", 7])
def test_a_sender_without_a_queue_is_refused_at_once(queue_url: Any) -> None:
    """Such as `os.environ.get` gives it where the variable is not set."""
    with pytest.raises(ValueError, match=r"^queue_url must be the queue's whole address.*is its environment variable"):
        JobSender(queue_url)


def test_a_result_is_no_job(repository: JobsRepository) -> None:
    results: Any = repository.submit_jobs([JobRequest("key", {})])

    with pytest.raises(TypeError, match="Success is no job; unwrap a result of submit_job first"):
        JobSender(STANDARD, sqs=Sqs()).send(results)


@pytest.mark.parametrize("user_id", [7, ["user-1"], None])
def test_a_user_that_is_no_text_makes_no_group(user_id: Any) -> None:
    """Other code has stored it: the job is sent all the same."""
    assert "MessageGroupId" not in message({"job_id": "vpr-1", "user_id": user_id})
    assert "MessageGroupId" not in message(submission(user_id=user_id))


def test_one_job_is_sent_or_its_failure_raised() -> None:
    sqs = Sqs(taken, DENIED)
    sender = JobSender(STANDARD, sqs=sqs)

    sender.send_one(submission(enqueue=False))
    with pytest.raises(ConnectionError, match="Job vpr-2 was not sent: AccessDenied"):
        sender.send_one({"job_id": "vpr-2"})

    assert sqs.ids == [["vpr-1"], ["vpr-2"]]


def message(job: Any, queue_url: str = STANDARD, **options: Any) -> dict[str, Any]:
    sqs = Sqs()
    JobSender(queue_url, sqs=sqs, **options).send_one(job)
    return sqs.asked[0][0]


def test_the_group_stands_for_the_user_and_does_not_show_who_it_is() -> None:
    first, again, other = (
        message(submission(job_id, user_id=user))["MessageGroupId"]
        for job_id, user in (("vpr-1", "user-1"), ("vpr-2", "user-1"), ("vpr-3", "user-2"))
    )

    assert first == again != other
    assert "user" not in first
    assert first != message(submission(user_id="user-1"), id_secret="secret")["MessageGroupId"]


def test_the_secret_of_the_environment_makes_the_groups(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JOBS_ID_SECRET", "secret")

    given = message(submission(user_id="user-1"), id_secret="secret")["MessageGroupId"]
    assert message(submission(user_id="user-1"))["MessageGroupId"] == given


def test_a_job_without_a_user_has_no_group_on_a_standard_queue() -> None:
    assert message("vpr-1") == {"Id": "0", "MessageBody": '{"job_id": "vpr-1"}'}


def test_a_fifo_queue_gets_a_group_for_each_job_without_a_user() -> None:
    first, other = (message(job_id, FIFO)["MessageGroupId"] for job_id in ("vpr 1 ä", "vpr-2"))

    assert first != other
    assert first.isalnum()
    assert len(first) <= 128


def test_a_job_that_is_sent_again_is_no_duplicate_to_a_fifo_queue() -> None:
    first, again = (message(submission(user_id="user-1"), FIFO) for _ in range(2))

    assert first["MessageGroupId"] == again["MessageGroupId"]
    assert first["MessageDeduplicationId"] != again["MessageDeduplicationId"]


def test_a_message_that_is_tried_again_is_the_same_to_a_fifo_queue() -> None:
    sqs = Sqs(failing(at_fault=False))

    JobSender(FIFO, sqs=sqs).send(["vpr-1"])

    assert sqs.asked[0] == sqs.asked[1]


@pytest.mark.parametrize(
    ("delay", "seconds"), [(timedelta(seconds=1.5), 2), (timedelta(minutes=15), 900), (timedelta(days=1), 900)]
)
def test_a_job_that_is_due_later_is_delayed(delay: timedelta, seconds: int) -> None:
    assert message(submission(delay=delay))["DelaySeconds"] == seconds
    assert "DelaySeconds" not in message(submission(delay=delay), FIFO)


@pytest.mark.parametrize("queue", ["jobs", "jobs.fifo"])
def test_a_queue_takes_the_messages(repository: JobsRepository, queue: str) -> None:
    with mock_aws():
        sqs = boto3.client("sqs", "eu-west-1")
        attributes: Any = {"FifoQueue": "true"} if queue.endswith(".fifo") else {}
        url = sqs.create_queue(QueueName=queue, Attributes=attributes)["QueueUrl"]

        assert len(JobSender(url, sqs=sqs).send([submission(user_id="user-1"), "vpr-2"]).sent) == 2

        received = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10)["Messages"]
    assert [json.loads(each["Body"]) for each in received] == [{"job_id": "vpr-1"}, {"job_id": "vpr-2"}]


def test_a_client_is_made_with_the_first_message(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[str] = []

    def client(name: str, **_: object) -> Sqs:
        made.append(name)
        return Sqs()

    monkeypatch.setattr(boto3, "client", client)
    sender = JobSender(STANDARD)

    assert made == []
    assert sender.send(["vpr-1", "vpr-2"]).sent == ("vpr-1", "vpr-2")
    assert made == ["sqs"]


def test_a_record_of_the_sweep_is_sent_at_once() -> None:
    job = {"job_id": "vpr-1", "user_id": "user-1", "available_at": datetime(2036, 1, 1, tzinfo=UTC).isoformat()}

    assert message(job).keys() == {"Id", "MessageBody", "MessageGroupId"}
