"""The pipe's patterns take each beginning of a job, and nothing that a message is underway for."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from itertools import count
from typing import Any

import boto3
import pytest

from careervp_jobs_dal import JobsOperator, JobsRepository, JobStatus, create_table, job_id_from_json
from careervp_jobs_dal.infrastructure.stream_filter import INPUT_TEMPLATE, stream_filters
from tests.conftest import Clock
from tests.engines.catalogue import Engine

LEASE = timedelta(minutes=5)
Record = dict[str, Any]
_numbers = count()


def matches(pattern: dict[str, Any], event: Any) -> bool:
    """EventBridge's rules, as far as the patterns use them: every field must fit, by one of its values."""
    for name, wanted in pattern.items():
        found = event.get(name) if isinstance(event, dict) else None
        fits = matches(wanted, found) if isinstance(wanted, dict) else any(accepts(each, found) for each in wanted)
        if not fits:
            return False
    return True


def accepts(rule: Any, value: Any) -> bool:
    """Whether a value fits one rule of a field."""
    if not isinstance(rule, dict):
        return bool(rule == value)
    ((kind, wanted),) = rule.items()
    if kind == "exists":
        return (value is not None) is wanted
    assert kind == "prefix"
    return isinstance(value, str) and value.startswith(wanted)


class Jobs:
    """A job's life, step by step, and the stream that it leaves."""

    def __init__(self, repository: JobsRepository, clock: Clock, records: Callable[[], list[Record]]) -> None:
        self.repository = repository
        self.operator = JobsOperator(repository)
        self.clock = clock
        self._records = records
        self.job_id = ""

    def submit(self, **options: Any) -> None:
        self.job_id = self.repository.submit_job("key", {}, **options).unwrap().job_id

    def claim(self) -> Any:
        return self.repository.claim_job(self.job_id, lease=LEASE).unwrap()

    def fail(self, **options: Any) -> None:
        self.repository.fail_job(self.claim(), "error", **options).unwrap()

    def expire(self) -> None:
        self.clock.advance(timedelta(days=30))

    def last(self) -> list[Record]:
        """The messages that the last change leads to."""
        return messages(self._records()[-1:])

    def all(self) -> list[Record]:
        return messages(self._records())


def messages(records: list[Record]) -> list[Record]:
    patterns = [json.loads(pattern) for pattern in stream_filters()]
    return [record for record in records if any(matches(pattern, record) for pattern in patterns)]


@pytest.fixture
def table_name() -> str:
    return create_table(f"piped-{next(_numbers)}", optional_indexes=True).unwrap()


@pytest.fixture
def jobs(
    repository: JobsRepository,
    clock: Clock,
    engine: Engine,
    endpoint_url: str | None,
    monkeypatch: pytest.MonkeyPatch,
) -> Jobs:
    if engine.name not in {"moto", "dynamodb-local"}:
        pytest.skip("The engine has no streams that boto3 can read")
    table = repository.table
    view: Any = {"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"}
    table.meta.client.update_table(TableName=table.name, StreamSpecification=view)
    arn = table.meta.client.describe_table(TableName=table.name)["Table"]["LatestStreamArn"]
    # Moto knows no host that begins with an account's number.
    monkeypatch.setenv("AWS_ACCOUNT_ID_ENDPOINT_MODE", "disabled")
    streams: Any = boto3.client("dynamodbstreams", endpoint_url=endpoint_url)

    def records() -> Iterator[Record]:
        for shard in streams.describe_stream(StreamArn=arn)["StreamDescription"]["Shards"]:
            place = streams.get_shard_iterator(
                StreamArn=arn, ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON"
            )
            yield from streams.get_records(ShardIterator=place["ShardIterator"])["Records"]

    return Jobs(repository, clock, lambda: list(records()))


def submitted(jobs: Jobs) -> None:
    jobs.submit()


def submitted_for_soon(jobs: Jobs) -> None:
    jobs.submit(run_at=jobs.clock.now + timedelta(minutes=5))


def created_by_the_contract(jobs: Jobs) -> None:
    jobs.repository.create_job(
        {"job_id": "vpr-1", "status": "PENDING", "created_at": "2026-02-03T13:05:32Z", "idempotency_key": "key"}
    ).unwrap()


def retried(jobs: Jobs) -> None:
    jobs.submit()
    jobs.fail()
    jobs.operator.retry_job(jobs.job_id).unwrap()


def in_place_of_a_failed_one(jobs: Jobs) -> None:
    jobs.submit()
    jobs.fail()
    jobs.clock.advance(timedelta(seconds=1))
    jobs.submit(replace_failed=True)


def in_place_of_an_expired_completed_one(jobs: Jobs) -> None:
    jobs.submit()
    jobs.repository.complete_job(jobs.claim()).unwrap()
    jobs.expire()
    jobs.submit()


def in_place_of_an_expired_held_one(jobs: Jobs) -> None:
    jobs.submit()
    jobs.claim()
    jobs.expire()
    jobs.submit()


def in_place_of_an_expired_one_that_was_put_back(jobs: Jobs) -> None:
    jobs.submit()
    jobs.fail(retryable=True)
    jobs.expire()
    jobs.submit()


BEGINNINGS = (
    submitted,
    submitted_for_soon,
    created_by_the_contract,
    retried,
    in_place_of_a_failed_one,
    in_place_of_an_expired_completed_one,
    in_place_of_an_expired_held_one,
    in_place_of_an_expired_one_that_was_put_back,
)


def submitted_for_later(jobs: Jobs) -> None:
    jobs.submit(run_at=jobs.clock.now + timedelta(hours=5))


def claimed(jobs: Jobs) -> None:
    jobs.submit()
    jobs.claim()


def taken_over(jobs: Jobs) -> None:
    claimed(jobs)
    jobs.clock.advance(2 * LEASE)
    jobs.claim()


def renewed(jobs: Jobs) -> None:
    jobs.submit()
    jobs.repository.renew_claim(jobs.claim(), lease=2 * LEASE).unwrap()


def put_back(jobs: Jobs) -> None:
    jobs.submit()
    jobs.fail(retryable=True)


def put_back_for_later(jobs: Jobs) -> None:
    jobs.submit()
    jobs.fail(retryable=True, retry_after=timedelta(hours=1))


def released(jobs: Jobs) -> None:
    jobs.submit()
    jobs.repository.release_claim(jobs.claim()).unwrap()


def recovered_by_the_sweep_which_sends_it(jobs: Jobs) -> None:
    claimed(jobs)
    jobs.clock.advance(timedelta(hours=3))
    assert jobs.operator.recover_jobs(older_than=timedelta(hours=1)).unwrap().put_back


def updated_while_it_waits(jobs: Jobs) -> None:
    jobs.submit()
    jobs.repository.update_job(jobs.job_id, {"note": "a"}).unwrap()


def completed(jobs: Jobs) -> None:
    jobs.submit()
    jobs.repository.complete_job(jobs.claim()).unwrap()


def failed(jobs: Jobs) -> None:
    jobs.submit()
    jobs.fail()


def cancelled(jobs: Jobs) -> None:
    jobs.submit()
    jobs.repository.cancel_job(jobs.job_id).unwrap()


def processing_by_the_contract(jobs: Jobs) -> None:
    created_by_the_contract(jobs)
    jobs.repository.update_job_status("vpr-1", JobStatus.PROCESSING).unwrap()


def deleted(jobs: Jobs) -> None:
    jobs.submit()
    jobs.repository.table.delete_item(Key={"job_id": jobs.job_id})


OTHERS = (
    submitted_for_later,
    claimed,
    taken_over,
    renewed,
    put_back,
    put_back_for_later,
    released,
    recovered_by_the_sweep_which_sends_it,
    updated_while_it_waits,
    completed,
    failed,
    cancelled,
    processing_by_the_contract,
    deleted,
)


@pytest.mark.parametrize("story", BEGINNINGS, ids=lambda story: story.__name__)
def test_a_job_that_begins_is_sent(jobs: Jobs, story: Callable[[Jobs], None]) -> None:
    story(jobs)

    (record,) = jobs.last()
    body = INPUT_TEMPLATE.replace("<$.dynamodb.Keys.job_id.S>", record["dynamodb"]["Keys"]["job_id"]["S"])
    assert job_id_from_json(body) == (jobs.job_id or "vpr-1")


@pytest.mark.parametrize("story", OTHERS, ids=lambda story: story.__name__)
def test_any_other_change_is_not(jobs: Jobs, story: Callable[[Jobs], None]) -> None:
    story(jobs)

    assert jobs.last() == []


def test_a_job_that_is_put_back_again_and_again_has_one_message(jobs: Jobs) -> None:
    jobs.submit()
    for _ in range(5):
        jobs.repository.release_claim(jobs.claim()).unwrap()

    assert len(jobs.all()) == 1


def test_a_pipe_takes_so_many_patterns() -> None:
    assert len(stream_filters()) <= 5
