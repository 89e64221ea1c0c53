"""A message that stays comes back when its job is due: the worker sets the visibility timeout of just that message."""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import Any

import boto3
import pytest
from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from botocore.exceptions import ClientError
from botocore.loaders import create_loader

from careervp_jobs_dal import Claim, JobsRepository, JobWorker, NotAcknowledgedError
from careervp_jobs_dal.worker.retry_delay import backoff
from careervp_jobs_dal.worker.visibility import queue_url_of
from tests.conftest import Clock
from tests.faults import Faults
from tests.worker.invocation import MINUTE, QUEUE_ARN, QUEUE_URL, Context, Sqs, event, failures, message, raising

PARTITIONS = {each["partition"]: each["dnsSuffix"] for each in create_loader().load_data("endpoints")["partitions"]}
DENIED = ClientError({"Error": {"Code": "AccessDenied", "Message": "no"}}, "ChangeMessageVisibility")


@pytest.fixture
def job_id(repository: JobsRepository) -> str:
    return repository.submit_job("key", {}, max_attempts=9).unwrap().job_id


def failing(repository: JobsRepository, **options: Any) -> JobWorker:
    return JobWorker(repository, raising(TimeoutError()), **options)


def test_a_failed_attempt_hides_just_its_message_for_the_pause(repository: JobsRepository, job_id: str) -> None:
    sqs = Sqs()

    assert failing(repository, sqs=sqs, retry_delay=7 * MINUTE)(event(job_id), Context()) == failures(1)
    assert sqs.asked == [{"QueueUrl": QUEUE_URL, "ReceiptHandle": "r-1", "VisibilityTimeout": 420}]


def test_the_pause_is_in_the_record_as_well(repository: JobsRepository, clock: Clock, job_id: str) -> None:
    failing(repository, sqs=Sqs(), retry_delay=7 * MINUTE)(event(job_id), Context())

    clock.advance(7 * MINUTE - timedelta(seconds=1))
    assert repository.claim_job(job_id, lease=MINUTE).code == "NOT_DUE"
    clock.advance(timedelta(seconds=1))
    assert repository.claim_job(job_id, lease=MINUTE).unwrap().attempt == 2


def test_the_default_pause_doubles_from_30_seconds_to_15_minutes_with_jitter(
    repository: JobsRepository, clock: Clock, job_id: str
) -> None:
    sqs = Sqs()
    worker = failing(repository, sqs=sqs)

    for _ in range(8):
        worker(event(job_id), Context())
        clock.advance(15 * MINUTE)

    bounds = [30, 60, 120, 240, 480, 900, 900, 900]
    assert all(bound / 2 <= pause <= bound for pause, bound in zip(sqs.pauses, bounds, strict=True))
    assert len({backoff(1) for _ in range(20)}) > 10
    assert backoff(10**9) <= 15 * MINUTE


def test_the_pause_can_be_a_function_of_the_attempt(repository: JobsRepository, clock: Clock, job_id: str) -> None:
    sqs = Sqs()
    worker = failing(repository, sqs=sqs, retry_delay=lambda attempt: attempt * MINUTE)

    worker(event(job_id), Context())
    clock.advance(MINUTE)
    worker(event(job_id), Context())

    assert sqs.pauses == [60, 120]


@pytest.mark.parametrize("chosen", [None, -MINUTE, 60, ZeroDivisionError()], ids=repr)
def test_a_pause_that_is_none_is_the_default_one_and_a_log_line(
    repository: JobsRepository, job_id: str, caplog: pytest.LogCaptureFixture, chosen: Any
) -> None:
    def delay(attempt: int) -> Any:
        if isinstance(chosen, Exception):
            raise chosen
        return chosen

    sqs = Sqs()
    failing(repository, sqs=sqs, retry_delay=delay)(event(job_id), Context())

    assert 15 <= sqs.pauses[0] <= 30
    assert sum("retry_delay gave no timedelta" in record.getMessage() for record in caplog.records) == 1


def test_a_held_lease_hides_the_message_until_it_has_lapsed(repository: JobsRepository, job_id: str) -> None:
    repository.claim_job(job_id, lease=timedelta(seconds=90.5)).unwrap()
    sqs = Sqs()

    assert failing(repository, sqs=sqs)(event(job_id), Context()) == failures(1)
    assert sqs.pauses == [92], "a margin of a second, and whole seconds"


def test_a_job_that_is_not_due_hides_its_message_until_then(
    repository: JobsRepository, clock: Clock, job_id: str
) -> None:
    claim = repository.claim_job(job_id, lease=MINUTE).unwrap()
    repository.fail_job(claim, "later", retryable=True, retry_after=5 * MINUTE).unwrap()
    clock.advance(MINUTE)
    sqs = Sqs()

    assert failing(repository, sqs=sqs)(event(job_id), Context()) == failures(1)
    assert sqs.pauses == [240]


def test_no_message_is_hidden_for_more_than_sqs_allows(repository: JobsRepository, job_id: str) -> None:
    sqs = Sqs()

    failing(repository, sqs=sqs, retry_delay=timedelta(days=2))(event(job_id), Context())

    assert sqs.pauses == [42_000]
    assert timedelta(seconds=42_000) + 15 * MINUTE + 5 * MINUTE <= timedelta(hours=12)


def test_what_the_record_does_not_explain_leaves_the_queue_its_own_time(
    repository: JobsRepository, job_id: str, faults: Faults
) -> None:
    faults.answer("AccessDeniedException")
    sqs = Sqs()

    assert failing(repository, sqs=sqs)(event(job_id), Context()) == failures(1)
    assert sqs.asked == []


@pytest.mark.parametrize("error", [DENIED, OSError("no network"), AttributeError()], ids=repr)
def test_a_queue_that_refuses_is_one_log_line_and_no_failure(
    repository: JobsRepository, job_id: str, caplog: pytest.LogCaptureFixture, error: Exception
) -> None:
    assert failing(repository, sqs=Sqs(error))(event(job_id), Context()) == failures(1)

    told = [record.getMessage() for record in caplog.records if "visibility timeout" in record.getMessage()]
    assert len(told) == 1
    assert ("sqs:ChangeMessageVisibility" in told[0]) is (error is DENIED)
    assert type(error).__name__ in told[0] or error is DENIED


def test_a_password_in_the_queues_address_is_not_logged(
    repository: JobsRepository, job_id: str, caplog: pytest.LogCaptureFixture
) -> None:
    address = "https://me:secret@sqs.example.com/1/jobs"

    failing(repository, sqs=Sqs(DENIED), queue_url=address)(event(job_id), Context())

    (told,) = [record for record in caplog.records if "visibility timeout" in record.getMessage()]
    assert told.__dict__["queue_url"] == "https://...@sqs.example.com/1/jobs"
    assert "secret" not in str(told.__dict__)


@pytest.mark.parametrize("missing", ["receiptHandle", "eventSourceARN"])
def test_a_message_that_came_without_a_queue_hides_nothing(
    repository: JobsRepository, job_id: str, caplog: pytest.LogCaptureFixture, missing: str
) -> None:
    sqs = Sqs()
    record = {name: value for name, value in message(job_id).items() if name != missing}

    assert failing(repository, sqs=sqs)({"Records": [record]}, Context()) == failures(1)
    assert sqs.asked == []
    assert "visibility" not in caplog.text


def test_a_queue_that_is_given_comes_before_the_message_s(repository: JobsRepository, job_id: str) -> None:
    sqs = Sqs()

    failing(repository, sqs=sqs, queue_url="http://localhost:4566/jobs")(event(job_id), Context())

    assert sqs.asked[0]["QueueUrl"] == "http://localhost:4566/jobs"


@pytest.mark.parametrize(("partition", "suffix"), PARTITIONS.items(), ids=PARTITIONS)
def test_a_queue_s_address_follows_from_its_arn_in_every_partition(partition: str, suffix: str) -> None:
    url = queue_url_of(f"arn:{partition}:sqs:somewhere-1:123456789012:jobs.fifo")

    assert url == f"https://sqs.somewhere-1.{suffix}/123456789012/jobs.fifo"


@pytest.mark.parametrize("arn", [None, 7, "", "arn:aws:sns:eu-west-1:123456789012:jobs", QUEUE_ARN + "\n"])
def test_what_is_no_arn_of_a_queue_gives_no_address(arn: object) -> None:
    assert queue_url_of(arn) is None


def test_the_client_is_made_when_the_first_message_stays_and_sets_its_true_time(
    repository: JobsRepository, job_id: str
) -> None:
    queue: Any = boto3.client("sqs")
    url = queue.create_queue(QueueName="jobs")["QueueUrl"]
    arn = queue.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    queue.send_message(QueueUrl=url, MessageBody="job")
    (received,) = queue.receive_message(QueueUrl=url, VisibilityTimeout=600)["Messages"]
    record = message(job_id) | {"receiptHandle": received["ReceiptHandle"], "eventSourceARN": arn}

    failing(repository, retry_delay=timedelta(0))({"Records": [record]}, Context())

    assert queue.receive_message(QueueUrl=url)["Messages"][0]["MessageId"] == received["MessageId"]


def test_powertools_batch_processor_hides_a_message_as_well(repository: JobsRepository, job_id: str) -> None:
    sqs = Sqs()
    process_partial_response(
        event=event(job_id),
        record_handler=failing(repository, sqs=sqs, retry_delay=MINUTE).handle_record,
        processor=BatchProcessor(event_type=EventType.SQS, raise_on_entire_batch_failure=False),
        context=Context(),  # type: ignore[arg-type]
    )

    assert sqs.pauses == [60]


@pytest.mark.parametrize("milliseconds", [999, 0, -5])
def test_a_job_is_not_begun_with_too_little_of_the_invocation_left(
    repository: JobsRepository, job_id: str, milliseconds: int
) -> None:
    sqs = Sqs()

    assert failing(repository, sqs=sqs)(event(job_id), Context(milliseconds)) == failures(1)
    assert "attempt" not in repository.find_job(job_id).unwrap()
    assert sqs.pauses == [0], "another invocation may have the time"


def test_the_time_that_a_job_needs_can_be_chosen(repository: JobsRepository, job_id: str) -> None:
    claims: list[Claim] = []
    worker = JobWorker(repository, claims.append, min_remaining=MINUTE, sqs=Sqs())

    assert worker(event(job_id), Context(59_999)) == failures(1)
    assert worker(event(job_id), Context(60_000)) == failures()
    assert len(claims) == 1


def test_a_caller_without_an_invocation_needs_a_lease_and_no_time(repository: JobsRepository, job_id: str) -> None:
    worker = JobWorker(repository, lambda claim: None, lease=MINUTE)

    assert worker.handle_record(message(job_id), None) == "SUCCESS"  # type: ignore[arg-type]


def test_a_direct_call_hides_nothing_and_says_when_to_come_back(repository: JobsRepository, job_id: str) -> None:
    with pytest.raises(NotAcknowledgedError) as raised:
        failing(repository, retry_delay=MINUTE).process(job_id, MINUTE)

    assert raised.value.retry_after == MINUTE


def test_a_message_that_stays_is_a_log_line_with_its_reason(
    repository: JobsRepository, job_id: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    JobWorker(repository, lambda claim: None, sqs=Sqs())(event(job_id), Context(5))

    (line,) = caplog.records
    assert "too little of the invocation is left" in line.getMessage()
