"""`list`: a user's jobs and the overdue ones, without payloads and error texts."""

from __future__ import annotations

from datetime import timedelta

import pytest

from careervp_jobs_dal import JobsOperator, JobsRepository
from careervp_jobs_dal.operations.listing import JobPage
from careervp_jobs_dal.result import Result
from tests.cli.conftest import USER, Run, claim, fail, submit

pytestmark = pytest.mark.usefixtures("with_indexes")


def test_a_user_s_jobs_are_listed_the_newest_first(run: Run, jobs: JobsRepository) -> None:
    running, failed = submit(jobs, "a"), submit(jobs, "b")
    jobs.renew_claim(claim(jobs, running), lease=timedelta(minutes=5), progress=0.4).unwrap()
    fail(jobs, failed)

    ran = run("list", "--user", USER)

    assert (ran.code, ran.err) == (0, "")
    heading, *rows = [line.split() for line in ran.out.splitlines()]
    assert heading == ["JOB", "STATUS", "STATE", "AGE", "ATTEMPT", "DONE"]
    assert [row[:3] for row in rows] == [[failed, "FAILED", "failed"], [running, "PROCESSING", "running"]]
    assert rows[1][-3:] == ["1/3", "40", "%"]


def test_a_list_goes_on_where_it_ended(run: Run, jobs: JobsRepository) -> None:
    ids = [submit(jobs, key) for key in "abc"]

    first = run("list", "--user", USER, "--limit", "2", "--status", "pending")
    command = first.out.splitlines()[-1].partition("careervp-jobs ")[2].split()
    second = run(*command)

    assert command[:7] == ["list", "--status", "PENDING", "--user", USER, "--limit", "2"]
    assert [line.split()[0] for line in first.out.splitlines()[1:3]] == [ids[2], ids[1]]
    assert second.out.splitlines()[1].split()[0] == ids[0]
    assert "careervp-jobs list" not in second.out


def test_a_machine_gets_the_cursor_and_no_payload(run: Run, jobs: JobsRepository) -> None:
    submit(jobs, "a")
    job_id = submit(jobs, "b")

    document = run("list", "--user", USER, "--limit", "1", "--json").document

    (job,) = document["jobs"]
    assert job.pop("age_seconds") >= 0
    assert job.pop("created_at")
    assert job == {"job_id": job_id, "status": "PENDING", "state": "waiting", "user_id": USER, "max_attempts": 3}
    assert document["complete"]
    assert run("list", "--user", USER, f"--cursor={document['cursor']}", "--json").document["cursor"] is None


def test_a_record_that_cannot_be_read_is_named(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    page = JobPage([], None, complete=True, unread=("vpr-1\x1b[31m",))
    monkeypatch.setattr(JobsOperator, "list_jobs", lambda *_, **__: Result.success(page))

    ran = run("list", "--user", USER)

    assert ran.out.splitlines() == ["No jobs.", "", "Left out, their records cannot be read: vpr-1\\x1b[31m"]
    assert run("list", "--user", USER, "--json").document["unread"] == ["vpr-1\x1b[31m"]


def test_a_page_that_is_short_says_so(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    page = JobPage([], "-cursor", complete=False)
    monkeypatch.setattr(JobsOperator, "list_jobs", lambda *_, **__: Result.success(page))

    ran = run("list", "--user", "user 1")

    assert ran.out.splitlines() == [
        "No jobs.",
        "",
        "Not all was read, there may be more: careervp-jobs list --user 'user 1' --cursor=-cursor",
    ]


def test_the_overdue_jobs_of_all_users_are_listed(run: Run, jobs: JobsRepository, past: JobsRepository) -> None:
    submit(jobs, "new")
    waiting, lapsed = submit(past, "a"), submit(past, "b")
    claim(past, lapsed)

    ran = run("list", "--overdue", "1h")

    heading, *rows = [line.split() for line in ran.out.splitlines()[:-2]]
    assert ran.out.splitlines()[-1] == "Bring them back: careervp-jobs recover --older-than 1h"
    assert heading[-1] == "USER"
    assert {(row[0], row[1], row[-1]) for row in rows} == {(waiting, "PENDING", USER), (lapsed, "PROCESSING", USER)}
    document = run("list", "--overdue", "1h", "--limit", "1", "--json").document
    assert [job["age_seconds"] // 60 for job in document["jobs"]] == [120]
    assert "There may be more than these 1: --limit N shows more." in run("list", "--overdue", "1h", "--limit", "1").out
    assert run("list", "--overdue", "1h", "--user", "user-2").out == "No jobs.\n"
    of_user = run("list", "--overdue", "1h", "--user", USER, "--where", "kind=a b").out
    assert of_user == "No jobs.\n"


def test_no_job_is_an_answer(run: Run) -> None:
    ran = run("list", "--overdue", "1h")

    assert (ran.code, ran.out) == (0, "No jobs.\n")


@pytest.mark.parametrize("option", ["--status=FAILED", "--cursor=c"])
def test_what_does_not_go_with_overdue_jobs_is_refused(run: Run, option: str) -> None:
    ran = run("list", "--overdue", "1h", option)

    assert (ran.code, ran.err) == (2, "careervp-jobs: --status and --cursor do not go with --overdue\n")


def test_a_changed_cursor_is_wrong_usage(run: Run) -> None:
    assert run("list", "--user", USER, "--cursor", "junk").code == 2
