"""Each reason to go through boto3 is a row of one table: code, documentation and `repo.transport` say the same."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any
from unittest.mock import MagicMock

import boto3
import botocore.client
import pytest

from careervp_jobs_dal import JobsRepository, ResultCode
from careervp_jobs_dal.aws.selection import LASTING_REASONS, PASSING_REASONS, Reason, read_account
from tests.transport.server import Server

PAGE = Path(__file__).parents[2] / "docs" / "explanation" / "transports.md"
ROWS = {row.name: row for row in (*LASTING_REASONS, *PASSING_REASONS)}

FILES = ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE", "JOBS_TRANSPORT")

Patch = pytest.MonkeyPatch
pytestmark = pytest.mark.usefixtures("own_process")


@pytest.fixture(autouse=True)
def plain_surroundings(monkeypatch: Patch, tmp_path: Path) -> None:
    """Keys, a region, and nothing that asks for more; moto, which all tests have imported, is hidden."""
    for name in ("AWS_ENDPOINT_URL_DYNAMODB", "AWS_CA_BUNDLE", "REQUESTS_CA_BUNDLE", *FILES):
        monkeypatch.delenv(name, raising=False)
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)
    monkeypatch.delitem(sys.modules, "moto", raising=False)


def environment(name: str, value: str) -> Callable[[Patch, Path], None]:
    return lambda monkeypatch, _: monkeypatch.setenv(name, value)


def without(name: str) -> Callable[[Patch, Path], None]:
    return lambda monkeypatch, _: monkeypatch.delenv(name)


def with_config_file(_: Patch, home: Path) -> None:
    (home / ".aws").mkdir()
    (home / ".aws" / "config").write_text("[default]\n")


def with_session(_: Patch, __: Path) -> None:
    boto3.setup_default_session(aws_access_key_id="another", aws_secret_access_key="another")


ARRANGED: dict[str, Callable[[Patch, Path], None]] = {
    "no keys": without("AWS_SECRET_ACCESS_KEY"),
    "ending keys": environment("AWS_CREDENTIAL_EXPIRATION", "2026-02-03T00:00:00Z"),
    "odd keys": environment("AWS_SESSION_TOKEN", "token\r\nX-Evil: 1"),
    "no region": without("AWS_DEFAULT_REGION"),
    "endpoint": environment("AWS_DEFAULT_REGION", "us-isob-east-1"),
    "profile": environment("AWS_PROFILE", "work"),
    "files": with_config_file,
    "session": with_session,
    "proxy": environment("https_proxy", "http://proxy:8080"),
    "fips": environment("AWS_USE_FIPS_ENDPOINT", "true"),
    "dual stack": environment("AWS_USE_DUALSTACK_ENDPOINT", "True"),
    "ignored endpoint": environment("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "true"),
    "account endpoint": environment("AWS_ACCOUNT_ID_ENDPOINT_MODE", "required"),
    "authorities": environment("AWS_CA_BUNDLE", "/no/such/file.pem"),
    "moto": lambda monkeypatch, _: monkeypatch.setitem(sys.modules, "moto", ModuleType("moto")),
    "traced": lambda monkeypatch, _: monkeypatch.setattr(botocore.client.BaseClient, "_make_api_call", MagicMock()),
    "patched": lambda monkeypatch, _: monkeypatch.setattr(boto3, "resource", MagicMock()),
}
WITH_A_RESOURCE = {"injected", "in hand"}


def test_where_nothing_asks_for_more_the_way_is_direct() -> None:
    for setting in ("auto", "direct"):
        jobs = JobsRepository("jobs", transport=setting)
        assert jobs.transport == "direct: keys, region and endpoint come from the environment"


@pytest.mark.parametrize("name", ARRANGED)
def test_a_reason_leads_through_boto3_and_is_named(name: str, monkeypatch: Patch, tmp_path: Path) -> None:
    ARRANGED[name](monkeypatch, tmp_path)

    assert JobsRepository("jobs", transport="auto").transport == f"boto3: {ROWS[name].words}"


@pytest.mark.parametrize("name", ARRANGED)
def test_direct_insists_or_says_why_it_cannot_be(name: str, monkeypatch: Patch, tmp_path: Path) -> None:
    ARRANGED[name](monkeypatch, tmp_path)

    if ROWS[name].waived:
        assert JobsRepository("jobs", transport="direct").transport.startswith("direct")
    else:
        with pytest.raises(ValueError, match="not possible") as refused:
            JobsRepository("jobs", transport="direct")
        assert ROWS[name].words in str(refused.value)


def test_every_reason_is_tried() -> None:
    assert ROWS.keys() == {*ARRANGED, *WITH_A_RESOURCE}


def test_a_given_resource_is_used() -> None:
    dynamodb = boto3.resource("dynamodb")

    assert JobsRepository("jobs", transport="auto", dynamodb=dynamodb).transport.startswith("boto3: a boto3 resource")
    with pytest.raises(ValueError, match="a boto3 resource was given"):
        JobsRepository("jobs", transport="direct", dynamodb=dynamodb)


@pytest.mark.parametrize("take", ["table", "dynamodb"])
def test_what_is_taken_in_hand_is_used_from_then_on(take: str) -> None:
    jobs = JobsRepository("jobs", transport="auto")
    assert jobs.transport.startswith("direct")

    getattr(jobs, take)

    assert jobs.transport == f"boto3: {ROWS['in hand'].words}"


def test_a_table_of_a_test_is_used() -> None:
    table = MagicMock()
    table.get_item.return_value = {"Item": {"job_id": "vpr-1", "status": "PENDING"}}
    jobs = JobsRepository("jobs", transport="auto")
    jobs.table = table

    assert jobs.find_job("vpr-1").unwrap()["status"] == "PENDING"
    with pytest.raises(ValueError, match="no request through a Table"):
        JobsRepository("jobs", transport="direct").table = table


def test_the_setting_comes_from_the_argument_or_the_environment(monkeypatch: Patch) -> None:
    assert JobsRepository("jobs").transport == "boto3: the setting"
    monkeypatch.setenv("JOBS_TRANSPORT", "auto")
    assert JobsRepository("jobs").transport.startswith("direct")
    assert JobsRepository("jobs", transport="boto3").transport.startswith("boto3")
    monkeypatch.setenv("JOBS_TRANSPORT", "fast")
    with pytest.raises(ValueError, match='"boto3", "auto" or "direct"'):
        JobsRepository("jobs")


def test_a_reason_that_comes_up_later_counts(monkeypatch: Patch) -> None:
    jobs = JobsRepository("jobs", transport="auto")
    assert jobs.transport.startswith("direct")

    monkeypatch.setitem(sys.modules, "moto", ModuleType("moto"))

    assert jobs.transport.startswith("boto3: moto")


def test_stepping_aside_is_said_once(monkeypatch: Patch, caplog: pytest.LogCaptureFixture) -> None:
    monkeypatch.setenv("AWS_CREDENTIAL_EXPIRATION", "2036-02-03T00:00:00Z")
    caplog.set_level("INFO")
    jobs = JobsRepository("jobs", transport="auto")

    for _ in range(3):
        jobs.connect()

    said = [record.message for record in caplog.records if "DynamoDB" in record.message]
    assert said == ["DynamoDB is reached through boto3: AWS_CREDENTIAL_EXPIRATION is set"]


@pytest.mark.parametrize(
    ("region", "host"),
    [
        ("eu-west-1", "dynamodb.eu-west-1.amazonaws.com"),
        ("us-gov-west-1", "dynamodb.us-gov-west-1.amazonaws.com"),
        ("cn-north-1", "dynamodb.cn-north-1.amazonaws.com.cn"),
    ],
)
def test_a_region_has_the_endpoint_that_boto3_gives_it(region: str, host: str, monkeypatch: Patch) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", region)

    assert read_account().endpoint.url == f"https://{host}" == boto3.client("dynamodb").meta.endpoint_url


@pytest.mark.parametrize("name", ["AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_DYNAMODB"])
def test_an_endpoint_of_the_environment_is_the_one_that_boto3_takes(name: str, monkeypatch: Patch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://[::1]:8000/")
    monkeypatch.setenv(name, "http://127.0.0.1:4566")

    endpoint = read_account().endpoint

    assert endpoint.url == boto3.client("dynamodb").meta.endpoint_url == "http://127.0.0.1:4566"
    monkeypatch.setenv(name, "https://[::1]")
    assert (read_account().endpoint.netloc, read_account().endpoint.port) == ("[::1]", 443)


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("HTTP://Local_Host:80//", "http://local_host"),
        ("https://dynamodb.test:0443", "https://dynamodb.test"),
        ("http://[FE80::1]:65535", "http://[fe80::1]:65535"),
    ],
)
def test_an_address_may_have_other_forms(url: str, shown: str, monkeypatch: Patch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", url)

    assert read_account().endpoint.url == shown


@pytest.mark.parametrize(
    "url",
    [
        *("ftp://host", "http://", "http://host/path", "http://me:word@host", "http://a b", "host:8000"),
        *("http://host?a=b", "http://host#a", "http://host:65536", "http://host:x", "http://[::1", "http://hôst"),
        "http://host\n",
    ],
)
def test_an_endpoint_that_is_no_plain_address_is_left_to_boto3(url: str, monkeypatch: Patch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", url)

    assert ROWS["endpoint"].words in JobsRepository("jobs", transport="auto").transport


def test_the_older_name_of_the_token_comes_first_as_in_botocore(monkeypatch: Patch) -> None:
    monkeypatch.setenv("AWS_SESSION_TOKEN", "newer")
    monkeypatch.setenv("AWS_SECURITY_TOKEN", "older")

    credentials: Any = boto3.Session().get_credentials()
    assert read_account().keys.token == credentials.token == "older"


def test_an_unused_session_of_the_environments_own_is_no_reason() -> None:
    boto3.client("sqs")

    assert JobsRepository("jobs", transport="auto").transport.startswith("direct")


def test_other_operations_go_through_boto3(server: Server, monkeypatch: Patch) -> None:
    from careervp_jobs_dal import verify_table

    monkeypatch.setenv("JOBS_TRANSPORT", "direct")

    assert verify_table("jobs").code is not ResultCode.SUCCESS  # the server answers as to a GetItem
    assert "DescribeTable" in {sent.operation for sent in server.sent}


def rendered(rows: tuple[Reason, ...]) -> list[str]:
    return [f"| {row.words} | {'yes' if row.waived else 'no'} |" for row in rows]


def test_the_page_lists_the_reasons() -> None:
    lines = PAGE.read_text(encoding="utf-8").splitlines()

    assert [line for line in lines if line.endswith(("| yes |", "| no |"))] == [
        *rendered(PASSING_REASONS),
        *rendered(LASTING_REASONS),
    ]
