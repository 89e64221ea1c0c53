"""The quicker loader gives what botocore's own gives, to every client of the default session."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import boto3
import botocore.session
import pytest
from botocore.exceptions import UnknownServiceError
from botocore.loaders import create_loader

from careervp_jobs_dal import JobsRepository
from careervp_jobs_dal.aws import connection
from careervp_jobs_dal.aws.loader import ensure_default_session

MODELS = ["service-2", "endpoint-rule-set-1", "paginators-1"]


@pytest.fixture(autouse=True)
def no_session(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing has used boto3 yet."""
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)
    monkeypatch.setattr(connection, "_shared", {})


def loader_of_default_session() -> Any:
    session: Any = boto3.DEFAULT_SESSION
    return session._session.get_component("data_loader")


@pytest.mark.parametrize("service", ["dynamodb", "sqs", "s3"])
def test_it_loads_the_models_that_botocore_loads(service: str) -> None:
    ensure_default_session()
    own, botocores = loader_of_default_session(), create_loader()

    for model in MODELS:
        assert own.load_service_model(service, model) == botocores.load_service_model(service, model)
    assert own.list_available_services("service-2") == botocores.list_available_services("service-2")


def test_resources_and_clients_of_other_services_can_be_made() -> None:
    JobsRepository("jobs").connect().unwrap()

    assert boto3.client("sqs").meta.service_model.service_name == "sqs"
    assert boto3.resource("s3").meta.service_name == "s3"
    assert sorted(boto3.Session().get_available_resources()) == sorted(
        boto3._get_default_session().get_available_resources()
    )


def test_an_unknown_service_is_the_error_that_botocore_raises() -> None:
    ensure_default_session()

    with pytest.raises(UnknownServiceError) as own:
        boto3.client("nosuchservice")  # type: ignore[call-overload]
    with pytest.raises(UnknownServiceError) as botocores:
        botocore.session.get_session().create_client("nosuchservice")
    assert str(own.value) == str(botocores.value)


def test_a_session_that_is_there_is_left_alone() -> None:
    boto3.setup_default_session(region_name="us-west-2")
    session = boto3.DEFAULT_SESSION

    JobsRepository("jobs").connect().unwrap()

    assert boto3.DEFAULT_SESSION is session


def test_the_path_of_models_that_is_configured_is_searched(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    model = tmp_path / "own" / "2026-01-01"
    model.mkdir(parents=True)
    (model / "service-2.json").write_text('{"metadata": {}}')
    monkeypatch.setenv("AWS_DATA_PATH", os.pathsep.join(["~/nowhere", str(tmp_path)]))

    ensure_default_session()

    assert loader_of_default_session().load_service_model("own", "service-2") == {"metadata": {}}


def test_no_service_is_listed_to_make_a_client(monkeypatch: pytest.MonkeyPatch) -> None:
    ensure_default_session()
    loader = loader_of_default_session()
    monkeypatch.setattr(type(loader), "list_available_services", lambda *_: pytest.fail("listed"))

    JobsRepository("jobs").connect().unwrap()
