"""The checker says yes to what can have happened and no to what cannot; it needs no engine."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import partial

import pytest

from tests.races.checker import obstacle
from tests.races.model import Event, Job, step

NOON = datetime(2026, 2, 3, 12, tzinfo=UTC)
LEASE = timedelta(seconds=30)
LATER = NOON + LEASE + timedelta(seconds=1)
FOR_GOOD = NOON + LEASE + timedelta(seconds=10)
"""When a job is given up whose last lease lapsed."""

NEW = Job("PENDING")
FIRST = Job("PROCESSING", 1, "a", NOON + LEASE)
SECOND = Job("PROCESSING", 2, "b", LATER + LEASE, failures=(("a", "its lease lapsed"),))
DONE = FIRST._replace(status="COMPLETED", lease_until=None, result="r")
BACK = FIRST._replace(status="PENDING", lease_until=None, failures=(("a", "e"),), available_at=NOON)
BEGUN_AGAIN = SECOND._replace(failures=BACK.failures, available_at=NOON)

A, B = (1, "a"), (2, "b")


def claims(at: float, code: str, seen: Job, now: datetime = NOON, lasts: float = 1) -> Event:
    return Event(at, at + lasts, "claim", code, seen, now, LEASE)


def completes(at: float, code: str, seen: Job, claim: tuple[int, str] = A, text: str = "r", lasts: float = 1) -> Event:
    return Event(at, at + lasts, "complete", code, seen, NOON, claim=claim, text=text)


def fails(at: float, code: str, seen: Job, claim: tuple[int, str] = A) -> Event:
    return Event(at, at + 1, "fail", code, seen, NOON, claim=claim, text="e", retryable=True)


def renews(at: float, code: str, seen: Job, claim: tuple[int, str] = A, now: datetime = NOON) -> Event:
    return Event(at, at + 1, "renew", code, seen, now, LEASE, claim)


def finds(at: float, seen: Job, lasts: float = 1) -> Event:
    return Event(at, at + lasts, "find", "SUCCESS", seen, NOON)


def is_legal(history: list[Event], max_attempts: int = 3) -> bool:
    return obstacle(history, NEW, partial(step, max_attempts=max_attempts)) is None


FIRST_CLAIM = claims(0, "SUCCESS", FIRST)
TAKEOVER = claims(2, "SUCCESS", SECOND, LATER)
EXHAUSTED = FIRST._replace(status="FAILED", lease_until=None, failures=(("a", "the last attempt"),))

LEGAL = {
    "nothing": [],
    "a whole life": [FIRST_CLAIM, finds(2, FIRST), completes(4, "SUCCESS", DONE), finds(6, DONE)],
    "a read that overlaps a write sees before": [FIRST_CLAIM, completes(2, "SUCCESS", DONE), finds(2.5, FIRST)],
    "a read that overlaps a write sees after": [FIRST_CLAIM, completes(2, "SUCCESS", DONE), finds(2.5, DONE)],
    "a long read among many writes": [finds(0, FIRST, lasts=9), FIRST_CLAIM, completes(4, "SUCCESS", DONE)],
    "two claims at once": [claims(0, "LEASE_HELD", FIRST), FIRST_CLAIM],
    "a takeover": [FIRST_CLAIM, TAKEOVER, completes(4, "LEASE_LOST", SECOND)],
    "a late result": [FIRST_CLAIM, completes(2, "SUCCESS", DONE), claims(2, "ALREADY_FINISHED", DONE, LATER)],
    "the same result twice": [FIRST_CLAIM, completes(2, "SUCCESS", DONE), completes(2, "SUCCESS", DONE)],
    "a failure, and another attempt": [
        FIRST_CLAIM,
        fails(2, "SUCCESS", BACK),
        claims(4, "SUCCESS", BEGUN_AGAIN, LATER),
        fails(6, "SUCCESS", BEGUN_AGAIN),
    ],
    "a longer lease": [FIRST_CLAIM, renews(2, "SUCCESS", FIRST._replace(lease_until=LATER + LEASE), now=LATER)],
    "a longer lease stays": [FIRST_CLAIM, renews(2, "SUCCESS", FIRST, now=NOON - LEASE)],
    "a claim by a clock behind the failure's": [
        FIRST_CLAIM,
        fails(2, "SUCCESS", BACK),
        claims(4, "NOT_DUE", BACK, NOON - LEASE),
    ],
    "nothing done, nothing said": [FIRST_CLAIM, Event(2, 3, "claim", "CONFLICT", None, LATER)],
}
DOCTORED = {
    "a stale read": [FIRST_CLAIM, completes(2, "SUCCESS", DONE), finds(4, FIRST)],
    "a read of the future": [finds(0, DONE), claims(2, "SUCCESS", FIRST), completes(4, "SUCCESS", DONE)],
    "two claims both given": [FIRST_CLAIM, claims(0, "SUCCESS", FIRST._replace(claim_id="b"))],
    "two claims, one after the other": [FIRST_CLAIM, claims(2, "SUCCESS", SECOND, NOON)],
    "an attempt left out": [FIRST_CLAIM, claims(2, "SUCCESS", SECOND._replace(attempt=3), LATER)],
    "a takeover that leaves no trace": [FIRST_CLAIM, claims(2, "SUCCESS", SECOND._replace(failures=()), LATER)],
    "an attempt counted twice": [FIRST_CLAIM, claims(2, "SUCCESS", SECOND._replace(attempt=1), LATER)],
    "a claim that is not its own": [FIRST_CLAIM, claims(2, "SUCCESS", SECOND._replace(claim_id="a"), LATER)],
    "a takeover before the lease lapsed": [FIRST_CLAIM, claims(2, "SUCCESS", SECOND, NOON + LEASE)],
    "a claim refused though the lease has lapsed": [FIRST_CLAIM, claims(2, "LEASE_HELD", FIRST, LATER)],
    "a result after the takeover": [FIRST_CLAIM, TAKEOVER, completes(4, "SUCCESS", DONE)],
    "a result and a takeover": [FIRST_CLAIM, completes(2, "SUCCESS", DONE), TAKEOVER],
    "two different results": [
        FIRST_CLAIM,
        completes(2, "SUCCESS", DONE),
        completes(2, "SUCCESS", DONE._replace(result="x"), text="x"),
    ],
    "a claim before the job is due": [
        FIRST_CLAIM,
        fails(2, "SUCCESS", BACK),
        claims(4, "SUCCESS", BEGUN_AGAIN._replace(lease_until=NOON), NOON - LEASE),
    ],
    "a shorter lease": [FIRST_CLAIM, renews(2, "SUCCESS", FIRST._replace(lease_until=NOON), now=NOON - LEASE)],
    "a lost failure": [FIRST_CLAIM, fails(2, "SUCCESS", BACK), claims(4, "SUCCESS", SECOND, LATER)],
    "a lost job": [FIRST_CLAIM, finds(2, NEW)],
    "a lease renewed by one who lost it": [FIRST_CLAIM, TAKEOVER, renews(4, "SUCCESS", FIRST)],
    "one too many attempts": [claims(0, "SUCCESS", FIRST), TAKEOVER],
    "a refusal that shows another job": [FIRST_CLAIM, claims(2, "LEASE_HELD", SECOND)],
}


@pytest.mark.parametrize("history", LEGAL.values(), ids=LEGAL)
def test_what_can_have_happened_has_a_legal_order(history: list[Event]) -> None:
    assert is_legal(history)
    assert is_legal(history[::-1])


@pytest.mark.parametrize("name", DOCTORED)
def test_what_cannot_have_happened_has_none(name: str) -> None:
    limit = 1 if name == "one too many attempts" else 3
    assert not is_legal(DOCTORED[name], limit)
    assert not is_legal(DOCTORED[name][::-1], limit)


def test_of_several_who_find_the_attempts_used_up_each_is_told() -> None:
    told = [claims(2, "ATTEMPTS_EXHAUSTED", EXHAUSTED, FOR_GOOD)] * 2

    assert is_legal([FIRST_CLAIM, *told], max_attempts=1)
    assert not is_legal([FIRST_CLAIM, *told], max_attempts=2)
    assert not is_legal([FIRST_CLAIM, claims(2, "ATTEMPTS_EXHAUSTED", EXHAUSTED, LATER)], max_attempts=1)


def test_a_hundred_calls_at_once_are_judged_in_a_moment() -> None:
    crowd = [claims(0, "LEASE_HELD", FIRST, lasts=9) for _ in range(100)]

    assert is_legal([FIRST_CLAIM, *crowd, completes(5, "SUCCESS", DONE)])
    assert not is_legal([FIRST_CLAIM, *crowd, completes(5, "SUCCESS", DONE), finds(11, FIRST)])


def test_the_obstacle_is_named() -> None:
    stale = finds(4, FIRST)
    history = [FIRST_CLAIM, completes(2, "SUCCESS", DONE), stale, finds(6, DONE)]

    assert obstacle(history, NEW, partial(step, max_attempts=3)) == (DONE, [stale])
