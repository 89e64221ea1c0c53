"""What many workers are told about one job, all at once, is what they could have been told one after the other."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import partial
from itertools import chain
from random import Random

import pytest

from careervp_jobs_dal import JobsRepository
from tests.races.checker import obstacle
from tests.races.model import Event, Job, step
from tests.races.racers import PROCESSES, Racers
from tests.races.workers import ABSENT, BUSY, FORGETFUL, PAYLOAD, Task, live

SECONDS = 3.0
JOBS = ((2, ABSENT), (9, FORGETFUL), (4, BUSY), (9, BUSY))
"""The limits of attempts, and the workers, of the jobs that live at the same time; each has a thread of every process.

The history of a record keeps ten errors, so no limit is above nine."""


def record_histories(racers: Racers, repository: JobsRepository, random: Random) -> Iterator[tuple[int, list[Event]]]:
    """Let workers loose on each job; give its limit of attempts, and its history."""
    tasks, since = [], datetime.now(UTC)
    for number, (limit, temper) in enumerate(JOBS):
        job = repository.submit_job(f"key-{number}", PAYLOAD, max_attempts=limit).unwrap()
        tasks.append(Task(repository.table_name, f"key-{number}", job.job_id, limit, temper, since))
    until = time.monotonic() + SECONDS
    lives = [partial(live, task, random.randrange(2**32), until) for task in tasks for _ in range(PROCESSES)]
    told = racers.run(lives)
    for number, (limit, _) in enumerate(JOBS):
        share = told[number * PROCESSES : (number + 1) * PROCESSES]
        yield limit, sorted(chain.from_iterable(share), key=lambda event: event.began)


@pytest.mark.parametrize("batch", [1, 2])
def test_every_history_has_a_legal_order(racers: Racers, repository: JobsRepository, seed: int, batch: int) -> None:
    answers: Counter[str] = Counter()

    for limit, history in record_histories(racers, repository, Random(seed + batch)):
        spec = partial(step, max_attempts=limit)
        assert obstacle(history, Job("PENDING"), spec) is None
        # The checker is not blind: with one answer from the past, the same history has no order.
        assert obstacle([*history, stale_read(history)], Job("PENDING"), spec)
        answers.update(f"{event.verb} {event.code}" for event in history)

    assert {"claim SUCCESS", "claim LEASE_HELD", "claim ATTEMPTS_EXHAUSTED"} <= answers.keys()


def stale_read(history: list[Event]) -> Event:
    """A read after everything, that shows the job as it was before its first claim."""
    last = max(history, key=lambda event: event.ended)
    return Event(last.ended + 1, last.ended + 2, "find", "SUCCESS", Job("PENDING"), last.now)
