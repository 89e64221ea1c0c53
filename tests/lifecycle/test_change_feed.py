"""The change feed on a table's own stream, and the example that pushes it to a topic."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from importlib import util
from pathlib import Path
from types import ModuleType
from typing import Any

import boto3
import pytest

from careervp_jobs_dal import ChangeKind, JobsOperator, JobsRepository, read_changes
from tests.conftest import CANARY, Clock
from tests.engines.catalogue import Engine

EXAMPLE = Path(__file__).parents[2] / "examples" / "notify.py"
LEASE = timedelta(minutes=5)
READ_STREAMS = {"moto", "dynamodb-local"}
Event = dict[str, Any]


@pytest.fixture
def stream(
    repository: JobsRepository, engine: Engine, endpoint_url: str | None, monkeypatch: pytest.MonkeyPatch
) -> Callable[[], Event]:
    """What the table's stream has brought so far, as an event of Lambda."""
    if engine.name not in READ_STREAMS:
        pytest.skip("The engine has no streams that boto3 can read")
    table = repository.table
    view: Any = {"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"}
    table.meta.client.update_table(TableName=table.name, StreamSpecification=view)
    arn = table.meta.client.describe_table(TableName=table.name)["Table"]["LatestStreamArn"]
    # Moto knows no host that begins with an account's number.
    monkeypatch.setenv("AWS_ACCOUNT_ID_ENDPOINT_MODE", "disabled")
    streams: Any = boto3.client("dynamodbstreams", endpoint_url=endpoint_url)

    def records() -> Iterator[dict[str, Any]]:
        for shard in streams.describe_stream(StreamArn=arn)["StreamDescription"]["Shards"]:
            place = streams.get_shard_iterator(
                StreamArn=arn, ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON"
            )
            yield from streams.get_records(ShardIterator=place["ShardIterator"])["Records"]

    return lambda: {"Records": json.loads(json.dumps(list(records()), default=as_lambda_writes))}


def as_lambda_writes(value: object) -> float | str:
    """Lambda's events are JSON: bytes in Base64, and instants in seconds since 1970."""
    if isinstance(value, datetime):
        return value.timestamp()
    assert isinstance(value, bytes)
    return b64encode(value).decode()


def a_whole_life(repository: JobsRepository, clock: Clock) -> str:
    """Every kind of change there is, in the order of their names in `LIFE`."""
    payload = {"text": CANARY * 500}
    job_id = repository.submit_job("key", payload, user_id="user-1").unwrap().job_id
    claim = repository.claim_job(job_id, lease=LEASE).unwrap()
    claim = repository.renew_claim(claim, lease=2 * LEASE).unwrap()
    claim = repository.renew_claim(claim, lease=LEASE, progress=0.5).unwrap()
    repository.fail_job(claim, CANARY, retryable=True).unwrap()
    repository.claim_job(job_id, lease=LEASE).unwrap()
    clock.advance(2 * LEASE)
    claim = repository.claim_job(job_id, lease=LEASE).unwrap()
    repository.complete_job(claim, result_key="report.json").unwrap()
    repository.update_job(job_id, {"note": CANARY}).unwrap()
    repository.table.delete_item(Key={"job_id": job_id})
    return job_id


LIFE = (
    ChangeKind.CREATED,
    ChangeKind.CLAIMED,
    ChangeKind.RENEWED,
    ChangeKind.PROGRESSED,
    ChangeKind.PUT_BACK,
    ChangeKind.CLAIMED,
    ChangeKind.CLAIMED,
    ChangeKind.FINISHED,
    ChangeKind.OTHER,
    ChangeKind.REMOVED,
)


def test_a_jobs_life_comes_out_of_the_stream_as_it_went(
    repository: JobsRepository, clock: Clock, stream: Callable[[], Event]
) -> None:
    job_id = a_whole_life(repository, clock)
    changes = list(read_changes(stream()))

    assert tuple(change.kind for change in changes) == LIFE
    assert {change.job_id for change in changes} == {job_id}
    assert len({change.event_id for change in changes}) == len(LIFE)
    assert [change.expired for change in changes] == [False] * len(LIFE)
    assert CANARY not in repr(changes)
    before, after = changes[7].old, changes[7].new
    assert before
    assert after
    assert (before["status"], before["attempt"]) == ("PROCESSING", 3)
    assert (after["status"], after["result_key"]) == ("COMPLETED", "report.json")
    assert after["input_data"] == {"text": CANARY * 500}


def test_a_failed_job_that_is_begun_anew_is_created_again(
    repository: JobsRepository, clock: Clock, stream: Callable[[], Event]
) -> None:
    job_id = repository.submit_job("key", {}).unwrap().job_id
    repository.cancel_job(job_id).unwrap()
    clock.advance(timedelta(seconds=1))
    repository.submit_job("key", {}, replace_failed=True).unwrap()
    created, cancelled, anew = read_changes(stream())

    assert (created.kind, cancelled.kind, anew.kind) == (
        ChangeKind.CREATED,
        ChangeKind.FINISHED,
        ChangeKind.CREATED,
    )
    assert (created.cancelled, cancelled.cancelled, anew.cancelled) == (False, True, False)


def test_a_failed_job_that_is_retried_is_told_as_such(
    repository: JobsRepository, clock: Clock, stream: Callable[[], Event]
) -> None:
    """Also one whose creation other code wrote in another form."""
    for number, created_at in enumerate(("2026-02-03T13:00:00.000000Z", "20260203T130000Z")):
        job = {"job_id": f"vpr-{number}", "status": "FAILED", "created_at": created_at, "input_data": {}}
        repository.table.put_item(Item=job)
        JobsOperator(repository).retry_job(f"vpr-{number}").unwrap()
        clock.advance(timedelta(seconds=1))
    kinds = {(change.job_id, change.kind) for change in read_changes(stream())}

    assert {kind for job_id, kind in kinds if job_id == "vpr-0"} == {ChangeKind.CREATED, ChangeKind.RETRIED}
    assert {kind for job_id, kind in kinds if job_id == "vpr-1"} == {ChangeKind.CREATED, ChangeKind.RETRIED}


@pytest.fixture
def topic(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> Callable[[], list[dict[str, Any]]]:
    """A topic for the example; what it gives are the messages that a subscriber has got."""
    if engine.name != "moto":
        pytest.skip("The topic is moto's")
    sns, sqs = boto3.client("sns"), boto3.client("sqs")
    arn = sns.create_topic(Name="jobs")["TopicArn"]
    queue = sqs.create_queue(QueueName="subscriber")["QueueUrl"]
    queue_arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    sns.subscribe(TopicArn=arn, Protocol="sqs", Endpoint=queue_arn, Attributes={"RawMessageDelivery": "true"})
    monkeypatch.setenv("JOBS_TOPIC_ARN", arn)

    def received() -> list[dict[str, Any]]:
        messages = []
        while batch := sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10).get("Messages"):
            messages += [json.loads(message["Body"]) for message in batch]
        return messages

    return received


@pytest.fixture
def notify(topic: object) -> ModuleType:
    """The example, imported as Lambda does: with its settings in the environment."""
    spec = util.spec_from_file_location("notify", EXAMPLE)
    assert spec
    assert spec.loader
    module = util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_example_tells_a_topic_what_a_user_may_see(
    repository: JobsRepository,
    clock: Clock,
    stream: Callable[[], Event],
    notify: ModuleType,
    topic: Callable[[], list[dict[str, Any]]],
) -> None:
    job_id = a_whole_life(repository, clock)

    assert notify.lambda_handler(stream(), None) == {"batchItemFailures": []}

    told = topic()
    facts = [(message["kind"], message["status"], message["attempt"], message.get("progress")) for message in told]
    assert facts == [
        ("claimed", "PROCESSING", 1, None),
        ("progressed", "PROCESSING", 1, 0.5),
        ("claimed", "PROCESSING", 2, None),
        ("claimed", "PROCESSING", 3, None),
        ("finished", "COMPLETED", 3, None),
    ]
    assert {(message["job_id"], message["user_id"]) for message in told} == {(job_id, "user-1")}
    assert told[-1]["result_key"] == "report.json"
    assert CANARY not in json.dumps(told)


def test_a_change_that_comes_again_has_the_same_id(
    repository: JobsRepository,
    clock: Clock,
    stream: Callable[[], Event],
    notify: ModuleType,
    topic: Callable[[], list[dict[str, Any]]],
) -> None:
    a_whole_life(repository, clock)
    notify.lambda_handler(stream(), None)
    notify.lambda_handler(stream(), None)

    ids = [message["event_id"] for message in topic()]
    assert (len(ids), len(set(ids))) == (10, 5)


def test_the_example_asks_for_what_it_could_not_publish(
    repository: JobsRepository,
    clock: Clock,
    stream: Callable[[], Event],
    notify: ModuleType,
    topic: Callable[[], list[dict[str, Any]]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    a_whole_life(repository, clock)
    event = stream()
    arn = notify.TOPIC_ARN
    publish = notify.publish

    def published_until_progressed(change: Any) -> None:
        lost = change.kind is ChangeKind.PROGRESSED
        monkeypatch.setattr(notify, "TOPIC_ARN", f"{arn}-that-is-not-there" if lost else arn)
        publish(change)

    monkeypatch.setattr(notify, "publish", published_until_progressed)
    failed = event["Records"][3]["dynamodb"]["SequenceNumber"]

    assert notify.lambda_handler(event, None) == {"batchItemFailures": [{"itemIdentifier": failed}]}
    assert [message["kind"] for message in topic()] == ["claimed"]
