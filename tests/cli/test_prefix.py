"""The first characters of an id stand for the job, where only one begins so."""

from __future__ import annotations

from typing import Any

import pytest

from careervp_jobs_dal import JobsRepository, Result, ResultCode
from careervp_jobs_dal.aws.gateway import Gateway
from tests.cli.conftest import USER, Run, claim, fail, submit


def named(jobs: JobsRepository, job: dict[str, Any], *ids: str) -> None:
    """Jobs with these ids, in both indexes."""
    for number, job_id in enumerate(ids):
        place = {"active_shard": f"q{number % 10}", "due_at": job["created_at"], "user_id": USER}
        jobs.table.put_item(Item={**job, "input_data": {}, "job_id": job_id, **place})


def test_an_exact_id_costs_no_request_more(run: Run, jobs: JobsRepository, requests: list[str]) -> None:
    job_id = submit(jobs)
    requests.clear()

    assert run("show", job_id).code == 0
    assert requests == ["get_item"]


def test_a_whole_id_that_no_job_has_is_not_searched_for(run: Run, requests: list[str]) -> None:
    assert run("show", "5e0c6f7e-3c1d-5a80-9d0b-2f8c7a1b4e55").code == 1
    assert requests == ["get_item"]


@pytest.mark.usefixtures("with_indexes")
@pytest.mark.parametrize("typed", ["{}", "{}…", "{}~"])
def test_a_prefix_is_enough_to_show_watch_cancel_and_retry(run: Run, jobs: JobsRepository, typed: str) -> None:
    job_id = submit(jobs)
    short = typed.format(job_id[:6])

    assert run("show", short, "--json").document["job_id"] == job_id
    assert "PENDING" in run("watch", short, "--timeout", "1s").out
    (outcome,) = run("cancel", short, "--yes", "--json").document["jobs"]
    assert (outcome["job_id"], outcome["code"]) == (job_id, "SUCCESS")


@pytest.mark.usefixtures("with_indexes")
def test_a_prefix_is_enough_to_retry(run: Run, jobs: JobsRepository, job: dict[str, Any]) -> None:
    job_id = submit(jobs)
    fail(jobs, job_id)
    place = {":shard": "q0", ":at": job["created_at"]}
    jobs.table.update_item(
        Key={"job_id": job_id},
        UpdateExpression="SET active_shard = :shard, due_at = :at",
        ExpressionAttributeValues=place,
    )

    (outcome,) = run("retry", job_id[:6], "--yes", "--json").document["jobs"]

    assert (outcome["job_id"], outcome["status"]) == (job_id, "PENDING")


@pytest.mark.usefixtures("with_indexes")
def test_several_matches_are_named_and_none_is_touched(run: Run, jobs: JobsRepository, job: dict[str, Any]) -> None:
    named(jobs, job, *(f"letter-{number:02}" for number in range(12)), "other")

    ran = run("cancel", "letter", "--yes", "--json")

    (outcome,) = ran.document["jobs"]
    assert (ran.code, outcome["code"], outcome["job_id"]) == (2, "VALIDATION_ERROR", "letter")
    first_ten = ", ".join(f"letter-{number:02}" for number in range(10))
    assert outcome["outcome"] == f"12 jobs have ids that begin with letter: {first_ten} and 2 more"
    assert {jobs.find_job(f"letter-{number:02}").unwrap()["status"] for number in range(12)} == {"PENDING"}


@pytest.mark.usefixtures("with_indexes")
def test_an_id_that_begins_others_is_itself(run: Run, jobs: JobsRepository, job: dict[str, Any]) -> None:
    named(jobs, job, "letter", "letter-1")

    assert run("show", "letter", "--json").document["job_id"] == "letter"


@pytest.mark.usefixtures("with_indexes")
def test_with_a_user_the_user_s_jobs_are_searched_finished_ones_too(
    run: Run, jobs: JobsRepository, requests: list[str]
) -> None:
    job_id = submit(jobs)
    jobs.complete_job(claim(jobs, job_id)).unwrap()
    requests.clear()

    assert run("show", job_id[:8], "--user", USER, "--json").document["job_id"] == job_id
    assert requests == ["get_item", "query", "get_item"]
    assert "(no id of the user's jobs begins so)" in run("show", job_id[:8], "--user", "another").err
    assert "(no id of the unfinished and the failed jobs begins so)" in run("show", job_id[:8]).err


@pytest.mark.usefixtures("with_indexes")
def test_three_characters_are_too_few(run: Run, jobs: JobsRepository, requests: list[str]) -> None:
    job_id = submit(jobs)
    requests.clear()

    assert run("show", job_id[:3]).err.splitlines()[0] == f"careervp-jobs: Job not found: {job_id[:3]}"
    assert requests == ["get_item"]


@pytest.mark.usefixtures("with_indexes")
def test_all_pages_of_an_index_are_searched(run: Run, jobs: JobsRepository, monkeypatch: pytest.MonkeyPatch) -> None:
    ids = [submit(jobs, str(number)) for number in range(6)]
    send = Gateway._send

    def in_small_pages(self: Gateway, verb: Any, sending: Any, call: Any) -> Any:
        if sending.request.operation == "query":
            sending.request = sending.request._replace(parameters={**sending.request.parameters, "Limit": 1})
        return send(self, verb, sending, call)

    monkeypatch.setattr(Gateway, "_send", in_small_pages)

    for job_id in ids:
        assert run("show", job_id[:12], "--user", USER, "--json").document["job_id"] == job_id


@pytest.mark.parametrize(("user", "index"), [([], "active-jobs-index"), (["--user", USER], "user-jobs-index")])
def test_without_the_index_a_prefix_is_not_found_and_says_why(
    run: Run, plain_table: str, user: list[str], index: str
) -> None:
    ran = run("show", "5e0c6f", *user, "--table", plain_table)

    assert ran.code == 1
    hint = f"to find it by its first characters, the table needs the index {index}"
    assert ran.err.splitlines()[0] == f"careervp-jobs: Job not found: 5e0c6f ({hint})"


@pytest.mark.usefixtures("with_indexes")
def test_a_search_that_fails_says_so(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Gateway, "sweep", lambda *_: Result.failure("slow down", ResultCode.THROTTLED))

    ran = run("show", "5e0c6f")

    assert ran.code == 3
    assert "slow down" in ran.err
