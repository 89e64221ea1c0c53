"""`list --status FAILED --since` and `retry --failed`: the failed jobs of all users, without a scan."""

from __future__ import annotations

import json
import shlex
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from careervp_jobs_dal import JobPage, JobsOperator, JobsRepository, Result, ResultCode
from careervp_jobs_dal.cli import mass_retry
from tests.cli.conftest import Run, received, submit

pytestmark = pytest.mark.usefixtures("with_indexes")
LIST = ("list", "--status", "FAILED", "--since", "1h")
RETRY = ("retry", "--failed", "--since", "1h")
ERROR = "The model is overloaded"


def failed(jobs: JobsRepository, key: str, user_id: str = "user-1", **fields: Any) -> str:
    job_id = jobs.submit_job(key, {}, user_id=user_id, fields=fields).unwrap().job_id
    jobs.fail_job(jobs.claim_job(job_id, lease=timedelta(minutes=5)).unwrap(), f"{ERROR}\nTraceback").unwrap()
    return job_id


def sent(queue_url: str) -> list[str]:
    """The ids in the queue."""
    return sorted(json.loads(body)["job_id"] for body in received(queue_url))


@pytest.fixture
def three(jobs: JobsRepository, past: JobsRepository) -> list[str]:
    """Three failed jobs of two users, the latest first; one that failed earlier, and one that waits, stand beside."""
    failed(past, "old")
    ids = [failed(jobs, "a", kind="letter"), failed(jobs, "b", "user-2", kind="report"), failed(jobs, "c")]
    submit(jobs, "waits")
    return ids[::-1]


@pytest.fixture
def cancelled(jobs: JobsRepository) -> str:
    return jobs.cancel_job(submit(jobs, "cancelled")).unwrap()["job_id"]


def test_the_failed_jobs_of_all_users_are_listed_without_a_scan(
    run: Run, three: list[str], cancelled: str, requests: list[str]
) -> None:
    requests.clear()
    ran = run(*LIST)

    heading, *rows = ran.out.splitlines()
    assert heading.split() == ["JOB", "STATE", "FAILED", "ATTEMPT", "KIND", "USER"]
    assert [row.split()[0] for row in rows] == [cancelled, *three]
    assert [row.split()[1] for row in rows] == ["cancelled", "failed", "failed", "failed"]
    assert rows[2].split()[-2:] == ["report", "user-2"]
    assert all(" s ago " in row for row in rows)
    assert {*requests} == {"query", "batch_get_item"}
    assert ERROR not in ran.out


def test_errors_are_shown_where_they_are_asked_for(run: Run, three: list[str]) -> None:
    ran = run(*LIST, "--errors")

    assert ran.out.count(ERROR) == 3
    assert "Traceback" not in ran.out
    document = run(*LIST, "--errors", "--json").document
    assert [job["error"] for job in document["jobs"]] == [f"{ERROR}\nTraceback"] * 3
    assert "error" not in run(*LIST, "--json").document["jobs"][0]


def test_a_machine_gets_the_time_of_the_failure_and_the_kind(run: Run, three: list[str]) -> None:
    document = run(*LIST, "--where", "kind=letter", "--json").document

    (job,) = document.pop("jobs")
    assert document == {"cursor": None, "complete": True, "unread": []}
    assert (job["job_id"], job["kind"], job["state"]) == (three[2], "letter", "failed")
    assert datetime.now(UTC) - datetime.fromisoformat(job["failed_at"]) < timedelta(minutes=5)


@pytest.mark.parametrize("more", [(), ("--errors",), ("--where", "kind=letter")])
def test_the_last_line_is_the_command_for_the_next_page(
    run: Run, jobs: JobsRepository, three: list[str], more: tuple[str, ...]
) -> None:
    failed(jobs, "d", kind="letter")
    first = run(*LIST, *more, "--limit", "1")

    program, *command = shlex.split(first.out.splitlines()[-1].partition(": ")[2])
    second = run(*command)

    assert program == "careervp-jobs"
    assert second.code == 0
    assert three[2 if "--where" in more else 0] in second.out
    assert (ERROR in second.out) is ("--errors" in more)


def test_no_failure_is_said(run: Run) -> None:
    assert run(*LIST).out == "No jobs.\n"
    assert run(*RETRY, "--queue-url", "https://sqs.eu-west-1.amazonaws.com/123456789012/jobs").out == (
        "No job failed in that time.\n"
    )
    assert run(*RETRY, "--dry-run").out == "No jobs.\n"


WRONG = [
    (("list",), "Which jobs?"),
    (("list", "--status", "FAILED"), "Which jobs?"),
    (("list", "--since", "1h"), "--since goes with --status FAILED"),
    (("list", "--since", "1h", "--status", "COMPLETED"), "--since goes with --status FAILED"),
    (("list", "--overdue", "1h", "--status", "FAILED", "--since", "1h"), "--since goes with --status FAILED"),
    (("list", "--overdue", "1h", "--errors"), "--until and --errors go with --status FAILED --since 1h"),
    (("list", "--user", "user-1", "--until", "1h"), "--until and --errors go with --status FAILED --since 1h"),
    ((*LIST, "--until", "2h"), "--since is later than --until"),
    (("list", "--status", "FAILED", "--since", "14:00"), "such as 14:00Z or 2026-02-03T14:00Z"),
    (("list", "--status", "FAILED", "--since", "99999999d"), "write how long ago, such as 1h"),
    (("retry", "vpr-1", "--user", "user-1"), "go with --failed"),
    (("retry", "vpr-1", "--until", "1h"), "go with --failed"),
    ((*LIST, "--where", "user=user-1"), "jobs are chosen by their kind only, such as --where kind=letter"),
    ((*LIST, "--where", "kind="), "jobs are chosen by their kind only, such as --where kind=letter"),
    ((*LIST, "--where", "letter"), "jobs are chosen by their kind only, such as --where kind=letter"),
    (("retry",), "Which jobs? JOB_ID ..., or --failed --since 1h"),
    (("retry", "--failed"), "--failed goes with --since"),
    (("retry", "vpr-1", "--failed", "--since", "1h"), "--failed goes with --since"),
    (("retry", "vpr-1", "--since", "1h"), "go with --failed"),
    (("retry", "vpr-1", "--where", "kind=letter"), "go with --failed"),
    (("retry", "vpr-1", "--dry-run"), "go with --failed"),
    ((*RETRY, "--yes"), "--failed needs the queue that gets the ids"),
]


@pytest.mark.parametrize(("arguments", "message"), WRONG)
def test_options_that_do_not_go_together_are_refused_before_any_request(
    run: Run, requests: list[str], arguments: tuple[str, ...], message: str
) -> None:
    ran = run(*arguments)

    assert (ran.code, ran.out, requests) == (2, "", [])
    assert message in ran.err


def test_a_dry_run_counts_and_changes_nothing(
    run: Run, jobs: JobsRepository, three: list[str], cancelled: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mass_retry, "_SHOWN", 2)
    ran = run(*RETRY, "--dry-run")

    assert three[0] in ran.out
    assert three[2] not in ran.out
    assert ran.out.splitlines()[-1] == (
        "3 jobs would be retried, the latest 2 are shown. Nothing was changed: without --dry-run it is done."
    )
    document = run(*RETRY, "--dry-run", "--cancelled", "--json").document
    assert (document["dry_run"], document["failed"], len(document["jobs"])) == (True, 4, 2)
    assert run(*RETRY, "--dry-run", "--limit", "1").out.splitlines()[-1].startswith("1 job would be retried. ")
    assert jobs.find_job(three[0]).unwrap()["status"] == "FAILED"


def test_all_that_failed_is_retried_and_sent_after_a_question_with_the_count(
    run: Run, jobs: JobsRepository, three: list[str], cancelled: str, queue_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mass_retry, "_PAGE", 2)

    ran = run(*RETRY, "--queue-url", queue_url, stdin=b"y\n", terminal=True)

    assert "Retry 3 failed jobs of" in ran.err
    assert "3 of 3 jobs done" in ran.out
    assert ran.out.endswith("3 jobs retried and sent to the queue.\n")
    assert sent(queue_url) == sorted(three)
    assert jobs.find_job(cancelled).unwrap()["status"] == "FAILED"
    again = run(*RETRY, "--queue-url", queue_url, "--yes", "--json").document
    assert (again["retried"], again["stopped_by"], sent(queue_url)) == (0, None, [])


def test_nothing_is_retried_without_consent(run: Run, jobs: JobsRepository, three: list[str], queue_url: str) -> None:
    ran = run(*RETRY, "--queue-url", queue_url, stdin=b"n\n", terminal=True)

    assert (ran.code, sent(queue_url)) == (1, [])
    assert jobs.find_job(three[0]).unwrap()["status"] == "FAILED"


def test_a_kind_and_cancelled_jobs_are_retried_where_they_are_asked_for(
    run: Run, three: list[str], cancelled: str, queue_url: str
) -> None:
    letters = run(*RETRY, "--where", "kind=letter", "--queue-url", queue_url, "--yes", terminal=True)

    assert letters.out.endswith("1 job retried and sent to the queue.\n")
    assert "1 job done" in letters.out
    assert sent(queue_url) == [three[2]]
    run(*RETRY, "--cancelled", "--limit", "1", "--queue-url", queue_url, "--yes")
    assert sent(queue_url) == [cancelled]


def test_a_queue_that_fails_stops_the_run_after_one_job_which_is_named(
    run: Run, jobs: JobsRepository, three: list[str], queue_url: str
) -> None:
    ran = run(*RETRY, "--queue-url", queue_url + "-other", "--yes")

    assert ran.code == 3
    missing = (
        f"1 job PENDING without a message, which careervp-jobs recover --older-than 15m --queue-url {queue_url}-other"
    )
    assert f"{missing} sends: {three[0]}" in ran.out
    assert f"SQS took no message (AWS.SimpleQueueService.NonExistentQueue): {queue_url}-other" in ran.out
    assert "Run it again for the rest." in ran.out
    assert [jobs.find_job(job_id).unwrap()["status"] for job_id in three] == ["PENDING", "FAILED", "FAILED"]
    document = run(*RETRY, "--queue-url", queue_url + "-other", "--yes", "--json").document
    assert (document["retried"], document["to_enqueue"]) == (0, [three[1]])


def test_a_job_that_somebody_else_retried_is_left_alone_and_one_that_is_corrupt_is_named(
    run: Run, jobs: JobsRepository, three: list[str], queue_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    retry = JobsOperator.retry_job
    jobs.table.update_item(
        Key={"job_id": three[1]}, UpdateExpression="SET attempt = :x", ExpressionAttributeValues={":x": "many"}
    )

    def others_first(operator: JobsOperator, job_id: str, **options: Any) -> Any:
        if job_id == three[0]:
            retry(operator, job_id)
        return retry(operator, job_id, **options)

    monkeypatch.setattr(JobsOperator, "retry_job", others_first)
    ran = run(*RETRY, "--queue-url", queue_url, "--yes")

    assert ran.code == 1
    assert ran.out.splitlines() == [
        "1 job retried and sent to the queue.",
        "1 job left alone: no longer failed.",
        f"1 job could not be retried: {three[1]} (CORRUPT_RECORD)",
    ]


def test_a_record_that_cannot_be_read_is_named_as_well(
    run: Run, jobs: JobsRepository, queue_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = JobPage([], None, complete=True, unread=("vpr-1\x1b[31m",))
    monkeypatch.setattr(JobsOperator, "list_failed", lambda *_, **__: Result.success(page))
    corrupt: Any = Result.failure("corrupt", ResultCode.CORRUPT_RECORD)
    monkeypatch.setattr(JobsOperator, "retry_job", lambda *_: corrupt)

    assert "Left out, their records cannot be read: vpr-1\\x1b[31m" in run(*LIST).out
    dry = run(*RETRY, "--dry-run")
    assert "vpr-1\\x1b[31m" in dry.out
    assert dry.out.splitlines()[-1].startswith("1 job would be retried.")
    ran = run(*RETRY, "--queue-url", queue_url, "--yes")
    assert ran.out.splitlines()[-1] == "1 job could not be retried: vpr-1\\x1b[31m (CORRUPT_RECORD)"


def test_a_failure_of_the_table_stops_the_run(
    run: Run, three: list[str], queue_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    denied: Any = Result.failure("No permission", ResultCode.ACCESS_DENIED)
    monkeypatch.setattr(JobsOperator, "retry_job", lambda *_: denied)

    ran = run(*RETRY, "--queue-url", queue_url, "--yes")

    assert (ran.code, sent(queue_url)) == (3, [])
    assert ran.out.splitlines()[-1] == "Stopped by ACCESS_DENIED: No permission. Run it again for the rest."


def test_a_recovery_is_foreseen(run: Run, past: JobsRepository, jobs: JobsRepository, queue_url: str) -> None:
    (letter, report) = (
        past.submit_job(kind, {}, fields={"kind": kind}).unwrap().job_id for kind in ("letter", "report")
    )
    recover = ("recover", "--older-than", "1h", "--queue-url", queue_url)

    ran = run(*recover, "--dry-run")

    assert letter in ran.out
    assert report in ran.out
    assert ran.out.splitlines()[-1] == "Nothing was changed: without --dry-run it is done."
    limited = run(*recover, "--dry-run", "--limit", "1")
    assert limited.out.splitlines()[-1] == "More jobs can be overdue: --limit N shows more."
    document = run(*recover, "--dry-run", "--json").document
    assert (sorted(document["waiting"]), document["dry_run"]) == (sorted([letter, report]), True)
    assert sent(queue_url) == []
    run(*recover, "--where", "kind=letter", "--yes")
    assert sent(queue_url) == [letter]


def test_other_commands_choose_by_kind_too(run: Run, past: JobsRepository) -> None:
    letter, report = (
        past.submit_job(k, {}, user_id="user-1", fields={"kind": k}).unwrap().job_id for k in ("letter", "report")
    )
    where = ("--where", "kind=letter")

    for command in (("list", "--user", "user-1"), ("list", "--overdue", "1h")):
        assert [job["job_id"] for job in run(*command, *where, "--json").document["jobs"]] == [letter]
    assert run("stats", *where, "--json").document["counts"]["PENDING"] == 1
    past.cancel_job(letter).unwrap()
    past.cancel_job(report).unwrap()
    assert run("purge", "--older-than", "1h", *where, "--json").document["jobs"] == [letter]
    asked = run("purge", "--older-than", "1h", *where, "--no-dry-run", stdin=b"n\n", terminal=True)
    assert "Delete finished jobs of kind letter of" in asked.err
    recover = run("recover", "--older-than", "1h", *where, stdin=b"n\n", terminal=True)
    assert "overdue jobs of kind letter of" in recover.err


def test_the_next_page_of_a_users_kind_keeps_the_kind(run: Run, jobs: JobsRepository) -> None:
    for number in range(3):
        jobs.submit_job(f"key {number}", {}, user_id="user-1", fields={"kind": "a letter"}).unwrap()

    first = run("list", "--user", "user-1", "--where", "kind=a letter", "--limit", "2")
    _, *command = shlex.split(first.out.splitlines()[-1].partition(": ")[2])

    assert len(run(*command, "--json").document["jobs"]) == 1
