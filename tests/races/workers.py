"""Workers that do what comes to their mind to one job, and write down what they were told."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any, NamedTuple, TypeAlias

from careervp_jobs_dal import Claim, JobsRepository, Result
from tests.races.model import Event, Job

PAYLOAD = {"text": "the same for all"}

CLOCK_SPEED = 20
"""The workers' clock runs so much faster that within seconds a lease lapses for good, and a job is given up."""

_LONGEST_PAUSE_SECONDS = 0.01
_LONGEST_LEASE_MS = 6000
_CALLS_AFTER_THE_END = 8

Temper: TypeAlias = Mapping[str, float]
"""How often a worker makes which call."""

BUSY: Temper = {"claim": 40, "renew": 25, "find": 15, "fail": 14, "submit": 5, "complete": 1}
FORGETFUL: Temper = {"claim": 60, "renew": 3, "find": 30, "fail": 0.5, "submit": 6, "complete": 0.5}
"""Leases lapse, and late results come in."""

ABSENT: Temper = {"claim": 60, "find": 30, "submit": 6}
"""Nobody ends the job, until its attempts are used up."""


class Task(NamedTuple):
    """The job that a worker is given."""

    table_name: str
    key: str
    job_id: str
    max_attempts: int
    temper: Temper
    since: datetime
    """When the workers' clock began to run."""


def live(task: Task, seed: int, until: float) -> list[Event]:
    """Be one worker until a monotonic time, or until a few calls after the job's end."""
    worker = Worker(task, Random(seed))
    finished = 0
    while time.monotonic() < until and finished < _CALLS_AFTER_THE_END:
        time.sleep(worker.random.uniform(0, _LONGEST_PAUSE_SECONDS))
        seen = worker.act().seen
        finished += seen is not None and seen.status in ("COMPLETED", "FAILED")
    return worker.events


class Worker:
    """One thread's worker, with the claims it was given."""

    def __init__(self, task: Task, random: Random) -> None:
        self.random = random
        self.events: list[Event] = []
        self._repository = JobsRepository(task.table_name, clock=self._clock)
        self._task = task
        self._claims: list[Claim] = []
        self._now = task.since

    def act(self) -> Event:
        """Make any call, mostly with the last claim, now and then with the one before."""
        verb = "claim"
        if self._claims:
            verb = self.random.choices([*self._task.temper], [*self._task.temper.values()])[0]
        return getattr(self, f"_{verb}")()  # type: ignore[no-any-return]

    def _clock(self) -> datetime:
        self._now = self._task.since + CLOCK_SPEED * (datetime.now(UTC) - self._task.since)
        return self._now

    def _call(self, verb: str, call: Callable[[], Result[Any]], **asked: Any) -> tuple[Event, Result[Any]]:
        began = time.monotonic()
        result = call()
        ended = time.monotonic()
        record = getattr(result.data, "job", result.data) if result else result.record
        seen = None if record is None else Job.of(record)
        event = Event(began, ended, verb, result.code.value, seen, self._now, **asked)
        self.events.append(event)
        return event, result

    def _lease(self) -> timedelta:
        return timedelta(milliseconds=self.random.randint(1, _LONGEST_LEASE_MS))

    def _any_claim(self) -> tuple[Claim, tuple[int, str]]:
        claim = self.random.choice([self._claims[-1], *self._claims[-2:]])
        return claim, (claim.attempt, claim.claim_id)

    def _keep(self, result: Result[Claim]) -> None:
        if result.data:
            self._claims.append(result.data)

    def _find(self) -> Event:
        return self._call("find", lambda: self._repository.find_job(self._task.job_id))[0]

    def _submit(self) -> Event:
        submit = self._repository.submit_job
        return self._call("submit", lambda: submit(self._task.key, PAYLOAD, max_attempts=self._task.max_attempts))[0]

    def _claim(self) -> Event:
        lease = self._lease()
        event, result = self._call(
            "claim", lambda: self._repository.claim_job(self._task.job_id, lease=lease), lease=lease
        )
        self._keep(result)
        return event

    def _renew(self) -> Event:
        lease, (claim, mine) = self._lease(), self._any_claim()
        event, result = self._call(
            "renew", lambda: self._repository.renew_claim(claim, lease=lease), lease=lease, claim=mine
        )
        self._keep(result)
        return event

    def _complete(self) -> Event:
        claim, mine = self._any_claim()
        text = self.random.choice(("one result", "another"))
        return self._call("complete", lambda: self._repository.complete_job(claim, result=text), claim=mine, text=text)[
            0
        ]

    def _fail(self) -> Event:
        claim, mine = self._any_claim()
        text, retryable = self.random.choice(("one error", "another")), self.random.random() < 0.97
        return self._call(
            "fail",
            lambda: self._repository.fail_job(claim, text, retryable=retryable),
            claim=mine,
            text=text,
            retryable=retryable,
        )[0]
