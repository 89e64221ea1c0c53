"""`cancel`: asks first, and tells of each job what became of it."""

from __future__ import annotations

import pytest

from careervp_jobs_dal import JobsRepository
from tests.cli.conftest import Run, claim, submit


@pytest.mark.usefixtures("with_indexes")
def test_each_job_s_outcome_is_told_and_the_worst_decides(run: Run, jobs: JobsRepository) -> None:
    waiting, running = submit(jobs, "a"), submit(jobs, "b")
    claim(jobs, running)

    ran = run("cancel", waiting, running, "no such job", "--yes")

    assert ran.code == 1
    assert ran.out.splitlines() == [
        f"{'JOB':<36}  STATUS      OUTCOME",
        f"{waiting}  FAILED      cancelled",
        f"{running}  PROCESSING  its worker is asked to stop",
        f"{'no such job':<36}{'':<14}NOT_FOUND: Job not found: no such job"
        " (no unfinished or failed job's id begins so)",
    ]
    assert jobs.find_job(waiting).unwrap()["status"] == "FAILED"


def test_a_machine_gets_codes(run: Run, jobs: JobsRepository) -> None:
    done = submit(jobs)
    jobs.complete_job(claim(jobs, done)).unwrap()

    ran = run("cancel", done, "--yes", "--json")

    assert ran.code == 1
    (outcome,) = ran.document["jobs"]
    assert (outcome["job_id"], outcome["status"], outcome["code"]) == (done, "COMPLETED", "ALREADY_FINISHED")


def test_without_a_terminal_and_without_yes_nothing_is_done(run: Run, jobs: JobsRepository) -> None:
    job_id = submit(jobs)

    ran = run("cancel", job_id)

    assert (ran.code, ran.out) == (2, "")
    assert ran.err.endswith("? Nobody is there to ask: pass --yes\n")
    assert jobs.find_job(job_id).unwrap()["status"] == "PENDING"


def test_only_a_yes_is_a_yes(run: Run, jobs: JobsRepository) -> None:
    job_id = submit(jobs)
    for answer in (b"\n", b"no\n", b""):
        ran = run("cancel", job_id, stdin=answer, terminal=True)
        assert (ran.code, ran.out) == (1, "")
        typed = "" if answer else "\n"
        assert ran.err == f"Cancel 1 job of {jobs.table_name}? [y/N] {typed}careervp-jobs: Nothing was changed\n"
    assert jobs.find_job(job_id).unwrap()["status"] == "PENDING"

    assert run("cancel", job_id, stdin=b"Yes\n", terminal=True).code == 0
    assert jobs.find_job(job_id).unwrap()["status"] == "FAILED"
