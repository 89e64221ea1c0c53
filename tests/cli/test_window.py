"""`--since` and `--until`, and the failed jobs of one user."""

from __future__ import annotations

import itertools
import json
import shlex
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from careervp_jobs_dal import JobsOperator, JobsRepository, Result, ResultCode
from careervp_jobs_dal.aws.job_sender import JobSender
from careervp_jobs_dal.cli import mass_retry
from careervp_jobs_dal.cli.moment import Moment
from tests.cli.conftest import Run, claim

NOW = datetime(2026, 2, 3, 12, 0, tzinfo=UTC)
LIST = ("list", "--status", "FAILED")
RETRY = ("retry", "--failed", "--since", "3h")
QUEUE = "https://sqs.eu-west-1.amazonaws.com/123456789012/jobs"


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("90m", NOW - timedelta(minutes=90)),
        ("12:00Z", NOW),
        ("12:00:01Z", NOW + timedelta(seconds=1, days=-1)),
        ("13:00+02:00", NOW - timedelta(hours=1)),
        ("2026-02-03T11:00Z", NOW - timedelta(hours=1)),
        ("2026-02-03 11:00:00Z", NOW - timedelta(hours=1)),
    ],
)
def test_a_moment_is_an_age_or_a_time_of_the_day_or_an_instant(text: str, instant: datetime) -> None:
    assert Moment(text).before(NOW) == instant
    assert Moment(text).before(NOW.astimezone(timezone(timedelta(hours=14)))) == instant


@pytest.mark.parametrize(
    "text", ["", "14:00", "T14:00Z", "2026-02-03", "2026-02-03T14:00", "99999d", "0001-01-01T00:00+14:00"]
)
def test_what_names_no_moment_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"^$"):
        Moment(text)


def failed(jobs: JobsRepository, key: str, user_id: str) -> str:
    job_id = jobs.submit_job(key, {}, user_id=user_id).unwrap().job_id
    jobs.fail_job(claim(jobs, job_id), "no").unwrap()
    return job_id


@pytest.fixture
def old(with_indexes: str, past: JobsRepository) -> str:
    """A job of user-1 that failed two hours ago."""
    return failed(past, "old", "user-1")


@pytest.fixture
def new(old: str, jobs: JobsRepository) -> list[str]:
    """Two jobs that failed just now, of user-1 and user-2."""
    return [failed(jobs, "new", "user-1"), failed(jobs, "new", "user-2")]


def ids(run: Run, *arguments: str) -> list[str]:
    return [job["job_id"] for job in run(*arguments, "--json").document["jobs"]]


def test_the_failed_jobs_between_two_instants_or_of_one_user_are_listed(run: Run, old: str, new: list[str]) -> None:
    assert ids(run, *LIST, "--since", "3h", "--until", "1h") == [old]
    assert ids(run, *LIST, "--since", "3h", "--user", "user-2") == [new[1]]
    assert set(ids(run, *LIST, "--since", "1h")) == set(new)


def test_the_next_page_has_the_same_user_instants_and_limit(run: Run, old: str, new: list[str]) -> None:
    first = run(*LIST, "--since", "3h", "--user", "user-1", "--limit", "1")
    program, *command = shlex.split(first.out.splitlines()[-1].partition(": ")[2])

    assert program == "careervp-jobs"
    assert command[command.index("--limit") + 1] == "1"
    assert ids(run, *command) == [old]
    other_user = ["user-2" if word == "user-1" else word for word in command]
    assert (run(*other_user).code, run(*command, "--json").document["complete"]) == (2, True)


def test_the_jobs_of_one_user_in_a_window_are_retried(
    run: Run, jobs: JobsRepository, old: str, new: list[str], queue_url: str
) -> None:
    ran = run(*RETRY, "--user", "user-1", "--until", "1h", "--queue-url", queue_url, "--yes")

    assert ran.out == "1 job retried and sent to the queue.\n"
    statuses = [jobs.find_job(job_id).unwrap()["status"] for job_id in (old, *new)]
    assert statuses == ["PENDING", "FAILED", "FAILED"]


def test_the_jobs_of_one_user_are_recovered(run: Run, with_indexes: str, past: JobsRepository) -> None:
    mine, _ = (past.submit_job("key", {}, user_id=user).unwrap().job_id for user in ("user-1", "user-2"))

    asked = run("recover", "--older-than", "1h", "--user", "user-1", stdin=b"n\n", terminal=True)
    ran = run("recover", "--older-than", "1h", "--user", "user-1", "--yes", "--json")

    assert "overdue jobs of the user 'user-1' of" in asked.err
    assert ran.document["waiting"] == [mine]


def test_ctrl_c_says_how_many_were_retried_and_a_second_run_does_the_rest(
    run: Run, jobs: JobsRepository, old: str, new: list[str], queue_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    send, calls = JobSender.send, itertools.count()

    def once(sender: JobSender, job_ids: Any) -> Any:
        if next(calls):
            raise KeyboardInterrupt
        return send(sender, job_ids)

    words = (*RETRY, "--queue-url", queue_url, "--yes")
    with monkeypatch.context() as patch:
        patch.setattr(JobSender, "send", once)
        patch.setattr(mass_retry, "_GROUP", 1)
        ran = run(*words, terminal=True)

    assert (ran.code, ran.err) == (130, "careervp-jobs: Interrupted\n  fix:   run it again for the rest\n")
    assert "1 job retried and sent to the queue." in ran.out
    assert "Up to 1 more job can be PENDING without a message: careervp-jobs recover --older-than 15m" in ran.out
    assert run(*words).out == "1 job retried and sent to the queue.\n"


def test_a_job_that_two_write_at_once_stops_no_other(
    run: Run, old: str, new: list[str], queue_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    retry = JobsOperator.retry_job

    def clashing(operator: JobsOperator, job_id: str) -> Any:
        return Result.failure("It changed", ResultCode.CONFLICT) if job_id == new[0] else retry(operator, job_id)

    monkeypatch.setattr(JobsOperator, "retry_job", clashing)
    ran = run(*RETRY, "--queue-url", queue_url, "--yes", "--json")

    document = ran.document
    assert (ran.code, document["retried"], document["refused"]) == (1, 2, 1)
    assert document["refused_jobs"] == [{"job_id": new[0], "code": "CONFLICT"}]


def test_ctrl_c_in_a_recovery_says_how_many_ids_were_sent(
    run: Run, with_indexes: str, past: JobsRepository, queue_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for key in "ab":
        past.submit_job(key, {}).unwrap()
    from careervp_jobs_dal.cli.delivery import Delivery

    deliver = Delivery.__call__

    def once(delivery: Delivery, job_id: str) -> None:
        if delivery.sent:
            raise KeyboardInterrupt
        deliver(delivery, job_id)

    monkeypatch.setattr(Delivery, "__call__", once)
    sending = run("recover", "--older-than", "1h", "--queue-url", queue_url, "--yes", "--json")

    assert sending.code == 130
    assert json.loads(sending.err)["error"]["message"] == "Interrupted, 1 job sent to the queue so far"
