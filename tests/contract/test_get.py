"""`get_job` and `get_job_by_idempotency_key`: what is there, whole, or None."""

from __future__ import annotations

import json
from typing import Any

import pytest

from careervp_jobs_dal import JobsRepository, create_table
from careervp_jobs_dal.codec.packing import pack
from tests.contract.test_create import INVALID_KEYS
from tests.faults import Faults

Job = dict[str, Any]


def test_an_absent_job_is_none(repository: JobsRepository) -> None:
    assert repository.get_job("vpr-1") is None
    assert repository.get_job_by_idempotency_key("user-1/application-7") is None


@pytest.mark.parametrize("key", INVALID_KEYS, ids=repr)
def test_what_cannot_be_a_key_is_none_and_not_asked_for(repository: JobsRepository, faults: Faults, key: Any) -> None:
    assert repository.get_job(key) is None
    assert repository.get_job_by_idempotency_key(key) is None
    assert faults.sent == []


@pytest.mark.boto3
def test_a_job_is_read_strongly_consistent(repository: JobsRepository, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[dict[str, Any]] = []

    def get_item(**parameters: Any) -> dict[str, Any]:
        asked.append(parameters)
        return {"Item": {"job_id": "patched"}}

    monkeypatch.setattr(repository.table, "get_item", get_item)

    assert repository.get_job("vpr-1") == {"job_id": "patched"}
    assert asked == [{"Key": {"job_id": "vpr-1"}, "ConsistentRead": True}]


def test_a_record_is_ready_for_json(repository: JobsRepository, job: Job) -> None:
    repository.create_job({**job, "ttl": 1_770_000_000, "cost_usd": 0.0123})

    assert json.loads(json.dumps(repository.get_job("vpr-1"))) == repository.get_job("vpr-1")


def test_an_expired_job_is_shown(repository: JobsRepository, job: Job) -> None:
    repository.create_job({**job, "ttl": 1})

    assert (repository.get_job("vpr-1") or {})["ttl"] == 1


@pytest.mark.parametrize("exact_numbers", [False, True])
def test_a_packed_payload_reads_like_a_map(table_name: str, job: Job, exact_numbers: bool) -> None:
    repository = JobsRepository(table_name, exact_numbers=exact_numbers)
    packed = pack(b'{"scores":[0.5,1]}', above=0)
    repository.table.put_item(Item={**job, "input_data": packed})

    for record in (repository.get_job("vpr-1"), repository.get_job_by_idempotency_key("user-1/application-7")):
        assert record is not None
        assert record["input_data"] == {"scores": [0.5, 1]}
        assert type(record["input_data"]["scores"][1]).__name__ == ("Decimal" if exact_numbers else "int")


def test_a_job_is_found_by_its_idempotency_key(repository: JobsRepository, job: Job, faults: Faults) -> None:
    repository.create_job(job)
    repository.create_job({**job, "job_id": "vpr-2", "idempotency_key": "another"})

    assert repository.get_job_by_idempotency_key("user-1/application-7") == job
    assert faults.sent == ["PutItem", "PutItem", "Query", "GetItem"]


@pytest.mark.parametrize("projection", ["ALL", "KEYS_ONLY"])
def test_the_oldest_of_two_matches_wins(projection: Any, job: Job, table_name: str) -> None:
    name = create_table(f"{table_name}-{projection}", index_projection=projection).unwrap()
    repository = JobsRepository(name)
    instants = {  # as other code writes them, without this library
        "vpr-4": "2026-02-03T12:00:00-05:00",
        "vpr-3": "2026-02-03T13:00:00",
        "vpr-2": "2026-02-03T14:30:00+02:00",
        "vpr-1": "2026-02-03T13:30:00Z",
    }
    for job_id, created_at in instants.items():
        repository.table.put_item(Item={**job, "job_id": job_id, "created_at": created_at, "input_data": {}})

    assert repository.get_job_by_idempotency_key("user-1/application-7") == {
        **job,
        "job_id": "vpr-2",
        "created_at": "2026-02-03T14:30:00+02:00",
        "input_data": {},
    }


def test_a_match_without_a_readable_date_comes_last(repository: JobsRepository, job: Job) -> None:
    repository.table.put_item(Item={**job, "job_id": "a", "created_at": "long ago", "input_data": {}})
    repository.table.put_item(Item={"job_id": "b", "idempotency_key": "user-1/application-7"})
    assert (repository.get_job_by_idempotency_key("user-1/application-7") or {})["job_id"] in ("a", "b")

    repository.create_job({**job, "job_id": "c"})
    assert (repository.get_job_by_idempotency_key("user-1/application-7") or {})["job_id"] == "c"


def test_a_match_that_is_gone_from_the_table_is_passed_over(
    repository: JobsRepository, job: Job, monkeypatch: pytest.MonkeyPatch
) -> None:
    stale = {"job_id": "gone", "idempotency_key": "user-1/application-7"}
    monkeypatch.setattr(repository.table, "query", lambda **_: {"Items": [stale]})

    assert repository.get_job_by_idempotency_key("user-1/application-7") is None


def test_matches_on_every_page_count(repository: JobsRepository, job: Job) -> None:
    pad = "x" * 300_000
    for n in range(9, 0, -1):
        repository.create_job({**job, "job_id": f"vpr-{n}", "created_at": f"2026-02-0{n}", "input_data": {"pad": pad}})

    assert (repository.get_job_by_idempotency_key("user-1/application-7") or {})["job_id"] == "vpr-1"


def test_a_key_that_two_users_share_finds_the_job_of_the_one_who_asks(
    repository: JobsRepository, job: dict[str, Any]
) -> None:
    older = repository.create_job(job | {"user_id": "user-1"}).unwrap()
    newer = repository.create_job(
        job | {"job_id": "vpr-2", "user_id": "user-2", "created_at": "2026-02-04T13:05:32.000000Z"}
    ).unwrap()
    key = job["idempotency_key"]

    assert repository.get_job_by_idempotency_key(key, user_id="user-2") == newer
    assert repository.get_job_by_idempotency_key(key, user_id="user-3") is None
    assert repository.get_job_by_idempotency_key(key) == older
