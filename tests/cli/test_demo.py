"""`demo`: needs moto and nothing else, and leaves the surroundings as they were."""

from __future__ import annotations

import os
import sys

import pytest

from tests.cli.conftest import Run


def test_the_demo_tells_a_job_s_whole_life(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_PROFILE", "nobody")
    monkeypatch.setenv("AWS_ENDPOINT_URL_DYNAMODB", "http://127.0.0.1:9")
    before = dict(os.environ)

    ran = run("demo")

    assert (ran.code, ran.err) == (0, "")
    assert os.environ == before
    story = [line.split("  ") for line in ran.out.splitlines()[3:]]
    assert len(story) == 9
    assert all(len(line) <= 80 for line in ran.out.splitlines())


def test_each_step_is_answered_as_the_library_promises(run: Run) -> None:
    steps = run("demo", "--json").document["steps"]

    assert [(step["call"], step["status"], step["answer"].partition(":")[0]) for step in steps] == [
        ("submit_job", "PENDING", "created, to be enqueued"),
        ("submit_job", "PENDING", "the same job, no second one"),
        ("claim_job", "PROCESSING", "attempt 1 of 3"),
        ("claim_job", "PROCESSING", "LEASE_HELD"),
        ("renew_claim", "PROCESSING", "40 % done, then A dies"),
        ("claim_job", "PROCESSING", "the lease lapsed"),
        ("complete_job", "PROCESSING", "LEASE_LOST"),
        ("complete_job", "COMPLETED", "done, once"),
        ("update_job_status", "COMPLETED", "INVALID_TRANSITION"),
    ]


def test_without_moto_one_line_says_how_to_get_it(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "careervp_jobs_dal.testing", None)  # it raises ImportError without moto

    ran = run("demo")

    assert (ran.code, ran.out) == (3, "")
    assert ran.err == "careervp-jobs: The demo needs moto: python -m pip install 'careervp-jobs-dal[demo]'\n"
