"""Sweeps race with each other and with workers: each job is brought back once, and sent once."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import chain
from pathlib import Path
from typing import Any, NamedTuple
from uuid import uuid4

import pytest

from careervp_jobs_dal import Claim, JobsRepository, Recovery, Result, ResultCode, create_table
from tests.races.lineup import EVERYBODY, LONG, claimed, codes, submitted
from tests.races.racers import Call, Racers, call

JOBS = 48
OLDER_THAN = timedelta(minutes=10)
"""Much longer than a race, so that no job that was sent is overdue again."""
SWEEPERS = 2
APART_SECONDS = 0.015
"""Between the workers' calls, so that they last as long as a sweep."""
LATE = {
    "complete_job": ("COMPLETED", 1),
    "fail_job": ("FAILED", 1),
    "renew_claim": ("PROCESSING", 1),
    "release_claim": ("PENDING", 0),
}
"""What a late worker's call leaves: the status and the attempt."""


class Outbox(NamedTuple):
    """A queue that every process can send to: a line of a file for each message."""

    path: Path

    def __call__(self, job_id: str) -> None:
        file = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        os.write(file, f"{job_id}\n".encode())
        os.close(file)

    def sent(self) -> Counter[str]:
        return Counter(self.path.read_text().split() if self.path.exists() else ())


@pytest.fixture
def table_name() -> str:
    return create_table(f"swept-{uuid4().hex[:8]}", optional_indexes=True).unwrap()


@pytest.fixture
def outbox(tmp_path: Path) -> Outbox:
    return Outbox(tmp_path / "outbox")


@pytest.fixture
def earlier(table_name: str) -> JobsRepository:
    """An hour behind: what is submitted and claimed by it is overdue."""
    return JobsRepository(table_name, clock=lambda: datetime.now(UTC) - timedelta(hours=1))


def recover(outbox: Outbox, **options: Any) -> Call:
    return call("recover_jobs", older_than=OLDER_THAN, enqueue=outbox, **options)


def every(field: str, recoveries: Sequence[Recovery]) -> Counter[str]:
    """How many of the sweeps say this of each job."""
    return Counter(chain.from_iterable(getattr(recovery, field) for recovery in recoveries))


def once(jobs: Sequence[str]) -> Counter[str]:
    return Counter(dict.fromkeys(jobs, 1))


def lost_attempts(job: dict[str, Any]) -> list[str]:
    return [entry["claim_id"] for entry in job.get("errors", ())]


def overdue(earlier: JobsRepository) -> tuple[list[str], list[Claim], list[Claim]]:
    """Jobs that wait, jobs whose worker is gone, and those whose last worker is gone."""
    keys = iter(range(3 * JOBS))
    ids = [earlier.submit_job(f"{key}", {}, max_attempts=1 if key % 3 == 2 else 3).unwrap().job_id for key in keys]
    taken = [[earlier.claim_job(job_id, lease=LONG).unwrap() for job_id in ids[first::3]] for first in (1, 2)]
    return ids[::3], taken[0], taken[1]


@pytest.mark.parametrize("sweepers", [2, EVERYBODY])
@pytest.mark.parametrize("limit", [JOBS // 4, 1000])
def test_each_job_is_brought_back_once(
    racers: Racers, repository: JobsRepository, earlier: JobsRepository, outbox: Outbox, sweepers: int, limit: int
) -> None:
    waiting, lapsed, last = overdue(earlier)

    recoveries = list(sweep_until_done(racers, repository, [recover(outbox, limit=limit)] * sweepers))

    put_back = [claim.job_id for claim in lapsed]
    assert every("waiting", recoveries) == once(waiting)
    assert every("put_back", recoveries) == once(put_back)
    # Who finds that another has just ended a job may say so too.
    assert every("failed", recoveries).keys() == {claim.job_id for claim in last}
    assert outbox.sent() == once([*waiting, *put_back])
    assert not any(every(field, recoveries) for field in ("held", "unread", "to_enqueue"))
    for old in lapsed:
        claim = repository.claim_job(old.job_id, lease=LONG).unwrap()
        assert (claim.attempt, lost_attempts(claim.job)) == (2, [old.claim_id])
    for old in last:
        stored = repository.find_job(old.job_id).unwrap()
        assert (stored["status"], lost_attempts(stored)) == ("FAILED", [old.claim_id])


def sweep_until_done(racers: Racers, repository: JobsRepository, sweeps: list[Call]) -> Iterator[Recovery]:
    more = True
    while more:
        recoveries = [result.unwrap() for result in racers.race(repository.table_name, sweeps)]
        yield from recoveries
        more = any(recovery.more for recovery in recoveries)


@pytest.mark.parametrize("method", LATE)
def test_a_job_is_put_back_or_its_late_worker_writes(
    racers: Racers, repository: JobsRepository, earlier: JobsRepository, outbox: Outbox, method: str
) -> None:
    lapsed = claimed(earlier, count=2 * JOBS)
    arguments = ["no"] if method == "fail_job" else []
    keywords = {"lease": LONG} if method == "renew_claim" else {}
    # The sweeps begin with the oldest job and the workers with the newest, and they meet.
    calls = [call(method, claim, *arguments, **keywords) for claim in reversed(lapsed)]

    recoveries, results = race_with_sweeps(racers, repository, outbox, calls)

    assert codes(results).keys() <= {ResultCode.SUCCESS, ResultCode.LEASE_LOST}
    put_back = [claim.job_id for claim, result in zip(reversed(lapsed), results, strict=True) if not result]
    assert every("put_back", recoveries) == outbox.sent() == once(put_back)
    assert not every("waiting", recoveries)
    for old in lapsed:
        stored = repository.find_job(old.job_id).unwrap()
        lost = old.job_id in put_back
        assert (stored["status"], stored["attempt"]) == (("PENDING", 1) if lost else LATE[method])
        entries = 1 if lost or method == "fail_job" else 0
        assert lost_attempts(stored) == [old.claim_id] * entries


def test_a_lapsed_job_is_put_back_or_taken_over(
    racers: Racers, repository: JobsRepository, earlier: JobsRepository, outbox: Outbox
) -> None:
    lapsed = claimed(earlier, count=2 * JOBS)
    calls = [call("claim_job", claim.job_id, lease=LONG) for claim in reversed(lapsed)]

    recoveries, results = race_with_sweeps(racers, repository, outbox, calls)

    # A claim whose clock was read before the sweep's meets a job that may not be claimed yet.
    assert codes(results).keys() <= {ResultCode.SUCCESS, ResultCode.NOT_DUE}
    put_back = every("put_back", recoveries)
    assert put_back == outbox.sent() == once([*put_back])
    for old, result in zip(reversed(lapsed), results, strict=True):
        stored = repository.find_job(old.job_id).unwrap()
        assert result.code is ResultCode.SUCCESS or old.job_id in put_back
        assert (stored["status"], stored["attempt"]) == (("PROCESSING", 2) if result else ("PENDING", 1))
        assert lost_attempts(stored) == [old.claim_id]


def test_a_waiting_job_is_sent_once_or_claimed(
    racers: Racers, repository: JobsRepository, earlier: JobsRepository, outbox: Outbox
) -> None:
    waiting = submitted(earlier, count=2 * JOBS)
    calls = [call("claim_job", job_id, lease=LONG) for job_id in reversed(waiting)]

    recoveries, results = race_with_sweeps(racers, repository, outbox, calls)

    assert codes(results) == {ResultCode.SUCCESS: len(waiting)}
    sent = every("waiting", recoveries)
    assert sent == outbox.sent() == once([*sent])
    assert not every("put_back", recoveries)


def race_with_sweeps(
    racers: Racers, repository: JobsRepository, outbox: Outbox, calls: list[Call]
) -> tuple[list[Recovery], list[Result[Any]]]:
    racers.all_call(repository.table_name, "list_overdue", older_than=OLDER_THAN)  # opens every connection
    results = racers.race(repository.table_name, [*[recover(outbox)] * SWEEPERS, *calls], apart=APART_SECONDS)
    recoveries = [result.unwrap() for result in results[:SWEEPERS]]
    ours = results[SWEEPERS:]
    print(f"{codes(ours)} beside {[len(recovery.put_back + recovery.waiting) for recovery in recoveries]}")
    return recoveries, ours
