"""The embedded table: new, isolated, safe under threads, and no other than a real one."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from importlib import import_module
from threading import Barrier
from typing import Literal

import boto3
import pytest
from moto import mock_aws

from careervp_jobs_dal import JobsRepository, ResultCode
from careervp_jobs_dal.aws.socket_pool import SocketPool
from careervp_jobs_dal.testing import Clock, Faults, JobBuilder, embedded_aws, embedded_jobs

LEASE = timedelta(minutes=5)
THREADS = 8
ROUNDS = 10


def test_the_table_is_new_each_time() -> None:
    for _ in range(2):
        with embedded_jobs() as jobs:
            assert jobs.repository.table_name == "jobs-test"
            assert jobs.repository.submit_job("key", {}).unwrap().created


def test_a_service_without_a_table_name_finds_the_table() -> None:
    with embedded_jobs() as jobs:
        job = jobs.builder.pending()

        assert JobsRepository().find_job(job["job_id"]).unwrap() == job


@pytest.mark.parametrize("variable", ["JOBS_TABLE_NAME", "VPR_JOBS_TABLE_NAME"])
def test_the_table_has_the_name_that_the_service_is_told(monkeypatch: pytest.MonkeyPatch, variable: str) -> None:
    monkeypatch.setenv(variable, "jobs-of-the-service")

    with embedded_jobs() as jobs:
        assert jobs.repository.table_name == JobsRepository().table_name == "jobs-of-the-service"


def test_options_are_the_repositorys() -> None:
    clock = Clock(datetime(2026, 2, 3, tzinfo=UTC))

    with embedded_jobs("jobs-a", clock=clock, index_projection="KEYS_ONLY", id_secret="s", retention=None) as jobs:
        job = jobs.builder.pending(idempotency_key="key")

        assert jobs.repository.table_name == "jobs-a"
        assert job["created_at"].startswith("2026-02-03T00:00:00")
        assert "ttl" not in job
        assert jobs.repository.get_job_by_idempotency_key("key") == job
        assert not jobs.repository.submit_job("key", {}).unwrap().created


def test_the_machines_settings_are_hidden_and_come_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_PROFILE", "production")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    monkeypatch.setenv("JOBS_TABLE_NAME", "mine")
    before = dict(os.environ)

    with embedded_aws(JOBS_TABLE_NAME="another", VPR_RESULTS_BUCKET="results"):
        assert "AWS_PROFILE" not in os.environ
        assert os.environ["AWS_CONFIG_FILE"] == "/nonexistent"
        os.environ["AWS_REGION"] = "eu-west-1"
        os.environ["LATER"] = "kept"

    assert os.environ.pop("LATER") == "kept"
    assert dict(os.environ) == before


def test_it_fits_into_a_mock_of_the_services_own() -> None:
    with mock_aws():
        client = boto3.client("dynamodb", region_name="eu-west-1")
        with embedded_jobs() as jobs:
            assert client.list_tables()["TableNames"][-1] == jobs.repository.table_name
            with mock_aws():
                assert jobs.repository.submit_job("key", {}).unwrap().created
            assert not jobs.repository.submit_job("key", {}).unwrap().created
        assert jobs.repository.table_name not in client.list_tables()["TableNames"]


def test_a_test_may_delete_the_table() -> None:
    with embedded_jobs() as jobs:
        jobs.repository.table.delete()

        assert jobs.repository.find_job("vpr-1").code is ResultCode.CONFIG_ERROR


def test_a_table_that_is_there_is_not_taken() -> None:
    with embedded_jobs(), pytest.raises(Exception, match="ALREADY_EXISTS"), embedded_jobs():
        raise AssertionError


@pytest.fixture
def often_interrupted() -> Iterator[None]:
    usual = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(usual)


@pytest.mark.usefixtures("often_interrupted")
def test_of_many_threads_one_wins() -> None:
    with embedded_jobs() as jobs, ThreadPoolExecutor(THREADS) as pool:
        jobs.repository.connect().unwrap()
        barrier = Barrier(THREADS)

        def create(number: int) -> bool:
            barrier.wait()
            return jobs.repository.submit_job(f"key-{number}", {}).unwrap().created

        for number in range(ROUNDS):
            assert sum(pool.map(create, [number] * THREADS)) == 1


def life(repository: JobsRepository, clock: Clock, faults: Faults) -> Iterator[object]:
    """What its callers see of some jobs whose workers die, whose replies are lost, and that come too late."""
    builder = JobBuilder(repository)
    faults.lose_reply()
    submission = repository.submit_job("key", {"text": "..."}, user_id="user-1").unwrap()
    yield submission.created
    yield repository.submit_job("key", {"text": "other"}, user_id="user-1").code
    faults.lose_reply(operation="UpdateItem")
    first = repository.claim_job(submission.job_id, lease=LEASE).unwrap()
    yield repository.claim_job(submission.job_id, lease=LEASE).code
    clock.advance(LEASE * 2)
    faults.drop_item()
    second = repository.claim_job(submission.job_id, lease=LEASE).unwrap()
    yield repository.complete_job(first).code
    faults.throttle(times=1)
    yield repository.complete_job(second, result_key="b").unwrap()["result_key"]
    faults.answer("AccessDeniedException", times=1)
    yield repository.find_job(submission.job_id).code
    yield repository.claim_job(builder.exhausted().job_id, lease=LEASE).code
    yield repository.find_job(builder.expired()["job_id"]).code
    hurried = builder.put_back(idempotency_key="hurried")
    yield hurried["status"], hurried["attempt"]
    faults.lag_index(times=1)
    yield repository.get_job_by_idempotency_key("hurried")
    yield repository.get_job_by_idempotency_key("hurried") == hurried
    keys = [{"job_id": submission.job_id}, {"job_id": hurried["job_id"]}]
    faults.leave_unprocessed()
    answer = repository.dynamodb.batch_get_item(RequestItems={repository.table_name: {"Keys": keys}})
    yield [item["job_id"] for item in answer["Responses"][repository.table_name]] == [submission.job_id]
    yield answer["UnprocessedKeys"][repository.table_name]["Keys"] == keys[1:]


SEEN = [
    True,
    ResultCode.IDEMPOTENCY_MISMATCH,
    ResultCode.LEASE_HELD,
    ResultCode.LEASE_LOST,
    "b",
    ResultCode.ACCESS_DENIED,
    ResultCode.ATTEMPTS_EXHAUSTED,
    ResultCode.NOT_FOUND,
    ("PENDING", 1),
    None,
    True,
    True,
    True,
]


def test_it_answers_as_the_engine_does(repository: JobsRepository, clock: Clock, faults: Faults) -> None:
    assert list(life(repository, clock, faults)) == SEEN
    with embedded_jobs(clock=Clock(datetime(2036, 2, 3, tzinfo=UTC))) as jobs:
        assert list(life(jobs.repository, jobs.clock, jobs.faults)) == SEEN


@pytest.mark.parametrize("missing", ["moto", "moto.dynamodb.responses"])
def test_without_moto_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch, missing: str) -> None:
    for name in [name for name in sys.modules if name.startswith(f"{embedded_jobs.__module__.rpartition('.')[0]}")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, missing, None)

    with pytest.raises(ImportError, match=r"pip install 'careervp-jobs-dal\[testing\]'"):
        import_module("careervp_jobs_dal.testing")


LISTING = "import sys; before = set(sys.modules); import {}; print(*(set(sys.modules) - before))"


@pytest.mark.parametrize(
    ("module", "expected"),
    [("careervp_jobs_dal.pytest_plugin", {"careervp_jobs_dal", "careervp_jobs_dal.version"})],
)
def test_the_plugin_costs_other_tests_next_to_nothing(module: str, expected: set[str]) -> None:
    code = f"import pytest; {LISTING.format(module)}"

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert set(done.stdout.split()) - set(sys.stdlib_module_names) == {module, *expected}


def test_the_fixtures_are_those_of_the_embedded_table(
    jobs_repository: JobsRepository, jobs_clock: Clock, jobs_faults: Faults, jobs_builder: JobBuilder
) -> None:
    claim = jobs_builder.processing(lease=LEASE)
    jobs_clock.advance(LEASE * 2)
    jobs_faults.lose_reply()

    assert jobs_repository.claim_job(claim.job_id, lease=LEASE).unwrap().attempt == 2
    assert jobs_faults.sent == ["UpdateItem", "UpdateItem", "UpdateItem"]


@pytest.mark.parametrize("setting", ["auto", "direct"])
def test_a_repository_of_the_direct_way_never_leaves_the_process(
    monkeypatch: pytest.MonkeyPatch, setting: Literal["auto", "direct"]
) -> None:
    """Not even one that was made before, with the machine's own keys."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "own")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "own")
    made_before = JobsRepository("jobs-of-two", transport=setting)
    monkeypatch.setattr(SocketPool, "exchange", lambda *_: pytest.fail("a request left the process"))

    with embedded_jobs("jobs-of-two", transport=setting) as jobs:
        job_id = jobs.repository.submit_job("key-7", {}).unwrap().job_id
        for repository in (made_before, JobsRepository("jobs-of-two", transport=setting)):
            assert repository.find_job(job_id).success
        assert jobs.faults.sent == ["PutItem", "GetItem", "GetItem"]
