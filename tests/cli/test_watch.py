"""`watch`: follows a job to its end, or the numbers, at a terminal and without one."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from careervp_jobs_dal import JobsOperator, JobsRepository, Result, ResultCode, Stats
from tests.cli.conftest import USER, Run, claim, fail, submit

LEASE = timedelta(minutes=5)
Script = Callable[..., None]


@pytest.fixture
def meanwhile(monkeypatch: pytest.MonkeyPatch) -> Script:
    """What happens in each second that the command sleeps; after the last step it is interrupted."""

    def plan(*steps: Callable[[], Any]) -> None:
        left = list(steps)

        def sleep(_: float) -> None:
            if not left:
                raise KeyboardInterrupt
            left.pop(0)()

        monkeypatch.setattr(time, "sleep", sleep)

    return plan


def work(jobs: JobsRepository, job_id: str) -> list[Callable[[], Any]]:
    """A worker's steps: claim, progress, done."""
    claims: list[Any] = []
    return [
        int,
        lambda: claims.append(claim(jobs, job_id)),
        int,
        lambda: jobs.renew_claim(claims[0], lease=LEASE, progress=0.4).unwrap(),
        int,
        lambda: jobs.complete_job(claims[0], result_key="r").unwrap(),
    ]


def test_a_job_is_followed_line_by_line(run: Run, jobs: JobsRepository, meanwhile: Script) -> None:
    job_id = submit(jobs)
    meanwhile(*work(jobs, job_id))

    ran = run("watch", job_id)

    assert (ran.code, ran.err) == (0, "")
    lines = [line.split("  ", 1) for line in ran.out.splitlines()]
    assert all(re.fullmatch(r"\d\d:\d\d:\d\dZ", at) for at, _ in lines)
    assert [re.sub(r"\d+ s after", "N s after", said) for _, said in lines] == [
        "PENDING",
        "PROCESSING  attempt 1/3",
        "PROCESSING  attempt 1/3  40 %",
        "COMPLETED   attempt 1/3  40 %  N s after it was created",
    ]


def test_a_machine_gets_a_document_a_line(run: Run, jobs: JobsRepository, meanwhile: Script) -> None:
    job_id = submit(jobs)
    meanwhile(int, lambda: fail(jobs, job_id))

    ran = run("watch", job_id, "--json", "--user", USER)

    assert ran.code == 1
    assert [json.loads(line)["status"] for line in ran.out.splitlines()] == ["PENDING", "FAILED"]


def test_at_a_terminal_one_line_is_drawn_again(
    run: Run, jobs: JobsRepository, meanwhile: Script, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    job_id = submit(jobs)
    meanwhile(*work(jobs, job_id))

    out = run("watch", job_id, terminal=True).out

    drawn = [re.sub(r"\x1b\[\d*m", "", part) for part in out.split("\r\x1b[2K")]
    assert re.fullmatch(r"waiting \d+ s", drawn[1])
    assert any(re.fullmatch(r"█{16}░{24}  40 %  running \d+ s", line) for line in drawn)
    assert out.count("PROCESSING") == 1
    assert out.endswith("after it was created\n")
    assert "\x1b[32mCOMPLETED \x1b[0m" in out


def test_an_expected_time_gives_a_bar_that_never_fills(
    run: Run, past: JobsRepository, meanwhile: Script, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "72")
    job_id = submit(past)
    claim(past, job_id)
    meanwhile()

    ran = run("watch", job_id, "--expect", "45s", terminal=True)

    assert ran.code == 130
    assert " 99 %  running 2 h of about 45 s, its lease has lapsed\n" in ran.out
    assert ran.err == "careervp-jobs: Interrupted\n"


def test_a_narrow_terminal_loses_the_bar_and_not_the_words(
    run: Run, past: JobsRepository, meanwhile: Script, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "30")
    job_id = submit(past)
    claim(past, job_id)
    meanwhile()

    assert "\n99 %  running 2 h of about 45…\n" in run("watch", job_id, "--expect", "45s", terminal=True).out


def test_patience_ends(run: Run, jobs: JobsRepository) -> None:
    ran = run("watch", submit(jobs), "--timeout", "1s")

    assert (ran.code, ran.err) == (1, "careervp-jobs: Still PENDING after 1 s\n")


def test_a_job_that_is_not_there_is_not_followed(run: Run) -> None:
    assert run("watch", "no such job").code == 1


def test_a_failure_that_may_pass_is_waited_out(
    run: Run, jobs: JobsRepository, meanwhile: Script, monkeypatch: pytest.MonkeyPatch
) -> None:
    job_id = submit(jobs)
    find, answers = JobsRepository.find_job, [None, Result.failure("slow down", ResultCode.THROTTLED), None]

    def sometimes(self: JobsRepository, job_id: str, **options: Any) -> Any:
        answer = answers.pop(0)
        return find(self, job_id, **options) if answer is None else answer

    monkeypatch.setattr(JobsRepository, "find_job", sometimes)
    meanwhile(int, lambda: jobs.cancel_job(job_id).unwrap(), int, int)

    ran = run("watch", job_id)

    assert [line.split()[1] for line in ran.out.splitlines()] == ["PENDING", "FAILED"]
    assert answers == []


@pytest.fixture
def numbers(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """What `stats` answers, one after the other."""

    def plan(*answers: Any) -> None:
        left = list(answers)
        monkeypatch.setattr(JobsOperator, "stats", lambda _: left.pop(0))

    return plan


def some(pending: int) -> Result[Stats]:
    return Result.success(Stats({"PENDING": pending}, 0, None, whole_table=False))


def test_the_numbers_are_told_when_they_change(run: Run, numbers: Callable[..., None], meanwhile: Script) -> None:
    numbers(some(2), Result.failure("slow down", ResultCode.THROTTLED), some(2), some(1))
    meanwhile(*[int] * 7)

    ran = run("watch")

    assert (ran.code, ran.err) == (130, "careervp-jobs: Interrupted\n")
    assert [line.split("  ", 1)[1] for line in ran.out.splitlines()] == [
        "PENDING 2  PROCESSING 0  lapsed 0",
        "PENDING 1  PROCESSING 0  lapsed 0",
    ]


def test_a_number_says_how_long_the_oldest_waits(run: Run, past: JobsRepository, with_indexes: str) -> None:
    submit(past)

    ran = run("watch", "--timeout", "0s", "--json")

    assert ran.code == 0
    assert ran.document["counts"] == {"PENDING": 1, "PROCESSING": 0}
    assert "oldest PENDING 2 h" in run("watch", "--timeout", "0s").out


def test_at_a_terminal_the_numbers_are_drawn_again(
    run: Run, numbers: Callable[..., None], meanwhile: Script, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    numbers(some(2), some(1))
    meanwhile(int, int, int)

    ran = run("watch", terminal=True)

    up = "\x1b[A\r\x1b[2K"
    assert f"-\r\x1b[2K{up * 3}PENDING                1" in ran.out
    assert ran.out.endswith("oldest PENDING         -\n")


def test_the_numbers_end_below_the_last_ones(run: Run, numbers: Callable[..., None]) -> None:
    numbers(some(2))

    ran = run("watch", "--timeout", "0s", terminal=True)

    assert (ran.code, ran.err) == (0, "")
    assert ran.out.endswith("-\n")
