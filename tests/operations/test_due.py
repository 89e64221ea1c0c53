"""The sweep reads what is due: when a job is overdue, whose turn it is, and how often it is sent."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from threading import get_ident
from typing import Any

import pytest
from botocore.exceptions import ClientError

from careervp_jobs_dal import JobRecord, JobsOperator, JobsRepository, Recovery, ResultCode
from careervp_jobs_dal.job.index import UNFINISHED, Wait, active_shard, position
from careervp_jobs_dal.job.instant import instant_text
from careervp_jobs_dal.operations import overdue, sweep
from careervp_jobs_dal.operations.partition import Frontier, Threshold
from careervp_jobs_dal.plans.plan import MOST_AT_ONCE
from tests.conftest import CANARY, Clock
from tests.engines.catalogue import Engine
from tests.faults import Faults
from tests.operations.conftest import Seed
from tests.operations.test_recover import lapsed_jobs, only_for, overdue_ids, submitted

HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)
SECOND = timedelta(seconds=1)


def test_a_job_behind_a_hundred_that_wait_is_put_back_within_three_sweeps(
    operator: JobsOperator, repository: JobsRepository, clock: Clock, seed: Seed
) -> None:
    waiting = seed(100, since=2 * HOUR)
    stuck = submitted(repository)
    repository.claim_job(stuck, lease=MINUTE).unwrap()
    clock.advance(2 * MINUTE)
    sent: list[str] = []

    sweeps: list[Recovery] = []
    for _ in range(3):
        sweeps.append(operator.recover_jobs(older_than=HOUR, enqueue=sent.append, limit=50).unwrap())
        clock.advance(5 * MINUTE)

    assert sweeps[-1] == Recovery(put_back=(stuck,))
    assert Counter(sent) == Counter([*waiting, stuck])


def test_a_waiting_job_is_sent_once_within_older_than_however_often_it_is_swept(
    operator: JobsOperator, clock: Clock, seed: Seed
) -> None:
    (job_id,) = seed(1, since=2 * HOUR)
    sent: list[tuple[str, int]] = []

    for number in range(25):
        recovery = operator.recover_jobs(older_than=HOUR, enqueue=len).unwrap()
        sent += [(job_id, number) for job_id in recovery.waiting]
        clock.advance(5 * MINUTE)

    assert sent == [(job_id, 0), (job_id, 12), (job_id, 24)]


def test_thousands_of_expired_records_keep_no_job_from_its_recovery(
    operator: JobsOperator,
    repository: JobsRepository,
    clock: Clock,
    seed: Seed,
    many: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """On real engines there are 10,400, and on a slow one as many in proportion."""
    scale = 1 if many == 2000 else 20
    monkeypatch.setattr(overdue, "MAX_LOOKED_AT", 10_000 // scale)
    monkeypatch.setattr(sweep, "MOST_MOVED", 1000 // scale)
    seed(10_400 // scale, since=40 * HOUR, ttl=int(clock.now.timestamp()))
    stuck = submitted(repository)
    repository.claim_job(stuck, lease=MINUTE).unwrap()
    clock.advance(HOUR)

    sweeps = [operator.recover_jobs(older_than=MINUTE, limit=50).unwrap() for _ in range(3)]

    assert [each.put_back for each in sweeps] == [(), (stuck,), ()]
    assert [each.more for each in sweeps] == [True, False, False]


def brim_full(repository: JobsRepository, item: dict[str, Any]) -> int:
    """Fill a record until the engine takes not one byte more; tells how many bytes that were."""
    fits, too_many = 0, 500_000
    while too_many - fits > 1:
        size = (fits + too_many) // 2
        try:
            repository.table.put_item(Item={**item, "filling": "x" * size})
        except ClientError:
            too_many = size
        else:
            fits = size
    repository.table.put_item(Item={**item, "filling": "x" * fits})
    return fits


@pytest.mark.parametrize(
    ("state", "became"),
    [
        ({"status": "PENDING"}, "waiting"),
        ({"status": "PROCESSING", "lease_expires_at": "2036-02-03T11:05:32.000000Z", "errors": []}, "put_back"),
        # Without a text to remove there is no room for the instant from which the job may be claimed.
        ({"status": "PROCESSING", "lease_expires_at": "2036-02-03", "due_at": "2036-02-03T00:00:00.000000Z"}, "unread"),
    ],
    ids=["waits", "lapsed", "too full to be put back"],
)
def test_a_hundred_records_without_a_byte_of_room_do_not_stop_recovery(
    operator: JobsOperator,
    repository: JobsRepository,
    clock: Clock,
    seed: Seed,
    engine: Engine,
    state: dict[str, Any],
    became: str,
) -> None:
    if engine.name == "moto":
        pytest.skip("moto carries out a part of a write that it refuses as too large")
    number = 100
    (first,) = seed(1, **state)
    item = repository.table.get_item(Key={"job_id": first})["Item"]
    room = brim_full(repository, item)
    full = [first, *seed(number - 1, **state, filling="x" * room)]
    stuck = submitted(repository)
    repository.claim_job(stuck, lease=MINUTE).unwrap()
    clock.advance(HOUR)

    sweeps = [operator.recover_jobs(older_than=MINUTE, limit=number // 2).unwrap() for _ in range(3)]

    assert [len(getattr(each, became)) for each in sweeps[:2]] == [number // 2] * 2
    assert {*getattr(sweeps[0], became), *getattr(sweeps[1], became)} == {*full}
    assert (sweeps[2].put_back, sweeps[2].more) == ((stuck,), False)


TOO_LARGE: dict[str, Any] = {
    "code": "ValidationException",
    "message": "Item size to update has exceeded the maximum allowed size",
}


@pytest.mark.parametrize(("refused", "left"), [(1, {"error"}), (2, set[str]())])
def test_a_full_record_is_put_back_with_the_notes_that_it_has_room_for(
    operator: JobsOperator, repository: JobsRepository, clock: Clock, faults: Faults, refused: int, left: set[str]
) -> None:
    (full,) = lapsed_jobs(repository, clock, 1)
    faults.answer(**TOO_LARGE, times=refused, operation="UpdateItem")

    assert operator.recover_jobs(older_than=MINUTE, enqueue=len).unwrap() == Recovery(put_back=(full,))
    assert repository.find_job(full).unwrap().keys() & {"error", "errors", "claimed_by"} == left


@pytest.mark.parametrize("claimed", [True, False])
def test_a_record_that_takes_no_write_is_said_and_waits_behind_the_others_from_then_on(
    operator: JobsOperator, repository: JobsRepository, clock: Clock, faults: Faults, claimed: bool
) -> None:
    full = submitted(repository)
    if claimed:
        repository.claim_job(full, lease=MINUTE).unwrap()
    clock.advance(HOUR)
    before = repository.find_job(full).unwrap()
    faults.answer(**TOO_LARGE, times=3 if claimed else 1, operation="UpdateItem")

    assert operator.recover_jobs(older_than=MINUTE).unwrap() == Recovery(unread=(full,))
    assert repository.find_job(full).unwrap() == before | position(full, Wait.QUEUED, instant_text(clock.now))
    assert overdue_ids(operator) == []


def test_a_job_that_was_put_back_a_moment_ago_is_not_overdue_however_old_it_is(
    operator: JobsOperator, repository: JobsRepository, clock: Clock
) -> None:
    job_id = submitted(repository)
    clock.advance(5 * HOUR)
    repository.fail_job(repository.claim_job(job_id, lease=MINUTE).unwrap(), "busy", retryable=True).unwrap()
    clock.advance(MINUTE)

    assert overdue_ids(operator, older_than=2 * MINUTE) == []
    clock.advance(MINUTE)
    assert overdue_ids(operator, older_than=2 * MINUTE) == [job_id]


def test_older_than_counts_from_the_end_of_a_pause(
    operator: JobsOperator, repository: JobsRepository, clock: Clock
) -> None:
    job_id = submitted(repository)
    claim = repository.claim_job(job_id, lease=MINUTE).unwrap()
    repository.fail_job(claim, "busy", retryable=True, retry_after=HOUR).unwrap()

    clock.advance(HOUR + 9 * MINUTE)
    assert overdue_ids(operator, older_than=10 * MINUTE) == []
    clock.advance(MINUTE)
    assert overdue_ids(operator, older_than=10 * MINUTE) == [job_id]


def test_a_lapsed_lease_is_overdue_whatever_older_than_is(
    operator: JobsOperator, repository: JobsRepository, clock: Clock
) -> None:
    job_id = submitted(repository)
    repository.claim_job(job_id, lease=MINUTE).unwrap()

    clock.advance(MINUTE)
    assert overdue_ids(operator, older_than=HOUR) == []
    clock.advance(SECOND)
    assert overdue_ids(operator, older_than=HOUR) == [job_id]


def test_a_job_with_a_far_start_is_sent_when_it_is_due_and_not_before(
    operator: JobsOperator, repository: JobsRepository, clock: Clock
) -> None:
    submission = repository.submit_job("key", {}, run_at=clock.now + 5 * HOUR).unwrap()
    sent: list[str] = []
    clock.advance(5 * HOUR - SECOND)

    early = operator.recover_jobs(older_than=timedelta(0), enqueue=sent.append).unwrap()
    clock.advance(SECOND)
    due = operator.recover_jobs(older_than=HOUR, enqueue=sent.append).unwrap()
    again = operator.recover_jobs(older_than=HOUR, enqueue=sent.append).unwrap()

    assert (early, due, again) == (Recovery(), Recovery(waiting=(submission.job_id,)), Recovery())
    assert sent == [submission.job_id]
    assert repository.claim_job(submission.job_id, lease=MINUTE).success


def test_the_longest_overdue_comes_first_whatever_its_kind(
    operator: JobsOperator, repository: JobsRepository, clock: Clock
) -> None:
    start = clock.now
    waits = submitted(repository, "waits")
    lapses = submitted(repository, "lapses")
    repository.claim_job(lapses, lease=59 * MINUTE).unwrap()
    starts = repository.submit_job("starts", {}, run_at=start + 61 * MINUTE).unwrap().job_id
    clock.advance(2 * HOUR)

    assert overdue_ids(operator, older_than=HOUR) == [lapses, waits, starts]


def test_overdue_jobs_are_found_in_every_partition(operator: JobsOperator, seed: Seed, clock: Clock) -> None:
    jobs = seed(200)
    jobs += seed(200, status="PROCESSING", attempt=1, claim_id="c", lease_expires_at=instant_text(clock.now - HOUR))

    recovery = operator.recover_jobs(older_than=MINUTE, limit=1000).unwrap()

    assert (
        len({active_shard(job_id) for job_id in jobs[:200]} | {active_shard(j, Wait.TIMED) for j in jobs[200:]}) == 64
    )
    assert sorted([*recovery.waiting, *recovery.put_back]) == jobs
    assert recovery.more is False


@pytest.mark.parametrize("wait", UNFINISHED)
def test_a_partition_that_fails_leaves_the_others_recovered(
    operator: JobsOperator, repository: JobsRepository, clock: Clock, faults: Faults, wait: Wait
) -> None:
    lapsed = lapsed_jobs(repository, clock, 3)
    waits = submitted(repository, "waits")
    clock.advance(HOUR)
    lost = waits if wait is Wait.QUEUED else lapsed[1]
    faults.garble(only_for(active_shard(lost, wait), "InternalServerError"), operation="Query")

    recovery = operator.recover_jobs(older_than=MINUTE).unwrap()

    assert {*recovery.put_back, *recovery.waiting} == {*lapsed, waits} - {lost}
    assert recovery.more is True
    faults.clear()
    assert operator.recover_jobs(older_than=MINUTE).unwrap().more is False
    assert overdue_ids(operator) == []


def test_a_batch_that_fails_leaves_the_others_recovered(operator: JobsOperator, seed: Seed, faults: Faults) -> None:
    jobs = seed(150)
    faults.garble(only_for(jobs[0], "InternalServerError"), operation="BatchGetItem")

    recovery = operator.recover_jobs(older_than=MINUTE, limit=200).unwrap()

    assert len(recovery.unread) + len(recovery.waiting) == 150
    assert jobs[0] in recovery.unread
    assert (len(recovery.waiting) >= 50, recovery.more) == (True, True)


@pytest.mark.parametrize("code", ["InternalServerError", "AccessDeniedException"])
def test_a_sweep_to_which_nothing_is_answered_is_that_failure(
    operator: JobsOperator, seed: Seed, faults: Faults, code: str
) -> None:
    seed(1)
    faults.answer(code, status=500 if code == "InternalServerError" else 400, operation="Query")

    assert (
        operator.recover_jobs(older_than=MINUTE).code.value
        == {
            "InternalServerError": "UNAVAILABLE",
            "AccessDeniedException": "ACCESS_DENIED",
        }[code]
    )


def test_a_sweep_that_may_not_read_is_that_failure(operator: JobsOperator, seed: Seed, faults: Faults) -> None:
    seed(1)
    faults.answer("AccessDeniedException", operation="BatchGetItem")

    assert operator.recover_jobs(older_than=MINUTE).code is ResultCode.ACCESS_DENIED


def test_a_list_that_would_lack_jobs_is_a_failure(operator: JobsOperator, seed: Seed, faults: Faults) -> None:
    (job_id,) = seed(1)
    faults.garble(only_for(active_shard(job_id), "InternalServerError"), operation="Query")

    assert operator.list_overdue(older_than=MINUTE).code is ResultCode.UNAVAILABLE


def test_a_write_that_may_succeed_later_does_not_move_its_job(
    operator: JobsOperator, repository: JobsRepository, clock: Clock, faults: Faults
) -> None:
    (job_id,) = lapsed_jobs(repository, clock, 1)
    before = repository.find_job(job_id).unwrap()
    faults.throttle(operation="UpdateItem")

    assert operator.recover_jobs(older_than=MINUTE).unwrap() == Recovery(unread=(job_id,), more=True)
    assert repository.find_job(job_id).unwrap() == before


def test_what_has_only_lost_its_way_in_the_index_keeps_no_place(
    operator: JobsOperator, repository: JobsRepository, clock: Clock, seed: Seed, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Other code ended a job, but left it on the index; another one has a `due_at` that is no instant."""
    (ended,) = seed(1)
    (garbled,) = seed(1, due_at="0")
    repository.table.update_item(
        Key={"job_id": ended},
        UpdateExpression="SET #s = :s",
        ExpressionAttributeNames={"#s": "status"},
        ExpressionAttributeValues={":s": "COMPLETED"},
    )

    assert overdue_ids(operator) == [garbled]
    assert operator.recover_jobs(older_than=MINUTE).unwrap() == Recovery(waiting=(garbled,), to_enqueue=(garbled,))
    monkeypatch.setattr(overdue, "MAX_LOOKED_AT", 1)
    assert operator.recover_jobs(older_than=MINUTE).unwrap() == Recovery()
    assert repository.table.get_item(Key={"job_id": ended})["Item"]["due_at"] == instant_text(clock.now)


def test_an_unleased_job_is_found_by_the_recovery_that_adopts_it(
    operator: JobsOperator, repository: JobsRepository, clock: Clock
) -> None:
    job_id = submitted(repository)
    repository.update_job_status(job_id, "PROCESSING").unwrap()
    clock.advance(HOUR)

    assert operator.recover_jobs(older_than=MINUTE).unwrap() == Recovery(held=(job_id,))
    assert operator.recover_jobs(older_than=MINUTE, adopt_unleased=True, enqueue=len).unwrap().put_back == (job_id,)


def test_the_limit_says_that_there_is_more(operator: JobsOperator, seed: Seed) -> None:
    jobs = seed(25)

    sweeps = [operator.recover_jobs(older_than=MINUTE, enqueue=len, limit=10).unwrap() for _ in range(3)]

    assert [each.waiting for each in sweeps] == [tuple(jobs[:10]), tuple(jobs[10:20]), tuple(jobs[20:])]
    assert [each.more for each in sweeps] == [True, True, False]


def test_after_the_time_limit_no_job_is_begun(
    operator: JobsOperator, seed: Seed, monkeypatch: pytest.MonkeyPatch
) -> None:
    jobs = seed(30)
    now = [0.0]
    monkeypatch.setattr(sweep, "time", type("Time", (), {"monotonic": lambda: now[0]}))

    def enqueue(_: str) -> None:
        now[0] += 1

    recovery = operator.recover_jobs(older_than=MINUTE, enqueue=enqueue, time_limit=timedelta(seconds=16)).unwrap()

    assert (recovery.waiting, recovery.more) == (tuple(jobs[:16]), True)
    assert len(operator.recover_jobs(older_than=MINUTE, time_limit=HOUR).unwrap().waiting) == 14


def test_a_slow_network_does_not_keep_a_sweep_from_its_first_jobs(
    operator: JobsOperator, repository: JobsRepository, clock: Clock, faults: Faults, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Requests are under way side by side, so 85 slow ones take about 12 rounds."""
    lapsed_jobs(repository, clock, 20)
    faults.sent.clear()
    pause, wait = 0.03, time.monotonic
    monkeypatch.undo()  # the pauses are real here
    under_way, most, lock = 0, 0, threading.Lock()

    def slowly(_: bytes, answer: bytes) -> tuple[int, bytes]:
        nonlocal under_way, most
        with lock:
            under_way += 1
            most = max(most, under_way)
        until = wait() + pause
        while wait() < until:
            time.sleep(pause / 10)
        with lock:
            under_way -= 1
        return 200, answer

    faults.garble(slowly)
    sent: list[str] = []
    operator.recover_jobs(older_than=MINUTE, enqueue=sent.append).unwrap()

    assert len(faults.sent) == 64 + 1 + 20
    assert len(sent) == 20
    assert 4 < most <= MOST_AT_ONCE


def test_each_job_goes_to_the_queue_of_its_kind_and_one_of_no_kind_to_none(
    operator: JobsOperator, repository: JobsRepository, seed: Seed, caplog: pytest.LogCaptureFixture
) -> None:
    letters, reports, others = seed(3, kind="letter"), seed(2, kind="report"), seed(1)
    queues: dict[str, list[str]] = {"letter": [], "report": []}
    seen: list[JobRecord] = []

    def choose(job: JobRecord) -> Callable[[str], object] | None:
        seen.append(job)
        queue = queues.get(job.get("kind", ""))
        return None if queue is None else queue.append

    recovery = operator.recover_jobs(older_than=MINUTE, enqueue_by=choose, fields=["idempotency_key"]).unwrap()

    assert queues == {"letter": letters, "report": reports}
    assert (set(recovery.waiting), recovery.to_enqueue) == ({*letters, *reports, *others}, tuple(others))
    assert not any("input_data" in job for job in seen)
    assert [record.getMessage() for record in caplog.records] == [
        f"Job {others[0]} was not enqueued: enqueue_by has no queue for it"
    ]
    assert operator.recover_jobs(older_than=MINUTE, enqueue_by=choose).unwrap() == Recovery()


def test_a_choice_that_raises_loses_no_other_job(
    operator: JobsOperator, seed: Seed, caplog: pytest.LogCaptureFixture
) -> None:
    jobs = seed(2, kind=CANARY)
    sent: list[str] = []

    def choose(job: JobRecord) -> Callable[[str], object]:
        if job["job_id"] == jobs[0]:
            raise KeyError(job["kind"])
        return sent.append

    recovery = operator.recover_jobs(older_than=MINUTE, enqueue_by=choose).unwrap()

    assert (recovery.to_enqueue, sent) == ((jobs[0],), [jobs[1]])
    assert CANARY not in caplog.text


@pytest.mark.parametrize("claimed", [True, False])
def test_a_job_that_could_not_be_sent_is_overdue_still(
    operator: JobsOperator, repository: JobsRepository, clock: Clock, claimed: bool
) -> None:
    job_id = submitted(repository)
    if claimed:
        repository.claim_job(job_id, lease=MINUTE).unwrap()
    clock.advance(2 * HOUR)

    def refuse(_: str) -> None:
        raise ConnectionError

    first = operator.recover_jobs(older_than=HOUR, enqueue=refuse).unwrap()
    clock.advance(SECOND)

    assert (first.put_back or first.waiting, first.to_enqueue, first.more) == ((job_id,), (job_id,), True)
    assert operator.recover_jobs(older_than=HOUR, enqueue=len).unwrap() == Recovery(waiting=(job_id,))
    assert overdue_ids(operator, older_than=HOUR) == []


def test_a_record_that_cannot_be_decoded_is_sent_to_nobody(operator: JobsOperator, seed: Seed) -> None:
    (job_id,) = seed(1, input_data=b"cvz\x01broken")

    recovery = operator.recover_jobs(older_than=MINUTE, enqueue_by=lambda _: len, fields=["input_data"]).unwrap()

    assert recovery.to_enqueue == (job_id,)


def test_messages_are_sent_in_the_callers_thread(operator: JobsOperator, seed: Seed) -> None:
    seed(20)
    threads: set[int] = set()

    operator.recover_jobs(older_than=MINUTE, enqueue=lambda _: threads.add(get_ident())).unwrap()

    assert threads == {get_ident()}


@pytest.mark.parametrize(
    "arguments",
    [
        {"enqueue": len, "enqueue_by": lambda _: len},
        {"enqueue": "https://queue"},
        {"enqueue_by": {"letter": len}},
        {"time_limit": 5},
        {"time_limit": timedelta(0)},
        {"fields": "kind"},
    ],
    ids=["two ways to send", "an address", "a dict", "a number", "no time", "one name"],
)
def test_arguments_that_cannot_be_meant_are_refused(
    operator: JobsOperator, faults: Faults, arguments: dict[str, Any]
) -> None:
    assert operator.recover_jobs(older_than=MINUTE, **arguments).code is ResultCode.VALIDATION_ERROR
    assert faults.sent == []


def test_a_jobs_way_from_one_partition_to_another_does_not_change_its_size() -> None:
    queued, timed = (position("vpr-1", wait, "2036-02-03T13:05:32.000000Z") for wait in UNFINISHED)

    assert len(queued["active_shard"]) == len(timed["active_shard"])


def test_a_job_that_moved_while_the_index_was_read_is_taken_once(clock: Clock) -> None:
    frontier = Frontier(Threshold.at(clock.now, MINUTE))
    for shard in frontier.wanted():
        places = {"q5": 2 * HOUR, "t5": HOUR}
        keys = [position("vpr-1", Wait(shard[0]), instant_text(clock.now - places[shard]))] if shard in places else []
        frontier.add(shard, [{"job_id": "vpr-1", **key} for key in keys], None)

    assert [[key["active_shard"] for key in frontier.take(1)] for _ in range(2)] == [["q5"], []]
    assert not frontier.left
