"""`submit_jobs`: many jobs at once, each with the promise and the result of `submit_job`."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from careervp_jobs_dal import (
    AsyncJobsRepository,
    JobEvent,
    JobKind,
    JobRequest,
    JobsRepository,
    ResultCode,
)
from tests.conftest import CANARY, Clock
from tests.faults import Faults


def requests(number: int, **options: Any) -> list[JobRequest]:
    return [JobRequest(f"key-{each}", {"number": each}, **options) for each in range(number)]


def keys(results: list[Any]) -> list[str]:
    return [result.unwrap().job["idempotency_key"] for result in results]


def codes(results: list[Any]) -> list[ResultCode]:
    return [result.code for result in results]


def test_each_job_has_its_result_in_the_order_of_the_requests(repository: JobsRepository) -> None:
    results = repository.submit_jobs(requests(20, user_id="user-1"))

    assert keys(results) == [f"key-{each}" for each in range(20)]
    assert all(result.unwrap().created and result.unwrap().should_enqueue for result in results)
    assert [repository.find_job(result.unwrap().job_id).unwrap()["input_data"] for result in results] == [
        {"number": each} for each in range(20)
    ]


def test_a_job_is_the_one_that_submit_job_makes(repository: JobsRepository) -> None:
    single = repository.submit_job("key-0", {"number": 0}, user_id="user-1", model="m").unwrap()

    (again,) = repository.submit_jobs(requests(1, user_id="user-1", fields={"model": "m"}))

    assert (again.unwrap().job_id, again.unwrap().created) == (single.job_id, False)


def test_nothing_is_a_list_as_well(repository: JobsRepository, faults: Faults) -> None:
    assert repository.submit_jobs([]) == []
    assert faults.sent == []


def test_a_key_that_is_given_twice_is_one_job_created_once(repository: JobsRepository) -> None:
    results = repository.submit_jobs([*requests(5), *requests(5), *requests(5)])

    assert len({result.unwrap().job_id for result in results}) == 5
    assert sum(result.unwrap().created for result in results) == 5


def test_a_job_that_is_refused_stops_no_other(repository: JobsRepository) -> None:
    repository.submit_job("key-2", {"other": CANARY}).unwrap()
    wrong: list[Any] = [*requests(1), JobRequest("", {}), *requests(3)[1:], {"idempotency_key": "key"}]

    results = repository.submit_jobs(wrong)

    assert codes(results) == ["SUCCESS", "VALIDATION_ERROR", "SUCCESS", "IDEMPOTENCY_MISMATCH", "VALIDATION_ERROR"]
    assert results[4].error == "each of requests must be a JobRequest, not dict"


def test_wrong_fields_are_refused_as_by_submit_job(repository: JobsRepository) -> None:
    wrong: Any = ["no dict"]

    assert codes(repository.submit_jobs(requests(1, fields={"status": "PENDING"}))) == ["VALIDATION_ERROR"]
    assert codes(repository.submit_jobs(requests(1, fields=wrong))) == ["VALIDATION_ERROR"]


def test_a_generator_is_taken_and_runs_before_anything_is_sent(repository: JobsRepository, faults: Faults) -> None:
    def broken() -> Iterator[JobRequest]:
        yield from requests(9)
        raise KeyError("mine")

    assert len(repository.submit_jobs(iter(requests(9)))) == 9
    sent = list(faults.sent)
    with pytest.raises(KeyError, match="mine"):
        repository.submit_jobs(broken())
    assert faults.sent == sent


def test_each_job_has_one_conditional_write_and_one_event(table_name: str, clock: Clock) -> None:
    events: list[JobEvent] = []
    repository = JobsRepository(table_name, clock=clock, on_event=events.append)

    repository.submit_jobs(requests(12))

    assert sorted(event.requests for event in events) == [1] * 12
    assert {(event.verb, event.code, event.created) for event in events} == {("submit", "SUCCESS", True)}
    assert len({event.job_id for event in events}) == 12


def test_a_throttle_that_passes_is_retried(repository: JobsRepository, faults: Faults) -> None:
    faults.throttle(times=2, operation="PutItem")

    assert set(codes(repository.submit_jobs(requests(9)))) == {"SUCCESS"}


def test_a_lost_reply_is_no_failure(repository: JobsRepository, faults: Faults) -> None:
    faults.lose_reply(times=2, operation="PutItem")

    assert all(result.unwrap().created for result in repository.submit_jobs(requests(9)))


def test_a_failure_that_meets_a_whole_wave_ends_the_requests(repository: JobsRepository, faults: Faults) -> None:
    faults.answer("AccessDeniedException", operation="PutItem")

    results = repository.submit_jobs(requests(30))

    assert codes(results) == ["ACCESS_DENIED"] * 30
    assert results[-1].error == "Not sent, because the jobs before it failed with ACCESS_DENIED"
    assert len(faults.sent) == 8


def test_a_failure_of_some_ends_nothing(repository: JobsRepository, faults: Faults) -> None:
    faults.answer("AccessDeniedException", operation="PutItem", times=7)

    results = repository.submit_jobs(requests(30))

    assert sorted(codes(results)) == ["ACCESS_DENIED"] * 7 + ["SUCCESS"] * 23


def test_at_most_eight_run_at_a_time(repository: JobsRepository) -> None:
    threads: set[int] = set()
    clock = repository.clock
    repository.clock = lambda: threads.add(threading.get_ident()) or clock()  # type: ignore[func-returns-value]

    repository.submit_jobs(requests(40))

    assert 1 <= len(threads) <= 8


def test_a_request_shows_nothing_of_the_job() -> None:
    assert CANARY not in repr(JobRequest(CANARY, {"text": CANARY}, user_id=CANARY))


def test_a_coroutine_awaits_them(repository: JobsRepository) -> None:
    async def submit() -> list[Any]:
        async with AsyncJobsRepository.of(repository) as jobs:
            return await jobs.submit_jobs(requests(9))

    assert keys(asyncio.run(submit())) == [f"key-{each}" for each in range(9)]


@dataclass
class Letter:
    company: str


def test_a_kind_makes_requests_of_its_jobs(repository: JobsRepository) -> None:
    kind = JobKind("letter", Letter, max_attempts=2)

    (result,) = repository.submit_jobs([kind.request("key", Letter("Acme"), user_id="user-1", fields={"model": "m"})])

    job = result.unwrap().job
    assert kind.submit(repository, "key", Letter("Acme"), user_id="user-1").unwrap().job_id == job["job_id"]
    assert (job["kind"], job["model"], job["max_attempts"], job["input_data"]) == (
        "letter",
        "m",
        2,
        {"company": "Acme"},
    )


def test_a_kind_refuses_an_option_that_is_none() -> None:
    with pytest.raises(TypeError, match="replace_faild"):
        JobKind("letter", Letter).request("key", Letter("Acme"), replace_faild=True)
