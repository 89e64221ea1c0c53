"""Whose client it is: one process's, one session's, one environment's; and nothing grows with the repositories."""

from __future__ import annotations

import gc
import os
import threading
import time
from collections.abc import Callable
from typing import Any
from unittest.mock import MagicMock, patch

import boto3
import pytest

from careervp_jobs_dal import JobsRepository
from careervp_jobs_dal.aws import connection, fork, resource, route
from tests.transport.conftest import SLEEP, WAYS, Make
from tests.transport.server import FOUND, JOB, Server, answer

Patch = pytest.MonkeyPatch
pytestmark = pytest.mark.usefixtures("own_process")


def key_of(server: Server) -> str:
    """The access key and the region that the latest request was signed with."""
    scope = server.sent[-1].headers["authorization"].partition("Credential=")[2].split("/")
    return f"{scope[0]} {scope[2]}"


@pytest.fixture(autouse=True)
def no_session(monkeypatch: Patch) -> None:
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)


def test_another_default_session_gets_another_client(server: Server) -> None:
    JobsRepository("jobs").find_job("vpr-1")
    assert key_of(server).endswith(" eu-west-1")

    boto3.setup_default_session(aws_access_key_id="B", aws_secret_access_key="b", region_name="us-east-1")
    JobsRepository("jobs").find_job("vpr-1")

    assert key_of(server) == "B us-east-1"


def test_keys_and_region_of_the_environment_belong_together(server: Server, make: Make, monkeypatch: Patch) -> None:
    make().find_job("vpr-1")
    boto3.client("sqs")  # gives boto3 a default session that remembers the first keys
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "B")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")

    make().find_job("vpr-1")

    assert key_of(server) == "B us-east-1"


def test_another_profile_gets_its_keys_and_its_region(server: Server, monkeypatch: Patch, tmp_path: Any) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_DEFAULT_REGION"):
        monkeypatch.delenv(name, raising=False)
    keys = "aws_access_key_id = {0}\naws_secret_access_key = {0}\nregion = {1}\n"
    file = tmp_path / "config"
    file.write_text(f"[profile a]\n{keys.format('A', 'eu-west-1')}[profile b]\n{keys.format('B', 'us-east-1')}")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(file))
    for profile, expected in (("a", "A eu-west-1"), ("b", "B us-east-1")):
        monkeypatch.setenv("AWS_PROFILE", profile)
        JobsRepository("jobs").find_job("vpr-1").unwrap()
        assert key_of(server) == expected


def test_a_session_that_the_application_has_made_stays(server: Server, monkeypatch: Patch) -> None:
    boto3.setup_default_session(aws_access_key_id="own", aws_secret_access_key="own")
    JobsRepository("jobs").find_job("vpr-1")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "B")

    JobsRepository("jobs").find_job("vpr-1")

    assert key_of(server).startswith("own ")


def test_a_process_without_credentials_gets_them_once_they_are_there(server: Server, monkeypatch: Patch) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    jobs = JobsRepository("jobs")
    assert not jobs.find_job("vpr-1")

    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "late")

    assert jobs.find_job("vpr-1").success
    assert JobsRepository("jobs").find_job("vpr-1").success
    assert key_of(server).startswith("late ")


def test_a_mock_of_one_test_does_not_reach_the_next(server: Server) -> None:
    assert (JobsRepository("jobs").get_job("vpr-1") or {})["status"] == "PENDING"
    jobs = JobsRepository("jobs")
    with patch("boto3.resource") as made:
        made.return_value.Table.return_value.get_item.return_value = {"Item": {"job_id": "vpr-1", "status": "MOCKED"}}
        assert (jobs.get_job("vpr-1") or {})["status"] == "MOCKED"
        assert (JobsRepository("jobs").get_job("vpr-1") or {})["status"] == "MOCKED"

    assert (jobs.get_job("vpr-1") or {})["status"] == "PENDING"
    assert (JobsRepository("jobs").get_job("vpr-1") or {})["status"] == "PENDING"


@pytest.mark.parametrize("way", WAYS)
def test_nothing_grows_with_the_repositories(server: Server, way: Any) -> None:
    for number in range(30):
        JobsRepository("jobs", transport=way, deadline=3 + number / 10).find_job("vpr-1").unwrap()
    gc.collect()

    assert server.connections == 1
    assert len([each for each in gc.get_objects() if type(each).__name__ == "DynamoDB"]) <= 3
    assert len(route._channels) <= 1


def test_channels_to_many_places_are_forgotten(monkeypatch: Patch) -> None:
    for number in range(20):
        monkeypatch.setenv("AWS_ENDPOINT_URL_DYNAMODB", f"http://127.0.0.1:{2000 + number}")
        JobsRepository("jobs", transport="direct")

    assert len(route._channels) <= route._MOST_CHANNELS


def in_a_child(work: Callable[[], object]) -> int:
    """Run work in a forked child; give 0 if it went well, within seconds."""
    child = os.fork()
    if child == 0:
        code = 1
        try:
            code = 0 if work() else 2
        finally:
            os._exit(code)
    for _ in range(500):
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            return os.waitstatus_to_exitcode(status)
        SLEEP(0.02)
    os.kill(child, 9)
    os.waitpid(child, 0)
    return -1


needs_fork = pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
FORK_WARNING = "ignore:This process .*is multi-threaded:DeprecationWarning"


@needs_fork
@pytest.mark.filterwarnings(FORK_WARNING)
@pytest.mark.parametrize("injected", [False, True])
def test_a_forked_child_reads_from_connections_of_its_own(server: Server, make: Make, way: str, injected: bool) -> None:
    if injected and way == "direct":
        pytest.skip("an injected resource goes through boto3")
    jobs = make(dynamodb=boto3.resource("dynamodb")) if injected else make()
    jobs.find_job("vpr-1").unwrap()
    server.usual = lambda connection, sent: answer(200, {"Item": {**JOB, "job_id": sent.body["Key"]["job_id"]}})(
        connection, sent
    )

    assert in_a_child(lambda: all(jobs.find_job(f"child-{number}") for number in range(9))) == 0

    assert all(jobs.find_job(f"parent-{number}") for number in range(9))
    assert server.connections == 2


@needs_fork
@pytest.mark.filterwarnings(FORK_WARNING)
@pytest.mark.parametrize("lock", [resource._lock, connection._lock], ids=["resource", "table"])
def test_a_fork_while_another_thread_connects_does_not_hang_the_child(server: Server, make: Make, lock: Any) -> None:
    held, released = threading.Event(), threading.Event()

    def connect() -> None:
        with lock:
            held.set()
            released.wait(30)

    thread = threading.Thread(target=connect)
    thread.start()
    held.wait(5)

    code = in_a_child(lambda: make().find_job("vpr-1"))

    released.set()
    thread.join()
    assert code == 0


def test_a_tracer_sees_the_answer_and_the_capacity(server: Server) -> None:
    """OpenTelemetry, X-Ray and ddtrace wrap this method, and read what it returns."""
    import botocore.client

    seen: list[Any] = []
    client_class: Any = botocore.client.BaseClient
    plain = client_class._make_api_call

    def traced(client: Any, operation: str, parameters: Any) -> Any:
        answered = plain(client, operation, parameters)
        seen.append((operation, parameters["Key"], answered))
        return answered

    server.usual = answer(200, {**FOUND, "ConsumedCapacity": {"TableName": "jobs", "CapacityUnits": 0.5}})
    with patch.object(client_class, "_make_api_call", traced):
        JobsRepository("jobs", transport="auto").find_job("vpr-1").unwrap()

    ((operation, key, answered),) = seen
    assert (operation, key) == ("GetItem", {"job_id": "vpr-1"})
    assert answered["ConsumedCapacity"]["CapacityUnits"] == 0.5
    assert answered["Item"]["job_id"] == "vpr-1"


def test_a_listener_sees_the_answer_as_table_gives_it(server: Server) -> None:
    jobs, seen = JobsRepository("jobs"), []
    jobs.dynamodb.meta.client.meta.events.register("after-call.dynamodb.GetItem", lambda parsed, **_: None)
    jobs.dynamodb.meta.client.meta.events.register(
        "after-call.dynamodb", lambda parsed, **_: seen.append(parsed["Item"]["job_id"])
    )

    jobs.find_job("vpr-1").unwrap()
    jobs.table.get_item(Key={"job_id": "vpr-1"})

    assert seen == ["vpr-1", "vpr-1"]


def test_the_user_agent_names_the_application(server: Server, make: Make, monkeypatch: Patch) -> None:
    monkeypatch.setenv("AWS_SDK_UA_APP_ID", "career vp\r\nX-Evil: 1")

    make().find_job("vpr-1")

    agent = server.sent[0].headers["user-agent"]
    assert "careervp-jobs-dal/" in agent
    assert "app/career-vp--X-Evil--1" in agent.split()
    assert "x-evil" not in server.sent[0].headers


def test_a_patched_resource_needs_no_parts_of_botocore() -> None:
    with patch("boto3.resource", MagicMock()):
        assert JobsRepository("jobs").connect().success


def test_direct_connections_are_kept_and_renewed(server: Server, monkeypatch: Patch) -> None:
    jobs = JobsRepository("jobs", transport="direct")
    for _ in range(3):
        jobs.find_job("vpr-1").unwrap()
    assert server.connections == 1

    server.drop_connections()  # the server closes what waits; no attempt is lost with it
    SLEEP(0.05)
    jobs.find_job("vpr-1").unwrap()
    assert (server.connections, len(server.sent)) == (2, 4)

    later = time.time() + 3600  # a function that was frozen
    monkeypatch.setattr("careervp_jobs_dal.aws.socket_pool.time.time", lambda: later)
    jobs.find_job("vpr-1").unwrap()
    assert server.connections == 3


@pytest.mark.parametrize("injected", [False, True])
def test_after_a_fork_no_connection_is_used_again(server: Server, make: Make, way: str, injected: bool) -> None:
    """As in a child: what the process knows of its forks changes."""
    if injected and way == "direct":
        pytest.skip("an injected resource goes through boto3")
    jobs = make(dynamodb=boto3.resource("dynamodb")) if injected else make()
    jobs.find_job("vpr-1").unwrap()

    with patch.object(fork, "_forks", fork.fork_count() + 1):
        assert all(jobs.find_job("vpr-1") for _ in range(3))

    assert server.connections == 2


def test_calls_of_the_application_keep_the_usual_time_outs(server: Server) -> None:
    jobs = JobsRepository("jobs")

    assert jobs.table.get_item(Key={"job_id": "vpr-1"})["Item"]["status"] == "PENDING"
    assert jobs.find_job("vpr-1").success
