"""`update_job_status` and `update_job`: no ghosts, no step back, any names."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from careervp_jobs_dal import JobsRepository, JobStatus, ResultCode
from careervp_jobs_dal.job.transition import TRANSITIONS
from careervp_jobs_dal.job.verb import Verb
from tests.contract.test_create import INVALID_KEYS, padded
from tests.engines.catalogue import Engine
from tests.faults import Faults

Job = dict[str, Any]
RESERVED_WORDS = (Path(__file__).parents[1] / "reserved_words.txt").read_text().split()
ALLOWED = {(step.source, step.target) for step in TRANSITIONS if step.verb is Verb.UPDATE}


@pytest.fixture
def created(repository: JobsRepository, job: Job) -> Job:
    return repository.create_job(job).unwrap()


@pytest.mark.parametrize("target", JobStatus)
@pytest.mark.parametrize("source", JobStatus)
def test_a_status_moves_as_the_table_of_transitions_says(
    repository: JobsRepository, job: Job, source: JobStatus, target: JobStatus
) -> None:
    job["status"] = source
    repository.create_job(job)

    moved = repository.update_job_status("vpr-1", target, note="new")

    if (source, target) in ALLOWED:
        place = {name: moved.unwrap().get(name) for name in ("active_shard", "due_at")}
        assert moved.unwrap() == {**job, "status": target, "note": "new", **(place if target == "FAILED" else {})}
        assert (place["active_shard"] == "f5") is (target == "FAILED")
    else:
        assert (moved.code, moved.record) == (ResultCode.INVALID_TRANSITION, job)
    assert repository.get_job("vpr-1") == (moved.data if moved else job)


def test_update_job_moves_a_status_by_the_same_rule(repository: JobsRepository, created: Job) -> None:
    assert repository.update_job("vpr-1", {"status": "COMPLETED"}).success
    assert repository.update_job("vpr-1", {"status": "PROCESSING"}).code is ResultCode.INVALID_TRANSITION
    assert repository.update_job("vpr-1", {"result_key": "a"}).success


def test_a_record_without_a_known_status_is_not_moved(repository: JobsRepository) -> None:
    repository.table.put_item(Item={"job_id": "bogus", "status": "BOGUS"})
    repository.table.put_item(Item={"job_id": "none"})

    assert repository.update_job_status("bogus", "COMPLETED").code is ResultCode.INVALID_TRANSITION
    assert repository.update_job_status("none", "COMPLETED").record == {"job_id": "none"}
    assert repository.update_job("bogus", {"note": "seen"}).success


@pytest.mark.parametrize("updates", [{"status": "COMPLETED"}, {"status": "PENDING"}, {"note": "new"}, {}])
def test_an_absent_job_is_not_found_and_not_made(repository: JobsRepository, updates: Job) -> None:
    refused = repository.update_job("vpr-1", updates)

    assert refused.code is ResultCode.NOT_FOUND
    assert repository.table.scan()["Count"] == 0


def test_the_key_cannot_be_updated(repository: JobsRepository, created: Job, faults: Faults) -> None:
    refused = repository.update_job("vpr-1", {"job_id": "vpr-1", "note": "new"})

    assert refused.code is ResultCode.VALIDATION_ERROR
    assert faults.sent == []


@pytest.mark.parametrize("job_id", INVALID_KEYS, ids=repr)
def test_an_id_must_be_text_that_dynamodb_takes(repository: JobsRepository, faults: Faults, job_id: Any) -> None:
    assert repository.update_job(job_id, {"note": "new"}).code is ResultCode.VALIDATION_ERROR
    assert repository.update_job_status(job_id, "COMPLETED").code is ResultCode.VALIDATION_ERROR
    assert faults.sent == []


@pytest.mark.parametrize(
    "updates",
    [
        {"status": "DONE"},
        {"status": None},
        {"ttl": 1_770_000_000_000},
        {"created_at": "yesterday"},
        {"idempotency_key": ""},
        {"": 1},
        {5: 1},
        {"note": float("nan")},
        None,
        ["note"],
    ],
    ids=repr,
)
def test_an_invalid_update_is_not_sent(repository: JobsRepository, created: Job, faults: Faults, updates: Any) -> None:
    assert repository.update_job("vpr-1", updates).code is ResultCode.VALIDATION_ERROR
    assert faults.sent == []


def test_no_update_gives_the_current_record(repository: JobsRepository, created: Job, faults: Faults) -> None:
    assert repository.update_job("vpr-1", {}).unwrap() == created
    assert faults.sent == ["GetItem"]


ODD_NAMES = ["a.b", "a-b", "1a", "a b", "✓", "#x", ":y", "n0", "v0", "x0", "self", "_", "x" * 255, "a[0]", "é"]


@pytest.mark.parametrize("name", ODD_NAMES)
def test_a_name_is_literal(repository: JobsRepository, created: Job, name: str) -> None:
    named: dict[str, Any] = {name: "new"}
    assert repository.update_job_status("vpr-1", "PROCESSING", **named).unwrap()[name] == "new"
    assert repository.update_job("vpr-1", {name: "newer"}).unwrap() == {
        **created,
        "status": "PROCESSING",
        name: "newer",
    }


@pytest.mark.parametrize("first", range(0, 573, 100))
def test_every_reserved_word_can_be_a_name(repository: JobsRepository, created: Job, first: int) -> None:
    words = {word.lower(): word for word in RESERVED_WORDS[first : first + 100]}
    del_status = {name: word for name, word in words.items() if name not in ("status", "ttl")}

    assert repository.update_job("vpr-1", del_status).unwrap() == {**created, **del_status}


def test_the_list_of_reserved_words_is_whole() -> None:
    assert len(set(RESERVED_WORDS)) == 573


def test_an_expression_too_long_for_dynamodb_is_refused_with_the_reason(
    repository: JobsRepository, created: Job, faults: Faults
) -> None:
    refused = repository.update_job("vpr-1", {f"field_{n}": n for n in range(300)})

    assert refused.code is ResultCode.VALIDATION_ERROR
    assert "4,096 bytes" in (refused.error or "")
    assert faults.sent == []


def test_an_update_larger_than_an_item_is_not_sent(repository: JobsRepository, created: Job, faults: Faults) -> None:
    assert repository.update_job("vpr-1", {"pad": "x" * 409_600}).code is ResultCode.ITEM_TOO_LARGE
    assert faults.sent == []


def test_an_update_that_makes_the_item_too_large_is_refused_by_the_server(
    repository: JobsRepository, job: Job, engine: Engine
) -> None:
    large = repository.create_job(padded(job, 300_000)).unwrap()

    refused = repository.update_job("vpr-1", {"more": "x" * 200_000})

    assert refused.code is ResultCode.ITEM_TOO_LARGE
    assert repository.get_job("vpr-1") == large


@pytest.mark.parametrize("times", [1, 2])
def test_an_update_whose_reply_was_lost_is_a_success(
    repository: JobsRepository, created: Job, faults: Faults, times: int
) -> None:
    faults.lose_reply(times=times)

    done = repository.update_job_status("vpr-1", "COMPLETED", cost_usd=0.5, blob=b"bytes")

    assert done.unwrap() == {**created, "status": "COMPLETED", "cost_usd": 0.5, "blob": b"bytes"}


def test_a_lost_reply_does_not_hide_that_another_finished_the_job(
    repository: JobsRepository, created: Job, faults: Faults
) -> None:
    repository.update_job_status("vpr-1", "COMPLETED", result_key="theirs")
    faults.lose_reply()

    refused = repository.update_job_status("vpr-1", "COMPLETED", result_key="mine")

    assert refused.code is ResultCode.INVALID_TRANSITION
    assert (refused.record or {})["result_key"] == "theirs"


def test_the_same_update_made_again_by_the_caller_is_refused(repository: JobsRepository, created: Job) -> None:
    repository.update_job_status("vpr-1", "COMPLETED")

    assert repository.update_job_status("vpr-1", "COMPLETED").code is ResultCode.INVALID_TRANSITION


def test_a_refusal_without_the_item_means_the_same(repository: JobsRepository, created: Job, faults: Faults) -> None:
    repository.update_job_status("vpr-1", "COMPLETED")
    faults.drop_item()

    refused = repository.update_job_status("vpr-1", "PROCESSING")

    assert (refused.code, refused.record) == (ResultCode.INVALID_TRANSITION, {**created, "status": "COMPLETED"})


@pytest.mark.parametrize("updates", [{"status": "COMPLETED"}, {"note": "new"}])
def test_a_refusal_by_a_record_that_would_take_the_update_is_a_conflict(
    repository: JobsRepository, created: Job, faults: Faults, updates: Job
) -> None:
    faults.answer("ConditionalCheckFailedException", times=1)

    refused = repository.update_job("vpr-1", updates)

    assert (refused.code, refused.retryable) == (ResultCode.CONFLICT, True)


def test_a_packed_payload_is_read_back_by_an_update(repository: JobsRepository, created: Job) -> None:
    from careervp_jobs_dal.codec.packing import pack

    repository.table.update_item(
        Key={"job_id": "vpr-1"},
        UpdateExpression="SET input_data = :packed",
        ExpressionAttributeValues={":packed": pack(b'{"text":"short"}', above=0)},
    )

    assert repository.update_job_status("vpr-1", "COMPLETED").unwrap()["input_data"] == {"text": "short"}
