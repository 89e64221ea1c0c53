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
from careervp_jobs_dal.aws.gateway import Gateway
from careervp_jobs_dal.operations.batch import JobBatch
from careervp_jobs_dal.operations.census import Census
from tests.cli.conftest import USER, Run, claim, fail, submit
from tests.conftest import Clock

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

    assert (ran.code, ran.err.splitlines()[0]) == (1, "careervp-jobs: Still PENDING after 1 s")


def test_a_job_that_is_not_there_is_not_followed(run: Run) -> None:
    assert run("watch", "no such job").code == 1


def test_a_failure_that_may_pass_is_waited_out(
    run: Run, jobs: JobsRepository, meanwhile: Script, monkeypatch: pytest.MonkeyPatch
) -> None:
    job_id = submit(jobs)
    look, answers = JobsOperator.get_jobs, [Result.failure("slow down", ResultCode.THROTTLED), None]

    def sometimes(self: JobsOperator, job_ids: Any) -> Any:
        answer = answers.pop(0)
        return look(self, job_ids) if answer is None else answer

    monkeypatch.setattr(JobsOperator, "get_jobs", sometimes)
    meanwhile(int, lambda: jobs.cancel_job(job_id).unwrap(), int, int, int, int)

    ran = run("watch", job_id)

    assert [line.split()[1:3] for line in ran.out.splitlines()] == [["PENDING"], ["FAILED", "cancelled"]]
    assert answers == []


def test_a_failure_that_stays_ends_the_watch(
    run: Run, jobs: JobsRepository, meanwhile: Script, monkeypatch: pytest.MonkeyPatch
) -> None:
    denied = Result.failure("not allowed", ResultCode.ACCESS_DENIED)
    monkeypatch.setattr(JobsOperator, "get_jobs", lambda *_: denied)
    meanwhile(int, int)

    assert run("watch", submit(jobs)).code == 3


def test_a_record_that_can_no_longer_be_read_ends_the_watch(
    run: Run, jobs: JobsRepository, meanwhile: Script, monkeypatch: pytest.MonkeyPatch
) -> None:
    job_id, find = submit(jobs), JobsRepository.find_job
    answers = [None, Result.failure("later", ResultCode.UNAVAILABLE), Result.failure("odd", ResultCode.CORRUPT_RECORD)]

    def sometimes(self: JobsRepository, *ids: Any, **options: Any) -> Any:
        answer = answers.pop(0)
        return find(self, *ids, **options) if answer is None else answer

    monkeypatch.setattr(JobsRepository, "find_job", sometimes)
    monkeypatch.setattr(JobsOperator, "get_jobs", lambda *_: Result.success(JobBatch({}, (), (job_id,))))
    meanwhile(*[int] * 8)

    ran = run("watch", job_id)

    assert (ran.code, answers) == (1, [])
    assert "odd" in ran.err


def test_a_job_that_is_deleted_meanwhile_ends_the_watch(run: Run, jobs: JobsRepository, meanwhile: Script) -> None:
    job_id = submit(jobs)
    meanwhile(int, lambda: jobs.table.delete_item(Key={"job_id": job_id}))

    ran = run("watch", job_id)

    assert ran.code == 1
    assert f"Job {job_id} is gone: it expired or was deleted" in ran.err


def test_several_jobs_are_followed_with_one_request_a_look(
    run: Run, jobs: JobsRepository, meanwhile: Script, requests: list[str]
) -> None:
    first, second = submit(jobs, "a"), submit(jobs, "b")
    requests.clear()
    meanwhile(*work(jobs, first), *work(jobs, second), *[int] * 20)

    ran = run("watch", first, second, "--every", "2s")

    assert ran.code == 0
    assert [line.split()[2] for line in ran.out.splitlines() if first in line][-1] == "COMPLETED"
    looks = [name for name in requests if name in ("get_item", "batch_get_item")]
    assert looks == ["get_item", "get_item", *["batch_get_item"] * 6]


def test_the_live_lines_of_several_jobs_are_named_and_bounded(
    run: Run, jobs: JobsRepository, meanwhile: Script, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    monkeypatch.setenv("NO_COLOR", "1")
    ids = [submit(jobs, f"key-{number}") for number in range(14)]
    meanwhile(int)

    out = run("watch", *ids, terminal=True).out

    live = out.rpartition("\x1b[2K")[2].splitlines()
    assert [line[:20] for line in live[:12]] == [f"{each[:19]}…" for each in ids[:12]]
    assert live[12] == "and 2 more"
    assert max(map(len, live)) <= 60


def test_patience_with_several_jobs_counts_those_that_are_left(run: Run, jobs: JobsRepository) -> None:
    done, waiting, other = (submit(jobs, key) for key in "abc")
    jobs.complete_job(claim(jobs, done)).unwrap()

    ran = run("watch", done, waiting, other, "--timeout", "1s")

    assert (ran.code, ran.err.splitlines()[0]) == (1, "careervp-jobs: Still 2 jobs unfinished after 1 s")


def test_jobs_that_do_not_change_are_looked_at_less_often(
    run: Run, jobs: JobsRepository, meanwhile: Script, requests: list[str]
) -> None:
    job_id = submit(jobs)
    requests.clear()
    meanwhile(*[int] * 120)

    assert run("watch", job_id).code == 130
    assert requests.count("batch_get_item") == 11


@pytest.mark.parametrize(
    ("words", "make"),
    [
        ("pausing, due in 9 m", lambda jobs, _: submit(jobs, run_at=jobs.clock() + timedelta(minutes=10))),
        ("waiting 2 h, overdue", lambda _, past: submit(past)),
        (" s, asked to stop", lambda jobs, _: asked_to_stop(jobs)),
    ],
)
def test_a_live_line_says_whether_all_is_well(
    run: Run, jobs: JobsRepository, past: JobsRepository, meanwhile: Script, words: str, make: Callable[..., str]
) -> None:
    job_id = make(jobs, past)
    meanwhile()

    assert words in run("watch", job_id, terminal=True).out


def asked_to_stop(jobs: JobsRepository) -> str:
    job_id = submit(jobs)
    claim(jobs, job_id)
    jobs.cancel_job(job_id).unwrap()
    return job_id


@pytest.fixture
def numbers(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """What the looks of the census answer, one after the other."""

    def plan(*answers: Any) -> None:
        left = list(answers)
        monkeypatch.setattr(Census, "look", lambda _: left.pop(0))

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
    assert f" s\r\x1b[2K{up * 4}PENDING                1" in ran.out
    assert re.search(r"oldest PENDING         -\nno number is older than \d+ s\n$", ran.out)


def test_a_terminal_that_cannot_draw_anew_gets_lines(
    run: Run, jobs: JobsRepository, meanwhile: Script, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TERM", "dumb")
    job_id = submit(jobs)
    meanwhile(*work(jobs, job_id))

    out = run("watch", job_id, terminal=True).out

    assert [line.split()[1] for line in out.splitlines()] == ["PENDING", "PROCESSING", "PROCESSING", "COMPLETED"]
    assert "\x1b" not in out


def test_the_numbers_end_below_the_last_ones(run: Run, numbers: Callable[..., None]) -> None:
    numbers(some(2))

    ran = run("watch", "--timeout", "0s", terminal=True)

    assert (ran.code, ran.err) == (0, "")
    assert ran.out.endswith(" s\x1b[0m\n")


@pytest.mark.usefixtures("with_indexes")
def test_a_look_at_the_numbers_sends_eight_queries_and_a_read(
    run: Run, jobs: JobsRepository, meanwhile: Script, requests: list[str]
) -> None:
    submit(jobs)
    requests.clear()
    meanwhile(*[int] * 8)

    run("watch")

    assert len(requests) <= 64 + 1 + 4 * 9
    assert requests.count("query") == 64 + 4 * 8


@pytest.mark.usefixtures("with_indexes")
def test_after_a_round_the_numbers_are_those_of_all_changes(run: Run, jobs: JobsRepository, meanwhile: Script) -> None:
    ids = [submit(jobs, str(number)) for number in range(20)]
    meanwhile(lambda: [jobs.cancel_job(each).unwrap() for each in ids[5:]], *[int] * 16)

    lines = run("watch").out.splitlines()

    counts = [int(re.findall(r"PENDING (\d+)", line)[0]) for line in lines]
    assert (counts[0], counts[-1]) == (20, 5)
    assert counts == sorted(counts, reverse=True)


@pytest.mark.usefixtures("with_indexes")
@pytest.mark.parametrize(("every", "queries"), [("2s", 8), ("10s", 40), ("1m", 64)])
def test_a_slower_pace_counts_more_at_each_look(
    run: Run, meanwhile: Script, requests: list[str], every: str, queries: int
) -> None:
    seconds = {"2s": 2, "10s": 10, "1m": 60}[every]
    meanwhile(*[int] * seconds)

    run("watch", "--every", every)

    assert requests.count("query") == 64 + queries


@pytest.mark.usefixtures("with_indexes")
def test_the_numbers_say_how_old_their_oldest_part_is(jobs: JobsRepository, clock: Clock, table_name: str) -> None:
    census = Census(JobsRepository(table_name, clock=clock), timedelta(seconds=2))
    begun = clock()
    for _ in range(8):
        assert census.look()
        assert census.as_of == begun
        clock.advance(timedelta(seconds=2))

    assert census.look()
    assert census.as_of == begun + timedelta(seconds=2)


def test_without_the_index_the_numbers_say_how_to_add_it(run: Run) -> None:
    ran = run("watch")

    assert ran.code == 3
    assert "does not have the optional index active-jobs-index" in ran.err


@pytest.mark.usefixtures("with_indexes")
def test_a_part_that_cannot_be_counted_is_counted_at_the_next_look(
    jobs: JobsRepository, monkeypatch: pytest.MonkeyPatch
) -> None:
    census, ids = Census(jobs, timedelta(seconds=2)), [submit(jobs, str(number)) for number in range(20)]
    assert census.look().unwrap().counts == {"PENDING": 20}
    for job_id in ids:
        jobs.cancel_job(job_id).unwrap()

    with monkeypatch.context() as broken:
        broken.setattr(Gateway, "sweep", lambda *_: Result.failure("slow down", ResultCode.THROTTLED))
        assert census.look().code is ResultCode.THROTTLED
    for _ in range(8):
        numbers = census.look().unwrap()

    assert numbers.counts.get("PENDING", 0) == 0
