"""Each alarm is on when its condition holds, and off in an ordinary hour."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from careervp_jobs_dal import Alarm
from tests.monitoring.conftest import DEAD_LETTERS, LEASE, MINUTE, SUBMIT, SWEEPER, WORKER, Service


def every_minute(action: Callable[[Service], object], minutes: int = 3) -> Callable[[Service], None]:
    def repeat(service: Service) -> None:
        for number in range(minutes):
            action(service)
            service.flush()
            if number < minutes - 1:
                service.pass_time()

    return repeat


def jobs_wait(service: Service) -> None:
    waiting = [service.submitted() for _ in range(9)]
    service.pass_time(timedelta(minutes=6))
    for number in range(3):
        for job_id in waiting[number::3]:
            service.jobs.claim_job(job_id, lease=LEASE).unwrap()
        service.pass_time(MINUTE if number < 2 else timedelta(0))


def jobs_fail(service: Service) -> None:
    for _ in range(5):
        service.fail()
    service.pass_time(timedelta(0))


def a_lease_is_lost(service: Service) -> None:
    slow = service.claimed()
    service.pass_time(2 * LEASE)
    service.jobs.claim_job(slow.job_id, lease=LEASE).unwrap()
    service.jobs.complete_job(slow)
    service.pass_time(10 * MINUTE)


def a_call_is_denied(service: Service) -> None:
    service.faults.answer("AccessDeniedException", times=1)
    service.jobs.submit_job("denied", {})
    service.flush()


def calls_are_throttled(service: Service) -> None:
    service.faults.throttle()
    service.jobs.submit_job("throttled", {})
    service.faults.clear()


def sweeps_find_jobs(service: Service) -> None:
    for number in range(3):
        service.counted.gauge_overdue(service.table_name, 2)
        service.pass_time(5 * MINUTE if number < 2 else timedelta(0))


def sweeps_fail(service: Service) -> None:
    for number in range(2):
        service.function(SWEEPER, "Errors", 1)
        service.pass_time(5 * MINUTE if not number else timedelta(0))


CONDITIONS: dict[str, Callable[[Service], object]] = {
    "dead-letters": lambda service: service.queue("ApproximateNumberOfMessagesVisible", 1, DEAD_LETTERS),
    "oldest-message": every_minute(lambda service: service.queue("ApproximateAgeOfOldestMessage", 601)),
    "waiting": jobs_wait,
    "failures": jobs_fail,
    "leases": a_lease_is_lost,
    "set-up": a_call_is_denied,
    "table-refusals": every_minute(calls_are_throttled),
    "throttles": every_minute(lambda service: service.table("WriteThrottleEvents", 11)),
    "system-errors": every_minute(lambda service: service.table("SystemErrors", 1, Operation="UpdateItem")),
    "worker-errors": lambda service: service.function(WORKER, "Errors", 1),
    "worker-throttles": every_minute(lambda service: service.function(WORKER, "Throttles", 1)),
    "worker-duration": lambda service: service.function(WORKER, "Duration", 271_000),
    "submit-errors": lambda service: service.function(SUBMIT, "Errors", 1),
    "submit-throttles": every_minute(lambda service: service.function(SUBMIT, "Throttles", 1)),
    "sweeper-silent": lambda service: service.pass_time(15 * MINUTE),
    "sweeper-errors": sweeps_fail,
    "overdue": sweeps_find_jobs,
}
for name in ("idempotency-key-index", "user-jobs-index", "active-jobs-index"):
    CONDITIONS[f"throttles-{name}"] = every_minute(
        lambda service, name=name: service.table("WriteThrottleEvents", 11, GlobalSecondaryIndexName=name)  # type: ignore[misc]
    )


@pytest.mark.parametrize("key", CONDITIONS)
def test_an_alarm_is_on_when_its_condition_holds(service: Service, key: str) -> None:
    service.an_ordinary_minute()

    CONDITIONS[key](service)

    assert key in service.firing()


def test_each_alarm_has_its_condition_here(service: Service) -> None:
    assert {alarm.key for alarm in service.monitoring().alarms()} == set(CONDITIONS)


def test_in_an_ordinary_hour_every_alarm_is_off(service: Service) -> None:
    for minute in range(60):
        service.an_ordinary_minute()
        if minute >= 15:
            assert service.firing() == set()
        service.pass_time()


def test_a_dead_letter_that_a_handler_takes_at_once_is_heard_of(service: Service) -> None:
    service.queue("ApproximateNumberOfMessagesVisible", 0, DEAD_LETTERS)
    service.queue("NumberOfMessagesReceived", 1, DEAD_LETTERS)

    assert "dead-letters" in service.firing()


def test_an_exhausted_job_is_heard_of_and_so_is_each_reason_of_a_broken_set_up(service: Service) -> None:
    job_id = service.jobs.submit_job("once", {}, max_attempts=1).unwrap().job_id
    service.jobs.claim_job(job_id, lease=LEASE).unwrap()
    service.pass_time(2 * LEASE)
    service.jobs.claim_job(job_id, lease=LEASE)
    service.flush()

    assert "leases" in service.firing()


def test_failures_are_a_page_also_where_no_job_was_ever_completed(service: Service) -> None:
    jobs_fail(service)

    assert "failures" in service.firing()


def test_four_failed_jobs_are_no_page(service: Service) -> None:
    for _ in range(4):
        service.fail()
    service.flush()

    assert "failures" not in service.firing()


def test_many_failed_jobs_among_many_more_are_no_page(service: Service) -> None:
    for number in range(120):
        service.fail() if number % 20 == 0 else service.complete()
    service.flush()

    assert "failures" not in service.firing()


def test_one_slow_minute_is_no_page(service: Service) -> None:
    waiting = [service.submitted() for _ in range(2)]
    service.pass_time(timedelta(minutes=6))
    for job_id in waiting:
        service.jobs.claim_job(job_id, lease=LEASE).unwrap()
    service.flush()

    assert "waiting" not in service.firing()


def test_a_value_at_the_threshold_is_none_above_it(service: Service) -> None:
    def constant(alarm: Alarm) -> bool:
        first, *_ = alarm.metrics
        for minute in range(4 * alarm.period // 60):
            at = service.now - minute * MINUTE
            service.recording.add(at, first.namespace, first.name, first.dimensions, alarm.threshold)
        return service.recording.fires(alarm, service.now)

    for alarm in service.monitoring().alarms():
        if alarm.expression is None and first_statistic(alarm) != "Sum":
            assert not constant(alarm), alarm.key


def first_statistic(alarm: Alarm) -> str:
    return alarm.metrics[0].statistic
