"""`erase-user`: a dry run by default, a question before it deletes, and an exit code that says to come again."""

from __future__ import annotations

from typing import Any

import boto3
import pytest

from careervp_jobs_dal import Erasure, JobsOperator, JobsRepository, Result, ResultCode
from tests.cli.conftest import USER, Run, claim, submit

pytestmark = pytest.mark.usefixtures("with_indexes")


def test_it_is_a_dry_run_unless_told_otherwise(run: Run, jobs: JobsRepository, past: JobsRepository) -> None:
    old = submit(past)

    dry = run("erase-user", USER)

    assert (dry.code, dry.err) == (0, "")
    assert dry.out.splitlines() == [
        "1 job would be deleted, 1 job looked at.",
        "Nothing was changed: --no-dry-run deletes them.",
    ]
    assert jobs.find_job(old)
    assert run("erase-user", USER, "--json").document == {
        "erased": [old],
        "waiting": [],
        "failed": [],
        "dry_run": True,
        "complete": False,
        "scanned": 1,
        "stopped_by": None,
    }

    wet = run("erase-user", USER, "--no-dry-run", "--yes")

    assert (wet.code, wet.out) == (0, "1 job deleted, 1 job looked at.\n")
    assert jobs.find_job(old).code is ResultCode.NOT_FOUND


def test_it_asks_before_it_deletes_and_says_what_stays(run: Run, past: JobsRepository, jobs: JobsRepository) -> None:
    old = submit(past)

    ran = run("erase-user", USER, "--no-dry-run", stdin=b"n\n", terminal=True)

    assert ran.code == 1
    assert f"Erase all jobs of the user '{USER}' in jobs-" in ran.err
    assert "and not their results elsewhere, for good? [y/N]" in ran.err
    assert jobs.find_job(old)


def test_what_cannot_go_yet_is_told_and_the_exit_code_says_to_come_again(
    run: Run, jobs: JobsRepository, past: JobsRepository
) -> None:
    submit(jobs)

    ran = run("erase-user", USER, "--no-dry-run", "--yes", terminal=True)

    assert ran.code == 1
    assert "1 job looked at" in ran.out.splitlines()[0]
    assert ran.out.splitlines()[-1] == (
        "1 job cannot be deleted yet (held by a worker, or younger than 15 minutes). Run it again later."
    )


def test_results_in_the_bucket_go_as_well(run: Run, past: JobsRepository, queue_url: str) -> None:
    s3: Any = boto3.client("s3")
    s3.create_bucket(Bucket="results", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    job_id = submit(past)
    past.complete_job(claim(past, job_id), result_key="named").unwrap()
    for key in ("named", f"reports/{job_id}/an-attempt.json", "another"):
        s3.put_object(Bucket="results", Key=key, Body=b"{}")
    bucket = ("--results-bucket", "results", "--results-prefix", "reports/")

    asked = run("erase-user", USER, *bucket, "--no-dry-run", stdin=b"n\n", terminal=True)
    ran = run("erase-user", USER, *bucket, "--no-dry-run", "--yes")

    assert "and their results in results, for good?" in asked.err
    assert ran.code == 0
    assert [each["Key"] for each in s3.list_objects_v2(Bucket="results")["Contents"]] == ["another"]


def test_a_bucket_that_is_not_there_keeps_the_records(run: Run, past: JobsRepository, queue_url: str) -> None:
    job_id = submit(past)

    ran = run("erase-user", USER, "--results-bucket", "no-such-bucket", "--no-dry-run", "--yes")

    assert ran.code == 1
    assert ran.out.splitlines()[1] == "1 job left, because of an error (--json names them)."
    assert past.find_job(job_id)


def test_what_stopped_it_is_told(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    erasure = Erasure(("vpr-1",), dry_run=False, scanned=7, stopped_by=ResultCode.THROTTLED)
    monkeypatch.setattr(JobsOperator, "erase_user", lambda *_, **__: Result.success(erasure))

    ran = run("erase-user", USER, "--no-dry-run", "--yes")

    assert ran.code == 3
    assert ran.out.splitlines() == [
        "1 job deleted, 7 jobs looked at.",
        "Not all jobs were looked at: THROTTLED. Run it again.",
    ]
