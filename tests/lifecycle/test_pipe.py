"""The pipe from the table's stream to the queue: it sends the jobs that begin, and nothing else."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from careervp_jobs_dal import JobsOperator, JobsRepository, create_table, job_id_from_json, pipe_parameters
from tests.conftest import Clock
from tests.lifecycle.test_change_feed import stream  # noqa: F401  # a fixture

LEASE = timedelta(minutes=5)
LIFE = timedelta(days=1)
Stream = Callable[[], dict[str, Any]]
Record = Mapping[str, Any]


def matches(pattern: Any, found: Any) -> bool:
    """EventBridge's rules for what the pipe uses: nested names, values, prefixes, and whether there is a value."""
    if isinstance(pattern, dict):
        return all(
            matches(each, found.get(name) if isinstance(found, dict) else None) for name, each in pattern.items()
        )
    return any(matches_value(each, found) for each in pattern)


def matches_value(rule: Any, found: Any) -> bool:
    match rule:
        case {"exists": bool() as there}:
            return (found is not None) is there
        case {"prefix": str() as prefix}:
            return isinstance(found, str) and found.startswith(prefix)
        case str():
            return bool(found == rule)
    raise AssertionError(f"Not known here: {rule}")


def lets_through(record: Record, *, put_back: bool = False) -> bool:
    filters = pipe_parameters(put_back=put_back)["SourceParameters"]["FilterCriteria"]["Filters"]
    return any(matches(json.loads(each["Pattern"]), record) for each in filters)


def message(record: Record) -> str:
    """What the input template makes of a record: each path is replaced by its value as JSON."""

    def value(path: re.Match[str]) -> str:
        found: Any = record
        for name in path[1].split(".")[1:]:
            found = found[name]
        return json.dumps(found)

    return re.sub(r"<(\$[^>]+)>", value, pipe_parameters()["TargetParameters"]["InputTemplate"])


class Life:
    """One job on the way through its transitions."""

    def __init__(self, jobs: JobsRepository, clock: Clock) -> None:
        self.jobs, self.clock, self.operator = jobs, clock, JobsOperator(jobs)

    def submit(self, **options: Any) -> str:
        return self.jobs.submit_job("key", {"role": "CTO"}, **options).unwrap().job_id

    def claim(self) -> Any:
        return self.jobs.claim_job(self.submit(), lease=LEASE).unwrap()

    def fail(self) -> str:
        claim = self.claim()
        self.jobs.fail_job(claim, "no").unwrap()
        return str(claim.job_id)

    def lapse(self) -> str:
        job_id = str(self.claim().job_id)
        self.clock.advance(timedelta(hours=2))
        return job_id

    def expire(self, job_id: str) -> None:
        self.clock.advance(2 * LIFE)
        assert self.jobs.find_job(job_id).code == "NOT_FOUND"

    def recover(self) -> None:
        assert self.operator.recover_jobs(older_than=timedelta(hours=1)).unwrap().put_back

    def claim_later(self, job_id: str) -> None:
        self.clock.advance(timedelta(hours=1))
        self.jobs.claim_job(job_id, lease=LEASE).unwrap()

    def replace(self) -> None:
        assert self.jobs.submit_job("key", {"role": "CTO"}, replace_failed=True).unwrap().created


Step = Callable[[Life, Any], object]
BEFORE: dict[str, Callable[[Life], Any]] = {
    "nothing": lambda life: None,
    "waiting": Life.submit,
    "in work": Life.claim,
    "lapsed": Life.lapse,
    "failed": Life.fail,
    "completed": lambda life: life.jobs.complete_job(life.claim()).unwrap()["job_id"],
    "expired waiting": lambda life: life.expire(life.submit()),
    "expired in work": lambda life: life.expire(life.claim().job_id),
    "expired completed": lambda life: life.expire(life.jobs.complete_job(life.claim()).unwrap()["job_id"]),
    "put back": lambda life: life.jobs.fail_job(life.claim(), "no", retryable=True).unwrap()["job_id"],
}
OLD = {"job_id": "vpr-1", "status": "PENDING", "created_at": "2036-02-03T13:05:32Z", "idempotency_key": "k"}
SENT: dict[str, tuple[str, Step]] = {
    "submitted": ("nothing", lambda life, _: life.submit()),
    "submitted, due within the delay of a queue": (
        "nothing",
        lambda life, _: life.submit(run_at=life.clock() + timedelta(minutes=10)),
    ),
    "created by the contract": ("nothing", lambda life, _: life.jobs.create_job(OLD).unwrap()),
    "retried": ("failed", lambda life, job_id: life.operator.retry_job(job_id).unwrap()),
    "replaced when failed": ("failed", lambda life, _: life.replace()),
    "replaced when expired waiting": ("expired waiting", lambda life, _: life.replace()),
    "replaced when expired in work": ("expired in work", lambda life, _: life.replace()),
    "replaced when expired completed": ("expired completed", lambda life, _: life.replace()),
}
PUT_BACK: dict[str, tuple[str, Step]] = {
    "put back by its worker": ("in work", lambda life, claim: life.jobs.fail_job(claim, "", retryable=True).unwrap()),
    "put back for a while": (
        "in work",
        lambda life, claim: life.jobs.fail_job(claim, "", retryable=True, retry_after=LEASE).unwrap(),
    ),
    "released": ("in work", lambda life, claim: life.jobs.release_claim(claim).unwrap()),
    "recovered": ("lapsed", lambda life, _: life.recover()),
}
NOT_SENT: dict[str, tuple[str, Step]] = {
    "submitted, due later": ("nothing", lambda life, _: life.submit(run_at=life.clock() + timedelta(hours=2))),
    "claimed": ("waiting", lambda life, job_id: life.jobs.claim_job(job_id, lease=LEASE).unwrap()),
    "claimed again": ("put back", lambda life, job_id: life.claim_later(job_id)),
    "taken over": ("lapsed", lambda life, job_id: life.jobs.claim_job(job_id, lease=LEASE).unwrap()),
    "renewed": ("in work", lambda life, claim: life.jobs.renew_claim(claim, lease=2 * LEASE, progress=0.5).unwrap()),
    "completed": ("in work", lambda life, claim: life.jobs.complete_job(claim).unwrap()),
    "failed": ("in work", lambda life, claim: life.jobs.fail_job(claim, "no").unwrap()),
    "cancelled": ("waiting", lambda life, job_id: life.jobs.cancel_job(job_id).unwrap()),
    "asked to stop": ("in work", lambda life, claim: life.jobs.cancel_job(claim.job_id).unwrap()),
    "a field of a waiting job": ("waiting", lambda life, job_id: life.jobs.update_job(job_id, {"note": 1}).unwrap()),
    "a field of a finished job": ("completed", lambda life, job_id: life.jobs.update_job(job_id, {"note": 1}).unwrap()),
    "processed by the contract": (
        "waiting",
        lambda life, job_id: life.jobs.update_job_status(job_id, "PROCESSING").unwrap(),
    ),
    "ended by the contract": (
        "waiting",
        lambda life, job_id: life.jobs.update_job_status(job_id, "COMPLETED").unwrap(),
    ),
    "removed": ("completed", lambda life, job_id: life.jobs.table.delete_item(Key={"job_id": job_id})),
}
ALL = SENT | PUT_BACK | NOT_SENT


@pytest.fixture
def table_name() -> str:
    """A table with the optional indexes, which the sweep needs."""
    return create_table(f"piped-{uuid4().hex}", optional_indexes=True).unwrap()


@pytest.fixture
def records(repository: JobsRepository, clock: Clock, stream: Stream) -> Callable[[str], list[Record]]:  # noqa: F811
    """The records of one transition."""
    life = Life(JobsRepository(repository.table_name, clock=clock, retention=LIFE), clock)

    def of(name: str) -> list[Record]:
        before, step = ALL[name]
        prepared = BEFORE[before](life)
        earlier = len(stream()["Records"])
        step(life, prepared)
        new: list[Record] = stream()["Records"][earlier:]
        assert new, "the transition wrote nothing"
        return new

    return of


@pytest.mark.parametrize("name", SENT)
def test_a_job_that_begins_is_sent(records: Callable[[str], list[Record]], name: str) -> None:
    (record,) = records(name)

    assert lets_through(record)
    assert job_id_from_json(message(record)) == record["dynamodb"]["Keys"]["job_id"]["S"]


@pytest.mark.parametrize("name", PUT_BACK)
def test_a_job_that_was_put_back_is_sent_by_choice(records: Callable[[str], list[Record]], name: str) -> None:
    found = [record for record in records(name) if lets_through(record, put_back=True)]

    assert len(found) == 1
    assert not any(map(lets_through, found))


@pytest.mark.parametrize("name", NOT_SENT)
def test_nothing_else_is_sent(records: Callable[[str], list[Record]], name: str) -> None:
    assert not any(lets_through(record, put_back=True) for record in records(name))


def test_an_id_with_quotes_arrives_as_it_is() -> None:
    record = {"dynamodb": {"Keys": {"job_id": {"S": 'a "quoted" \\ id'}}}}

    assert job_id_from_json(message(record)) == 'a "quoted" \\ id'


def test_there_are_no_more_filters_than_a_pipe_takes() -> None:
    filters = pipe_parameters(put_back=True)["SourceParameters"]["FilterCriteria"]["Filters"]

    assert len(filters) <= 5
    assert all(len(each["Pattern"]) <= 4096 for each in filters)
