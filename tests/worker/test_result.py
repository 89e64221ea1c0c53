"""What a work returns: a dict or nothing completes the job, anything else fails it with a reason."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from enum import Enum
from types import MappingProxyType
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

import boto3
import pytest
from botocore.exceptions import ClientError

from careervp_jobs_dal import Claim, JobsRepository, JobWorker, S3Results
from tests.conftest import CANARY, Clock
from tests.worker.invocation import MINUTE, Context, Sqs, event, failures


class Tone(Enum):
    PLAIN = "plain"


async def awaited() -> None: ...


@pytest.fixture
def job_id(repository: JobsRepository) -> str:
    return repository.submit_job("key", {"text": "a"}, user_id="user-1", application_id="a-7").unwrap().job_id


@pytest.fixture
def s3() -> Any:
    client = boto3.client("s3")
    client.create_bucket(Bucket="results", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    return client


def reason(repository: JobsRepository, job_id: str) -> str:
    """The reason of a job that failed for good, in its first attempt."""
    job = repository.find_job(job_id).unwrap()
    assert (job["status"], job["attempt"]) == ("FAILED", 1)
    return job["error"]


WRONG = [False, True, 0, 7, "", "done", [], ["a"], (), ({}, {}), 0.0, b"", set(), object(), iter(())]


@pytest.mark.parametrize("result", WRONG, ids=[f"{number}: {type(each).__name__}" for number, each in enumerate(WRONG)])
@pytest.mark.parametrize("has_store", [False, True])
def test_a_result_that_is_no_dict_is_an_attempt_that_failed_with_a_reason(
    repository: JobsRepository, job_id: str, result: Any, has_store: bool
) -> None:
    if has_store and result == ({}, {}):
        pytest.skip("a document and fields")
    store = S3Results("results") if has_store else None
    worker = JobWorker(repository, lambda claim: result, results=store, retry_delay=timedelta(0))

    assert worker(event(job_id), Context()) == failures()
    assert reason(repository, job_id) == f"The work returned {type(result).__name__}, and not a dict or None"


def test_a_coroutine_that_was_returned_is_closed(repository: JobsRepository, job_id: str) -> None:
    JobWorker(repository, lambda claim: awaited())(event(job_id), Context())  # type: ignore[arg-type, return-value]

    assert reason(repository, job_id) == "The work returned coroutine, and not a dict or None"


def test_a_name_that_is_no_text_is_a_reason(repository: JobsRepository, job_id: str) -> None:
    JobWorker(repository, lambda claim: {1: CANARY})(event(job_id), Context())  # type: ignore[dict-item]

    assert reason(repository, job_id) == "The work returned a dict with a name of type int, not text"


@pytest.mark.parametrize("result", [None, {}, MappingProxyType({"score": 0.5})], ids=repr)
def test_a_mapping_or_nothing_completes_the_job(
    repository: JobsRepository, job_id: str, result: Mapping[str, Any] | None
) -> None:
    assert JobWorker(repository, lambda claim: result)(event(job_id), Context()) == failures()
    assert repository.find_job(job_id).unwrap().get("score") == (result or {}).get("score")


SUBMITTED: dict[str, Any] = {
    "user_id": "user-2",
    "input_data": {"text": CANARY},
    "created_at": "2036-01-01T00:00:00Z",
    "idempotency_key": "another",
    "application_id": "a-8",
    "kind": "letter",
    "ttl": 1,
    "attempt": 7,
    "status": "COMPLETED",
    "job_id": "another",
}


@pytest.mark.parametrize("name", SUBMITTED)
def test_a_result_replaces_nothing_that_belongs_to_the_submission_or_the_library(
    repository: JobsRepository, job_id: str, name: str
) -> None:
    before = repository.find_job(job_id).unwrap()
    worker = JobWorker(repository, lambda claim: {"score": 0.5, name: SUBMITTED[name]})

    assert worker(event(job_id), Context()) == failures()
    assert reason(repository, job_id).startswith(f"The result cannot be stored: {name} ")
    after = repository.find_job(job_id).unwrap()
    assert "score" not in after
    for kept in ("user_id", "input_data", "created_at", "idempotency_key", "application_id", "job_id", "ttl"):
        assert after[kept] == before[kept]


def test_a_result_store_takes_the_document_and_the_record_its_name(
    repository: JobsRepository, job_id: str, s3: Any
) -> None:
    document = {"text": "é" * 300_000, "score": 0.5}

    assert JobWorker(repository, lambda claim: document, results=S3Results("results"))(event(job_id), Context()) == (
        failures()
    )
    job = repository.find_job(job_id).unwrap()
    assert job["status"] == "COMPLETED"
    assert job["result_key"] == f"results/{job_id}/{job['claim_id']}.json"
    assert not {"text", "score"} & set(job)
    stored = s3.get_object(Bucket="results", Key=job["result_key"])
    assert stored["ContentType"] == "application/json"
    assert json.load(stored["Body"]) == document


def test_fields_for_the_record_come_beside_the_document(repository: JobsRepository, job_id: str, s3: Any) -> None:
    worker = JobWorker(
        repository, lambda claim: ({"text": "a"}, {"cost_usd": 0.01}), results=S3Results("results", prefix="")
    )

    worker(event(job_id), Context())

    job = repository.find_job(job_id).unwrap()
    assert (job["cost_usd"], job["result_key"]) == (0.01, f"{job_id}/{job['claim_id']}.json")


def test_work_without_a_result_stores_none(repository: JobsRepository, job_id: str, s3: Any) -> None:
    JobWorker(repository, lambda claim: None, results=S3Results("results"))(event(job_id), Context())

    assert "result_key" not in repository.find_job(job_id).unwrap()
    assert s3.list_objects_v2(Bucket="results")["KeyCount"] == 0


def test_each_claim_writes_an_object_of_its_own(repository: JobsRepository, clock: Clock, job_id: str, s3: Any) -> None:
    store = S3Results("results")

    def slow(claim: Claim) -> dict[str, Any]:
        clock.advance(2 * MINUTE)
        JobWorker(repository, lambda _: {"text": "of the successor"}, results=store).process(job_id, MINUTE)
        return {"text": "late"}

    assert JobWorker(repository, slow, results=store).process(job_id, MINUTE) == "LEASE_LOST"
    assert s3.list_objects_v2(Bucket="results")["KeyCount"] == 2
    key = repository.find_job(job_id).unwrap()["result_key"]
    assert json.load(s3.get_object(Bucket="results", Key=key)["Body"]) == {"text": "of the successor"}


def test_values_have_the_forms_of_the_table(repository: JobsRepository, job_id: str, s3: Any) -> None:
    document = {
        "at": datetime(2036, 2, 3, 13, 5, tzinfo=UTC),
        "id": UUID(int=7),
        "cost": Decimal("0.10"),
        "tone": Tone.PLAIN,
        "nested": [{"scores": (0.1, 2, True, None)}],
    }
    fields = {name: value for name, value in document.items() if name != "at"}
    JobWorker(repository, lambda claim: (document, fields), results=S3Results("results"))(event(job_id), Context())

    job = repository.find_job(job_id).unwrap()
    stored = json.load(s3.get_object(Bucket="results", Key=job["result_key"])["Body"])
    assert stored.pop("at") == "2036-02-03T13:05:00.000000Z"
    assert stored == {name: job[name] for name in fields}


@pytest.mark.parametrize(
    ("value", "told"),
    [
        ([{"score": float("nan")}], "scores[0].score: a number must be finite"),
        (datetime(2036, 2, 3), "scores: a datetime must have an offset"),
        ([1, {"tags": {"a"}}], "scores[1].tags: a value of type set is no JSON"),
        (b"a", "scores: a value of type bytes is no JSON"),
    ],
    ids=["NaN", "naive", "set", "bytes"],
)
def test_a_document_that_json_cannot_hold_fails_the_job_for_good(
    repository: JobsRepository, job_id: str, s3: Any, value: Any, told: str
) -> None:
    JobWorker(repository, lambda claim: {"scores": value}, results=S3Results("results"))(event(job_id), Context())

    assert reason(repository, job_id) == f"The result cannot be stored: {told}"


def test_a_store_that_fails_costs_an_attempt_and_no_more(repository: JobsRepository, job_id: str) -> None:
    sqs = Sqs()
    worker = JobWorker(repository, lambda claim: {"a": 1}, results=S3Results("no-such-bucket"), sqs=sqs)

    assert worker(event(job_id), Context()) == failures(1)
    job = repository.find_job(job_id).unwrap()
    assert (job["status"], job["attempt"]) == ("PENDING", 1)
    assert "NoSuchBucket" in job["error"]
    assert "NoSuchBucket" not in str(repository.find_status(job_id).unwrap())
    assert len(sqs.pauses) == 1


def test_any_object_with_put_is_a_store(repository: JobsRepository, job_id: str) -> None:
    class Memory(dict[str, Any]):
        def put(self, claim: Claim, result: Mapping[str, Any], /) -> str:
            self[claim.claim_id] = result
            return claim.claim_id

    memory = Memory()
    JobWorker(repository, lambda claim: {"a": 1}, results=memory)(event(job_id), Context())

    assert memory[repository.find_job(job_id).unwrap()["result_key"]] == {"a": 1}


def test_a_link_is_signed_for_the_region_and_for_its_time() -> None:
    job = {"result_key": "results/vpr-1/claim-1.json"}

    parts = urlsplit(S3Results("results").url(job, expires_in=timedelta(minutes=10)) or "")

    asked = parse_qs(parts.query)
    assert (parts.netloc, parts.path) == ("results.s3.eu-west-1.amazonaws.com", "/results/vpr-1/claim-1.json")
    assert (asked["X-Amz-Algorithm"], asked["X-Amz-Expires"]) == (["AWS4-HMAC-SHA256"], ["600"])


@pytest.mark.parametrize("job", [{}, {"result_key": None}, {"result_key": 7}])
def test_a_job_without_a_result_has_no_link(job: dict[str, Any]) -> None:
    assert S3Results("results").url(job) is None


@pytest.mark.parametrize("time", [timedelta(0), timedelta(days=8), 300, None])
def test_a_link_s_time_is_checked(time: Any) -> None:
    with pytest.raises(ValueError, match="expires_in must be"):
        S3Results("results").url({}, expires_in=time)


@pytest.mark.parametrize(("bucket", "prefix"), [("", "a"), (None, "a"), ("results", None)])
def test_a_store_s_names_are_checked(bucket: Any, prefix: Any) -> None:
    with pytest.raises(ValueError, match="must be"):
        S3Results(bucket, prefix=prefix)


def test_a_client_that_is_given_is_used(repository: JobsRepository, job_id: str) -> None:
    class Refusing:
        def put_object(self, **_: object) -> None:
            raise ClientError({"Error": {"Code": "SlowDown", "Message": ""}}, "PutObject")

    worker = JobWorker(repository, lambda claim: {}, results=S3Results("results", client=Refusing()), sqs=Sqs())

    assert worker(event(job_id), Context()) == failures(1)
    assert "SlowDown" in repository.find_job(job_id).unwrap()["error"]
