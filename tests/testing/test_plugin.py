"""The plugin in the runs of its users, each in a process of its own."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parents[2] / "examples"
STRICT = ("-p", "no:cacheprovider", "-W", "error", "--disable-socket")

TESTS = """
from datetime import timedelta

import boto3
import pytest
from moto import mock_aws

from careervp_jobs_dal import JobsRepository


@pytest.mark.parametrize("number", range(4))
def test_each_has_an_empty_table(jobs_repository, number):
    assert jobs_repository.submit_job("key", {}).unwrap().created


def test_the_clock_is_moved(jobs_repository, jobs_builder, jobs_clock):
    claim = jobs_builder.processing(lease=timedelta(minutes=5))
    assert jobs_repository.claim_job(claim.job_id, lease=timedelta(minutes=5)).code == "LEASE_HELD"
    jobs_clock.advance(timedelta(minutes=6))
    assert jobs_repository.claim_job(claim.job_id, lease=timedelta(minutes=5)).success


def test_a_fault_gives_its_code(jobs_faults):
    jobs_faults.throttle()
    assert JobsRepository().submit_job("key", {}).code == "THROTTLED"


def test_the_whole(jobs_embedded, jobs_repository):
    assert jobs_embedded.repository is jobs_repository


@pytest.fixture
def jobs_options():
    return {"retention": timedelta(hours=1)}


def test_options_are_given_by_a_fixture(jobs_repository, jobs_clock):
    job = jobs_repository.submit_job("key", {}).unwrap().job
    assert job["ttl"] - jobs_clock().timestamp() == pytest.approx(3600, abs=1)


@mock_aws
def test_a_mock_of_ones_own(jobs_repository):
    boto3.client("sqs", region_name="eu-west-1").create_queue(QueueName="jobs")
    assert jobs_repository.submit_job("key", {}).success
"""


def test_a_users_tests_have_the_fixtures(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(TESTS)

    pytester.runpytest_subprocess(*STRICT, "--numprocesses=2").assert_outcomes(passed=9)


def test_the_fixtures_are_listed_and_can_be_turned_off(pytester: pytest.Pytester) -> None:
    fixtures = ("options", "clock", "embedded", "repository", "faults", "builder", "queue")
    names = [f"jobs_{fixture}" for fixture in fixtures]
    pytester.runpytest_subprocess("--fixtures").stdout.fnmatch_lines_random([f"{name} -- *" for name in names])

    pytester.makepyfile("def test_nothing(jobs_repository): ...")
    outcome = pytester.runpytest_subprocess("-p", "no:careervp_jobs")
    outcome.assert_outcomes(errors=1)
    outcome.stdout.fnmatch_lines(["*fixture 'jobs_repository' not found*"])


def test_without_moto_a_test_is_told_what_to_install(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("def test_nothing(jobs_repository): ...", conftest="import sys; sys.modules['moto'] = None")

    outcome = pytester.runpytest_subprocess(*STRICT)
    outcome.assert_outcomes(errors=1)
    outcome.stdout.fnmatch_lines(["*pip install 'careervp-jobs-dal[[]testing]'*"])


@pytest.mark.parametrize(
    ("names", "number"), [(["submit.py", "worker.py", "test_service.py"], 7), (["letters.py", "test_letters.py"], 6)]
)
def test_the_guides_examples_pass(pytester: pytest.Pytester, names: list[str], number: int) -> None:
    for name in names:
        shutil.copy(EXAMPLES / name, pytester.path)

    pytester.runpytest_subprocess(*STRICT).assert_outcomes(passed=number)
