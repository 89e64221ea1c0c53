"""`show`: a job's life and the next step, for people and machines, without its payload."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from careervp_jobs_dal import JobsOperator, JobsRepository
from careervp_jobs_dal.cli.parser import make_parser
from careervp_jobs_dal.cli.timeline import timeline
from tests.cli.conftest import USER, Run, claim, fail, submit
from tests.conftest import CANARY

LEASE = timedelta(minutes=5)
NOW = datetime(2026, 2, 3, 14, tzinfo=UTC)


def events(run: Run, job_id: str) -> list[str]:
    """The time-line's names of events."""
    return [event["event"] for event in run("show", job_id, "--json", secret=False).document["timeline"]]


def told(out: str) -> list[str]:
    """The time-line's words."""
    lines = out.partition("EVENT\n")[2].partition("\n\n")[0].splitlines()
    return [re.split(r" {2,}", line, maxsplit=2)[-1] for line in lines]


def test_a_job_is_shown_with_its_payload_s_size_only(run: Run, jobs: JobsRepository) -> None:
    job_id = submit(jobs)

    ran = run("show", job_id)

    assert (ran.code, ran.err) == (0, "")
    lines = ran.out.splitlines()
    assert lines[:4] == [
        f"job_id   {job_id}",
        "status   PENDING, waiting",
        f"user_id  {USER}",
        "attempt  0 of 3",
    ]
    assert told(ran.out) == [f"submitted by {USER}"]
    assert "input_data       27 bytes, hidden (--show-input)" in lines
    assert "(in 23 h 59 m)" in ran.out
    assert not {"fingerprint", "submission_id", "active_shard", "due_at"} & set(ran.out.split())


def test_the_payload_is_shown_on_request(run: Run, jobs: JobsRepository) -> None:
    job_id = submit(jobs)

    assert f'input_data       {{"text":"{CANARY}"}}' in run("show", job_id, "--show-input", secret=False).out
    assert run("show", job_id, "--show-input", "--json", secret=False).document["input_data"] == {"text": CANARY}


def test_a_machine_gets_the_record_its_state_its_life_and_the_next_step(run: Run, jobs: JobsRepository) -> None:
    job_id = submit(jobs)
    record = jobs.find_job(job_id).unwrap()

    document = run("show", job_id, "--json").document

    step = document.pop("next_step")
    assert step["command"] == f"careervp-jobs watch {job_id}"
    assert step["words"].startswith("waiting since ")
    assert document.pop("timeline") == [{"at": record["created_at"], "event": "submitted"}]
    assert document.pop("state") == "waiting"
    assert document == {k: v for k, v in record.items() if k != "input_data"} | {"input_data_bytes": 27}


def test_the_whole_error_of_the_last_attempt_is_shown_and_the_first_line_of_earlier_ones(
    run: Run, jobs: JobsRepository
) -> None:
    job_id = submit(jobs, max_attempts=2)
    for number in (1, 2):
        error = f"\nValueError: no {number}\n\tat line 7 \x1b[31m\r\nend {number}"
        jobs.fail_job(claim(jobs, job_id), error, retryable=True).unwrap()

    ran = run("show", job_id)

    assert told(ran.out) == [
        f"submitted by {USER}",
        "first claim",
        "attempt 1 failed: ValueError: no 1",
        "attempt 2 failed: ValueError: no 2",
        "failed in attempt 2 of 2",
    ]
    block = ran.out.partition("\nerror\n")[2].partition("\n\n")[0]
    assert block.splitlines()[1:] == ["  ValueError: no 2", "      at line 7 \\x1b[31m", "  end 2"]
    assert "end 1" not in ran.out
    first = next(event for event in run("show", job_id, "--json").document["timeline"] if "error" in event)
    assert first["error"].endswith("end 1")


def test_a_worker_and_its_lease_are_named(run: Run, jobs: JobsRepository) -> None:
    job_id = submit(jobs)
    claimed = jobs.claim_job(job_id, lease=timedelta(minutes=10), worker_id="worker-7").unwrap()
    jobs.renew_claim(claimed, lease=timedelta(minutes=10), progress=0.4).unwrap()

    ran = run("show", job_id)

    assert "attempt  1 of 3 (40 % done)" in ran.out
    assert told(ran.out)[-1] == "attempt 1 of 3 by worker-7 holds the job; its lease ends then, unless it is renewed"
    assert "in 9 m " in ran.out
    jobs.complete_job(claimed).unwrap()
    assert told(run("show", job_id).out)[-1] == "completed in attempt 1 by worker-7"
    assert "Next: completed: nothing to do" in run("show", job_id).out


def put_back(jobs: JobsRepository, past: JobsRepository) -> str:
    job_id = submit(past)
    jobs.fail_job(claim(past, job_id), "no", retryable=True, retry_after=timedelta(minutes=7)).unwrap()
    return job_id


def released(jobs: JobsRepository, _: JobsRepository) -> str:
    job_id = submit(jobs)
    jobs.fail_job(claim(jobs, job_id), "no", retryable=True).unwrap()
    jobs.release_claim(claim(jobs, job_id)).unwrap()
    return job_id


def lost(jobs: JobsRepository, past: JobsRepository) -> str:
    job_id = submit(past)
    past.claim_job(job_id, lease=LEASE, worker_id="worker-7").unwrap()
    JobsOperator(jobs).recover_jobs(older_than=timedelta(minutes=15)).unwrap()
    return job_id


def lapsed(_: JobsRepository, past: JobsRepository) -> str:
    job_id = submit(past)
    claim(past, job_id)
    return job_id


def sent_again(jobs: JobsRepository, past: JobsRepository) -> str:
    job_id = submit(past)
    JobsOperator(jobs).recover_jobs(older_than=timedelta(minutes=15), enqueue=lambda _: None).unwrap()
    return job_id


def retried(jobs: JobsRepository, _: JobsRepository) -> str:
    job_id = submit(jobs, max_attempts=1)
    fail(jobs, job_id)
    JobsOperator(jobs).retry_job(job_id).unwrap()
    return job_id


def retried_twice(jobs: JobsRepository, past: JobsRepository) -> str:
    job_id = retried(jobs, past)
    fail(jobs, job_id)
    JobsOperator(jobs).retry_job(job_id).unwrap()
    claim(jobs, job_id)
    return job_id


def stopping(jobs: JobsRepository, _: JobsRepository) -> str:
    job_id = submit(jobs)
    claim(jobs, job_id)
    jobs.cancel_job(job_id).unwrap()
    return job_id


def cancelled(jobs: JobsRepository, _: JobsRepository) -> str:
    job_id = submit(jobs)
    jobs.cancel_job(job_id).unwrap()
    return job_id


def failed(jobs: JobsRepository, _: JobsRepository) -> str:
    job_id = submit(jobs)
    fail(jobs, job_id)
    return job_id


def overdue(_: JobsRepository, past: JobsRepository) -> str:
    return submit(past)


def later(jobs: JobsRepository, _: JobsRepository) -> str:
    return submit(jobs, run_at=jobs.clock() + timedelta(hours=2))


Maker = Callable[[JobsRepository, JobsRepository], str]


@pytest.mark.parametrize(
    ("make", "names"),
    [
        (put_back, ["submitted", "claimed", "attempt_failed", "put_back"]),
        (released, ["submitted", "claimed", "attempt_failed", "released"]),
        (lost, ["submitted", "claimed", "attempt_lost", "put_back"]),
        (lapsed, ["submitted", "claimed", "lease_lapsed"]),
        (sent_again, ["submitted", "swept"]),
        (retried, ["submitted", "attempt_failed", "retried"]),
        (
            retried_twice,
            ["submitted", "attempt_failed", "retried", "attempt_failed", "retried", "claimed", "lease_ends"],
        ),
        (stopping, ["submitted", "claimed", "cancel_requested", "lease_ends"]),
        (cancelled, ["submitted", "cancelled"]),
        (failed, ["submitted", "claimed", "attempt_failed", "failed"]),
        (later, ["submitted", "due"]),
    ],
)
@pytest.mark.usefixtures("with_indexes")
def test_a_time_line_tells_the_facts_of_the_record(
    run: Run, jobs: JobsRepository, past: JobsRepository, make: Maker, names: list[str]
) -> None:
    job_id = make(jobs, past)

    assert events(run, job_id) == names

    instants = [event["at"] for event in run("show", job_id, "--json", secret=False).document["timeline"]]
    record = jobs.find_job(job_id).unwrap()
    noted = [*record.values(), *(entry["at"] for entry in record.get("errors", ()))]
    assert [instant for instant in instants if instant and instant not in noted] == []


@pytest.mark.parametrize(
    ("make", "words", "command"),
    [
        (put_back, r"pausing until \d\d:.* \(in 6 m .*\): nothing to do, no worker may take it before", None),
        (overdue, r"overdue since .* \(2 h ago\): is a worker running\? .*", "recover --older-than 15m"),
        (lapsed, r"stuck since .* \(1 h 55 m ago\), when its lease lapsed: bring it back", "recover --older-than 15m"),
        (stopping, r"cancelling since .*: its worker is told when it renews its lease; follow it", "watch ID"),
        (cancelled, "cancelled: to do it after all", "retry ID"),
        (failed, "failed: try it again", "retry ID"),
        (sent_again, r"waiting since .* follow it", "watch ID"),
    ],
)
@pytest.mark.usefixtures("with_indexes")
def test_the_next_step_is_a_command_that_goes_where_this_one_went(
    run: Run, jobs: JobsRepository, past: JobsRepository, make: Maker, words: str, command: str | None
) -> None:
    job_id = make(jobs, past)

    step = run("show", job_id, "--json", "--table", jobs.table_name, secret=False).document["next_step"]

    assert re.fullmatch(words, step["words"])
    if command is None:
        assert step["command"] is None
        return
    assert step["command"] == f"careervp-jobs {command.replace('ID', job_id)} --table {jobs.table_name}"
    assert make_parser().parse_args(shlex.split(step["command"])[1:]).table == jobs.table_name
    assert f"\n  {step['command']}\n" in run("show", job_id, "--table", jobs.table_name, secret=False).out


def test_a_job_without_a_lease_is_brought_back_or_sent_by_hand(
    run: Run, jobs: JobsRepository, job: dict[str, Any]
) -> None:
    job_id = submit(jobs)
    claim(jobs, job_id)
    jobs.table.update_item(Key={"job_id": job_id}, UpdateExpression="REMOVE lease_expires_at")
    jobs.create_job(job | {"status": "PROCESSING"}).unwrap()

    seen, unseen = run("show", job_id), run("show", "vpr-1")

    assert told(seen.out)[-1] == "attempt 1 of 3 has no lease"
    assert "  careervp-jobs recover --older-than 15m --adopt-unleased\n" in seen.out
    assert "no sweep sees it, because it was not made by submit_job: send its id to the queue" in unseen.out
    assert "recover" not in unseen.out


def test_a_history_of_another_hand_is_told_as_far_as_it_goes() -> None:
    job = {
        "status": "PENDING",
        "created_at": "yesterday",
        "errors": [{"error": 7, "attempt": "first"}, "no entry", {"at": "2026-02-03T13:05:32Z"}],
        "kind": "letter",
    }

    assert [(event.at, event.event, event.words) for event in timeline(job, NOW)][:2] == [
        (None, "submitted", "submitted, kind letter"),
        (None, "attempt_failed", "attempt 0 failed: 7"),
    ]


def test_an_instant_at_the_end_of_time_is_shown(run: Run, jobs: JobsRepository, job: dict[str, Any]) -> None:
    del job["input_data"]
    jobs.table.put_item(Item={**job, "created_at": "0001-01-01T00:00:00+05:00"})

    assert "0001-01-01T00:00:00+05:00" in run("show", "vpr-1", secret=False).out


def test_a_long_first_line_of_an_error_is_shortened() -> None:
    job = {"status": "FAILED", "attempt": 1, "errors": [{"attempt": 1, "error": "x" * 500}]}

    words = [event.words for event in timeline(job, NOW)][1]

    assert len(words) == len("attempt 1 failed: ") + 120
    assert words.endswith("...")


def test_a_record_without_attempts_or_user_has_a_short_head(
    run: Run, jobs: JobsRepository, job: dict[str, Any]
) -> None:
    jobs.create_job(job).unwrap()

    assert run("show", "vpr-1").out.startswith("job_id  vpr-1\nstatus  PENDING, overdue\n\nWHEN")


@pytest.mark.parametrize("arguments", [("no",), ("JOB", "--user", "another")])
def test_a_job_that_is_not_there_or_another_s_is_not_found(
    run: Run, jobs: JobsRepository, arguments: tuple[str, ...]
) -> None:
    job_id = submit(jobs)
    arguments = tuple(job_id if argument == "JOB" else argument for argument in arguments)

    ran = run("show", *arguments)

    assert (ran.code, ran.out) == (1, "")
    assert ran.err.splitlines()[0] == f"careervp-jobs: Job not found: {arguments[0]}"
    error = json.loads(run("show", *arguments, "--json").err)["error"]
    assert (error["code"], error["message"]) == ("NOT_FOUND", f"Job not found: {arguments[0]}")


def test_a_record_without_payload_or_with_odd_values_is_shown(
    run: Run, jobs: JobsRepository, job: dict[str, Any]
) -> None:
    odd = {
        "seen_at": 5,
        "looked_at": "2026-02-03T13:05:32Z",
        "ttl": 4_000_000_000,
        "bytes": b"\x00\xff",
        "tags": {"b", "a"},
        "errors": "none",
        "error": 7,
        "seen_until": "soon",
    }
    del job["input_data"]
    jobs.create_job(job | odd).unwrap()

    human, machine = run("show", "vpr-1"), run("show", "vpr-1", "--json")

    assert (human.code, machine.code) == (0, 0)
    assert re.search(r"^seen_at +5$", human.out, re.M)
    assert re.search(r"^looked_at +2026-02-03T13:05:32Z \(.* ago\)$", human.out, re.M)
    assert (machine.document["bytes"], machine.document["tags"]) == ("AP8=", ["a", "b"])
    assert "input_data" not in human.out + machine.out
    assert "\nerror\n" not in human.out


@pytest.mark.parametrize("make", [put_back, lost, lapsed, retried_twice, failed])
@pytest.mark.parametrize("columns", [80, 120])
@pytest.mark.usefixtures("with_indexes")
def test_no_line_but_a_command_is_wider_than_the_terminal(
    run: Run, jobs: JobsRepository, past: JobsRepository, monkeypatch: pytest.MonkeyPatch, make: Maker, columns: int
) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    monkeypatch.setenv("NO_COLOR", "1")

    out = run("show", make(jobs, past), terminal=True, secret=False).out

    assert [line for line in out.splitlines() if len(line) > columns and "careervp-jobs" not in line] == []
    assert "…" not in out
