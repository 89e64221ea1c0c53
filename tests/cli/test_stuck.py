"""`recover`, `retry`, `purge` and `stats`: what an engineer on call does."""

from __future__ import annotations

import json

import pytest

from careervp_jobs_dal import JobsOperator, JobsRepository, Purge, Result, ResultCode, Stats
from careervp_jobs_dal.operations.sweep import Recovery
from tests.cli.conftest import Run, claim, fail, received, submit

pytestmark = pytest.mark.usefixtures("with_indexes")

RECOVER = ("recover", "--older-than", "1h", "--yes")


def test_what_was_recovered_is_told_job_by_job(run: Run, past: JobsRepository, jobs: JobsRepository) -> None:
    waiting, lapsed, spent = submit(past, "a"), submit(past, "b"), submit(past, "c", max_attempts=1)
    claim(past, lapsed)
    claim(past, spent)

    ran = run(*RECOVER)

    assert ran.code == 0
    assert ran.out.splitlines() == [
        f"{'JOB':<36}  STATUS   QUEUE       OUTCOME",
        f"{lapsed}  PENDING  to be sent  its lease had lapsed: put back",
        f"{waiting}  PENDING  to be sent  had waited too long: send again",
        f"{spent}  FAILED               no attempt was left, or cancelled",
        "",
        "2 jobs to be sent to the queue: no --queue-url",
    ]
    assert jobs.find_job(spent).unwrap()["status"] == "FAILED"


def test_recovered_jobs_are_sent_to_the_queue(run: Run, past: JobsRepository, queue_url: str) -> None:
    job_id = submit(past)

    ran = run(*RECOVER, "--queue-url", queue_url)

    assert ran.code == 0
    assert ran.out.splitlines()[1].split()[2] == "sent"
    assert len(ran.out.splitlines()) == 2
    assert received(queue_url) == [json.dumps({"job_id": job_id})]


def test_a_queue_that_refuses_is_told(run: Run, past: JobsRepository, queue_url: str) -> None:
    job_id = submit(past)

    human = run(*RECOVER, "--queue-url", queue_url + "-other")
    machine = run(*RECOVER, "--queue-url", queue_url + "-other", "--json")

    assert (human.code, machine.code) == (3, 3)
    assert "1 job to be sent to the queue: SQS refused the request (" in human.out
    assert machine.document["to_enqueue"] == [job_id]
    assert "NonExistentQueue" in machine.document["queue_error"]


def test_what_was_left_alone_or_could_not_be_read_is_told(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    recovery = Recovery(held=("vpr-1",), unread=("vpr-2",))
    monkeypatch.setattr(JobsOperator, "recover_jobs", lambda *_, **__: Result.success(recovery))

    ran = run(*RECOVER)

    assert ran.code == 3
    assert [line.split()[0] for line in ran.out.splitlines()] == ["JOB", "vpr-1", "vpr-2"]


def test_nothing_to_recover_is_an_answer(run: Run) -> None:
    ran = run(*RECOVER)

    assert (ran.code, ran.out) == (0, "Nothing to recover.\n")


def test_that_there_is_more_is_told(run: Run, past: JobsRepository, monkeypatch: pytest.MonkeyPatch) -> None:
    jobs = [submit(past, key) for key in ("a", "b")]

    some = run(*RECOVER, "--limit", "1")
    rest = run(*RECOVER, "--json")

    assert some.out.splitlines()[-2:] == ["", "More jobs can be overdue: recover again."]
    assert (rest.document["waiting"], rest.document["more"]) == ([max(jobs)], False) or rest.document["more"] is False
    monkeypatch.setattr(JobsOperator, "recover_jobs", lambda *_, **__: Result.success(Recovery(more=True)))
    assert run(*RECOVER).out.splitlines() == ["Nothing was recovered.", "", "More jobs can be overdue: recover again."]


def test_recovering_asks_first(run: Run, past: JobsRepository) -> None:
    submit(past)

    ran = run(*RECOVER[:-1], stdin=b"n\n", terminal=True)

    assert ran.code == 1
    assert ran.err.startswith("Recover up to 100 overdue jobs of jobs-")
    assert ", PENDING ones after 1 h? [y/N] " in ran.err


def test_a_failed_job_is_put_back_and_sent(run: Run, jobs: JobsRepository, queue_url: str) -> None:
    first, second = submit(jobs, "a"), submit(jobs, "b")
    fail(jobs, first)

    ran = run("retry", first, second, "--queue-url", queue_url, "--yes")

    assert ran.code == 1
    rows = [line.split(maxsplit=2) for line in ran.out.splitlines()[1:]]
    assert rows[0] == [first, "PENDING", "sent"]
    assert rows[1][:2] == [second, "PENDING"]
    assert rows[1][2].startswith("INVALID_TRANSITION: ")
    assert received(queue_url) == [json.dumps({"job_id": first})]


def test_without_a_queue_the_id_is_still_to_be_sent(run: Run, jobs: JobsRepository, queue_url: str) -> None:
    job_id = submit(jobs)
    fail(jobs, job_id)

    ran = run("retry", job_id, stdin=b"y\n", terminal=True)
    assert (ran.code, ran.out.splitlines()[1].split(maxsplit=2)[2]) == (0, "to be sent: no --queue-url")

    fail(jobs, job_id)
    assert run("retry", job_id, "--yes", "--queue-url", queue_url + "-other").code == 3
    assert jobs.find_job(job_id).unwrap()["status"] == "PENDING"


def test_a_purge_is_a_dry_run_unless_told_otherwise(run: Run, jobs: JobsRepository, past: JobsRepository) -> None:
    done = submit(past)
    past.complete_job(claim(past, done)).unwrap()
    submit(past, "waits")

    dry = run("purge", "--older-than", "1h")

    assert (dry.code, dry.err) == (0, "")
    assert dry.out.startswith("1 job would be deleted (--json names them), ")
    assert dry.out.splitlines()[1:] == ["Nothing was changed: --no-dry-run deletes them."]
    assert jobs.find_job(done)
    assert run("purge", "--older-than", "1h", "--json").document["jobs"] == [done]

    wet = run("purge", "--older-than", "1h", "--status", "completed", "--limit", "5", "--no-dry-run", "--yes")

    assert (wet.code, wet.out.startswith("1 job deleted, ")) == (0, True)
    assert jobs.find_job(done).code is ResultCode.NOT_FOUND


def test_a_purge_asks_before_it_deletes(run: Run, past: JobsRepository) -> None:
    done = submit(past)
    past.complete_job(claim(past, done)).unwrap()

    ran = run("purge", "--older-than", "1h", "--no-dry-run", stdin=b"n\n", terminal=True)

    assert ran.code == 1
    assert "that are older than 1 h, for good? [y/N]" in ran.err
    assert past.find_job(done)


def test_a_purge_that_was_stopped_says_why(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    purge = Purge(("vpr-1",), dry_run=False, scanned=7, stopped_by=ResultCode.THROTTLED)
    monkeypatch.setattr(JobsOperator, "purge_jobs", lambda *_, **__: Result.success(purge))

    ran = run("purge", "--older-than", "1h", "--no-dry-run", "--yes")

    assert ran.code == 3
    assert ran.out.splitlines() == [
        "1 job deleted, 7 records looked at.",
        "Not all of the table was looked at: THROTTLED. Run it again.",
    ]


def test_only_finished_jobs_can_be_purged(run: Run) -> None:
    ran = run("purge", "--older-than", "1h", "--status", "PENDING")

    assert ran.code == 2
    assert "there is no 'PENDING' (one of COMPLETED, FAILED)" in ran.err


def test_the_unfinished_jobs_are_counted(run: Run, jobs: JobsRepository, past: JobsRepository) -> None:
    submit(past, "waits")
    claim(past, submit(past, "lapsed"))
    jobs.complete_job(claim(jobs, submit(jobs, "done"))).unwrap()

    assert run("stats").out.splitlines() == [
        "PENDING                1",
        "PROCESSING             1",
        "lapsed leases          1",
        "oldest PENDING       2 h",
    ]
    document = run("stats", "--whole-table", "--json").document
    assert document["counts"] == {"PENDING": 1, "PROCESSING": 1, "COMPLETED": 1, "FAILED": 0}
    assert (document["lapsed"], document["whole_table"]) == (1, True)


def test_at_a_terminal_the_numbers_have_bars(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "50")
    monkeypatch.setenv("NO_COLOR", "1")
    stats = Stats({"PENDING": 3, "PROCESSING": 1, "CORRUPT": 0}, 0, None, whole_table=False)
    monkeypatch.setattr(JobsOperator, "stats", lambda *_, **__: Result.success(stats))

    lines = run("stats", terminal=True).out.splitlines()

    assert lines[0] == f"PENDING                3  {'█' * 17}{'░' * 6}"
    assert lines[1] == f"PROCESSING             1  {'█' * 5}{'░' * 18}"
    assert lines[-1] == "oldest PENDING         -"


@pytest.mark.parametrize(
    "arguments",
    [("stats",), ("list", "--user", "u"), ("list", "--overdue", "1h"), RECOVER, ("watch",)],
    ids=" ".join,
)
def test_a_missing_index_is_named_with_the_remedy(run: Run, arguments: tuple[str, ...], plain_table: str) -> None:
    ran = run(*arguments, "--table", plain_table)

    assert (ran.code, ran.out) == (3, "")
    assert "does not have the optional index" in ran.err
    assert "aws dynamodb update-table" in ran.err
    assert len(ran.err.splitlines()) == 3
