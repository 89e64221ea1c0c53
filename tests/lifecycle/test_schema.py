"""The library writes what the description of the record says, and nothing more."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any, TypedDict

import boto3
import pytest

from careervp_jobs_dal import JobKind, JobsOperator, JobsRepository, ResultCode, create_table, trace_context
from careervp_jobs_dal.job import attribute as table
from careervp_jobs_dal.job import record
from careervp_jobs_dal.job.schema import ANY, ATTRIBUTES, CLAIMS, ENDS, ERROR_ENTRY
from careervp_jobs_dal.operations.retrying import OF_A_LIFE
from careervp_jobs_dal.plans.submission import derive_job_id
from tests.conftest import Clock

LEASE = timedelta(minutes=5)
TRACE = "00-5759e988bd862e3fe1be46a994272793-53995c3f42cd8ad8-01"


class Letter(TypedDict):
    """The payload of a kind."""

    role: str


LARGE = {"text": "I have led teams of engineers. " * 400}

CALLERS_MAY_WRITE = {
    *("job_id", "idempotency_key", "user_id", "application_id", "status", "created_at", "ttl", "input_data", "kind"),
    *("traceparent", "correlation_id"),
    *("started_at", "progress", "completed_at", "error", "public_error", "errors"),
}

STAY_THROUGH_A_RETRY = {"errors", "claim_id", "available_at"}

CHECKED_AS = {("S",): "Text", ("N",): "Number", ("M", "B"): "Payload", ("L",): "History"}
"""The group of names in `JobRecord` for attributes of these types."""

Step = tuple[str, str, Callable[[], Any]]
"""The method, the job, and the call."""

_numbers = count()


@pytest.fixture
def table_name() -> str:
    return create_table(f"described-{next(_numbers)}", optional_indexes=True).unwrap()


def test_each_attribute_that_the_library_knows_by_name_is_described_once() -> None:
    names = [attribute.name for attribute in ATTRIBUTES]
    constants = {name: value for name, value in vars(table).items() if name.isupper() and isinstance(value, str)}

    assert set(names) == set(constants.values()), "describe it in careervp_jobs_dal/job/schema.py"
    assert len(names) == len(set(names))


def test_each_attribute_belongs_to_the_library_or_to_its_callers() -> None:
    owners = {attribute.name: attribute.owned for attribute in ATTRIBUTES}

    undecided = {name for name, owned in owners.items() if owned is (name in CALLERS_MAY_WRITE)}
    assert undecided == set(), "add it to OWNED in careervp_jobs_dal/job/attribute.py, or to CALLERS_MAY_WRITE here"


def test_a_retry_takes_away_what_belongs_to_the_attempts() -> None:
    of_a_life = {attribute.name for attribute in (*CLAIMS, *ENDS)} - STAY_THROUGH_A_RETRY

    advice = "a retry removes it: add it to OF_A_LIFE in careervp_jobs_dal/operations/retrying.py"
    assert of_a_life - set(OF_A_LIFE) == set(), advice
    assert set(OF_A_LIFE) <= of_a_life


def test_a_type_checker_knows_each_attribute_by_the_type_that_is_described() -> None:
    tree = ast.parse(Path(record.__file__).read_text(encoding="utf-8"))
    groups = {
        node.target.id: {each.value for each in ast.walk(node.value) if isinstance(each, ast.Constant)}
        for node in ast.walk(tree)
        if isinstance(node, ast.AnnAssign)
        and isinstance(node.target, ast.Name)
        and isinstance(node.value, ast.Subscript)
    }

    described: dict[str, set[str]] = defaultdict(set)
    for attribute in ATTRIBUTES:
        if attribute.types != ANY:
            described[CHECKED_AS[attribute.types]].add(attribute.name)
    assert {name: groups[name] for name in CHECKED_AS.values()} == described, "name it in JobRecord, job/record.py"


@pytest.mark.parametrize("attribute", ATTRIBUTES, ids=lambda attribute: attribute.name)
def test_an_update_may_write_it_unless_it_is_described_as_the_library_s(
    repository: JobsRepository, attribute: Any
) -> None:
    refused = repository.update_job("vpr-1", {attribute.name: None})

    by_the_library = f"{attribute.name} is written by the library only"
    assert (refused.error == by_the_library) is attribute.owned
    assert refused.code is ResultCode.VALIDATION_ERROR or not attribute.owned


def test_whole_lives_write_just_what_is_described_with_its_type_and_by_the_method_that_is_named(
    repository: JobsRepository, clock: Clock
) -> None:
    types: dict[str, set[str]] = defaultdict(set)
    writers: dict[str, set[str]] = defaultdict(set)
    entries: dict[str, set[str]] = defaultdict(set)

    for method, job_id, call in lives(repository, clock):
        before = stored(repository.table_name, job_id)
        call()
        after = stored(repository.table_name, job_id)
        assert after != before, f"{method} wrote nothing"
        for name, value in after.items():
            types[name] |= set(value)
            if value != before.get(name):
                writers[name].add(method)
        for entry in after.get("errors", {"L": []})["L"]:
            for name, value in entry["M"].items():
                entries[name] |= set(value)

    assert types.pop("progress") == {"N"}
    described = {each.name: set(each.types) for each in ATTRIBUTES if each.types != ANY}
    advice = "let careervp_jobs_dal/job/schema.py say what the library writes"
    assert types == described, advice
    assert writers == {each.name: set(each.writers) for each in ATTRIBUTES}, advice
    assert entries == {each.name: set(each.types) for each in ERROR_ENTRY}


def stored(table_name: str, job_id: str) -> dict[str, Any]:
    """The record with DynamoDB's types, as boto3's resource does not show them."""
    answer = boto3.client("dynamodb").get_item(TableName=table_name, Key={"job_id": {"S": job_id}})
    return dict(answer.get("Item", {}))


def lives(jobs: JobsRepository, clock: Clock) -> Iterator[Step]:
    """Every way through a job's life; each call is made before the next one is asked for."""
    yield from a_life_of_failures(jobs, clock)
    yield from lives_that_a_claim_ends(jobs, clock)
    yield from cancelled_lives(jobs, clock)
    yield from replaced_lives(jobs, clock)
    yield from lives_that_wait(jobs, clock)
    yield from lives_that_a_sweep_mends(jobs, clock)
    yield from lives_by_hand(jobs, clock)
    yield from a_life_of_a_kind(jobs)


def a_life_of_failures(jobs: JobsRepository, clock: Clock) -> Iterator[Step]:
    job_id, submitted = submitting(jobs, {"role": "CTO"}, user_id="user-1", application_id="application-7")
    yield "submit_job", job_id, submitted
    claims: list[Any] = []
    yield "claim_job", job_id, claiming(jobs, job_id, claims, lease=timedelta(days=2))
    clock.advance(timedelta(minutes=1))
    longer = timedelta(days=3)
    yield "renew_claim", job_id, lambda: jobs.renew_claim(claims[-1], lease=longer, progress=0.5).unwrap()
    yield "fail_job", job_id, lambda: jobs.fail_job(claims[-1], "busy", retryable=True).unwrap()
    yield "claim_job", job_id, claiming(jobs, job_id, claims)
    yield "release_claim", job_id, lambda: jobs.release_claim(claims[-1], retry_after=timedelta(0)).unwrap()
    yield "claim_job", job_id, claiming(jobs, job_id, claims)
    failing = partial(jobs.fail_job, public_error="try later")
    yield "fail_job", job_id, lambda: failing(claims[-1], "the model's key had expired").unwrap()
    clock.advance(timedelta(minutes=1))
    yield "retry_job", job_id, lambda: JobsOperator(jobs).retry_job(job_id).unwrap()
    yield "claim_job", job_id, claiming(jobs, job_id, claims)
    yield "complete_job", job_id, lambda: jobs.complete_job(claims[-1]).unwrap()


def lives_that_a_claim_ends(jobs: JobsRepository, clock: Clock) -> Iterator[Step]:
    for stopped in (False, True):
        job_id, submitted = submitting(jobs, LARGE, max_attempts=1)
        yield "submit_job", job_id, submitted
        yield "claim_job", job_id, claiming(jobs, job_id, [])
        if stopped:
            yield "cancel_job", job_id, partial(jobs.cancel_job, job_id)
        clock.advance(timedelta(minutes=6))
        yield "claim_job", job_id, partial(jobs.claim_job, job_id, lease=LEASE)


def replaced_lives(jobs: JobsRepository, clock: Clock) -> Iterator[Step]:
    key = f"key-{next(_numbers)}"
    job_id = derive_job_id(key, None, None)
    yield "submit_job", job_id, lambda: jobs.submit_job(key, {}).unwrap()
    claims: list[Any] = []
    yield "claim_job", job_id, claiming(jobs, job_id, claims)
    yield "fail_job", job_id, lambda: jobs.fail_job(claims[-1], "broken").unwrap()
    clock.advance(timedelta(minutes=1))
    yield "submit_job", job_id, lambda: jobs.submit_job(key, {}, replace_failed=True).unwrap()


def cancelled_lives(jobs: JobsRepository, clock: Clock) -> Iterator[Step]:
    job_id, submitted = submitting(jobs, {})
    yield "submit_job", job_id, submitted
    clock.advance(LEASE)
    yield "cancel_job", job_id, lambda: jobs.cancel_job(job_id).unwrap()
    stopped, submitted = submitting(jobs, {})
    claims: list[Any] = []
    yield "submit_job", stopped, submitted
    yield "claim_job", stopped, claiming(jobs, stopped, claims)
    yield "cancel_job", stopped, lambda: jobs.cancel_job(stopped).unwrap()
    yield "fail_job", stopped, lambda: jobs.fail_job(claims[-1], "stopped").unwrap()
    released, submitted = submitting(jobs, {})
    yield "submit_job", released, submitted
    yield "claim_job", released, claiming(jobs, released, claims)
    yield "cancel_job", released, lambda: jobs.cancel_job(released).unwrap()
    yield "release_claim", released, lambda: jobs.release_claim(claims[-1]).unwrap()


def lives_that_wait(jobs: JobsRepository, clock: Clock) -> Iterator[Step]:
    """A start in the future, a record that is nearly full, and one that would expire before its next attempt."""
    job_id, submitted = submitting(jobs, {}, run_at=clock() + timedelta(hours=1))
    yield "submit_job", job_id, submitted
    job_id, submitted = submitting(JobsRepository(jobs.table_name, pack_above=None), {"text": "x" * 403_000})
    yield "submit_job", job_id, submitted
    claims: list[Any] = []
    pause = timedelta(days=2)
    job_id, submitted = submitting(jobs, {})
    yield "submit_job", job_id, submitted
    yield "claim_job", job_id, claiming(jobs, job_id, claims)
    yield "fail_job", job_id, lambda: jobs.fail_job(claims[-1], "busy", retryable=True, retry_after=pause).unwrap()
    job_id, submitted = submitting(jobs, {})
    yield "submit_job", job_id, submitted
    yield "claim_job", job_id, claiming(jobs, job_id, claims)
    yield "release_claim", job_id, lambda: jobs.release_claim(claims[-1], retry_after=pause).unwrap()
    job_id, submitted = submitting(jobs, {}, ttl=int(clock().timestamp()) + 60)
    yield "submit_job", job_id, submitted
    yield "cancel_job", job_id, partial(jobs.cancel_job, job_id)
    yield "retry_job", job_id, lambda: JobsOperator(jobs).retry_job(job_id).unwrap()


def lives_that_a_sweep_mends(jobs: JobsRepository, clock: Clock) -> Iterator[Step]:
    for max_attempts, stopped in ((3, False), (1, False), (3, True)):
        expiring = int(clock().timestamp()) + 60
        job_id, submitted = submitting(jobs, {}, max_attempts=max_attempts, ttl=expiring)
        yield "submit_job", job_id, submitted
        yield "claim_job", job_id, claiming(jobs, job_id, [])
        if stopped:
            yield "cancel_job", job_id, partial(jobs.cancel_job, job_id)
        clock.advance(timedelta(hours=1))
        yield "recover_jobs", job_id, recovering(jobs)
    job_id, submitted = submitting(jobs, {})
    yield "submit_job", job_id, submitted
    yield "update_job_status", job_id, lambda: jobs.update_job_status(job_id, "PROCESSING").unwrap()
    clock.advance(timedelta(hours=1))
    yield "recover_jobs", job_id, recovering(jobs, adopt_unleased=True)


def lives_by_hand(jobs: JobsRepository, clock: Clock) -> Iterator[Step]:
    record = {"job_id": "vpr-1", "idempotency_key": "key", "status": "PENDING", "created_at": clock()}
    yield "create_job", "vpr-1", lambda: jobs.create_job(record).unwrap()
    yield "update_job_status", "vpr-1", lambda: jobs.update_job_status("vpr-1", "PROCESSING").unwrap()
    yield "update_job", "vpr-1", lambda: jobs.update_job("vpr-1", {"status": "COMPLETED"}).unwrap()
    foreign: dict[str, Any] = {
        **record,
        "job_id": "vpr-2",
        "status": "FAILED",
        "created_at": "2026-02-03T22:05:32+09:00",
    }
    yield "create_job", "vpr-2", lambda: jobs.table.put_item(Item=foreign)
    yield "retry_job", "vpr-2", lambda: JobsOperator(jobs).retry_job("vpr-2").unwrap()
    clock.advance(LEASE)
    yield "update_job", "vpr-2", lambda: jobs.update_job("vpr-2", {"status": "FAILED"}).unwrap()
    yield "create_job", "vpr-3", lambda: jobs.create_job({**record, "job_id": "vpr-3"}).unwrap()
    yield "update_job_status", "vpr-3", lambda: jobs.update_job_status("vpr-3", "FAILED").unwrap()


def a_life_of_a_kind(jobs: JobsRepository) -> Iterator[Step]:
    kind, key = JobKind("letter", Letter), f"key-{next(_numbers)}"
    yield (
        "submit_job",
        derive_job_id(kind.key(key), None, None),
        lambda: kind.submit(
            jobs, key, {"role": "CTO"}, fields=trace_context(traceparent=TRACE, correlation_id="c")
        ).unwrap(),
    )


def submitting(jobs: JobsRepository, payload: dict[str, Any], **more: Any) -> tuple[str, Callable[[], Any]]:
    """Where the job will be, and what submits it."""
    key = f"key-{next(_numbers)}"
    job_id = derive_job_id(key, more.get("user_id"), None)
    return job_id, lambda: jobs.submit_job(key, payload, **more).unwrap()


def claiming(jobs: JobsRepository, job_id: str, claims: list[Any], lease: timedelta = LEASE) -> Callable[[], Any]:
    return lambda: claims.append(jobs.claim_job(job_id, lease=lease, worker_id="worker-1").unwrap())


def recovering(jobs: JobsRepository, *, adopt_unleased: bool = False) -> Callable[[], Any]:
    operator = JobsOperator(jobs)
    return lambda: operator.recover_jobs(older_than=timedelta(minutes=30), adopt_unleased=adopt_unleased).unwrap()
