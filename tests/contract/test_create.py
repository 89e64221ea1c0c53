"""`create_job`: only what is valid is sent, only what is not there is written."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from enum import Enum
from typing import Any
from uuid import UUID

import pytest

from careervp_jobs_dal import JobsRepository, ResultCode
from tests.conftest import CANARY
from tests.engines.catalogue import Engine
from tests.faults import Faults

Job = dict[str, Any]


def shown(value: object) -> str:
    """A test's name for a value: the same in every process."""
    if isinstance(value, set | frozenset):
        return f"{type(value).__name__} of {sorted(map(ascii, value))}"
    return "object" if type(value) is object else ascii(value)


def nested(containers: int) -> Any:
    """A scalar with this many lists around it."""
    value: Any = "scalar"
    for _ in range(containers):
        value = [value]
    return value


@pytest.mark.parametrize("payload", [b"", b"cv", b"a cvz", b"\x01cvz", bytearray(b"letter")], ids=shown)
def test_bytes_as_a_payload_stay_bytes(repository: JobsRepository, job: Job, payload: bytes) -> None:
    repository.create_job({**job, "input_data": payload}).unwrap()

    assert (repository.get_job("vpr-1") or {})["input_data"] == bytes(payload)


@pytest.mark.parametrize(
    "payload", [b"cvz", b"cvz\x01", b"cvz\x02...", b"cvzebra", memoryview(b"cvz!")], ids=lambda each: shown(bytes(each))
)
def test_bytes_that_a_read_would_take_for_a_packed_payload_are_refused(
    repository: JobsRepository, job: Job, faults: Faults, payload: Any
) -> None:
    refused = [
        repository.create_job({**job, "input_data": payload}),
        repository.update_job("vpr-1", {"input_data": payload}),
        repository.update_job_status("vpr-1", "COMPLETED", input_data=payload),
    ]

    assert [result.code for result in refused] == [ResultCode.VALIDATION_ERROR] * 3
    assert {result.error for result in refused} == {
        "input_data must be a value that does not begin with the bytes of a packed payload"
    }
    assert faults.sent == []
    assert repository.create_job({**job, "input_data": {"in a map": payload}}).success


def test_a_job_is_stored_as_it_was_given(repository: JobsRepository, job: Job) -> None:
    created = repository.create_job(job)

    assert created.unwrap() == job
    assert repository.get_job("vpr-1") == job


def test_nothing_is_added_and_input_data_is_a_map_in_the_table(repository: JobsRepository, job: Job) -> None:
    repository.create_job({**job, "input_data": {"text": "a" * 20_000}})

    stored = repository.table.get_item(Key={"job_id": "vpr-1"})["Item"]
    assert stored.keys() == job.keys()
    assert stored["input_data"] == {"text": "a" * 20_000}


def test_a_second_job_of_the_same_id_is_refused_with_the_stored_record(
    repository: JobsRepository, job: Job, faults: Faults
) -> None:
    repository.create_job(job)

    again = repository.create_job({**job, "status": "FAILED"})

    assert again.code is ResultCode.ALREADY_EXISTS
    assert again.record == job
    assert repository.get_job("vpr-1") == job
    assert CANARY not in f"{again!r} {again.error}"


def test_a_refusal_without_the_item_means_the_same(repository: JobsRepository, job: Job, faults: Faults) -> None:
    repository.create_job(job)
    faults.drop_item()

    again = repository.create_job(job)

    assert (again.code, again.record) == (ResultCode.ALREADY_EXISTS, job)


def test_a_refusal_by_a_record_that_is_gone_when_it_is_looked_up_is_a_conflict(
    repository: JobsRepository, job: Job, faults: Faults
) -> None:
    faults.answer("ConditionalCheckFailedException", times=1)

    refused = repository.create_job(job)

    assert (refused.code, refused.retryable) == (ResultCode.CONFLICT, True)
    assert faults.sent == ["PutItem", "GetItem"]


def test_a_write_whose_reply_was_lost_is_a_success(repository: JobsRepository, job: Job, faults: Faults) -> None:
    faults.lose_reply()

    created = repository.create_job({**job, "cost_usd": 0.5, "blob": b"bytes", "tags": {"a", "b"}})

    assert created.unwrap()["blob"] == b"bytes"
    assert faults.sent == ["PutItem", "PutItem"]


def test_a_lost_reply_is_recognised_without_the_item_too(repository: JobsRepository, job: Job, faults: Faults) -> None:
    faults.lose_reply()
    faults.drop_item()

    assert repository.create_job(job).success
    assert faults.sent == ["PutItem", "PutItem", "GetItem"]


def test_a_lost_reply_does_not_hide_that_another_record_was_there(
    repository: JobsRepository, job: Job, faults: Faults
) -> None:
    repository.create_job(job)
    faults.lose_reply()

    assert repository.create_job({**job, "user_id": "user-2"}).code is ResultCode.ALREADY_EXISTS


def test_of_many_threads_one_creates(repository: JobsRepository, job: Job) -> None:
    with ThreadPoolExecutor(16) as threads:
        results = list(threads.map(lambda n: repository.create_job({**job, "n": n}), range(32)))

    assert sorted(result.code for result in results).count(ResultCode.SUCCESS) == 1
    winner = next(result for result in results if result)
    assert repository.get_job("vpr-1") == winner.data


@pytest.mark.parametrize("name", ["job_id", "status", "created_at", "idempotency_key"])
def test_a_missing_field_is_named_and_nothing_is_sent(
    repository: JobsRepository, job: Job, faults: Faults, name: str
) -> None:
    del job[name]

    refused = repository.create_job(job)

    assert refused.code is ResultCode.VALIDATION_ERROR
    assert refused.error == f"Missing required field: {name}"
    assert faults.sent == []


INVALID_KEYS = ["", None, 5, b"bytes", "a" * 2049, "é" * 1025, "\ud800", ["list"], True]


@pytest.mark.parametrize("value", INVALID_KEYS, ids=repr)
@pytest.mark.parametrize("name", ["job_id", "idempotency_key"])
def test_a_key_must_be_text_that_dynamodb_takes(
    repository: JobsRepository, job: Job, faults: Faults, name: str, value: object
) -> None:
    refused = repository.create_job({**job, name: value})

    assert refused.code is ResultCode.VALIDATION_ERROR
    assert (refused.error or "").startswith(name)
    assert faults.sent == []


def test_a_job_cannot_take_the_place_of_a_quota(repository: JobsRepository, job: Job, faults: Faults) -> None:
    """Its changes would be nobody's, and no count would have it."""
    refused = repository.create_job({**job, "job_id": "active-jobs/1"})

    assert (refused.code, refused.error) == ("VALIDATION_ERROR", "job_id must not begin with active-jobs/")
    assert faults.sent == []


def test_a_key_of_2048_bytes_is_stored(repository: JobsRepository, job: Job) -> None:
    longest = "é" * 1024

    repository.create_job({**job, "job_id": longest, "idempotency_key": longest}).unwrap()

    assert (repository.get_job(longest) or {})["idempotency_key"] == longest
    assert (repository.get_job_by_idempotency_key(longest) or {})["job_id"] == longest


@pytest.mark.parametrize("status", ["DONE", "pending", None, "", 5, ["PENDING"]], ids=repr)
def test_another_status_is_refused_naming_the_four(
    repository: JobsRepository, job: Job, faults: Faults, status: object
) -> None:
    refused = repository.create_job({**job, "status": status})

    assert refused.code is ResultCode.VALIDATION_ERROR
    assert refused.error == "status must be one of PENDING, PROCESSING, COMPLETED, FAILED"
    assert faults.sent == []


@pytest.mark.parametrize("ttl", [1_770_000_000_000, -1, "1770000000", True, None, 0.5, Decimal("1E+20")], ids=repr)
def test_a_ttl_must_be_in_epoch_seconds(repository: JobsRepository, job: Job, faults: Faults, ttl: object) -> None:
    refused = repository.create_job({**job, "ttl": ttl})

    assert refused.code is ResultCode.VALIDATION_ERROR
    assert refused.error == "ttl must be a whole number of seconds since 1970"
    assert faults.sent == []


@pytest.mark.parametrize("ttl", [0, 1_770_000_000, 1_770_000_000.0, Decimal(1_770_000_000)], ids=repr)
def test_a_ttl_in_epoch_seconds_is_stored_as_a_number(repository: JobsRepository, job: Job, ttl: Any) -> None:
    assert repository.create_job({**job, "ttl": ttl}).unwrap()["ttl"] == int(ttl)


@pytest.mark.parametrize("created_at", ["yesterday", "", 1_770_000_000, None, datetime(2026, 2, 3)], ids=repr)
def test_created_at_must_be_a_date_and_time(
    repository: JobsRepository, job: Job, faults: Faults, created_at: object
) -> None:
    refused = repository.create_job({**job, "created_at": created_at})

    assert refused.code is ResultCode.VALIDATION_ERROR
    assert (refused.error or "").startswith("created_at")
    assert faults.sent == []


@pytest.mark.parametrize("created_at", ["2026-02-03T13:05:32", "2026-02-03T13:05:32Z", "2026-02-03"])
def test_utc_text_is_stored_as_it_is(repository: JobsRepository, job: Job, created_at: str) -> None:
    assert repository.create_job({**job, "created_at": created_at}).unwrap()["created_at"] == created_at


@pytest.mark.parametrize(
    "number",
    [
        float("nan"),
        float("inf"),
        float("-inf"),
        Decimal("NaN"),
        Decimal("sNaN"),
        Decimal("Infinity"),
        Decimal("-Infinity"),
        10**38 + 1,
        Decimal("1." + "1" * 38),
        2e38,
        -(10**38),
        Decimal("1E126"),
        5e-324,
        10**6000,
    ],
    ids=lambda number: "int of 6001 digits" if type(number) is int and number > 10**999 else repr(number),
)
def test_a_number_that_dynamodb_cannot_hold_is_refused_by_its_path(
    repository: JobsRepository, job: Job, faults: Faults, number: object
) -> None:
    refused = repository.create_job({**job, "input_data": {"scores": [0, 1, 2, number]}})

    assert refused.code is ResultCode.VALIDATION_ERROR
    assert (refused.error or "").startswith("input_data.scores[3]: ")
    assert faults.sent == []


@pytest.mark.parametrize(
    "number",
    [0, -0.0, 1.5, 0.1, 1e-7, 2**53 + 1, -1, 1e23, 10**38 - 1, Decimal("3.14"), Decimal("1E-130")],
    ids=repr,
)
def test_a_number_reads_back_equal(table_name: str, repository: JobsRepository, job: Job, number: Any) -> None:
    repository.create_job({**job, "number": number}).unwrap()

    plain = (repository.get_job("vpr-1") or {})["number"]
    exact = (JobsRepository(table_name, exact_numbers=True).get_job("vpr-1") or {})["number"]

    assert type(plain) in (int, float)
    assert plain == number or plain == float(number)
    assert isinstance(exact, Decimal)
    assert float(exact) == float(number)
    assert isinstance(number, float) or exact == number


def test_31_containers_around_a_scalar_are_stored(repository: JobsRepository, job: Job) -> None:
    assert repository.create_job({**job, "deep": nested(31)}).unwrap()["deep"] == nested(31)


@pytest.mark.parametrize("containers", [32, 5000])
def test_more_containers_are_refused(repository: JobsRepository, job: Job, faults: Faults, containers: int) -> None:
    refused = repository.create_job({**job, "deep": nested(containers)})

    assert refused.code is ResultCode.VALIDATION_ERROR
    assert "31 containers" in (refused.error or "")
    assert faults.sent == []


def test_a_dict_that_holds_itself_is_refused(repository: JobsRepository, job: Job) -> None:
    job["input_data"]["self"] = job["input_data"]

    assert repository.create_job(job).code is ResultCode.VALIDATION_ERROR


@pytest.mark.parametrize(
    "value",
    [
        set(),
        {1, "a"},
        {True},
        {None},
        {(1, 2)},
        {1: "a"},
        {None: "a"},
        {"": "a"},
        {"\udfff": "a"},
        object(),
        "\ud800",
        datetime(2026, 2, 3),
        timedelta(1),
        1j,
    ],
    ids=shown,
)
def test_what_dynamodb_cannot_hold_is_refused_by_its_path(
    repository: JobsRepository, job: Job, faults: Faults, value: object
) -> None:
    refused = repository.create_job({**job, "extra": value})

    assert refused.code is ResultCode.VALIDATION_ERROR
    assert (refused.error or "").startswith("extra: ")
    assert faults.sent == []


class Colour(Enum):
    RED = "red"


@pytest.mark.parametrize(
    ("value", "read_back"),
    [
        (datetime(2026, 2, 3, 15, 5, 32, tzinfo=timezone(timedelta(hours=2))), "2026-02-03T13:05:32.000000Z"),
        (date(2026, 2, 3), "2026-02-03"),
        (UUID(int=7), "00000000-0000-0000-0000-000000000007"),
        (Colour.RED, "red"),
        ((1, (2,)), [1, [2]]),
        (b"bytes", b"bytes"),
        (bytearray(b"bytes"), b"bytes"),
        ({b"a", b"b"}, {b"a", b"b"}),
        (frozenset({1, 2.5}), {1, 2.5}),
        ({"a"}, {"a"}),
        (None, None),
        ([], []),
        ("", ""),
        (True, True),
    ],
    ids=shown,
)
def test_other_python_values_are_stored_as_documented(
    repository: JobsRepository, job: Job, value: object, read_back: object
) -> None:
    assert repository.create_job({**job, "extra": value}).unwrap()["extra"] == read_back
    assert (repository.get_job("vpr-1") or {})["extra"] == read_back


def padded(job: Job, size: int) -> Job:
    """The job as an item of exactly this size by DynamoDB's rule (names and texts count in bytes)."""
    plain = {name: value for name, value in job.items() if name != "input_data"}
    taken = sum(len(name) + len(value) for name, value in plain.items())
    return {**plain, "pad": "x" * (size - taken - len("pad"))}


def test_the_largest_item_is_stored(repository: JobsRepository, job: Job, engine: Engine) -> None:
    largest = padded(job, engine.max_item_bytes)

    assert repository.create_job(largest).success
    assert repository.get_job("vpr-1") == largest


def test_one_byte_more_is_refused_before_the_network(repository: JobsRepository, job: Job, faults: Faults) -> None:
    refused = repository.create_job(padded(job, 409_601))

    assert refused.code is ResultCode.ITEM_TOO_LARGE
    assert faults.sent == []


@pytest.mark.parametrize("job_data", [None, "text", ["list"]])
def test_what_is_no_dict_is_refused(repository: JobsRepository, faults: Faults, job_data: Any) -> None:
    assert repository.create_job(job_data).code is ResultCode.VALIDATION_ERROR
    assert faults.sent == []


def test_the_caller_may_change_his_dict_afterwards(repository: JobsRepository, job: Job) -> None:
    created = repository.create_job(job).unwrap()
    job["input_data"]["scores"].append(UTC)

    assert created["input_data"]["scores"] == [0.5, 1]
