"""Sixteen submitters of one user race for three places, while workers end jobs: never more than three are active."""

from __future__ import annotations

import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from itertools import count
from threading import Barrier
from typing import Any

from careervp_jobs_dal import JobsRepository, ResultCode
from tests.races.processes import Settings

SUBMITTERS = 16
CAP = 3
FULL = ResultCode.TOO_MANY_ACTIVE_JOBS


def capped(table_name: str) -> JobsRepository:
    return JobsRepository(table_name, max_active_per_user=CAP)


def test_sixteen_at_once_get_three_places(settings: Settings, table_name: str) -> None:
    jobs, start = capped(table_name), Barrier(SUBMITTERS)

    def submit(number: int) -> Any:
        start.wait()
        return jobs.submit_job(f"key-{number}", {}, user_id="user-1")

    with ThreadPoolExecutor(SUBMITTERS) as pool:
        results = list(pool.map(submit, range(SUBMITTERS)))

    assert Counter(result.code for result in results) == {ResultCode.SUCCESS: CAP, FULL: SUBMITTERS - CAP}


def test_submitters_and_workers_never_have_more_than_three(settings: Settings, table_name: str) -> None:
    jobs, numbers = capped(table_name), count()
    spans: list[tuple[float, float]] = []  # in which a job was active for sure

    def live(_: int) -> list[ResultCode]:
        codes = []
        for _ in range(8):
            result = jobs.submit_job(f"key-{next(numbers)}", {}, user_id="user-1")
            began = time.monotonic()
            codes.append(result.code)
            if result:
                claim = jobs.claim_job(result.unwrap().job_id, lease=timedelta(minutes=1)).unwrap()
                spans.append((began, time.monotonic()))
                jobs.complete_job(claim).unwrap()
        return codes

    with ThreadPoolExecutor(SUBMITTERS) as pool:
        codes = Counter(code for codes in pool.map(live, range(SUBMITTERS)) for code in codes)

    assert codes.keys() <= {ResultCode.SUCCESS, FULL, ResultCode.CONFLICT, ResultCode.UNAVAILABLE}
    assert codes[ResultCode.SUCCESS] > CAP
    assert most_at_once(spans) <= CAP


def most_at_once(spans: list[tuple[float, float]]) -> int:
    turns = sorted([(began, 1) for began, _ in spans] + [(ended, -1) for _, ended in spans])
    most = present = 0
    for _, change in turns:
        present += change
        most = max(most, present)
    return most
