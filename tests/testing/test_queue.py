"""The embedded queue: what is sent to it arrives once, late, twice, in another order or never, as its test decides."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from datetime import timedelta
from random import Random
from typing import Any

import boto3
import pytest
from hypothesis import given
from hypothesis import strategies as st

from careervp_jobs_dal import (
    Claim,
    DeadLetterHandler,
    JobsOperator,
    JobWorker,
    job_id_from_eventbridge,
    job_id_from_json,
)
from careervp_jobs_dal.testing import (
    Clock,
    EmbeddedJobs,
    EmbeddedQueue,
    LambdaContext,
    embedded_aws,
    embedded_jobs,
    embedded_queue,
)

MINUTE = timedelta(minutes=1)
SECOND = timedelta(seconds=1)


def noting(seen: list[str]) -> Callable[[Claim], None]:
    return lambda claim: seen.append(claim.job_id)


def leaving(event: dict[str, Any], context: object) -> dict[str, Any]:
    """Leave every message in the queue."""
    return {"batchItemFailures": [{"itemIdentifier": record["messageId"]} for record in event["Records"]]}


def test_what_a_service_sends_reaches_its_worker(jobs_embedded: EmbeddedJobs, jobs_queue: EmbeddedQueue) -> None:
    job_id = jobs_embedded.builder.pending()["job_id"]
    sqs = boto3.client("sqs")
    url = sqs.get_queue_url(QueueName="jobs")["QueueUrl"]
    assert url == jobs_queue.url == os.environ["JOBS_QUEUE_URL"]
    sqs.send_message(QueueUrl=url, MessageBody=json.dumps({"job_id": job_id}))
    seen: list[str] = []

    assert jobs_queue.deliver(JobWorker(jobs_embedded.repository, noting(seen))) == 1
    assert (seen, len(jobs_queue)) == ([job_id], 0)


def test_batches_delays_and_groups_of_a_sender_are_kept(jobs_queue: EmbeddedQueue) -> None:
    entries = [
        {"Id": "a", "MessageBody": "first", "MessageGroupId": "user-1"},
        {"Id": "b", "MessageBody": "later", "DelaySeconds": 60},
    ]
    events: list[Any] = []

    sent = boto3.client("sqs").send_message_batch(QueueUrl=jobs_queue.url, Entries=entries)

    assert [each["Id"] for each in sent["Successful"]] == ["a", "b"]
    jobs_queue.deliver(lambda event, context: events.append(event), batch_size=10)
    jobs_queue.clock.advance(MINUTE)
    jobs_queue.deliver(lambda event, context: events.append(event), batch_size=10)
    records = [event["Records"][0] for event in events]
    assert [(each["body"], each["attributes"].get("MessageGroupId")) for each in records] == [
        ("first", "user-1"),
        ("later", None),
    ]
    assert [each["messageId"] for each in records] == [each["MessageId"] for each in sent["Successful"]]
    first = int(records[1]["attributes"]["ApproximateFirstReceiveTimestamp"])
    assert first - int(records[1]["attributes"]["SentTimestamp"]) == 60_000


def test_other_queues_and_requests_are_motos(jobs_queue: EmbeddedQueue) -> None:
    sqs = boto3.client("sqs")
    other = sqs.create_queue(QueueName="letters")["QueueUrl"]
    sqs.send_message(QueueUrl=other, MessageBody="other")

    assert len(jobs_queue) == 0
    assert sqs.receive_message(QueueUrl=other)["Messages"][0]["Body"] == "other"
    with pytest.raises(sqs.exceptions.QueueDoesNotExist):
        sqs.receive_message(QueueUrl=jobs_queue.url)


def test_a_message_that_stays_comes_back_when_its_visibility_timeout_ends(jobs_queue: EmbeddedQueue) -> None:
    jobs_queue.send("vpr-1")
    counts: list[str] = []

    def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
        counts.append(event["Records"][0]["attributes"]["ApproximateReceiveCount"])
        return leaving(event, context)

    for step in (timedelta(0), 30 * SECOND - timedelta(microseconds=1), timedelta(microseconds=1)):
        jobs_queue.clock.advance(step)
        assert jobs_queue.deliver(handler) == 0
    assert counts == ["1", "2"]
    assert len(jobs_queue) == 1


def test_a_worker_sets_the_visibility_timeout_of_its_message(
    jobs_embedded: EmbeddedJobs, jobs_queue: EmbeddedQueue, caplog: pytest.LogCaptureFixture
) -> None:
    job_id = jobs_embedded.builder.pending()["job_id"]
    claims: list[Claim] = []

    def work(claim: Claim) -> None:
        claims.append(claim)
        if claim.attempt == 1:
            raise TimeoutError

    worker = JobWorker(jobs_embedded.repository, work, retry_delay=7 * MINUTE)
    jobs_queue.send(job_id)

    for step in (0 * MINUTE, 7 * MINUTE - SECOND, SECOND):
        jobs_queue.clock.advance(step)
        jobs_queue.deliver(worker)
    assert [claim.attempt for claim in claims] == [1, 2]
    assert "visibility timeout" not in caplog.text


def test_a_receipt_that_the_queue_does_not_know_is_refused(jobs_queue: EmbeddedQueue) -> None:
    sqs = boto3.client("sqs")

    with pytest.raises(sqs.exceptions.ReceiptHandleIsInvalid):
        sqs.change_message_visibility(QueueUrl=jobs_queue.url, ReceiptHandle="none", VisibilityTimeout=1)


def test_a_message_that_nobody_does_becomes_a_dead_letter_and_ends_its_job(jobs_embedded: EmbeddedJobs) -> None:
    job_id = jobs_embedded.builder.pending()["job_id"]
    calls: list[object] = []

    def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
        calls.append(event)
        return leaving(event, context)

    with embedded_queue(clock=jobs_embedded.clock, max_receive_count=3) as queue:
        queue.send(job_id)
        assert queue.drain(handler) == 0
        assert (len(calls), len(queue)) == (3, 0)
        assert queue.dead_letters is not None
        assert queue.dead_letters.bodies == [json.dumps({"job_id": job_id})]
        assert queue.dead_letters.deliver(DeadLetterHandler(jobs_embedded.repository)) == 1
    job = jobs_embedded.repository.find_job(job_id).unwrap()
    assert (job["status"], job["error"]) == ("FAILED", "Its message became a dead letter after 4 receives")


def test_a_queue_whose_messages_never_leave_is_no_endless_loop(jobs_queue: EmbeddedQueue) -> None:
    assert jobs_queue.dead_letters is not None
    jobs_queue.dead_letters.send("vpr-1")

    with pytest.raises(RuntimeError, match="1 messages are still in the queue after 1000 rounds"):
        jobs_queue.dead_letters.drain(leaving)


def test_draining_moves_the_clock_to_the_next_message(jobs_queue: EmbeddedQueue) -> None:
    began = jobs_queue.clock()
    jobs_queue.send("vpr-1", delay=MINUTE)
    jobs_queue.send("vpr-2", delay=9 * MINUTE)

    assert jobs_queue.drain(lambda event, context: None) == 2
    assert jobs_queue.clock() - began == 9 * MINUTE


ANSWERS: dict[str, tuple[Any, int]] = {
    "none": (None, 0),
    "another answer": ({"statusCode": 200}, 0),
    "text": ("done", 0),
    "no failures": ({"batchItemFailures": []}, 0),
    "null": ({"batchItemFailures": None}, 0),
    "an unknown message": ({"batchItemFailures": [{"itemIdentifier": "m-1"}]}, 2),
    "an empty id": ({"batchItemFailures": [{"itemIdentifier": ""}]}, 2),
    "a misspelt key": ({"batchItemFailures": [{"ItemIdentifier": "m-1"}]}, 2),
    "no list": ({"batchItemFailures": 7}, 2),
}


@pytest.mark.parametrize(("answer", "left"), ANSWERS.values(), ids=ANSWERS)
def test_an_answer_leaves_what_lambda_would_leave(jobs_queue: EmbeddedQueue, answer: object, left: int) -> None:
    jobs_queue.send("vpr-1", "vpr-2")

    assert jobs_queue.deliver(lambda event, context: answer, batch_size=10) == 2 - left
    assert len(jobs_queue) == left


def test_an_exception_of_the_handler_reaches_the_test_and_its_batch_stays(jobs_queue: EmbeddedQueue) -> None:
    jobs_queue.send("vpr-1", "vpr-2")

    def handler(event: object, context: object) -> None:
        raise LookupError

    with pytest.raises(LookupError):
        jobs_queue.deliver(handler)
    assert len(jobs_queue) == 2
    assert jobs_queue.deliver(lambda event, context: None) == 1, "the first one is hidden"


def test_a_doubled_message_has_one_id_and_never_shares_a_batch(jobs_queue: EmbeddedQueue) -> None:
    jobs_queue.send("vpr-1")
    jobs_queue.double()
    batches: list[list[str]] = []

    jobs_queue.deliver(
        lambda event, context: batches.append([record["messageId"] for record in event["Records"]]), batch_size=10
    )

    assert len(batches) == 2
    assert batches[0] == batches[1]


def test_a_job_whose_message_comes_twice_is_done_once(jobs_embedded: EmbeddedJobs, jobs_queue: EmbeddedQueue) -> None:
    seen: list[str] = []
    jobs_queue.send(jobs_embedded.builder.pending()["job_id"])
    jobs_queue.double()

    assert jobs_queue.deliver(JobWorker(jobs_embedded.repository, noting(seen))) == 2
    assert len(seen) == 1


def test_a_message_that_arrives_during_the_work_is_left_until_the_lease_lapses(
    jobs_embedded: EmbeddedJobs, jobs_queue: EmbeddedQueue
) -> None:
    seen: list[str] = []

    def work(claim: Claim) -> None:
        seen.append(claim.job_id)
        assert jobs_queue.deliver(worker) == 0

    worker = JobWorker(jobs_embedded.repository, work)
    jobs_queue.send(jobs_embedded.builder.pending()["job_id"])
    jobs_queue.double()

    assert jobs_queue.drain(worker) == 2
    assert len(seen) == 1


def test_a_lost_message_is_sent_again_by_the_sweep(jobs_embedded: EmbeddedJobs, jobs_queue: EmbeddedQueue) -> None:
    job_id = jobs_embedded.builder.pending()["job_id"]
    jobs_queue.send(job_id)
    jobs_queue.lose()
    jobs_queue.clock.advance(timedelta(hours=2))
    operator = JobsOperator(jobs_embedded.repository)

    recovery = operator.recover_jobs(older_than=timedelta(hours=1), enqueue=jobs_queue.send).unwrap()

    assert list(recovery.waiting) == [job_id]
    assert jobs_queue.deliver(JobWorker(jobs_embedded.repository, lambda claim: None)) == 1


def test_messages_can_be_shuffled_and_delayed_together(jobs_queue: EmbeddedQueue) -> None:
    jobs_queue.send(*map(str, range(20)))
    in_order = jobs_queue.bodies
    jobs_queue.reorder(Random(1))
    shuffled = jobs_queue.bodies
    jobs_queue.delay(MINUTE)

    assert shuffled != in_order
    assert sorted(shuffled) == sorted(in_order)
    assert jobs_queue.deliver(lambda event, context: None) == 0
    jobs_queue.clock.advance(MINUTE)
    assert jobs_queue.deliver(lambda event, context: None, batch_size=7) == 20


def test_a_body_of_another_form_is_delivered(jobs_embedded: EmbeddedJobs, jobs_queue: EmbeddedQueue) -> None:
    job_id = jobs_embedded.builder.pending()["job_id"]
    worker = JobWorker(jobs_embedded.repository, lambda claim: None, job_id_of=job_id_from_eventbridge)
    jobs_queue.send(job_id, body=lambda each: json.dumps({"detail": {"job_id": each}}))

    assert jobs_queue.deliver(worker) == 1


def test_the_remaining_time_runs_out_by_the_queue_s_clock(jobs_queue: EmbeddedQueue) -> None:
    jobs_queue.send("vpr-1")
    left: list[int] = []

    def handler(event: object, context: LambdaContext) -> None:
        for _ in range(3):
            left.append(context.get_remaining_time_in_millis())
            jobs_queue.clock.advance(3 * MINUTE)

    jobs_queue.deliver(handler)

    assert left == [300_000, 120_000, 0]


def test_two_queues_have_their_own_messages() -> None:
    clock = Clock()
    with embedded_aws(), embedded_queue("jobs", clock=clock) as one, embedded_queue("letters", clock=clock) as other:
        boto3.client("sqs").send_message(QueueUrl=one.url, MessageBody="report")
        boto3.client("sqs").send_message(QueueUrl=other.url, MessageBody="letter")

        assert (one.bodies, other.bodies) == (["report"], ["letter"])
        assert os.environ["JOBS_QUEUE_URL"] == other.url
    assert "JOBS_QUEUE_URL" not in os.environ


STEPS = st.lists(st.sampled_from(["submit", "double", "delay", "reorder", "deliver", "advance"]), max_size=15)


@given(steps=STEPS, seed=st.integers(0, 99))
def test_whatever_becomes_of_messages_each_job_is_done_once(steps: list[str], seed: int) -> None:
    random = Random(seed)
    done: list[str] = []
    with embedded_jobs() as jobs, embedded_queue(clock=jobs.clock, max_receive_count=1000) as queue:
        worker = JobWorker(jobs.repository, noting(done))
        submitted = []
        for step in steps:
            match step:
                case "submit":
                    submitted.append(jobs.builder.pending()["job_id"])
                    queue.send(submitted[-1])
                case "double" if len(queue) < 50:
                    queue.double()
                case "delay":
                    queue.delay(MINUTE)
                case "reorder":
                    queue.reorder(random)
                case "deliver":
                    queue.deliver(worker, batch_size=random.randint(1, 4))
                case "advance":
                    jobs.clock.advance(MINUTE)
        queue.drain(worker, batch_size=random.randint(1, 4))

        assert sorted(done) == sorted(submitted)


def test_the_names_of_the_bodies_are_those_that_a_worker_reads(jobs_queue: EmbeddedQueue) -> None:
    jobs_queue.send("vpr-1")

    assert [job_id_from_json(body) for body in jobs_queue.bodies] == ["vpr-1"]
