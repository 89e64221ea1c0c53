"""`show`: the record for people and machines, without its payload."""

from __future__ import annotations

from typing import Any

import pytest

from careervp_jobs_dal import JobsRepository
from tests.cli.conftest import USER, Run, claim, fail, submit
from tests.conftest import CANARY


def test_a_job_is_shown_with_its_payload_s_size_only(run: Run, jobs: JobsRepository) -> None:
    job_id = submit(jobs)

    ran = run("show", job_id)

    assert (ran.code, ran.err) == (0, "")
    lines = ran.out.splitlines()
    assert lines[0] == f"job_id           {job_id}"
    assert lines[1:3] == ["status           PENDING", f"user_id          {USER}"]
    assert "input_data       27 bytes, hidden (--show-input)" in lines
    assert "(in 23 h 59 m)" in ran.out
    assert "fingerprint" not in ran.out


def test_the_payload_is_shown_on_request(run: Run, jobs: JobsRepository) -> None:
    job_id = submit(jobs)

    assert f'input_data       {{"text":"{CANARY}"}}' in run("show", job_id, "--show-input", secret=False).out
    assert run("show", job_id, "--show-input", "--json", secret=False).document["input_data"] == {"text": CANARY}


def test_a_machine_gets_the_record_without_the_payload(run: Run, jobs: JobsRepository) -> None:
    job_id = submit(jobs)

    document = run("show", job_id, "--json").document

    assert document["input_data_bytes"] == 27
    assert document == {k: v for k, v in jobs.find_job(job_id).unwrap().items() if k != "input_data"} | {
        "input_data_bytes": 27
    }


def test_the_error_of_a_job_that_is_asked_for_is_shown(run: Run, jobs: JobsRepository) -> None:
    job_id = submit(jobs)
    fail(jobs, job_id)

    ran = run("show", job_id, secret=False)

    lines = [line.split(maxsplit=1) for line in ran.out.splitlines()]
    assert ["error", f"cannot do {CANARY}"] in lines
    assert ["errors", "1 (--json shows them)"] in lines


@pytest.mark.parametrize("arguments", [("no such job",), ("JOB", "--user", "another")])
def test_a_job_that_is_not_there_or_another_s_is_not_found(
    run: Run, jobs: JobsRepository, arguments: tuple[str, ...]
) -> None:
    job_id = submit(jobs)
    arguments = tuple(job_id if argument == "JOB" else argument for argument in arguments)

    ran = run("show", *arguments)

    assert (ran.code, ran.out) == (1, "")
    assert ran.err == f"careervp-jobs: Job not found: {arguments[0]}\n"
    assert run("show", *arguments, "--json").err == (
        f'{{"error": {{"code": "NOT_FOUND", "message": "Job not found: {arguments[0]}"}}}}\n'
    )


def test_what_a_terminal_would_obey_is_shown_and_not_sent(run: Run, jobs: JobsRepository, job: dict[str, Any]) -> None:
    jobs.create_job(job | {"note": "\x1b[31mred\n"}).unwrap()

    ran = run("show", "vpr-1", terminal=True)

    assert "\\x1b[31mred\\n" in ran.out
    assert "\x1b[31mred" not in ran.out


def test_a_record_without_payload_or_with_odd_values_is_shown(
    run: Run, jobs: JobsRepository, job: dict[str, Any]
) -> None:
    odd = {
        "seen_at": 5,
        "ttl": 4_000_000_000,
        "bytes": b"\x00\xff",
        "tags": {"b", "a"},
        "errors": "none",
        "seen_until": "soon",
    }
    del job["input_data"]
    jobs.create_job(job | odd).unwrap()

    human, machine = run("show", "vpr-1"), run("show", "vpr-1", "--json")

    assert (human.code, machine.code) == (0, 0)
    assert "seen_at          5\n" in human.out
    assert (machine.document["bytes"], machine.document["tags"]) == ("AP8=", ["a", "b"])
    assert "input_data" not in human.out + machine.out


def test_an_instant_is_shown_with_its_distance(run: Run, jobs: JobsRepository) -> None:
    job_id = submit(jobs)
    claim(jobs, job_id, minutes=10)

    assert "Z (in 9 m 5" in run("show", job_id).out
