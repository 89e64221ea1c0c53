"""Calls for one kind of jobs leave the others alone."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from careervp_jobs_dal import JobsOperator, JobsRepository, Recovery, ResultCode
from careervp_jobs_dal.job.instant import instant_text
from tests.conftest import Clock
from tests.faults import Faults
from tests.operations.conftest import Seed

DAY = timedelta(days=1)
MINUTE = timedelta(minutes=1)
USER = "user-1"


def test_a_users_jobs_of_a_kind_are_listed(operator: JobsOperator, seed: Seed) -> None:
    letters = seed(3, kind="letter")
    seed(3, kind="report")
    seed(3)

    page = operator.list_jobs(user_id=USER, kind="letter", limit=2).unwrap()
    rest = operator.list_jobs(user_id=USER, kind="letter", limit=2, cursor=page.cursor).unwrap()

    assert [job["job_id"] for job in (*page.jobs, *rest.jobs)] == letters[::-1]
    assert [len(each.unwrap().jobs) for each in operator.iter_jobs(user_id=USER, kind="letter", page_size=2)] == [2, 1]
    assert operator.list_jobs(user_id=USER, cursor=page.cursor).code is ResultCode.VALIDATION_ERROR
    both = operator.list_jobs(user_id=USER, kind="letter", status="PENDING", cursor=page.cursor)
    assert both.code is ResultCode.VALIDATION_ERROR


def test_overdue_jobs_of_a_kind_are_listed_and_recovered(
    operator: JobsOperator, repository: JobsRepository, seed: Seed, clock: Clock
) -> None:
    (letter,) = seed(1, kind="letter")
    (report,) = seed(1, kind="report")
    seed(1, kind="report", status="COMPLETED", active_shard="q0", due_at=instant_text(clock.now - DAY))
    sent: list[str] = []

    assert [job["job_id"] for job in operator.list_overdue(older_than=MINUTE, kind="letter").unwrap()] == [letter]
    recovery = operator.recover_jobs(older_than=MINUTE, kind="letter", enqueue=sent.append).unwrap()

    assert (recovery, sent) == (Recovery(waiting=(letter,)), [letter])
    assert [job["job_id"] for job in operator.list_overdue(older_than=MINUTE).unwrap()] == [report]


@pytest.mark.parametrize("whole_table", [True, False])
def test_jobs_of_a_kind_are_counted(operator: JobsOperator, seed: Seed, whole_table: bool) -> None:
    seed(2, kind="letter")
    seed(1, kind="report")
    seed(1, kind="report", claim_id=5)
    seed(1)

    stats = operator.stats(whole_table=whole_table, kind="letter").unwrap()

    assert (stats.counts, stats.whole_table) == ({"PENDING": 2}, whole_table)


@pytest.mark.parametrize("status", [None, "FAILED"])
def test_old_jobs_of_a_kind_are_deleted(operator: JobsOperator, seed: Seed, status: str | None) -> None:
    letters = seed(2, kind="letter", status="FAILED", since=DAY)
    others = [*seed(1, kind="report", status="FAILED", since=DAY), *seed(1, status="FAILED", since=DAY)]

    purge = operator.purge_jobs(older_than=MINUTE, kind="letter", status=status, dry_run=False).unwrap()

    assert sorted(purge.jobs) == letters
    assert sorted(operator.get_jobs([*letters, *others]).unwrap().jobs) == sorted(others)


CALLS: dict[str, dict[str, Any]] = {
    "list_jobs": {"user_id": USER},
    "list_overdue": {"older_than": MINUTE},
    "recover_jobs": {"older_than": MINUTE},
    "purge_jobs": {"older_than": MINUTE},
    "stats": {},
}


@pytest.mark.parametrize("kind", ["", 5, b"letter"])
@pytest.mark.parametrize("method", CALLS)
def test_a_kind_is_text(operator: JobsOperator, faults: Faults, method: str, kind: Any) -> None:
    refused = getattr(operator, method)(**CALLS[method], kind=kind)

    assert (refused.code, "kind" in str(refused.error)) == (ResultCode.VALIDATION_ERROR, True)
    assert faults.sent == []


def test_jobs_of_one_user_are_listed_and_recovered(operator: JobsOperator, seed: Seed, clock: Clock) -> None:
    (mine,) = seed(1, user_id="user-2")
    (failed,) = seed(1, user_id="user-2", status="FAILED")
    seed(1)
    seed(1, status="FAILED")
    since = clock.now - DAY

    assert [job["job_id"] for job in operator.list_overdue(older_than=MINUTE, user_id="user-2").unwrap()] == [mine]
    page = operator.list_failed(since=since, user_id="user-2").unwrap()
    assert [job["job_id"] for job in page.jobs] == [failed]
    assert operator.recover_jobs(older_than=MINUTE, user_id="user-2").unwrap().waiting == (mine,)
    for user_id in ("", "x" * 2049):
        assert operator.list_failed(since=since, user_id=user_id).code is ResultCode.VALIDATION_ERROR
        assert operator.list_overdue(older_than=MINUTE, user_id=user_id).code is ResultCode.VALIDATION_ERROR
