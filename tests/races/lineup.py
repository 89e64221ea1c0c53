"""Jobs for the races, and how their results are counted."""

from __future__ import annotations

import time
from collections import Counter
from datetime import timedelta
from random import Random
from typing import Any

from careervp_jobs_dal import Claim, JobsRepository, Result, ResultCode
from careervp_jobs_dal.job.snapshot import LEASE_MARGIN
from tests.races.racers import PROCESSES, THREADS, Call

ROUNDS = 8
EVERYBODY = PROCESSES * THREADS
HALF = EVERYBODY // 2
LONG = timedelta(minutes=5)
BRIEF = timedelta(milliseconds=1)


def codes(results: list[Result[Any]]) -> Counter[ResultCode]:
    return Counter(result.code for result in results)


def one_wins(loss: ResultCode) -> dict[ResultCode, int]:
    return {ResultCode.SUCCESS: 1, loss: EVERYBODY - 1}


def submitted(repository: JobsRepository, count: int = ROUNDS, **options: Any) -> list[str]:
    """The ids of new jobs."""
    return [repository.submit_job(f"key-{number}", {}, **options).unwrap().job_id for number in range(count)]


def claimed(repository: JobsRepository, lease: timedelta = LONG, **options: Any) -> list[Claim]:
    """Claims of new jobs."""
    return [repository.claim_job(job_id, lease=lease).unwrap() for job_id in submitted(repository, **options)]


def lapsed(repository: JobsRepository, margin: timedelta = LEASE_MARGIN, **options: Any) -> list[Claim]:
    """Claims of new jobs, with leases that anybody may take over."""
    claims = claimed(repository, BRIEF, **options)
    time.sleep((margin + 2 * BRIEF).total_seconds())
    return claims


def shuffled(seed: int, *kinds: Call) -> list[Call]:
    """As many of each kind as there are threads for, in any order."""
    calls = [*kinds] * (EVERYBODY // len(kinds))
    Random(seed).shuffle(calls)
    return calls
