"""The settings of a queue follow from the worker's times, and what loses messages is refused."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from careervp_jobs_dal.infrastructure.queue_setting import (
    LONGEST_TIMEOUT,
    LONGEST_VISIBILITY,
    RETENTION,
    QueueSetting,
    advised_visibility,
    check_event_source,
    check_function,
    check_timeout,
    queue_setting,
)

SECOND, MINUTE, HOUR = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)


@given(
    timeout=st.integers(1, 900).map(lambda seconds: seconds * SECOND),
    lease=st.none() | st.timedeltas(timedelta(microseconds=1), LONGEST_VISIBILITY),
    max_attempts=st.integers(1, 4),
)
def test_a_queue_hides_a_message_while_its_job_is_held_and_gives_up_after_the_last_attempt(
    timeout: timedelta, lease: timedelta | None, max_attempts: int
) -> None:
    visibility, receives = queue_setting(timeout, lease=lease, max_attempts=max_attempts)

    assert max(timeout, lease or timeout) <= visibility <= LONGEST_VISIBILITY
    assert visibility >= advised_visibility(timeout)
    assert visibility % SECOND == timedelta(0)
    assert receives > max_attempts
    assert visibility * receives < RETENTION


def test_what_is_chosen_is_taken() -> None:
    chosen = {"visibility_timeout": 10 * MINUTE, "max_receive_count": 100}

    assert queue_setting(5 * MINUTE, lease=10 * MINUTE, max_attempts=99, **chosen) == QueueSetting(10 * MINUTE, 100)  # type: ignore[arg-type]


REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "no time-out": ({"timeout": timedelta(0)}, "timeout must be"),
    "a time-out above Lambda's": ({"timeout": LONGEST_TIMEOUT + SECOND}, "timeout must be"),
    "a time-out in parts of a second": ({"timeout": SECOND / 2}, "timeout must be"),
    "a time-out that is a number": ({"timeout": 300}, "timeout must be"),
    "no lease": ({"lease": timedelta(0)}, "lease must be"),
    "a lease above what SQS can hide": ({"lease": LONGEST_VISIBILITY + SECOND}, "for which SQS can hide"),
    "no attempt": ({"max_attempts": 0}, "max_attempts must be"),
    "a visibility below the time-out": ({"visibility_timeout": 4 * MINUTE}, "while its job is held"),
    "a visibility below the lease": ({"lease": HOUR, "visibility_timeout": 30 * MINUTE}, "while its job is held"),
    "a visibility above SQS's": ({"visibility_timeout": LONGEST_VISIBILITY + SECOND}, "visibility_timeout must be"),
    "a visibility in parts of a second": ({"visibility_timeout": HOUR + SECOND / 2}, "visibility_timeout must be"),
    "as many receives as attempts": ({"max_receive_count": 3}, "with attempts left"),
    "more receives than SQS counts": ({"max_receive_count": 1001}, "max_receive_count must be"),
    "more attempts than SQS counts": ({"max_attempts": 1000}, "max_receive_count must be"),
    "receives that are a truth": ({"max_receive_count": True}, "max_receive_count must be"),
    "receives that are a text": ({"max_receive_count": "10"}, "max_receive_count must be"),
    "messages that end before they are dead letters": (
        {"lease": LONGEST_VISIBILITY, "max_attempts": 5},
        "before it becomes a dead letter",
    ),
}


@pytest.mark.parametrize(("arguments", "reason"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_work_is_refused_with_the_reason(arguments: dict[str, Any], reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        queue_setting(**{"timeout": 5 * MINUTE, **arguments})


@pytest.mark.parametrize(("batch_size", "max_concurrency"), [(1, None), (10, 2), (5, 1000)])
def test_an_event_source_that_lambda_takes_is_taken(batch_size: int, max_concurrency: int | None) -> None:
    check_event_source(batch_size, max_concurrency)


@pytest.mark.parametrize(
    ("batch_size", "max_concurrency", "name"),
    [
        (0, None, "batch_size"),
        (11, None, "batch_size"),
        ("1", None, "batch_size"),
        (1, 1, "max_concurrency"),
        (1, 1001, "max_concurrency"),
        (1, True, "max_concurrency"),
    ],
)
def test_an_event_source_that_lambda_does_not_take_is_refused(
    batch_size: object, max_concurrency: object, name: str
) -> None:
    with pytest.raises(ValueError, match=f"{name} must be"):
        check_event_source(batch_size, max_concurrency)


def test_a_time_out_is_named_as_the_caller_calls_it() -> None:
    check_timeout(LONGEST_TIMEOUT)
    with pytest.raises(ValueError, match="dead_letter_timeout must be"):
        check_timeout(timedelta(0), "dead_letter_timeout")


def test_a_function_may_end_sooner_than_declared_and_not_later() -> None:
    check_function(MINUTE, MINUTE, "timeout")
    check_function(SECOND, MINUTE, "timeout")
    with pytest.raises(ValueError, match="the function's time-out is longer than timeout"):
        check_function(MINUTE + SECOND, MINUTE, "timeout")
