"""`demo`: needs moto and nothing else, and leaves the surroundings as they were."""

from __future__ import annotations

import os
import sys

import boto3
import pytest

from careervp_jobs_dal.aws import resource
from tests.cli.conftest import Run


def test_the_demo_tells_a_job_s_whole_life(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_PROFILE", "nobody")
    monkeypatch.setenv("AWS_ENDPOINT_URL_DYNAMODB", "http://127.0.0.1:9")
    before = dict(os.environ)

    ran = run("demo")

    assert (ran.code, ran.err) == (0, "")
    assert os.environ == before
    introduction, _, story = ran.out.partition("\n\n")
    assert "nothing leaves the machine" in introduction
    assert len(story.splitlines()) == 1 + 9
    assert all(len(line) <= 80 for line in ran.out.splitlines())


def test_no_client_of_the_demo_stays_in_the_process(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)
    monkeypatch.setattr(resource, "_kept", None)

    assert run("demo").code == run("demo").code == 0

    assert (boto3.DEFAULT_SESSION, resource._kept) == (None, None)


def test_each_step_is_answered_as_the_library_promises(run: Run) -> None:
    steps = run("demo", "--json").document["steps"]

    assert [(step["call"], step["status"], step["answer"]) for step in steps] == [
        ("submit_job", "PENDING", "stored; waits for a worker"),
        ("submit_job", "PENDING", "asked again: still one job"),
        ("claim_job", "PROCESSING", "attempt 1 of 3, for 5 minutes"),
        ("claim_job", "PROCESSING", "LEASE_HELD: A works on it"),
        ("renew_claim", "PROCESSING", "40 % done, then A freezes"),
        ("claim_job", "PROCESSING", "A's time is up: attempt 2 of 3"),
        ("complete_job", "PROCESSING", "LEASE_LOST: A wakes up too late"),
        ("complete_job", "COMPLETED", "done once, with B's result"),
        ("update_job_status", "COMPLETED", "INVALID_TRANSITION: done is done"),
    ]


def test_without_moto_one_line_says_how_to_get_it(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "careervp_jobs_dal.testing", None)  # it raises ImportError without moto

    ran = run("demo")

    assert (ran.code, ran.out) == (3, "")
    assert ran.err == "careervp-jobs: The demo needs moto: python -m pip install 'careervp-jobs-dal[demo]'\n"
