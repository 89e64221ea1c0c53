"""Several embedded tables and faults at once: each has its own, whatever ends first."""

from __future__ import annotations

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from typing import Any

import boto3
import pytest
from botocore.retries import quota, standard
from hypothesis import given
from hypothesis import strategies as st
from moto.core.models import MockAWS

from careervp_jobs_dal import JobsRepository, ResultCode
from careervp_jobs_dal.testing import EmbeddedJobs, Faults, embedded_jobs, wire
from careervp_jobs_dal.testing.shared import Shared

NAMES = ("jobs-a", "jobs-b", "jobs-c")


def find(jobs: EmbeddedJobs) -> ResultCode:
    return jobs.repository.find_job("vpr-1").code


def test_two_tables_in_one_test_have_their_own_faults() -> None:
    with embedded_jobs("jobs-a") as first, embedded_jobs("jobs-b") as second:
        first.faults.answer("AccessDeniedException")
        second.faults.throttle()

        assert (find(first), find(second)) == (ResultCode.ACCESS_DENIED, ResultCode.THROTTLED)
        first.faults.clear()
        assert (find(first), find(second)) == (ResultCode.NOT_FOUND, ResultCode.THROTTLED)
        assert set(first.faults.sent) == {"GetItem"}


def test_a_request_about_two_tables_meets_the_faults_of_both() -> None:
    with embedded_jobs("jobs-a") as first, embedded_jobs("jobs-b") as second:
        puts: Any = [{"Put": {"TableName": name, "Item": {"job_id": {"S": "vpr-1"}}}} for name in NAMES[:2]]
        client = boto3.client("dynamodb")
        for each in (first, second):
            each.faults.answer("AccessDeniedException", times=1)
            with pytest.raises(client.exceptions.ClientError, match="AccessDenied"):
                client.transact_write_items(TransactItems=puts)

        client.transact_write_items(TransactItems=puts)
        assert (first.faults.sent, second.faults.sent) == (["TransactWriteItems"] * 2, ["TransactWriteItems"] * 3)


def traces() -> tuple[object, ...]:
    """What a block changes in the process."""
    retries = standard.ExponentialBackoff.delay_amount, quota.RetryQuota.acquire
    return dict(os.environ), MockAWS._nested_count, dict(wire._lines), *retries


EVENTS = st.lists(st.tuples(st.sampled_from(["begin", "end", "fail", "clear"]), st.sampled_from(NAMES)), max_size=12)


@given(events=EVENTS)
def test_blocks_that_overlap_in_any_order_never_share_a_fault_and_leave_nothing_behind(
    events: list[tuple[str, str]],
) -> None:
    before = traces()
    blocks: dict[str, ExitStack] = {}
    jobs: dict[str, EmbeddedJobs] = {}
    failing: set[str] = set()
    for event, name in [*events, *(("end", name) for name in NAMES)]:
        if event == "begin" and name not in jobs:
            blocks[name] = ExitStack()
            jobs[name] = blocks[name].enter_context(embedded_jobs(name))
        elif event == "end" and name in jobs:
            del jobs[name]
            failing.discard(name)
            blocks[name].close()
        elif event == "fail" and name in jobs:
            jobs[name].faults.fail()
            failing.add(name)
        elif event == "clear" and name in jobs:
            jobs[name].faults.clear()
            failing.discard(name)
        expected = {each: ResultCode.UNAVAILABLE if each in failing else ResultCode.NOT_FOUND for each in jobs}
        assert {each: find(room) for each, room in jobs.items()} == expected

    assert traces() == before


@pytest.mark.parametrize("last", [0, 1])
def test_whichever_block_ends_first_the_other_one_works_on(last: int) -> None:
    before = dict(os.environ)
    blocks = [ExitStack(), ExitStack()]
    jobs = [block.enter_context(embedded_jobs(name)) for block, name in zip(blocks, NAMES, strict=False)]

    blocks[1 - last].close()

    jobs[last].faults.lose_reply()
    assert jobs[last].repository.submit_job("key", {}).unwrap().created
    blocks[last].close()
    assert dict(os.environ) == before


def test_tables_of_several_threads_have_their_own_faults() -> None:
    def life(name: str) -> set[ResultCode]:
        with embedded_jobs(name) as jobs:
            jobs.faults.throttle(times=3 * 10)
            codes = {find(jobs) for _ in range(10)}
            return codes | {find(jobs)}

    with ThreadPoolExecutor(4) as pool:
        seen = list(pool.map(life, [f"jobs-{number}" for number in range(12)]))

    assert seen == [{ResultCode.THROTTLED, ResultCode.NOT_FOUND}] * 12


@pytest.mark.parametrize("stopped", ["older", "newer", "neither"])
@pytest.mark.parametrize("of_one_client", [True, False])
def test_two_faults_on_one_wire_take_turns_the_newer_one_first(
    table_name: str, stopped: str, of_one_client: bool
) -> None:
    repository = JobsRepository(table_name)
    client = repository.dynamodb.meta.client if of_one_client else None
    faults = {"older": Faults(client), "newer": Faults(client)}
    faults["older"].answer("AccessDeniedException", times=1)
    faults["newer"].fail(times=3)

    if stopped in faults:
        faults[stopped].stop()
        faults[stopped].stop()
    codes = [repository.find_job("vpr-1").code for _ in range(3)]
    for each in faults.values():
        each.stop()

    unavailable, denied, gone = ResultCode.UNAVAILABLE, ResultCode.ACCESS_DENIED, ResultCode.NOT_FOUND
    expected = {
        "older": [unavailable, gone, gone],
        "newer": [denied, gone, gone],
        "neither": [unavailable, denied, gone],
    }
    assert codes == expected[stopped]
    assert repository.find_job("vpr-1").code is gone


def test_the_faults_of_one_client_come_before_those_of_all(repository: JobsRepository) -> None:
    with embedded_jobs("jobs-a") as jobs:
        mine = Faults(jobs.repository.dynamodb.meta.client, table_name="jobs-a")
        jobs.faults.answer("AccessDeniedException")
        mine.throttle(times=3)

        assert [find(jobs), find(jobs)] == [ResultCode.THROTTLED, ResultCode.ACCESS_DENIED]
        mine.stop()


def test_a_fault_that_is_stopped_by_its_own_action_lets_the_request_pass(repository: JobsRepository) -> None:
    faults = Faults(repository.dynamodb.meta.client)
    faults.run(faults.stop)

    assert repository.submit_job("key", {}).unwrap().created


def test_a_request_that_began_before_its_faults_were_stopped_is_carried_out(repository: JobsRepository) -> None:
    client = repository.dynamodb.meta.client
    faults = Faults(client)
    line = wire._lines[client, "before-send.dynamodb"]
    faults.stop()
    client.meta.events.register_first("before-send.dynamodb", line)

    assert repository.submit_job("key", {}).unwrap().created


def test_a_shared_context_is_left_by_the_last_block() -> None:
    seen: list[str] = []

    @contextmanager
    def noted() -> Iterator[None]:
        seen.append("entered")
        yield
        seen.append("left")

    shared = Shared(noted)
    first, second = ExitStack(), ExitStack()
    first.enter_context(shared.block())
    second.enter_context(shared.block())
    first.close()
    assert seen == ["entered"]
    second.close()
    assert seen == ["entered", "left"]
