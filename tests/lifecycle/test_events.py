"""`on_event`: told once of each call, without a value of a record, and without any power over the answer."""

from __future__ import annotations

import logging
from dataclasses import FrozenInstanceError, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError
from hypothesis import given
from hypothesis import strategies as st

from careervp_jobs_dal import Capacity, JobEvent, JobsOperator, JobsRepository, JobStatus, ResultCode, create_table
from careervp_jobs_dal.aws.observer import _added
from careervp_jobs_dal.aws.stopwatch import MOST_REMEMBERED, Stopwatch
from careervp_jobs_dal.job.instant import instant_text, parse_instant
from tests.conftest import CANARY, Clock
from tests.engines.catalogue import Engine
from tests.faults import Faults

LEASE = timedelta(minutes=5)
MINUTE = timedelta(minutes=1)
NOON = datetime(2026, 2, 3, 12, tzinfo=UTC)


@pytest.fixture
def events() -> list[JobEvent]:
    return []


@pytest.fixture
def watched(table_name: str, clock: Clock, events: list[JobEvent]) -> JobsRepository:
    return JobsRepository(table_name, clock=clock, on_event=events.append)


def submitted(repository: JobsRepository, **options: Any) -> str:
    return repository.submit_job("key", {"text": CANARY}, **options).unwrap().job_id


def test_each_call_is_told_once_with_its_verb_and_code(
    watched: JobsRepository, events: list[JobEvent], job: dict[str, Any]
) -> None:
    job_id = submitted(watched)
    claim = watched.claim_job(job_id, lease=LEASE).unwrap()
    watched.claim_job(job_id, lease=LEASE)
    claim = watched.renew_claim(claim, lease=2 * LEASE, progress=0.5).unwrap()
    watched.complete_job(claim).unwrap()
    watched.find_job(job_id)
    watched.cancel_job(job_id)
    watched.create_job(job).unwrap()
    watched.update_job("vpr-1", {"cost_usd": 1}).unwrap()
    watched.update_job_status("vpr-1", "FAILED").unwrap()
    watched.get_job("no such job")
    watched.get_job_by_idempotency_key(job["idempotency_key"])

    assert [(event.verb, event.code.value, event.job_id) for event in events] == [
        ("submit", "SUCCESS", job_id),
        ("claim", "SUCCESS", job_id),
        ("claim", "LEASE_HELD", job_id),
        ("renew", "SUCCESS", job_id),
        ("complete", "SUCCESS", job_id),
        ("find", "SUCCESS", job_id),
        ("cancel", "ALREADY_FINISHED", job_id),
        ("create", "SUCCESS", "vpr-1"),
        ("update", "SUCCESS", "vpr-1"),
        ("update", "SUCCESS", "vpr-1"),
        ("get", "SUCCESS", "no such job"),
        ("get_by_idempotency_key", "SUCCESS", "vpr-1"),
    ]
    assert [event.requests for event in events] == [1] * 11 + [2]  # the index has keys only
    assert all(event.seconds > 0 and event.capacity is None for event in events)
    assert {event.table_name for event in events} == {watched.table_name}


@pytest.mark.parametrize(
    "verb", ["submit", "create", "update", "get", "get_by_idempotency_key", "find", "claim", "fail"]
)
def test_a_call_that_sends_nothing_is_told_too(watched: JobsRepository, events: list[JobEvent], verb: str) -> None:
    claim = watched.claim_job(submitted(watched), lease=LEASE).unwrap()
    events.clear()

    calls: dict[str, Any] = {
        "submit": lambda: watched.submit_job("", {}),
        "create": lambda: watched.create_job({}),
        "update": lambda: watched.update_job("", {}),
        "get": lambda: watched.get_job(""),
        "get_by_idempotency_key": lambda: watched.get_job_by_idempotency_key(""),
        "find": lambda: watched.find_job(""),
        "claim": lambda: watched.claim_job("", lease=LEASE),
        "fail": lambda: watched.fail_job(claim, "error", attempt=7),
    }
    calls[verb]()

    (event,) = events
    assert (event.verb, event.requests, event.job_id, event.attempt) == (verb, 0, None, None)
    assert event.code in {ResultCode.VALIDATION_ERROR, ResultCode.NOT_FOUND, ResultCode.SUCCESS}


def test_a_submission_is_told_as_new_or_duplicate(watched: JobsRepository, events: list[JobEvent]) -> None:
    submitted(watched)
    submitted(watched)
    watched.submit_job("key", {"text": "another"})

    assert [event.created for event in events] == [True, False, None]
    assert [event.status for event in events] == [JobStatus.PENDING] * 3
    assert events[2].code is ResultCode.IDEMPOTENCY_MISMATCH


def test_a_creation_is_told_as_new(watched: JobsRepository, events: list[JobEvent], job: dict[str, Any]) -> None:
    watched.create_job(job)
    watched.create_job(job)

    assert [event.created for event in events] == [True, None]


def test_the_wait_of_a_first_attempt_is_that_since_it_was_created(
    watched: JobsRepository, events: list[JobEvent], clock: Clock
) -> None:
    job_id = submitted(watched)
    clock.advance(MINUTE)
    watched.claim_job(job_id, lease=LEASE).unwrap()

    assert (events[-1].queue_wait, events[-1].attempt, events[-1].run_time) == (MINUTE, 1, None)


def test_the_wait_of_a_later_attempt_is_that_since_it_was_put_back(
    watched: JobsRepository, events: list[JobEvent], clock: Clock
) -> None:
    job_id = submitted(watched)
    clock.advance(MINUTE)
    claim = watched.claim_job(job_id, lease=LEASE).unwrap()
    clock.advance(2 * MINUTE)
    watched.fail_job(claim, CANARY, retryable=True).unwrap()
    assert (events[-1].run_time, events[-1].status) == (2 * MINUTE, JobStatus.PENDING)
    clock.advance(3 * MINUTE)
    claim = watched.claim_job(job_id, lease=LEASE).unwrap()
    assert (events[-1].queue_wait, events[-1].attempt) == (3 * MINUTE, 2)
    clock.advance(4 * MINUTE)
    watched.complete_job(claim).unwrap()

    assert (events[-1].run_time, events[-1].queue_wait, events[-1].attempt) == (4 * MINUTE, None, 2)


@pytest.fixture
def indexed(clock: Clock, events: list[JobEvent]) -> JobsRepository:
    """A watched repository whose table has what an operator needs."""
    table_name = create_table(f"events-{uuid4().hex}", optional_indexes=True).unwrap()
    return JobsRepository(table_name, clock=clock, on_event=events.append)


def test_the_wait_after_a_retry_is_that_since_the_retry(
    indexed: JobsRepository, events: list[JobEvent], clock: Clock
) -> None:
    job_id = submitted(indexed)
    indexed.fail_job(indexed.claim_job(job_id, lease=LEASE).unwrap(), CANARY).unwrap()
    clock.advance(timedelta(hours=20))
    JobsOperator(indexed).retry_job(job_id).unwrap()
    assert (events[-1].verb, events[-1].moved_to) == ("retry", JobStatus.PENDING)
    clock.advance(MINUTE)
    indexed.claim_job(job_id, lease=LEASE).unwrap()

    assert (events[-1].queue_wait, events[-1].attempt) == (MINUTE, 1)


def test_a_job_that_is_taken_over_after_a_retry_did_not_wait(
    indexed: JobsRepository, events: list[JobEvent], clock: Clock
) -> None:
    """Although the history has the end of an attempt of the same number, from the life before."""
    job_id = submitted(indexed)
    indexed.fail_job(indexed.claim_job(job_id, lease=LEASE).unwrap(), CANARY).unwrap()
    JobsOperator(indexed).retry_job(job_id).unwrap()
    clock.advance(MINUTE)
    indexed.claim_job(job_id, lease=LEASE).unwrap()
    clock.advance(2 * LEASE)
    indexed.claim_job(job_id, lease=LEASE).unwrap()

    assert (events[-1].queue_wait, events[-1].attempt) == (None, 2)


def test_the_wait_after_a_recovery_is_that_since_the_recovery(
    indexed: JobsRepository, events: list[JobEvent], clock: Clock
) -> None:
    job_id = submitted(indexed)
    indexed.claim_job(job_id, lease=LEASE).unwrap()
    clock.advance(timedelta(hours=2))
    assert JobsOperator(indexed).recover_jobs(older_than=timedelta(hours=1)).unwrap().put_back == (job_id,)
    clock.advance(MINUTE)
    indexed.claim_job(job_id, lease=LEASE).unwrap()

    assert (events[-1].queue_wait, events[-1].attempt) == (MINUTE, 2)


def test_the_wait_after_a_replacement_is_that_since_the_replacement(
    watched: JobsRepository, events: list[JobEvent], clock: Clock
) -> None:
    watched.cancel_job(submitted(watched)).unwrap()
    clock.advance(timedelta(hours=20))
    job_id = submitted(watched, replace_failed=True)
    clock.advance(MINUTE)
    watched.claim_job(job_id, lease=LEASE).unwrap()

    assert events[-1].queue_wait == MINUTE


def test_a_job_that_is_taken_over_did_not_wait(watched: JobsRepository, events: list[JobEvent], clock: Clock) -> None:
    job_id = submitted(watched)
    watched.claim_job(job_id, lease=LEASE).unwrap()
    clock.advance(2 * LEASE)
    watched.claim_job(job_id, lease=LEASE).unwrap()

    assert (events[-1].code, events[-1].attempt, events[-1].queue_wait) == (ResultCode.SUCCESS, 2, None)


CREATED = ("created_at", -99)
WAITS: dict[str, tuple[int, list[tuple[str, int]], list[tuple[int, int]], int | None]] = {
    # the attempt, the record's instants, the attempts and instants of its history in minutes from now, and the wait
    "created": (1, [("created_at", -1)], [], 1),
    "created to run later": (1, [CREATED, ("available_at", -1)], [], 1),
    "retried": (1, [CREATED, ("available_at", -1)], [(1, -9)], 1),
    "first attempt released": (1, [CREATED, ("started_at", -9), ("available_at", -1)], [], 1),
    "put back": (2, [CREATED, ("started_at", -9), ("available_at", -1)], [(1, -1)], 1),
    "put back with a pause": (2, [CREATED, ("started_at", -9), ("available_at", -1)], [(1, -8)], 1),
    "second attempt released": (2, [CREATED, ("started_at", -9), ("available_at", -1)], [(1, -8)], 1),
    "third attempt": (3, [CREATED, ("started_at", -9), ("available_at", -1)], [(1, -8), (2, -3)], 1),
    "taken over": (2, [CREATED, ("started_at", -9)], [], None),
    "taken over, with an entry": (2, [CREATED, ("started_at", -9)], [(1, -2)], None),
    "ran later, taken over": (2, [CREATED, ("available_at", -9), ("started_at", -8)], [], None),
    "ran later, taken over, with an entry": (2, [CREATED, ("available_at", -9), ("started_at", -8)], [(1, -2)], None),
    "put back, taken over": (3, [CREATED, ("started_at", -9), ("available_at", -7)], [(1, -8)], None),
    "put back, taken over, with an entry": (
        3,
        [CREATED, ("started_at", -9), ("available_at", -7)],
        [(1, -8), (2, -2)],
        None,
    ),
    "retried, taken over": (2, [CREATED, ("available_at", -9), ("started_at", -8)], [(1, -50)], None),
    "no start": (2, [CREATED, ("available_at", -1)], [(1, -2)], None),
    "a clock ahead": (1, [("created_at", 1)], [], 0),
    "a clock ahead, put back": (2, [CREATED, ("started_at", -9), ("available_at", 1)], [(1, -1)], 0),
    "no instants": (1, [], [], None),
}


@pytest.mark.parametrize("name", WAITS)
def test_the_wait_is_that_since_the_job_was_ready(clock: Clock, name: str) -> None:
    attempt, instants, history, minutes = WAITS[name]
    record: dict[str, Any] = {"claim_id": "c-9", "attempt": attempt}
    record |= {field: instant_text(clock.now + minute * MINUTE) for field, minute in instants}
    record["errors"] = [{"attempt": number, "at": instant_text(clock.now + at * MINUTE)} for number, at in history]

    assert Stopwatch(clock).start(record, attempt) == (None if minutes is None else minutes * MINUTE)


INSTANT = st.integers(-(10**6), 10**6).map(lambda seconds: instant_text(NOON + timedelta(seconds=seconds)))
ANY = st.one_of(INSTANT, st.none(), st.integers(), st.text(max_size=3), st.just("9999-12-31T23:59:59-23:00"))
ENTRY = st.one_of(ANY, st.fixed_dictionaries({}, optional={"attempt": ANY, "at": ANY}))
RECORD = st.fixed_dictionaries(
    {},
    optional={
        **dict.fromkeys(("created_at", "available_at", "started_at", "claim_id"), ANY),
        "errors": st.one_of(ANY, st.lists(ENTRY, max_size=3)),
    },
)


@given(RECORD, st.one_of(st.none(), st.integers(0, 4)))
def test_no_record_gives_an_absurd_time(record: dict[str, Any], attempt: int | None) -> None:
    wait = Stopwatch(lambda: NOON).start(record, attempt)
    run = Stopwatch(lambda: NOON).stop(record, attempt)

    since = parse_instant(record.get("available_at")) or parse_instant(record.get("created_at"))
    assert wait is None or (since and wait == max(NOON - since, timedelta(0)))
    started = parse_instant(record.get("started_at"))
    assert run is None or (started and run == max(NOON - started, timedelta(0)))


def test_an_attempt_that_another_process_claimed_has_its_run_time_from_the_record(
    repository: JobsRepository, watched: JobsRepository, events: list[JobEvent], clock: Clock
) -> None:
    claim = repository.claim_job(submitted(repository), lease=LEASE).unwrap()
    clock.advance(MINUTE)
    watched.complete_job(claim).unwrap()

    assert events[-1].run_time == MINUTE


def test_a_later_attempt_that_another_process_claimed_has_no_run_time(
    repository: JobsRepository, watched: JobsRepository, events: list[JobEvent], clock: Clock
) -> None:
    job_id = submitted(repository)
    repository.fail_job(repository.claim_job(job_id, lease=LEASE).unwrap(), "no", retryable=True).unwrap()
    watched.complete_job(repository.claim_job(job_id, lease=LEASE).unwrap()).unwrap()

    assert (events[-1].code, events[-1].run_time) == (ResultCode.SUCCESS, None)


def test_a_first_attempt_that_began_twice_has_no_run_time_from_the_record(clock: Clock) -> None:
    """A release gives the number of the attempt back; the record has the start of the one before."""
    begun = {"started_at": instant_text(clock.now), "claim_id": "c-2"}
    released = {**begun, "available_at": instant_text(clock.now + MINUTE)}
    clock.advance(2 * MINUTE)

    assert Stopwatch(clock).stop(begun, 1) == 2 * MINUTE
    assert Stopwatch(clock).stop(released, 1) is None


def test_a_repeated_end_is_told_as_one_that_moved_nothing(
    watched: JobsRepository, events: list[JobEvent], clock: Clock
) -> None:
    claim = watched.claim_job(submitted(watched), lease=LEASE).unwrap()
    clock.advance(MINUTE)
    for _ in range(2):
        watched.complete_job(claim, result_key="report.json").unwrap()
        clock.advance(MINUTE)

    assert [(event.verb, event.moved_to, event.run_time) for event in events[1:]] == [
        ("claim", JobStatus.PROCESSING, None),
        ("complete", JobStatus.COMPLETED, MINUTE),
        ("complete", None, None),
    ]


def test_a_change_of_another_attribute_moves_nothing(watched: JobsRepository, events: list[JobEvent]) -> None:
    job_id = submitted(watched)
    watched.cancel_job(job_id).unwrap()
    watched.update_job(job_id, {"note": CANARY}).unwrap()

    assert [(event.verb, event.status, event.moved_to) for event in events[1:]] == [
        ("cancel", JobStatus.FAILED, JobStatus.FAILED),
        ("update", JobStatus.FAILED, None),
    ]


def test_a_claim_whose_reply_was_lost_is_told_as_one(
    watched: JobsRepository, events: list[JobEvent], clock: Clock, faults: Faults
) -> None:
    """Also a later one, which counts the attempt on and leaves the first start as it is."""
    job_id = submitted(watched)
    watched.fail_job(watched.claim_job(job_id, lease=LEASE).unwrap(), CANARY, retryable=True).unwrap()
    clock.advance(MINUTE)
    faults.lose_reply()
    watched.claim_job(job_id, lease=LEASE, worker_id="worker-1").unwrap()

    assert (events[-1].code, events[-1].moved_to) == (ResultCode.SUCCESS, JobStatus.PROCESSING)


def test_a_write_that_another_one_overtook_moved_nothing(
    repository: JobsRepository, watched: JobsRepository, events: list[JobEvent], faults: Faults
) -> None:
    job_id = submitted(watched)
    faults.fail(times=1, operation="UpdateItem")
    faults.run(lambda: repository.update_job_status(job_id, "COMPLETED", result_key="a").unwrap())
    refused = watched.update_job_status(job_id, "COMPLETED", result_key="b")

    assert refused.code is ResultCode.INVALID_TRANSITION
    assert (events[-1].status, events[-1].moved_to) == (JobStatus.COMPLETED, None)


def test_a_job_that_was_gone_in_between_was_not_moved(
    watched: JobsRepository, events: list[JobEvent], faults: Faults
) -> None:
    job_id = submitted(watched)
    faults.fail(times=1, operation="UpdateItem")
    faults.run(lambda: watched.table.delete_item(Key={"job_id": job_id}))
    watched.update_job_status(job_id, "COMPLETED")

    assert (events[-1].code, events[-1].moved_to) == (ResultCode.NOT_FOUND, None)


def test_a_repeated_failure_does_not_stop_the_attempt_that_followed(
    watched: JobsRepository, events: list[JobEvent], clock: Clock
) -> None:
    job_id = submitted(watched)
    first = watched.claim_job(job_id, lease=LEASE).unwrap()
    watched.fail_job(first, "no", retryable=True).unwrap()
    second = watched.claim_job(job_id, lease=LEASE).unwrap()
    watched.fail_job(first, "no", retryable=True).unwrap()
    assert (events[-1].status, events[-1].run_time) == (JobStatus.PROCESSING, None)
    clock.advance(MINUTE)
    watched.complete_job(second).unwrap()

    assert events[-1].run_time == MINUTE


def test_a_cancelled_job_is_told_as_such(watched: JobsRepository, events: list[JobEvent]) -> None:
    watched.cancel_job(submitted(watched)).unwrap()

    assert [(event.cancelled, event.status) for event in events] == [
        (False, JobStatus.PENDING),
        (True, JobStatus.FAILED),
    ]


def test_the_stopwatch_forgets_the_oldest_claims(clock: Clock) -> None:
    stopwatch = Stopwatch(clock)
    for number in range(MOST_REMEMBERED + 1):
        stopwatch.start({"claim_id": f"c-{number}"}, 2)
    clock.advance(MINUTE)

    assert stopwatch.stop({"claim_id": "c-0"}, 2) is None
    assert stopwatch.stop({"claim_id": "c-1"}, 2) == MINUTE


def test_clocks_that_differ_give_no_negative_times(
    watched: JobsRepository, events: list[JobEvent], clock: Clock
) -> None:
    job_id = submitted(watched)
    clock.advance(-MINUTE)
    watched.claim_job(job_id, lease=LEASE).unwrap()

    assert events[-1].queue_wait == timedelta(0)


def test_a_record_that_others_wrote_breaks_no_event(watched: JobsRepository, events: list[JobEvent]) -> None:
    watched.table.put_item(Item={"job_id": "odd", "status": "BOGUS", "attempt": "two", "errors": "none"})
    watched.get_job("odd")

    assert (events[-1].status, events[-1].attempt, events[-1].job_id) == (None, None, "odd")


def test_a_failure_of_the_world_is_told_with_its_code(
    watched: JobsRepository, events: list[JobEvent], faults: Faults
) -> None:
    faults.answer("ThrottlingException")
    watched.claim_job("vpr-1", lease=LEASE)
    assert watched.get_job("vpr-1") is None

    assert [(event.verb, event.code.value, event.job_id, event.requests) for event in events] == [
        ("claim", "THROTTLED", "vpr-1", 1),
        ("get", "THROTTLED", "vpr-1", 1),
    ]


def test_a_read_that_raises_is_told_and_still_raises(
    watched: JobsRepository, events: list[JobEvent], faults: Faults
) -> None:
    faults.fail(lambda: EndpointConnectionError(endpoint_url="https://example.invalid"))
    with pytest.raises(EndpointConnectionError):
        watched.get_job("vpr-1")

    assert [(event.verb, event.code) for event in events] == [("get", ResultCode.UNAVAILABLE)]


def test_each_request_that_a_call_comes_to_is_counted(
    watched: JobsRepository, events: list[JobEvent], faults: Faults
) -> None:
    job_id = submitted(watched)
    faults.drop_item()
    watched.submit_job("key", {"text": CANARY}).unwrap()

    assert [(event.verb, event.job_id, event.requests) for event in events] == [
        ("submit", job_id, 1),
        ("submit", job_id, 2),
    ]


def test_each_look_of_a_wait_is_a_call_of_its_own(watched: JobsRepository, events: list[JobEvent]) -> None:
    job_id = submitted(watched)
    watched.cancel_job(job_id).unwrap()
    events.clear()
    watched.wait_for_job(job_id, MINUTE).unwrap()

    assert [event.verb for event in events] == ["find_status", "find_status", "find"]  # the end is made sure of


def test_what_a_hook_raises_changes_no_answer_and_is_logged_once_for_each_class(
    table_name: str, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    mistakes = [ValueError(CANARY), ValueError(CANARY), KeyError(CANARY)]

    def hook(event: JobEvent) -> None:
        raise mistakes.pop(0)

    repository = JobsRepository(table_name, clock=clock, on_event=hook)
    with caplog.at_level(logging.ERROR):
        job_id = submitted(repository)
        assert repository.find_job(job_id).success
        assert repository.get_job(job_id) is not None

    assert mistakes == []
    said = [record.getMessage() for record in caplog.records]
    assert [message.partition(", at ")[0] for message in said] == [
        f"on_event raised ValueError (said once), submit of job {job_id}",
        f"on_event raised KeyError (said once), get of job {job_id}",
    ]
    assert all("test_events.py:" in message for message in said)
    assert CANARY not in caplog.text


def test_a_hook_is_no_place_to_swallow_an_interrupt(table_name: str) -> None:
    def hook(event: JobEvent) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        JobsRepository(table_name, on_event=hook).find_job("vpr-1")


def test_an_event_shows_no_value_and_cannot_be_changed(watched: JobsRepository, events: list[JobEvent]) -> None:
    job_id = submitted(watched, user_id=CANARY, note=CANARY)
    claim = watched.claim_job(job_id, lease=LEASE, worker_id=CANARY).unwrap()
    watched.fail_job(claim, CANARY, detail=CANARY).unwrap()

    assert len(events) == 3
    assert CANARY not in repr(events)
    with pytest.raises(FrozenInstanceError):
        events[0].code = ResultCode.NOT_FOUND  # type: ignore[misc]


def test_a_clock_that_is_set_later_is_the_one_that_is_asked(
    watched: JobsRepository, events: list[JobEvent], clock: Clock
) -> None:
    job_id = submitted(watched)
    watched.clock = lambda: clock.now + MINUTE
    watched.claim_job(job_id, lease=LEASE).unwrap()

    assert events[-1].queue_wait == MINUTE


class Sent:
    """The parameters of the requests that a client sends."""

    def __init__(self, repository: JobsRepository) -> None:
        self.parameters: list[dict[str, Any]] = []
        self._events = repository.dynamodb.meta.client.meta.events
        self._events.register_first("provide-client-params.dynamodb", self)

    def __call__(self, params: dict[str, Any], **_: object) -> None:
        self.parameters.append(dict(params))

    def stop(self) -> None:
        self._events.unregister("provide-client-params.dynamodb", self)


def whole_life(repository: JobsRepository) -> None:
    job_id = submitted(repository)
    claim = repository.claim_job(job_id, lease=LEASE).unwrap()
    repository.complete_job(repository.renew_claim(claim, lease=2 * LEASE).unwrap()).unwrap()
    repository.find_job(job_id).unwrap()
    repository.get_job_by_idempotency_key("key")


@pytest.mark.boto3
@pytest.mark.parametrize("options", [{}, {"on_event": print}, {"on_event": print, "measure_capacity": True}])
def test_capacity_is_asked_for_only_where_it_is_to_be_measured(
    table_name: str, clock: Clock, options: dict[str, Any]
) -> None:
    repository = JobsRepository(table_name, clock=clock, **options)
    sent = Sent(repository)
    whole_life(repository)
    sent.stop()

    asked = "INDEXES" if "measure_capacity" in options else None
    assert [parameters.get("ReturnConsumedCapacity") for parameters in sent.parameters] == [asked] * 7


@pytest.mark.boto3
def test_the_requests_are_the_same_but_for_that_one_argument(
    repository: JobsRepository, table_name: str, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also the nonces, which stand still here."""
    monkeypatch.setattr("careervp_jobs_dal.repository.new_nonce", lambda: "nonce")
    plain, measured = ([], [])  # type: ignore[var-annotated]
    options: dict[str, Any] = {"on_event": print, "measure_capacity": True}
    for parameters, chosen in ((plain, {}), (measured, options)):
        one = JobsRepository(table_name, clock=clock, **chosen)
        sent = Sent(one)
        whole_life(one)
        sent.stop()
        parameters.extend(sent.parameters)
        one.table.delete_item(Key={"job_id": one.submit_job("key", {"text": CANARY}).unwrap().job_id})

    assert plain
    assert [{**each, "ReturnConsumedCapacity": "INDEXES"} for each in plain] == measured


def test_without_a_hook_nothing_of_it_is_there(repository: JobsRepository, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr("careervp_jobs_dal.aws.observer.Observer")
    monkeypatch.delattr("careervp_jobs_dal.aws.observer.JobEvent")
    whole_life(JobsRepository(repository.table_name, clock=repository.clock))

    with pytest.raises(ImportError):
        JobsRepository("jobs", on_event=print)


def test_capacity_without_a_hook_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="on_event"):
        JobsRepository("jobs", measure_capacity=True)


def test_the_capacity_of_all_requests_of_a_call_is_added_up(
    table_name: str, clock: Clock, events: list[JobEvent], engine: Engine
) -> None:
    repository = JobsRepository(table_name, clock=clock, on_event=events.append, measure_capacity=True)
    whole_life(repository)

    *writes, find, query = (event.capacity for event in events)
    if engine.name == "moto":  # its figures are wrong, but they are there
        assert all(each and each.table_write > 0 for each in writes)
        assert find
        assert find.table_read > 0
        return
    # The index holds keys only: a submission writes there, and a look-up reads the record from the table.
    assert writes == [Capacity(table_write=1, index_write=1), *[Capacity(table_write=1)] * 3]
    assert (find, query) == (Capacity(table_read=1), Capacity(table_read=1, index_read=0.5))


def test_units_are_those_of_table_and_index_apart() -> None:
    stated = {
        "CapacityUnits": 5.0,
        "Table": {"CapacityUnits": 3.0},
        "GlobalSecondaryIndexes": {"a": {"CapacityUnits": 1.5}, "b": {"CapacityUnits": 0.5}},
    }

    written = _added(Capacity(), "update_item", stated)
    read = _added(written, "query", [stated, {"CapacityUnits": 0.5}])

    assert written == Capacity(table_write=3.0, index_write=2.0)
    assert read == Capacity(table_write=3.0, index_write=2.0, table_read=3.5, index_read=2.0)
    assert _added(read, "query", None) == read


def test_a_request_that_states_no_capacity_is_not_asked_for_it(table_name: str, events: list[JobEvent]) -> None:
    """A plan for an operation that does not know the argument, such as one about the table."""
    repository = JobsRepository(table_name, on_event=events.append, measure_capacity=True)

    assert JobsOperator(repository).verify_table().success
    assert [(event.verb, event.capacity) for event in events] == [("verify_table", Capacity())] * 3


def test_events_compare_by_their_facts(watched: JobsRepository, events: list[JobEvent]) -> None:
    watched.find_job("vpr-1")

    assert events[0] == replace(events[0])
    assert events[0] != replace(events[0], verb="get")


def test_an_error_of_aws_is_raised_as_before_where_that_was_asked_for(
    table_name: str, events: list[JobEvent], faults: Faults
) -> None:
    repository = JobsRepository(table_name, on_read_error="raise", on_event=events.append)
    faults.answer("AccessDeniedException")

    with pytest.raises(ClientError):
        repository.get_job("vpr-1")
    assert [event.code for event in events] == [ResultCode.ACCESS_DENIED]
