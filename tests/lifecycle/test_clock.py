"""A clock that gives no instant: one plain error, wherever it is read."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

import careervp_jobs_dal
from careervp_jobs_dal import Claim, JobRecord, JobsOperator, JobsRepository, JobWorker
from careervp_jobs_dal.job.instant import CLOCK_RULE
from careervp_jobs_dal.testing import Clock, JobBuilder
from tests.faults import Faults
from tests.unit.test_instant import NO_CLOCKS

MINUTE = timedelta(minutes=1)
CLAIM = Claim(JobRecord({"job_id": "vpr-1"}), 1, 3, "claim-1", datetime(2036, 2, 3, tzinfo=UTC))

READERS: dict[str, Callable[[JobsRepository], object]] = {
    "submit_job": lambda jobs: jobs.submit_job("key", {}),
    "claim_job": lambda jobs: jobs.claim_job("vpr-1", lease=MINUTE),
    "renew_claim": lambda jobs: jobs.renew_claim(CLAIM, lease=MINUTE),
    "complete_job": lambda jobs: jobs.complete_job(CLAIM),
    "fail_job": lambda jobs: jobs.fail_job(CLAIM, "broken"),
    "cancel_job": lambda jobs: jobs.cancel_job("vpr-1"),
    "find_job": lambda jobs: jobs.find_job("vpr-1"),
    "find_status": lambda jobs: jobs.find_status("vpr-1"),
    "wait_for_job": lambda jobs: jobs.wait_for_job("vpr-1", MINUTE),
    "list_jobs": lambda jobs: JobsOperator(jobs).list_jobs(user_id="u"),
    "iter_jobs": lambda jobs: list(JobsOperator(jobs).iter_jobs(user_id="u")),
    "get_jobs": lambda jobs: JobsOperator(jobs).get_jobs(["vpr-1"]),
    "list_overdue": lambda jobs: JobsOperator(jobs).list_overdue(older_than=MINUTE),
    "recover_jobs": lambda jobs: JobsOperator(jobs).recover_jobs(older_than=MINUTE),
    "retry_job": lambda jobs: JobsOperator(jobs).retry_job("vpr-1"),
    "purge_jobs": lambda jobs: JobsOperator(jobs).purge_jobs(older_than=MINUTE),
    "erase_user": lambda jobs: JobsOperator(jobs).erase_user("u"),
    "stats": lambda jobs: JobsOperator(jobs).stats(),
    "the worker": lambda jobs: JobWorker(jobs, lambda _: None).process("vpr-1", MINUTE),
    "the builder": lambda jobs: JobBuilder(jobs).pending(),
    "the builder of a lapsed job": lambda jobs: JobBuilder(jobs).lapsed(),
}


@pytest.mark.parametrize("clock", [NO_CLOCKS["naive"], NO_CLOCKS["a date"]], ids=["naive", "a date"])
@pytest.mark.parametrize("read", READERS.values(), ids=READERS)
def test_each_reader_of_the_clock_raises_the_same_error(
    table_name: str, faults: Faults, read: Callable[[JobsRepository], object], clock: Any
) -> None:
    repository = JobsRepository(table_name, clock=clock)

    with pytest.raises(ValueError, match=f"^{re.escape(CLOCK_RULE)}$"):
        read(repository)
    assert faults.sent == []


def test_what_is_no_function_is_refused_with_the_repository() -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(CLOCK_RULE)}$"):
        JobsRepository("jobs", clock=datetime(2026, 2, 3, tzinfo=UTC))  # type: ignore[arg-type]


def test_the_clock_of_tests_is_held_to_it_as_well() -> None:
    clock = Clock()
    clock.now = datetime(2026, 2, 3)

    with pytest.raises(ValueError, match="aware datetime"):
        clock()
    with pytest.raises(ValueError, match="aware datetime"):
        Clock(datetime(2026, 2, 3))


def test_the_contract_needs_a_clock_only_to_say_when_a_job_failed(table_name: str, job: dict[str, Any]) -> None:
    repository = JobsRepository(table_name, clock=datetime.now)

    assert repository.create_job(job).success
    assert repository.update_job_status("vpr-1", "PROCESSING").success
    assert repository.get_job("vpr-1") is not None
    with pytest.raises(ValueError, match="a clock is a function"):
        repository.update_job_status("vpr-1", "FAILED")
    assert repository.update_job_status("vpr-1", "COMPLETED").success


def test_no_code_reads_a_repositorys_clock_unchecked() -> None:
    """The command line makes its repositories itself, and the test kit its clocks."""
    package = Path(str(careervp_jobs_dal.__file__)).parent
    unchecked = [
        str(path.relative_to(package))
        for path in package.rglob("*.py")
        if path.relative_to(package).parts[0] not in ("cli", "aws", "testing")
        and re.search(r"\._?clock\(\)", path.read_text())
    ]

    assert unchecked == [], "read it with read_clock of careervp_jobs_dal/job/instant.py"
