"""A table with the optional indexes, an operator for it, and many jobs at once."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import count
from types import SimpleNamespace
from typing import Any

import pytest

from careervp_jobs_dal import JobsOperator, JobsRepository, create_table
from careervp_jobs_dal.aws import gateway
from careervp_jobs_dal.job.index import Wait, position
from careervp_jobs_dal.job.instant import instant_text
from tests.conftest import CANARY, Clock
from tests.engines.catalogue import Engine

Seed = Callable[..., list[str]]

_numbers = count()
_job_numbers = count()


@pytest.fixture
def table_name() -> str:
    return create_table(f"operated-{next(_numbers)}", optional_indexes=True).unwrap()


@pytest.fixture
def repository(table_name: str, clock: Clock) -> JobsRepository:
    """Its deadline is never what a slow machine meets."""
    return JobsRepository(table_name, clock=clock, deadline=60)


@pytest.fixture
def operator(repository: JobsRepository) -> JobsOperator:
    return JobsOperator(repository)


@pytest.fixture
def seed(repository: JobsRepository, clock: Clock) -> Seed:
    """Writes jobs as submissions and claims leave them, a second apart, the first one the oldest; gives their ids."""

    def write(number: int, *, user_id: str = "user-1", since: timedelta = timedelta(hours=2), **more: Any) -> list[str]:
        items = [_item(clock.now - since + timedelta(seconds=n), user_id, more) for n in range(number)]
        with repository.table.batch_writer() as batch:
            for item in items:
                batch.put_item(Item=item)
        return [item["job_id"] for item in items]

    return write


@pytest.fixture
def many(engine: Engine) -> int:
    """Moto looks at every item for each page, so it gets fewer."""
    return 200 if engine.name == "moto" else 2000


@pytest.fixture
def time_runs_out(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Called, it lets every deadline pass; an answer that is on its way still arrives."""
    passed = [0.0]
    later = SimpleNamespace(monotonic=lambda: time.monotonic() + passed[0], sleep=time.sleep)
    monkeypatch.setattr(gateway, "time", later)

    def run_out() -> None:
        passed[0] += 3600

    return run_out


def _item(created_at: datetime, user_id: str, more: dict[str, Any]) -> dict[str, Any]:
    job_id = f"job-{next(_job_numbers):06d}"
    item: dict[str, Any] = {
        "job_id": job_id,
        "status": "PENDING",
        "created_at": instant_text(created_at),
        "idempotency_key": job_id,
        "user_id": user_id,
        "submission_id": f"submission of {job_id}",
        "max_attempts": 3,
        "input_data": {"text": CANARY},
        **more,
    }
    if item["status"] == "COMPLETED":
        return item
    if item["status"] == "FAILED":
        return {**position(job_id, Wait.FAILED, item["created_at"]), **item}
    lease = more.get("lease_expires_at")
    place = position(job_id, Wait.QUEUED, item["created_at"]) if lease is None else position(job_id, Wait.TIMED, lease)
    return {**place, **item}
